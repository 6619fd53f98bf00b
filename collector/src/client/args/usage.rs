//! Arguments of `usage ...`.

use chrono::NaiveDate;
use clap::{Args, Subcommand};

/// `usage ...`
#[derive(Subcommand, Clone, Debug)]
pub enum UsageCommand {
    /// Daily peaks with the exact time of each.
    Show(DaysArgs),
    /// Use hour by hour: highest, average and limit, with a bar for each hour; denials, over-use and the longest queue.
    ///
    /// Hours are what pools did while the collector watched. Use that is told later, by an agent that could not reach the collector,
    /// is in the daily peaks of `usage show` only.
    Hours(HoursArgs),
    /// Denials, over-use, queues and waiting times, day by day.
    ///
    /// DENIED counts requests that no seat was free for, OVER seats given beyond the limit, WAITED requests that had to wait, LEFT
    /// those of them that gave up; QUEUE is the longest queue, MEAN and MAX are the seconds waited by those who got a seat.
    Denials(DaysArgs),
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

/// `usage hours`
#[derive(Args, Clone, Debug)]
pub struct HoursArgs {
    /// Only this application; without it, people see only hours in which something was used or asked.
    #[arg(long, value_name = "NAME")]
    pub application: Option<String>,
    /// First date; that of --to when absent.
    #[arg(long, value_name = "DATE", value_parser = super::date)]
    pub from: Option<NaiveDate>,
    /// Last date; today when absent.
    #[arg(long, value_name = "DATE", value_parser = super::date)]
    pub to: Option<NaiveDate>,
}

/// `usage show`, `usage denials`
#[derive(Args, Clone, Debug)]
pub struct DaysArgs {
    /// Only this application.
    #[arg(long, value_name = "NAME")]
    pub application: Option<String>,
    /// First date; 30 days back when absent.
    #[arg(long, value_name = "DATE", value_parser = super::date)]
    pub from: Option<NaiveDate>,
    /// Last date; today when absent.
    #[arg(long, value_name = "DATE", value_parser = super::date)]
    pub to: Option<NaiveDate>,
}

/// `usage now`
#[derive(Args, Clone, Debug)]
pub struct NowArgs {
    /// Only this application.
    #[arg(long, value_name = "NAME")]
    pub application: Option<String>,
}

/// `usage size`
#[derive(Args, Clone, Debug)]
pub struct SizeFields {
    /// The application.
    #[arg(long, value_name = "NAME")]
    pub application: String,
    /// Floating seats.
    #[arg(long, value_name = "N")]
    pub seats: u64,
    /// First date; 30 days back when absent.
    #[arg(long, value_name = "DATE", value_parser = super::date)]
    pub from: Option<NaiveDate>,
    /// Last date; today when absent.
    #[arg(long, value_name = "DATE", value_parser = super::date)]
    pub to: Option<NaiveDate>,
}
