//! Installed software: what is on a machine, since when, and what left it.
//!
//! In: lists as machines report them. Out: the same with what one list alone does not tell. It knows no licence.

mod installs;
mod product;
mod version;

pub use installs::{Difference, Found, Install, Installs, REMOVALS_KEPT, Removal};
pub use product::Software;
pub use version::compare_versions;
