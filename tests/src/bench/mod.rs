//! Measuring how many reports a collector takes. In: the released programs, and nginx as the limit of what a server on
//! this machine can do with the same bytes. Out: figures of both from one run. It judges nothing: a figure is not a test.

mod agents;
mod cpu;
mod exchange;
mod figures;
mod load;
mod nginx;
mod reports;
mod run;

pub use run::{Plan, run};
