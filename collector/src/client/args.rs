//! The arguments of the admin client (contract 1.1).

use chrono::NaiveDate;
use clap::{Args, Subcommand, ValueEnum};
use muster_runtime::{config::Interval, output::Format};
use std::path::PathBuf;

/// Where the collector is and how to log in; these may stand after the subcommand.
#[derive(Args, Clone, Debug)]
pub struct ClientArgs {
    /// Address of the collector's admin listener.
    #[arg(
        long,
        global = true,
        env = "MUSTER_URL",
        default_value = "https://127.0.0.1:8444",
        value_name = "URL",
        help_heading = "Client"
    )]
    pub url: String,
    /// File with an API token; without it the token itself is taken from the environment variable MUSTER_TOKEN.
    #[arg(long, global = true, value_name = "FILE", help_heading = "Client")]
    pub token_file: Option<PathBuf>,
    /// The collector's ca.pem; then only it is trusted.
    #[arg(long, global = true, env = "MUSTER_CA", value_name = "FILE", help_heading = "Client")]
    pub ca: Option<PathBuf>,
    /// How to print: a table on a terminal, JSON otherwise.
    #[arg(long, global = true, value_enum, value_name = "FORMAT", help_heading = "Client")]
    pub output: Option<Format>,
}

/// The commands that talk to a running collector.
#[derive(Subcommand, Clone, Debug)]
pub enum Command {
    /// Licence, compliance, agents, sessions, applications and alerts at a glance.
    Status,
    /// The licence: request, apply, look at it.
    #[command(subcommand)]
    License(LicenseCommand),
    /// Tokens that machines enrol with.
    #[command(subcommand)]
    JoinToken(JoinTokenCommand),
    /// Agents that report.
    #[command(subcommand)]
    Agent(AgentCommand),
    /// Assets.
    #[command(subcommand)]
    Asset(AssetCommand),
    /// Applications whose use is tracked.
    #[command(subcommand)]
    Application(ApplicationCommand),
    /// Who is logged in and holds what.
    #[command(subcommand)]
    Session(SessionCommand),
    /// Daily peaks.
    #[command(subcommand)]
    Usage(UsageCommand),
    /// Counting, and what follows from it.
    #[command(subcommand)]
    Compliance(ComplianceCommand),
    /// Who did what.
    #[command(subcommand)]
    Audit(AuditCommand),
}

/// `license ...`
#[derive(Subcommand, Clone, Debug)]
pub enum LicenseCommand {
    /// Print the request that the vendor issues a key for.
    Request {
        /// The compliance query to ask for.
        #[arg(long, value_name = "QUERY")]
        query: Option<String>,
    },
    /// Apply a licence key and count.
    Apply {
        /// The key; `-` reads standard input.
        file: PathBuf,
        /// Only say what would happen.
        #[arg(long)]
        dry_run: bool,
    },
    /// The licence in force.
    Show,
    /// Every key that was applied.
    History,
    /// Say that the collector's clock is right after an anomaly.
    ConfirmClock,
}

/// `join-token ...`
#[derive(Subcommand, Clone, Debug)]
pub enum JoinTokenCommand {
    /// Make a token; it is shown once.
    Create(JoinTokenFields),
    /// Tokens, newest first.
    List,
    /// Take a token back.
    Revoke {
        /// The token's id.
        id: String,
    },
}

/// What a join token is good for.
#[derive(Args, Clone, Debug)]
pub struct JoinTokenFields {
    /// How many machines may enrol with it.
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub uses: u32,
    /// For how long: 30m, 1h, 7d.
    #[arg(long, default_value = "1h", value_name = "TIME")]
    pub ttl: Interval,
    /// By default automatic for one use, manual for more.
    #[arg(long, value_enum)]
    pub approval: Option<Approval>,
    /// Group of what enrols.
    #[arg(long, value_name = "GROUP")]
    pub group: Option<String>,
}

/// What happens with a machine that enrols.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Approval {
    /// It is taken at once.
    Auto,
    /// It waits for an administrator.
    Manual,
}

/// `agent ...`
#[derive(Subcommand, Clone, Debug)]
pub enum AgentCommand {
    /// Every agent.
    List,
    /// One agent.
    Show {
        /// The agent's id.
        id: String,
    },
    /// Let a pending agent report.
    Approve {
        /// The agent's id.
        id: String,
    },
    /// Refuse an agent from now on.
    Revoke {
        /// The agent's id.
        id: String,
    },
    /// End the quarantine of an identity of which two copies were seen.
    Resolve {
        /// The agent's id.
        id: String,
    },
}

/// `asset ...`
#[derive(Subcommand, Clone, Debug)]
pub enum AssetCommand {
    /// Assets, all or those that a query finds.
    List {
        /// An encoded query, such as install_status=1.
        #[arg(long, value_name = "ENCODED-QUERY")]
        query: Option<String>,
    },
    /// One asset with every field.
    Show {
        /// The asset's id.
        id: String,
    },
    /// Change fields; an empty value empties a field.
    Set {
        /// The asset's id.
        id: String,
        /// What to set.
        #[arg(required = true, value_name = "FIELD=VALUE", value_parser = pair)]
        fields: Vec<(String, String)>,
    },
}

/// `application ...`
#[derive(Subcommand, Clone, Debug)]
pub enum ApplicationCommand {
    /// Applications with their limits.
    List,
    /// Make or change an application; what is not given stays.
    Set {
        /// The application's name.
        name: String,
        /// What to set.
        #[command(flatten)]
        fields: Box<ApplicationFields>,
    },
    /// Delete an application; its history stays.
    Delete {
        /// The application's name.
        name: String,
    },
}

/// The fields of an application (contract 2.4).
#[derive(Args, Clone, Debug, Default)]
pub struct ApplicationFields {
    /// Whether its use is tracked.
    #[arg(long, value_name = "true|false")]
    pub tracking: Option<bool>,
    /// Named seats; `none` = unlimited.
    #[arg(long, value_name = "N|none", value_parser = limit)]
    pub named_limit: Option<Limit>,
    /// A user with a named seat; repeat it for more, `none` for nobody.
    #[arg(long = "named-user", value_name = "USER")]
    pub named_users: Vec<String>,
    /// Floating seats; `none` = unlimited.
    #[arg(long, value_name = "N|none", value_parser = limit)]
    pub floating_limit: Option<Limit>,
    /// What happens when no seat is free.
    #[arg(long, value_enum)]
    pub at_limit: Option<AtLimit>,
    /// What makes two sessions share a seat.
    #[arg(long, value_enum, value_delimiter = ',')]
    pub sharing: Vec<SharingKey>,
    /// Sessions without input for so many seconds give their seat back; 0 = never.
    #[arg(long, value_name = "SECONDS")]
    pub idle_timeout_seconds: Option<u64>,
    /// A check-out ends so many seconds after its last heartbeat.
    #[arg(long, value_name = "SECONDS")]
    pub lease_seconds: Option<u64>,
    /// A seat stays taken for so many seconds after its end.
    #[arg(long, value_name = "SECONDS")]
    pub linger_seconds: Option<u64>,
    /// Longest time a seat may be borrowed; 0 = never.
    #[arg(long, value_name = "HOURS")]
    pub borrow_max_hours: Option<u64>,
    /// What an agent answers when the collector was silent for too long.
    #[arg(long, value_enum)]
    pub offline: Option<Offline>,
    /// Every login uses it.
    #[arg(long, value_name = "true|false")]
    pub used_by_login: Option<bool>,
    /// A process whose presence means use; repeat it for more.
    #[arg(long = "used-by-process", value_name = "NAME")]
    pub used_by_processes: Vec<String>,
    /// A user whose sessions use it, `*` for all; repeat it for more.
    #[arg(long = "used-by-user", value_name = "USER")]
    pub used_by_users: Vec<String>,
}

/// A number of seats, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(pub Option<u64>);

/// What happens when no seat is free.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtLimit {
    /// Check-outs are refused.
    Refuse,
    /// They are granted, with a warning.
    Warn,
    /// They wait.
    Queue,
}

/// What makes two sessions share a seat.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum SharingKey {
    /// The same user.
    User,
    /// The same client address.
    #[value(name = "client_ip")]
    ClientIp,
}

/// What an agent answers when the collector was silent for too long.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offline {
    /// Use goes on.
    Allow,
    /// Use ends.
    Deny,
}

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

/// `compliance ...`
#[derive(Subcommand, Clone, Debug)]
pub enum ComplianceCommand {
    /// The state and the last count.
    Show,
    /// Count now.
    Run,
    /// Runs, newest first.
    History,
}

/// `audit ...`
#[derive(Subcommand, Clone, Debug)]
pub enum AuditCommand {
    /// The newest entries.
    List {
        /// How many.
        #[arg(long, default_value_t = 100, value_name = "N")]
        limit: usize,
    },
    /// Check that the log is whole.
    Verify,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err("write it as FIELD=VALUE, such as install_status=7".to_owned()),
    }
}

fn limit(text: &str) -> Result<Limit, String> {
    if text.eq_ignore_ascii_case("none") {
        return Ok(Limit(None));
    }
    text.parse().map(|seats| Limit(Some(seats))).map_err(|_| "give a number of seats, or none for no limit".to_owned())
}
