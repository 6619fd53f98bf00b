//! Software entitlements: what was bought, how many rights of it are active, and what it costs (domain 6.2 and 6.6).

mod agreement;
mod downgrade;
mod license_type;
mod moves;
mod period;
mod rights;

pub use agreement::{AGREEMENT_TYPES, ALWAYS_COMPLIANT, is_always_compliant};
pub use downgrade::may_be_downgraded;
pub use license_type::LicenseType;
pub use moves::{Move, Part, moved, split};
pub use period::{PeriodError, SubscriptionPeriod};
pub use rights::{Purchase, active_rights, available, priced, total_cost};
