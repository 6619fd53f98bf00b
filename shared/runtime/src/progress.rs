//! How far long work is, on a terminal.
//!
//! Comes in: how much there is, and how much of it is done. Goes out: a bar on standard error that is taken away at the end; nothing
//! where that is no terminal.

use std::io::{IsTerminal as _, Write as _};

/// A bar on standard error; nothing where that is no terminal.
pub struct Bar {
    what: &'static str,
    total: u64,
    /// The percentage that is shown.
    shown: Option<u64>,
}

impl Bar {
    /// A bar of so many steps or bytes; 0 where nobody knows.
    #[must_use]
    pub fn new(what: &'static str, total: u64) -> Self {
        Self { what, total, shown: None }
    }

    /// So many are done.
    pub fn tell(&mut self, done: u64) {
        let percent = done.saturating_mul(100).checked_div(self.total).unwrap_or_default().min(100);
        let mut out = std::io::stderr().lock();
        if self.shown == Some(percent) || !out.is_terminal() {
            return;
        }
        self.shown = Some(percent);
        let _ = write!(out, "\r{:<78}", bar(self.what, percent));
        let _ = out.flush();
    }

    /// Takes the bar away.
    pub fn end(&mut self) {
        if self.shown.take().is_some() {
            let _ = write!(std::io::stderr().lock(), "\r{:<78}\r", "");
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.end();
    }
}

fn bar(what: &str, percent: u64) -> String {
    let full = usize::try_from(percent / 4).unwrap_or_default();
    format!("[{:<25}] {percent:>3} %  {what}", "#".repeat(full))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_fits_a_line() {
        for (percent, expected) in [
            (0, "[                         ]   0 %  Reading"),
            (50, "[############             ]  50 %  Reading"),
            (100, "[#########################] 100 %  Reading"),
        ] {
            assert_eq!(bar("Reading", percent), expected);
        }
    }
}
