//! Arguments of `session ...`.

use clap::Subcommand;
use muster_runtime::config::Interval;

/// `session ...`
#[derive(Subcommand, Clone, Debug)]
pub enum SessionCommand {
    /// Live sessions.
    List {
        /// Only those that hold a seat of this application.
        #[arg(long, value_name = "NAME")]
        application: Option<String>,
    },
    /// Who holds a seat of an application and does not use it, longest first: sessions without input, check-outs without a
    /// heartbeat. Whose idleness is not known is not listed, and a warning says how many these are.
    Idle {
        /// Of which application.
        #[arg(long, value_name = "NAME")]
        application: String,
        /// For at least so long: 30m, 2h.
        #[arg(long, value_name = "TIME", default_value = "30m")]
        longer_than: Interval,
    },
    /// End a session and free its seats.
    End {
        /// The session's id.
        id: String,
    },
}
