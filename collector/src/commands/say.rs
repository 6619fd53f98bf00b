//! What the person at the terminal is told when a command fails.

/// Tells the person at the terminal what is wrong.
pub(crate) fn say(message: &impl std::fmt::Display) {
    use std::io::Write as _;
    // Nothing can be done when standard error is gone.
    let _ = writeln!(std::io::stderr(), "muster-collector: {message}");
}
