//! Work without a caller: each job can be woken early, may run twice without harm, and says in an alert when it fails.
//!
//! In: the clock and the services of the stages. Out: calls into them. A job decides when, never what.

mod admissions;
mod certificates;
mod nightly;
mod pseudonyms;
mod reconciling;
mod retention;
mod ticker;
mod weekly;

pub use admissions::Admissions;
pub use certificates::Certificates;
pub use nightly::Nightly;
pub use pseudonyms::PseudonymJob;
pub use reconciling::Reconciling;
pub use retention::UsageRetention;
pub use ticker::Ticker;
pub use weekly::Weekly;
