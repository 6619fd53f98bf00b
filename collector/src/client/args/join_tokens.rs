//! Arguments of `join-token ...`.

use clap::{Args, Subcommand, ValueEnum};
use muster_runtime::config::Interval;

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
        /// Also revoke every agent that came with it and retire their assets, as after a theft.
        #[arg(long)]
        with_assets: bool,
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
