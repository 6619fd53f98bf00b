//! Which rights go to whom: versions, downgrade rights, consumption rules and their pools (domain 6.3).
//!
//! In: the rights that are in force, and what wants how many of them. Out: what each has of which. Rights go round so that as many
//! demands as possible are licensed; where there are too few, demands have them in the order in which they are given. What is wanted,
//! in which order, and what results from it says the run.

mod buckets;
mod engine;
mod flow;
mod input;
mod rights;

#[cfg(test)]
mod tests;

pub use engine::{Assigned, distribute};

pub use input::{Entitled, Rule};
pub use rights::{Owned, after_upgrades, in_force, maintained};
