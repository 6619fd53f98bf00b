//! A site that is played day by day, for people to look at: machines come, the licence runs short, its grace ends, and it recovers.
//!
//! In: how many days. Out: the real collector with the data that those days left behind, and simulated machines that go on reporting.
//! The clock of the real programs is moved; nothing of the product is told that it is a play.

mod estate;
mod play;
mod seats;
mod staff;
mod story;

pub use play::{Play, play};
pub use story::{FEWEST_DAYS, Story};
