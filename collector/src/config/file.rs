//! The keys of `collector.toml` as they are written.

use super::oidc::Oidc;
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
    "admin.url",
    "interop.listen",
    "nightly.at",
    "mail.server",
    "mail.port",
    "mail.tls",
    "mail.user",
    "mail.password_file",
    "mail.from",
    "mail.ca_file",
    "webhooks.ca_file",
    "oidc.issuer",
    "oidc.client_id",
    "oidc.client_secret_file",
    "oidc.ca_file",
    "oidc.scopes",
    "oidc.label",
    "oidc.roles_claim",
    "oidc.roles.owner",
    "oidc.roles.license_admin",
    "oidc.roles.operator",
    "oidc.roles.viewer",
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
    /// The mail server.
    pub mail: Mail,
    /// Webhooks.
    pub webhooks: Webhooks,
    /// Single sign-on.
    pub oidc: Oidc,
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
    /// The address of the console in messages; of the listener and a name of the site when empty.
    pub url: String,
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

/// `[mail]`: how messages are sent. To whom is a setting.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mail {
    /// Name or address of the SMTP server; empty = no mail.
    pub server: String,
    /// Its port; by `tls` when absent: 587, 465 or 25.
    pub port: Option<u16>,
    /// How the connection is protected.
    pub tls: MailTls,
    /// The account on the server; empty = none.
    pub user: String,
    /// The file with its password.
    pub password_file: PathBuf,
    /// The sender's address.
    pub from: String,
    /// A PEM file with CAs that are trusted beside the system's.
    pub ca_file: PathBuf,
}

/// How the connection to the mail server is protected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailTls {
    /// Plain at first, TLS before anything is said; a server that does not offer it is not used.
    #[default]
    StartTls,
    /// TLS from the first byte.
    Tls,
    /// None.
    Off,
}

/// `[webhooks]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Webhooks {
    /// A PEM file with CAs that are trusted beside the system's.
    pub ca_file: PathBuf,
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
            mail: Mail::default(),
            webhooks: Webhooks::default(),
            oidc: Oidc::default(),
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
        Self { listen: "127.0.0.1:8444".to_owned(), tls: AdminTls::On, url: String::new() }
    }
}

impl Default for Nightly {
    fn default() -> Self {
        Self { at: "02:00".to_owned() }
    }
}
