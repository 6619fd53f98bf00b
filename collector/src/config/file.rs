//! The keys of `collector.toml` as they are written.

use muster_runtime::{
    config::Interval,
    logging::{Level, LogFormat},
};
use serde::Deserialize;
use std::path::PathBuf;

/// Where the configuration is when nothing else is said.
pub(super) const DEFAULT_PATH: &str = "/etc/muster/collector.toml";

/// Every key, dotted: what `MUSTER_*` variables are matched against.
pub(super) const KEYS: &[&str] = &[
    "data_dir",
    "store",
    "time_zone",
    "agents.listen",
    "agents.report_interval",
    "agents.silent_after",
    "agents.max_connections_per_address",
    "admin.listen",
    "admin.tls",
    "interop.listen",
    "nightly.at",
    "log.level",
    "log.format",
];

/// The whole file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ConfigFile {
    /// The data directory.
    pub data_dir: PathBuf,
    /// `redb`, or the URL of another store.
    pub store: String,
    /// IANA name; the machine's own when absent.
    pub time_zone: Option<String>,
    /// The agent listener.
    pub agents: Agents,
    /// The admin listener.
    pub admin: Admin,
    /// The interop listener.
    pub interop: Interop,
    /// The nightly run.
    pub nightly: Nightly,
    /// Logging.
    pub log: Log,
}

/// `[agents]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Agents {
    /// Address and port.
    pub listen: String,
    /// How often agents report.
    pub report_interval: Interval,
    /// After how long without a report an agent's sessions end.
    pub silent_after: Interval,
    /// Connections at once from one address.
    pub max_connections_per_address: usize,
}

/// `[admin]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Admin {
    /// Address and port.
    pub listen: String,
    /// `on`, or `off` on a loopback address.
    pub tls: AdminTls,
}

/// Whether the admin listener speaks TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AdminTls {
    /// TLS.
    On,
    /// Plain HTTP, on a loopback address only.
    Off,
}

/// `[interop]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Interop {
    /// Address and port; empty = off.
    pub listen: String,
}

/// `[nightly]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Nightly {
    /// Local time of the nightly run, `HH:MM`.
    pub at: String,
}

/// `[log]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// Level or filter.
    pub level: Level,
    /// `text` or `json`.
    pub format: LogFormat,
}

impl Default for ConfigFile {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("/var/lib/muster-collector"),
            store: "redb".to_owned(),
            time_zone: None,
            agents: Agents::default(),
            admin: Admin::default(),
            interop: Interop::default(),
            nightly: Nightly::default(),
            log: Log::default(),
        }
    }
}

impl Default for Agents {
    fn default() -> Self {
        Self {
            listen: "0.0.0.0:8443".to_owned(),
            report_interval: Interval::from_secs(300),
            silent_after: Interval::from_secs(900),
            max_connections_per_address: 64,
        }
    }
}

impl Default for Admin {
    fn default() -> Self {
        Self { listen: "127.0.0.1:8444".to_owned(), tls: AdminTls::On }
    }
}

impl Default for Nightly {
    fn default() -> Self {
        Self { at: "02:00".to_owned() }
    }
}
