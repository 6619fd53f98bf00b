//! The stage over the real store, and its rules against a model.

mod changes;
mod checkouts;
mod hours;
mod model;
mod over_the_store;
mod peaks;
mod sizing;
