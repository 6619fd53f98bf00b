//! Worked estates, and the laws that hold of every one.

mod cases;
mod choices;
mod details;
mod facts;
mod fixtures;
mod laws;
mod leaving;
mod machines;
mod oracle;
mod sentences;
mod serving;
mod telling;
