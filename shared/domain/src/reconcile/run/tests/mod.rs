//! Worked estates, and the laws that hold of every one.

mod cases;
mod facts;
mod fixtures;
mod laws;
mod machines;
