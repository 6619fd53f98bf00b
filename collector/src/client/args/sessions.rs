//! Arguments of `session ...` and `usage ...`.

use super::{DenialsArgs, HoursArgs, NowArgs};
use chrono::NaiveDate;
use clap::{Args, Subcommand};
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
    /// What another number of floating seats would have denied, from the use that is remembered.
    ///
    /// The sessions and check-outs of these days are replayed by the rules that the application has now: named users, groups,
    /// reservations and sharing count, and its limit is the number that you give. Seats of named users come on top.
    ///
    /// What history cannot tell: a check-out that was refused, or gave up waiting, left no trace of how long it would have held its
    /// seat and is not replayed; how many these were is shown below. A person who is refused usually tries again; here each start
    /// counts once. Groups that only endpoints report are known of sessions that live now.
    Size(SizeFields),
}

/// What to measure.
#[derive(Args, Clone, Debug)]
pub struct SizeFields {
    /// The application.
    #[arg(long, value_name = "NAME")]
    pub application: String,
    /// Floating seats.
    #[arg(long, value_name = "N")]
    pub seats: u64,
    /// First date; 30 days back when absent.
    #[arg(long, value_name = "DATE")]
    pub from: Option<NaiveDate>,
    /// Last date; today when absent.
    #[arg(long, value_name = "DATE")]
    pub to: Option<NaiveDate>,
}
