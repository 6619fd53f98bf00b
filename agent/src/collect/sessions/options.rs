//! Where sessions are looked for.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Which source of sessions is asked (contract 3, `sessions.source`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    /// systemd-logind if it answers, else the utmp file if there is one, else none.
    #[default]
    Auto,
    /// systemd-logind over D-Bus.
    Logind,
    /// The utmp file.
    Utmp,
}

/// How sessions are collected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Which source is asked.
    pub source: SourceKind,
    /// The utmp file. Only in the system's own (`/run/utmp`, `/var/run/utmp`) is a record of a dead process ignored: a copied file
    /// speaks of another machine's processes.
    pub utmp_path: PathBuf,
    /// The endpoint's own address on the route to the collector, for sessions at its console (contract 2.1). While it is unknown, or
    /// a loopback address, the host name stands in.
    pub local_address: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self { source: SourceKind::Auto, utmp_path: PathBuf::from("/run/utmp"), local_address: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum as _;

    #[test]
    fn the_file_and_the_command_line_spell_sources_alike() {
        for kind in SourceKind::value_variants() {
            let name = kind.to_possible_value().unwrap().get_name().to_owned();
            assert_eq!(serde_json::to_value(kind).unwrap(), serde_json::Value::String(name));
        }
    }
}
