//! The agent.

pub mod collect;
