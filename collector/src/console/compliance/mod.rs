//! The pages about compliance: every run with a chart, and one with what it counted, down to the assets.
//!
//! In: the runs as they were stored. Out: HTML. A run that is asked for here is the one of the API.

mod behind;
mod one;
mod rows;
mod runs;

pub use one::compliance_run_page;
pub use runs::{compliance_page, count_now};
