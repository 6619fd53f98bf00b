//! Reconciliation: what is installed against what is owned, what is missing, what that costs (domain 6.3 to 6.5).

mod allocation;
mod distribution;
mod organisation;
mod price;
pub mod run;
mod suite;

pub use allocation::{CoreTarget, Target, core_allocation};
pub use distribution::{Assigned, Entitled, Owned, Rule, after_upgrades, distribute, in_force, maintained};
pub use organisation::{Organisation, Unit};
pub use price::{Average, Purchase, TooLarge, average, cheapest, over_licensed};
pub use suite::{Component, Inference, Mandatory, is_inferred};
