//! A licence's life: its terms, the nightly judgement, grace and disablement, and the bounded clock they are judged by.
//!
//! One state machine: data in, data out. The shell stores what comes out and publishes it.

mod clock;
mod forecast;
mod judge;
mod state;
mod tally;
mod terms;
mod view;

pub use clock::{
    Anomaly, Assessment, Direction, FORWARD_LIMIT_RESTART, FORWARD_LIMIT_RUNNING, Frozen, Mark, STEP_BACK_LIMIT, assess, confirm,
    key_issued,
};
pub use forecast::{Forecast, HORIZON_DAYS, MAX_NIGHTS, MIN_NIGHTS, Outlook, Slope, forecast, milli_text};
pub use judge::{KeyRefused, apply_key, derive, judge};
pub use state::{DisabledReason, Event, Standing};
pub use tally::Tally;
pub use terms::{Facts, Terms};
pub use view::{State, View, view};
