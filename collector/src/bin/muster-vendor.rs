//! The vendor tool.
fn main() {}
