//! `calc metric`: licences required by a publisher's rule.

mod answer;
mod asks;
mod inputs;
mod number;

pub(super) use asks::answer;
pub use asks::groups;
