//! Why sessions could not be listed.

use std::{io, path::PathBuf};

/// A list of sessions that could not be had. The report goes out all the same, marked incomplete.
#[derive(Debug, thiserror::Error)]
pub enum SessionsError {
    /// logind or the bus did not answer as expected; the next snapshot connects anew.
    #[error(
        "systemd-logind: {operation} failed: {source}; check that dbus and systemd-logind run, or set sessions.source to \"utmp\""
    )]
    Logind {
        /// What was asked.
        operation: &'static str,
        /// What the bus said.
        source: zbus::Error,
    },
    /// The connection to the bus is gone.
    #[error("systemd-logind: the connection to the bus is lost")]
    Lost,
    /// Nothing within the budget of one snapshot.
    #[error("systemd-logind: no answer within {seconds} s")]
    Timeout {
        /// The budget.
        seconds: u64,
    },
    /// The source that was asked for does not exist.
    #[error("no session source: {} does not exist; set sessions.utmp_path, or sessions.source to \"logind\" or \"auto\"", path.display())]
    NoSource {
        /// The missing utmp file.
        path: PathBuf,
    },
    /// The utmp file cannot be read.
    #[error("utmp: cannot read {}: {source}", path.display())]
    UtmpRead {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The utmp file is not one.
    #[error("utmp: {} is damaged at record {record}: {reason}", path.display())]
    UtmpFormat {
        /// The file.
        path: PathBuf,
        /// Which record, from 0.
        record: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// The program is ending.
    #[error("sessions: the program is ending")]
    Ending,
}
