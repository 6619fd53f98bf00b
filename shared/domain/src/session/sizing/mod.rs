//! What another size of a pool would have done: demand as it was, replayed through the pool itself.
//!
//! In: who wanted a seat, from when and for how long, and the rules of a pool. Out: the highest use, who would have been refused
//! or would have waited, and the smallest number of seats with which nobody is. It decides nothing about seats: that is the
//! pool's, here as in the running collector.

mod demand;
mod replay;
mod run;
mod size;
#[cfg(test)]
mod tests;

pub use demand::wanted;
pub use replay::{Demand, MOST_WAITING, Refusal, Replay, Window, replay};
pub use run::{Figures, Run, Step};
pub use size::{SizeRow, Sizing};
