//! Installed software: what is on a machine, since when, and what left it; which product it is, and of which software model.
//!
//! In: lists as machines report them, rules and models. Out: the same with what one list alone does not tell. It knows no licence.

mod discovery;
mod installs;
pub mod normal;
mod product;
mod version;

pub use discovery::{Best, Condition, EditionCondition, ModelMatch, Models, VersionCondition};
pub use installs::{Difference, Found, Install, Installs, REMOVALS_KEPT, Removal};
pub use product::Software;
pub use version::{compare_versions, order_versions};
