//! Arguments of `interop ...`.

use clap::{Args, Subcommand, ValueEnum};

/// `interop ...`
#[derive(Subcommand, Clone, Debug)]
pub enum InteropCommand {
    /// Make a credential for agents of another make; it is shown once, with the lines for their files.
    ///
    /// Inventories bring hardware and software, once a day. No sessions are taken from them: they are a day old and do not say where
    /// a user sits; only muster-agent counts who uses what.
    Create(InteropFields),
    /// Credentials, newest first.
    List,
    /// Take a credential back: what comes with it is refused from now on.
    Revoke {
        /// The credential's id.
        id: String,
        /// Also revoke every device that came with it and retire their assets, as after a theft.
        #[arg(long)]
        with_assets: bool,
    },
}

/// What a credential is good for.
#[derive(Args, Clone, Debug)]
pub struct InteropFields {
    /// What it is for.
    #[arg(long, value_enum)]
    pub kind: InteropKind,
    /// Group of what comes with it.
    #[arg(long, value_name = "GROUP")]
    pub group: Option<String>,
    /// How many new devices it lets in within an hour; those beyond wait for an administrator.
    #[arg(long, default_value_t = 20, value_name = "N")]
    pub max_new_per_hour: u32,
}

/// What a credential is for.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum InteropKind {
    /// Agents that send inventories: GLPI, FusionInventory, OCS.
    Inventory,
    /// osquery, which is not taken yet.
    Osquery,
}
