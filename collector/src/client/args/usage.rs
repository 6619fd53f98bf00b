//! What the figures of use are asked for: `usage hours`, `usage denials`, `usage now`.

use chrono::NaiveDate;
use clap::Args;

/// `usage hours`
#[derive(Args, Clone, Debug)]
pub struct HoursArgs {
    /// Only this application; without it, people see only hours in which something was used or asked.
    #[arg(long, value_name = "NAME")]
    pub application: Option<String>,
    /// First date; that of --to when absent.
    #[arg(long, value_name = "DATE")]
    pub from: Option<NaiveDate>,
    /// Last date; today when absent.
    #[arg(long, value_name = "DATE")]
    pub to: Option<NaiveDate>,
}

/// `usage denials`
#[derive(Args, Clone, Debug)]
pub struct DenialsArgs {
    /// Only this application.
    #[arg(long, value_name = "NAME")]
    pub application: Option<String>,
    /// First date; 30 days back when absent.
    #[arg(long, value_name = "DATE")]
    pub from: Option<NaiveDate>,
    /// Last date; today when absent.
    #[arg(long, value_name = "DATE")]
    pub to: Option<NaiveDate>,
}

/// `usage now`
#[derive(Args, Clone, Debug)]
pub struct NowArgs {
    /// Only this application.
    #[arg(long, value_name = "NAME")]
    pub application: Option<String>,
}
