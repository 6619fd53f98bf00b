//! Logging: lines for people or JSON for machines, on standard error.
//!
//! Comes in: events of `tracing`, the flags `--log` and `--log-format`. Goes out: one line per event, with the time in UTC
//! (RFC 3339). Whatever a value holds, it stays within its line and cannot steer a terminal. It writes no files and sends
//! nothing: the service manager or the container collects standard error.

mod args;
mod init;
mod level;
mod text;

pub use args::{LogArgs, LogFormat};
pub use init::{init, set_default_level};
pub use level::{Level, LevelError};
