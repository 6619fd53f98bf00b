//! Agents that are not ours: what they send, in the words of our own protocol.
//!
//! In: messages of other inventory agents. Out: the hardware and software that they found. It must not let a foreign protocol reach
//! further in than this directory.

pub mod inventory;
