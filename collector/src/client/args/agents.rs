//! Arguments of `agent ...`.

use clap::Subcommand;

/// `agent ...`
#[derive(Subcommand, Clone, Debug)]
pub enum AgentCommand {
    /// Every agent.
    List,
    /// One agent.
    Show {
        /// The agent's id, or the host name of its machine.
        id: String,
    },
    /// Let a pending agent report.
    Approve {
        /// The agent's id, or the host name of its machine.
        id: String,
    },
    /// Refuse an agent from now on.
    Revoke {
        /// The agent's id, or the host name of its machine.
        id: String,
    },
    /// End the quarantine of an identity of which two copies were seen.
    Resolve {
        /// The agent's id, or the host name of its machine.
        id: String,
    },
}
