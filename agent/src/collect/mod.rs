//! Looking at this machine: what it is and who is logged in.
//!
//! In: the platform's own files, sysinfo, systemd-logind. Out: wire values, each with a note of what could not be seen. It sends
//! nothing, stores nothing and knows no licence rule.

pub mod hardware;
pub mod sessions;
