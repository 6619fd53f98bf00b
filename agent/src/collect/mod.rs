//! Looking at this machine: what it is, what is installed, who is logged in, and which applications run there.
//!
//! In: the platform's own files, sysinfo, systemd-logind, the policy's patterns. Out: wire values, each with a note of what could not be seen. It sends
//! nothing, stores nothing and knows no licence rule.

pub mod hardware;
pub mod processes;
pub mod sessions;
pub mod software;
