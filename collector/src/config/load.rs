//! From what is written to what can be used: addresses, time zone, times, checked.

use super::{
    file::{AdminTls, ConfigFile, DEFAULT_PATH, KEYS},
    mail::{MailConfig, mail},
    oidc::{OidcConfig, oidc},
};
use chrono::NaiveTime;
use muster_domain::calendar::SiteZone;
use muster_runtime::{
    config::{ConfigError, Loaded, Source},
    logging::{Level, LogFormat},
};
use std::{net::SocketAddr, path::PathBuf, time::Duration};

/// What flags say; they win over everything.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// `--config`.
    pub config: Option<PathBuf>,
    /// Dotted key and value.
    pub values: Vec<(String, String)>,
}

/// A configuration that can be used.
#[derive(Debug, Clone)]
pub struct Config {
    /// The data directory.
    pub data_dir: PathBuf,
    /// The site's time zone.
    pub zone: SiteZone,
    /// Its IANA name.
    pub zone_name: String,
    /// The agent listener.
    pub agents: AgentsConfig,
    /// The admin listener.
    pub admin: AdminConfig,
    /// The interop listener; none when it is off.
    pub interop_listen: Option<SocketAddr>,
    /// Local time of the nightly run.
    pub nightly_at: NaiveTime,
    /// The mail server; none while messages are not mailed.
    pub mail: Option<MailConfig>,
    /// CAs that are trusted of webhooks, beside the system's.
    pub webhooks_ca: Option<PathBuf>,
    /// Single sign-on; none while people log in with passwords only.
    pub oidc: Option<OidcConfig>,
    /// Level or filter of the log.
    pub log_level: Level,
    /// `text` or `json`.
    pub log_format: LogFormat,
}

/// The agent listener.
#[derive(Debug, Clone)]
pub struct AgentsConfig {
    /// Address and port.
    pub listen: SocketAddr,
    /// How often agents report.
    pub report_interval: Duration,
    /// After how long without a report an agent's sessions end.
    pub silent_after: Duration,
    /// Connections at once from one address.
    pub max_connections_per_address: usize,
}

/// The admin listener.
#[derive(Debug, Clone)]
pub struct AdminConfig {
    /// Address and port.
    pub listen: SocketAddr,
    /// Whether it speaks TLS.
    pub tls: bool,
    /// The address of the console in messages, without a slash at the end; none where it follows from the listener.
    pub url: Option<String>,
}

impl Config {
    /// The address of the console in messages: as it is configured, or by a name of the site and the port of the listener.
    #[must_use]
    pub fn console_url(&self, listen: SocketAddr, names: &[String]) -> String {
        let scheme = if self.admin.tls { "https" } else { "http" };
        let host = names.first().map_or_else(|| listen.ip().to_string(), Clone::clone);
        let host = if host.contains(':') { format!("[{host}]") } else { host };
        self.admin.url.clone().unwrap_or_else(|| format!("{scheme}://{host}:{}", listen.port()))
    }
}

/// Loads and checks the configuration.
///
/// # Errors
/// When a file cannot be read, a key is unknown or a value is wrong; the error names file, line and key.
pub fn load(overrides: &Overrides) -> Result<Config, ConfigError> {
    let source = Source {
        file: overrides.config.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_PATH)),
        required: overrides.config.is_some(),
        env_prefix: Some("MUSTER_"),
        known_keys: KEYS,
        overrides: overrides.values.clone(),
    };
    check(muster_runtime::config::load_located(&source)?)
}

fn check(loaded: Loaded<ConfigFile>) -> Result<Config, ConfigError> {
    let Loaded { value, origins, files: _ } = loaded;
    let ConfigFile {
        data_dir,
        store,
        time_zone,
        agents,
        admin,
        interop,
        nightly,
        mail: mail_file,
        webhooks,
        oidc: oidc_file,
        log,
    } = value;
    let wrong = |key: &'static str, reason: String| origins.error(key, reason);
    if store != "redb" {
        return Err(wrong("store", format!("{store:?} is not supported by this version; write \"redb\"")));
    }
    let zone_name = match time_zone {
        Some(name) => name,
        None => muster_runtime::clock::time_zone().unwrap_or_else(|| "UTC".to_owned()),
    };
    let zone: SiteZone = zone_name
        .parse()
        .map_err(|_| wrong("time_zone", format!("{zone_name:?} is not an IANA time zone such as \"Europe/Berlin\"")))?;
    let address = |key: &'static str, text: &str| {
        text.parse::<SocketAddr>().map_err(|_| wrong(key, format!("{text:?} is not ADDRESS:PORT such as \"0.0.0.0:8443\"")))
    };
    let agents_listen = address("agents.listen", &agents.listen)?;
    let admin_listen = address("admin.listen", &admin.listen)?;
    let interop_listen = if interop.listen.is_empty() { None } else { Some(address("interop.listen", &interop.listen)?) };
    let tls = admin.tls == AdminTls::On;
    if !tls && !admin_listen.ip().is_loopback() {
        return Err(wrong("admin.tls", format!("\"off\" is allowed on a loopback address only, not on {admin_listen}")));
    }
    let url = admin.url.trim_end_matches('/');
    if !url.is_empty()
        && !["https://", "http://"].iter().any(|scheme| url.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()))
    {
        return Err(wrong("admin.url", format!("{url:?} is not an address such as \"https://muster.example.com:8444\"")));
    }
    let mail = mail(mail_file).map_err(|(key, reason)| wrong(key, reason))?;
    let oidc = oidc(oidc_file).map_err(|(key, reason)| wrong(key, reason))?;
    let nightly_at = NaiveTime::parse_from_str(&nightly.at, "%H:%M")
        .map_err(|_| wrong("nightly.at", format!("{:?} is not a local time HH:MM such as \"02:00\"", nightly.at)))?;
    let report_interval = agents.report_interval.get();
    let silent_after = agents.silent_after.get();
    if !(Duration::from_secs(5)..=Duration::from_secs(86_400)).contains(&report_interval) {
        return Err(wrong("agents.report_interval", "must be between \"5s\" and \"24h\"".to_owned()));
    }
    if silent_after <= report_interval {
        return Err(wrong("agents.silent_after", "must be longer than agents.report_interval".to_owned()));
    }
    if agents.max_connections_per_address == 0 {
        return Err(wrong("agents.max_connections_per_address", "must be at least 1".to_owned()));
    }
    Ok(Config {
        data_dir,
        zone,
        zone_name,
        agents: AgentsConfig {
            listen: agents_listen,
            report_interval,
            silent_after,
            max_connections_per_address: agents.max_connections_per_address,
        },
        admin: AdminConfig { listen: admin_listen, tls, url: (!url.is_empty()).then(|| url.to_owned()) },
        interop_listen,
        nightly_at,
        mail,
        webhooks_ca: (!webhooks.ca_file.as_os_str().is_empty()).then_some(webhooks.ca_file),
        oidc,
        log_level: log.level,
        log_format: log.format,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_text(text: &str, expected: Result<(), &str>) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("collector.toml");
        std::fs::File::create(&path).and_then(|mut file| std::io::Write::write_all(&mut file, text.as_bytes())).unwrap();
        let outcome = load(&Overrides { config: Some(path), values: Vec::new() });
        match (outcome, expected) {
            (Ok(_), Ok(())) => {}
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error} does not name {part}"),
            (outcome, expected) => panic!("{text}: {outcome:?}, expected {expected:?}"),
        }
    }

    #[test]
    fn the_console_is_where_it_is_configured_or_where_it_listens() {
        let check = |url: &str, names: &[&str], expected: &str| {
            let values = if url.is_empty() { Vec::new() } else { vec![("admin.url".to_owned(), url.to_owned())] };
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("collector.toml");
            std::fs::File::create(&path).unwrap();
            let config = load(&Overrides { config: Some(path), values }).unwrap();
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(config.console_url("127.0.0.1:8444".parse().unwrap(), &names), expected);
        };
        check("https://muster.example.com/", &["other"], "https://muster.example.com");
        check("", &["muster.example.com", "10.0.0.1"], "https://muster.example.com:8444");
        check("", &["fd00::5"], "https://[fd00::5]:8444");
        check("", &[], "https://127.0.0.1:8444");
    }

    #[test]
    fn values_are_checked_and_named() {
        for (text, expected) in [
            ("", Ok(())),
            ("time_zone = \"Europe/Berlin\"\n[nightly]\nat = \"03:30\"\n", Ok(())),
            ("time_zone = \"Mars/Olympus\"", Err("time_zone")),
            ("[agents]\nlisten = \"everywhere\"", Err("agents.listen")),
            ("[admin]\ntls = \"off\"\nlisten = \"0.0.0.0:8444\"", Err("admin.tls")),
            ("[admin]\ntls = \"off\"", Ok(())),
            ("[nightly]\nat = \"25:00\"", Err("nightly.at")),
            ("[agents]\nsilent_after = \"1m\"", Err("agents.silent_after")),
            ("[interop]\nlisten = \"here\"", Err("interop.listen")),
            ("[interop]\nlisten = \"0.0.0.0:8445\"", Ok(())),
            ("stoer = \"redb\"", Err("stoer")),
            ("store = \"mysql://x\"", Err("store")),
            ("[admin]\nurl = \"https://muster.example.com/\"", Ok(())),
            ("[admin]\nurl = \"muster.example.com\"", Err("admin.url")),
            ("[mail]\nserver = \"mail.example.com\"\nfrom = \"muster@example.com\"", Ok(())),
            ("[mail]\nserver = \"mail.example.com\"", Err("mail.from")),
            ("[oidc]\nissuer = \"https://a.example\"\nclient_id = \"m\"\n[oidc.roles]\nviewer = [\"all\"]", Ok(())),
            ("[oidc]\nissuer = \"https://a.example\"\nclient_id = \"m\"", Err("oidc.roles")),
            ("[oidc]\nissuer = \"http://a.example\"", Err(":2:10")),
            ("[oidc.roles]\nroot = []", Err("root")),
        ] {
            check_text(text, expected);
        }
    }
}
