//! `agent.toml` (contract 3).
//!
//! In: the file, `conf.d/*.toml` beside it, `MUSTER_*`, flags. Out: a checked configuration, or an error that names file,
//! line and key. It opens nothing that the configuration names.

use crate::{
    collect::sessions::{Options, SourceKind},
    enforce::Hook,
};
use muster_runtime::config::{self, ConfigError, Interval, Source};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

const DEFAULT_FILE: &str = "/etc/muster/agent.toml";
const KEYS: &[&str] = &[
    "collector",
    "proxy",
    "state_dir",
    "sessions.source",
    "sessions.utmp_path",
    "software.root",
    "socket.path",
    "enforce.on_disable",
    "enforce.on_enable",
    "enforce.delay",
    "enforce.dir",
];

/// The configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The collectors' addresses, tried in this order; those of the enrolment where it is empty.
    pub collector: Vec<String>,
    /// The address of an HTTP proxy, or nothing.
    pub proxy: String,
    /// Identity, spool, last verdict.
    pub state_dir: PathBuf,
    /// Where sessions come from.
    pub sessions: SessionsConfig,
    /// Where installed software is looked for.
    pub software: SoftwareConfig,
    /// The socket for local applications.
    pub socket: SocketConfig,
    /// The hooks.
    pub enforce: EnforceConfig,
}

/// `[sessions]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SessionsConfig {
    /// Which source is asked.
    pub source: SourceKind,
    /// The utmp file.
    pub utmp_path: PathBuf,
}

/// `[software]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SoftwareConfig {
    /// The root directory of the system whose packages are reported: `/`, or where an agent in a container sees that of its host.
    pub root: PathBuf,
}

/// `[socket]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SocketConfig {
    /// Where it is.
    pub path: PathBuf,
}

/// `[enforce]`: what runs when the licence state changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EnforceConfig {
    /// A command and its arguments.
    pub on_disable: Vec<String>,
    /// A command and its arguments.
    pub on_enable: Vec<String>,
    /// Two verdicts of the same change, this far apart, before `on_disable`.
    pub delay: Interval,
    /// What the root helper remembers. Where this directory exists the helper runs the hooks, elsewhere the agent.
    pub dir: PathBuf,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            collector: Vec::new(),
            proxy: String::new(),
            state_dir: PathBuf::from("/var/lib/muster-agent"),
            sessions: SessionsConfig::default(),
            software: SoftwareConfig::default(),
            socket: SocketConfig::default(),
            enforce: EnforceConfig::default(),
        }
    }
}

impl Default for SessionsConfig {
    fn default() -> Self {
        Self { source: SourceKind::Auto, utmp_path: PathBuf::from("/run/utmp") }
    }
}

impl Default for SoftwareConfig {
    fn default() -> Self {
        Self { root: PathBuf::from("/") }
    }
}

impl Default for SocketConfig {
    fn default() -> Self {
        Self { path: PathBuf::from("/run/muster-agent/agent.sock") }
    }
}

impl Default for EnforceConfig {
    fn default() -> Self {
        Self {
            on_disable: Vec::new(),
            on_enable: Vec::new(),
            delay: Interval::from_secs(15 * 60),
            dir: PathBuf::from("/var/lib/muster-enforce"),
        }
    }
}

impl Config {
    /// Loads and checks it. `file` is what `--config` says; the default file may be missing, that one not.
    ///
    /// # Errors
    /// When a file cannot be read, a key is unknown or a value does not do.
    pub fn load(file: Option<&Path>, state_dir: Option<&Path>) -> Result<Self, ConfigError> {
        let mut overrides = Vec::new();
        if let Some(path) = state_dir {
            overrides.push(("state_dir".to_owned(), path.to_string_lossy().into_owned()));
        }
        let loaded = config::load_located::<Self>(&Source {
            file: file.unwrap_or(Path::new(DEFAULT_FILE)).to_owned(),
            required: file.is_some(),
            env_prefix: Some("MUSTER_"),
            known_keys: KEYS,
            overrides,
        })?;
        let config = loaded.value;
        for url in &config.collector {
            check_url(url).map_err(|reason| loaded.origins.error("collector", format!("`{url}`: {reason}")))?;
        }
        if !config.proxy.is_empty() {
            reqwest::Proxy::all(&config.proxy).map_err(|_| loaded.origins.error("proxy", "this is no address"))?;
        }
        if !config.software.root.is_absolute() {
            return Err(loaded.origins.error("software.root", "this is no whole path; it begins with /"));
        }
        for hook in [Hook::OnDisable, Hook::OnEnable] {
            let program = config.enforce.command(hook).first();
            if program.is_some_and(|program| program.is_empty() || (program.contains('/') && !program.starts_with('/'))) {
                let key = format!("enforce.{}", hook.name());
                return Err(loaded.origins.error(&key, "a hook is a program's name or its whole path, then its arguments"));
            }
        }
        Ok(config)
    }

    /// How sessions are collected.
    #[must_use]
    pub fn session_options(&self) -> Options {
        Options { source: self.sessions.source, utmp_path: self.sessions.utmp_path.clone(), local_address: None }
    }

    /// The directory for what other programs of this machine read, beside the socket.
    #[must_use]
    pub fn runtime_dir(&self) -> Option<&Path> {
        self.socket.path.parent()
    }
}

impl EnforceConfig {
    /// The command of a hook and its arguments; empty where there is none.
    #[must_use]
    pub fn command(&self, hook: Hook) -> &[String] {
        match hook {
            Hook::OnDisable => &self.on_disable,
            Hook::OnEnable => &self.on_enable,
        }
    }

    /// Whether there is any hook.
    #[must_use]
    pub fn has_hooks(&self) -> bool {
        !self.on_disable.is_empty() || !self.on_enable.is_empty()
    }
}

/// Whether this is the address of a collector.
///
/// # Errors
/// What is wrong with it.
pub fn check_url(url: &str) -> Result<(), &'static str> {
    let parsed = reqwest::Url::parse(url).map_err(|_| "this is no address; write https://HOST:PORT")?;
    if parsed.scheme() != "https" || parsed.host_str().is_none() {
        return Err("a collector's address begins with https://");
    }
    if !parsed.username().is_empty() || parsed.password().is_some() || parsed.query().is_some() || parsed.path() != "/" {
        return Err("a collector's address is https://HOST:PORT and nothing more");
    }
    Ok(())
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests write configuration files")]
mod tests {
    use super::*;

    const CONTRACT: &str = r#"
collector = ["https://collector.example:8443"]
proxy = ""
state_dir = "/var/lib/muster-agent"
[sessions]
source = "auto"                    # auto, logind, utmp
utmp_path = "/run/utmp"
[socket]
path = "/run/muster-agent/agent.sock"
[enforce]
on_disable = []                    # a command and its arguments
on_enable = []
delay = "15m"
"#;

    fn load(text: &str) -> Result<Config, String> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("agent.toml");
        std::fs::write(&file, text).unwrap();
        Config::load(Some(&file), None).map_err(|error| error.to_string())
    }

    #[test]
    fn the_contract_s_file_is_the_default_but_for_the_collector() {
        let expected = Config { collector: vec!["https://collector.example:8443".to_owned()], ..Config::default() };
        assert_eq!(load(CONTRACT).unwrap(), expected);
        assert_eq!(load("").unwrap(), Config::default());
    }

    #[test]
    fn says_where_and_what_is_wrong() {
        for (text, place, what) in [
            ("colector = []", ":1:1: key `colector`", "known"),
            ("\n[sessions]\nsource = \"who\"", ":3:", "sessions.source"),
            ("collector = [\"http://a:1\"]", "key `collector`", "https://"),
            ("collector = [\"https://a:1/x\"]", "key `collector`", "nothing more"),
            ("proxy = \"::\"", "key `proxy`", "no address"),
            ("[software]\nroot = \"host\"", ":2:", "software.root"),
            ("[enforce]\ndelay = \"soon\"", ":2:", "enforce.delay"),
            ("[enforce]\non_disable = [\"./x\"]", ":2:", "enforce.on_disable"),
            ("[enforce]\non_enable = [\"\"]", ":2:", "enforce.on_enable"),
        ] {
            let error = load(text).unwrap_err();
            assert!(error.contains(place) && error.contains(what), "{text}: {error}");
        }
        let missing = Config::load(Some(Path::new("/nowhere/agent.toml")), None).unwrap_err();
        assert!(missing.to_string().contains("/nowhere/agent.toml"));
    }

    #[test]
    fn the_flag_wins() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("agent.toml");
        std::fs::write(&file, "state_dir = \"/a\"").unwrap();
        assert_eq!(Config::load(Some(&file), Some(Path::new("/b"))).unwrap().state_dir, Path::new("/b"));
    }
}
