//! Hardware identity: which machine this is.
//!
//! In: the files under [`Roots`] and what sysinfo says of the running kernel. Out: one [`muster_wire::hardware::Hardware`] with junk
//! values left out, the same on every call on an unchanged machine. It blocks, so async callers put it on a blocking thread; it
//! must not read anything that an unprivileged user of the machine can write.

pub mod chassis;
mod cpu;
mod disks;
mod dmi;
mod gather;
mod interfaces;
pub mod junk;
mod live;
mod memory;
mod os;
mod roots;
mod virtualization;

#[cfg(test)]
mod machines;

pub use gather::{Collected, collect, digest};
pub use roots::Roots;
pub(super) use roots::names;
