//! The agent: looks at its machine, reports what it saw, and never loses it.
//!
//! collect → report → spool → uplink → collector; back come verdicts, receipts and the policy. Local applications take licences
//! through the broker. It knows no licence rule.

pub mod app;
pub mod broker;
pub mod cli;
pub mod collect;
pub mod commands;
pub mod config;
pub mod enforce;
pub mod identity;
pub mod policy;
pub mod report;
pub mod socket;
pub mod spool;
pub mod uplink;
pub mod verdict;
