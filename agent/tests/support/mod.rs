//! What the agent's tests share: a collector that follows a script, over real TLS.

mod collector;

pub(crate) use collector::*;
