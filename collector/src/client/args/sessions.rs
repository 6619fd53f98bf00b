//! Arguments of `session ...` and `usage ...`.

use chrono::NaiveDate;
use clap::Subcommand;

/// `session ...`
#[derive(Subcommand, Clone, Debug)]
pub enum SessionCommand {
    /// Live sessions.
    List {
        /// Only those that hold a seat of this application.
        #[arg(long, value_name = "NAME")]
        application: Option<String>,
    },
    /// End a session and free its seats.
    End {
        /// The session's id.
        id: String,
    },
}

/// `usage ...`
#[derive(Subcommand, Clone, Debug)]
pub enum UsageCommand {
    /// Daily peaks with the exact time of each.
    Show {
        /// Only this application.
        #[arg(long, value_name = "NAME")]
        application: Option<String>,
        /// First date; 30 days back when absent.
        #[arg(long, value_name = "DATE")]
        from: Option<NaiveDate>,
        /// Last date; today when absent.
        #[arg(long, value_name = "DATE")]
        to: Option<NaiveDate>,
    },
}
