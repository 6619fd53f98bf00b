//! The commands of `muster-collector` that need no running collector.

mod calc;
mod check_config;
mod init;
mod serve;

pub use calc::{CalcArgs, calc};
pub use check_config::{CheckArgs, check_config};
pub use init::{InitArgs, init};
pub use serve::{ServeArgs, serve};

/// Tells the person at the terminal what is wrong.
pub(crate) fn say(message: &impl std::fmt::Display) {
    use std::io::Write as _;
    // Nothing can be done when standard error is gone.
    let _ = writeln!(std::io::stderr(), "muster-collector: {message}");
}
