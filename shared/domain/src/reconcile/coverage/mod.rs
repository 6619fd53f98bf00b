//! One product, a right for each device: who is licensed by which rights (domain 6.3 and 6.5).
//!
//! In: the rights that are in force, the devices with what they have installed, allocations. Out: who is licensed, by what, what is
//! missing and what it costs. Rights go round so that as many devices as possible are licensed; where there are too few, devices
//! have them in the order in which they are given.

mod buckets;
mod engine;
mod flow;
mod input;
mod result;
mod rights;

#[cfg(test)]
mod tests;

pub use engine::{Assigned, cover, distribute};

pub use input::{Demand, Entitled, Rule};
pub use result::{Coverage, Group, Served, VersionUse};
pub use rights::{Owned, after_upgrades, in_force, maintained};
