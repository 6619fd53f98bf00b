//! The rules of software entitlements (seed 004, domain 5.14 and 6.6), by subject.
//!
//! In: what was entered, the record as it was, and the records around it. Out: values that follow, changes of other records, errors
//! that name the field, and warnings. Nothing here knows how records are kept.

mod agreement;
mod catalogue;
mod duplicate;
mod quantity;
mod related;
mod rules;
mod state;
mod terms;

pub(super) use agreement::{copy as copy_downgrade, has_downgrade_rights};
pub(super) use duplicate::likeness;
pub use quantity::{active_rights, allocated};
pub(super) use quantity::{rights_before_upgrades, total_cost};
pub(super) use related::has_consumption_rules;
pub use rules::RULES;
pub use state::{publish, state_on};
pub(super) use terms::license_type;
