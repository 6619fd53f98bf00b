//! Arguments of `api-token ...`.

use clap::{Args, Subcommand, ValueEnum};
use muster_runtime::config::Interval;

/// `api-token ...`
#[derive(Subcommand, Clone, Debug)]
pub enum ApiTokenCommand {
    /// Make a token; it is shown once.
    Create(ApiTokenFields),
    /// Tokens, newest first.
    List,
    /// Take a token back.
    Revoke {
        /// The token's id.
        id: String,
    },
}

/// What a token is good for.
#[derive(Args, Clone, Debug)]
pub struct ApiTokenFields {
    /// What it is for.
    #[arg(long, value_name = "TEXT")]
    pub label: String,
    /// What it may do.
    #[arg(long, value_enum)]
    pub role: TokenRole,
    /// With the role `application`: an application whose seats it takes; repeat it for more.
    #[arg(long = "application", value_name = "NAME")]
    pub applications: Vec<String>,
    /// For how long, such as 12h or 90d; until it is revoked when absent.
    #[arg(long, value_name = "TIME")]
    pub ttl: Option<Interval>,
}

/// What a token may do.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
#[value(rename_all = "snake_case")]
pub enum TokenRole {
    /// Check-outs for the applications it is bound to.
    Application,
    /// Reads.
    Viewer,
    /// Works with assets, agents and sessions.
    Operator,
    /// Works with licences, too.
    LicenseAdmin,
    /// May do everything.
    Owner,
}
