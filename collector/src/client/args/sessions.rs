//! Arguments of `session ...` and `usage ...`.

use super::{DenialsArgs, HoursArgs, NowArgs};
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
    /// Use hour by hour: highest, average and limit, with a bar for each hour; denials, over-use and the longest queue.
    ///
    /// Hours are what pools did while the collector watched. Use that is told later, by an agent that could not reach the collector,
    /// is in the daily peaks of `usage show` only.
    Hours(HoursArgs),
    /// Denials, over-use, queues and waiting times, day by day.
    ///
    /// DENIED counts requests that no seat was free for, OVER seats given beyond the limit, WAITED requests that had to wait, LEFT
    /// those of them that gave up; QUEUE is the longest queue, MEAN and MAX are the seconds waited by those who got a seat.
    Denials(DenialsArgs),
    /// Who is connected now: seats in use by application, named or floating, and since when.
    Now(NowArgs),
}
