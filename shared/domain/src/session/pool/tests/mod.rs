//! A pool against its rules, case by case, and against a naive reference over random traces.

mod cases;
mod fixtures;
mod meter;
mod model;
mod reference;
