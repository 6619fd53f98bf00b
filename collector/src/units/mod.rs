//! Subscription units at work: what is opted in, what counts, and what was reported.
//!
//! In: the asset counts of the store, the model categories, settings and licence. Out: reports, the effect of a choice before it is
//! made, the record of choices. The rules are the domain's.

mod choosing;
mod error;
mod query;
mod service;
mod site;
mod table;
mod weekly;

pub use choosing::{Effect, SettingsEffect, Totals};
pub use error::UnitsError;
pub use query::Behind;
pub use service::{Parts, Units};
pub use site::{Site, Standing};
pub use table::CategoryChange;
