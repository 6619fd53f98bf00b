//! An agent of a site. In: a name. Out: its state directory and configuration, and the ways to run it: enrol, once, or
//! as a daemon. Its sessions come from a utmp file of its own, and its packages from a root directory of its own, so that who is
//! logged in and what is installed here never matters.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use serde_json::Value;
use tokio::process::Command;

use crate::files;
use crate::process::{Daemon, Ran, run};
use crate::site::Site;

/// One agent's files; it runs only when it is told to.
#[derive(Debug)]
pub struct Agent<'a> {
    site: &'a Site,
    name: String,
}

impl<'a> Agent<'a> {
    pub(crate) fn new(site: &'a Site, name: &str) -> Result<Self> {
        let agent = Self { site, name: name.to_owned() };
        std::fs::create_dir_all(agent.dir()).with_context(|| format!("create {}", agent.dir().display()))?;
        agent.configure(None, "")?;
        Ok(agent)
    }

    /// Writes its configuration: the collector it reports to, and `more` TOML after it.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn configure(&self, collector: Option<&str>, more: &str) -> Result<()> {
        let collector = collector.map(|url| format!("collector = [\"{url}\"]\n")).unwrap_or_default();
        let text = format!(
            "{collector}state_dir = \"{state}\"\n[sessions]\nsource = \"utmp\"\nutmp_path = \"{utmp}\"\n\
             [software]\nroot = \"{root}\"\n[socket]\npath = \"{socket}\"\n{more}",
            state = self.state_dir().display(),
            utmp = self.utmp_path().display(),
            root = self.root().display(),
            socket = self.socket().display(),
        );
        files::put(&self.config(), text.as_bytes())
    }

    /// Its state directory: identity, spool, last verdict.
    #[must_use]
    pub fn state_dir(&self) -> PathBuf {
        self.dir().join("state")
    }

    /// Its configuration file.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.dir().join("agent.toml")
    }

    /// The utmp file its sessions come from; absent at first.
    #[must_use]
    pub fn utmp_path(&self) -> PathBuf {
        self.dir().join("utmp")
    }

    /// The root directory that its packages are looked for under; empty at first.
    #[must_use]
    pub fn root(&self) -> PathBuf {
        self.dir().join("root")
    }

    /// The socket for local applications.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.dir().join("agent.sock")
    }

    /// Replaces its sessions by the lines of a `utmpdump`.
    ///
    /// # Errors
    /// `utmpdump` is missing or does not like the lines.
    pub async fn sessions(&self, dump: &str) -> Result<()> {
        let mut command = Command::new("utmpdump");
        let next = self.dir().join("utmp.next");
        command.args(["--reverse", "--output"]).arg(&next);
        run(command, dump.as_bytes()).await.context("utmpdump (package util-linux)")?.expect(0)?;
        // A reader must never see half a file.
        std::fs::rename(&next, self.utmp_path()).context("put the utmp file in place")
    }

    /// `muster-agent enroll` at `url` with a join token.
    ///
    /// # Errors
    /// It cannot be started or does not end.
    pub async fn enroll(&self, url: &str, token: &str) -> Result<Ran> {
        self.configure(Some(url), "")?;
        let mut command = self.command(&["enroll", "--collector", url, "--token-file", "-", "--state-dir"])?;
        command.arg(self.state_dir());
        run(command, token.as_bytes()).await
    }

    /// `muster-agent once`.
    ///
    /// # Errors
    /// It cannot be started or does not end.
    pub async fn once(&self) -> Result<Ran> {
        run(self.with_config("once")?, b"").await
    }

    /// `muster-agent status` as JSON.
    ///
    /// # Errors
    /// It fails, or prints something else.
    pub async fn status(&self) -> Result<Value> {
        let mut command = self.with_config("status")?;
        command.args(["--output", "json"]);
        run(command, b"").await?.json()
    }

    /// `muster-agent show WHAT`.
    ///
    /// # Errors
    /// It fails, or prints something else than JSON.
    pub async fn show(&self, what: &str) -> Result<Value> {
        let mut command = self.command(&["show", what, "--config"])?;
        command.arg(self.config());
        run(command, b"").await?.json()
    }

    /// `muster-agent run`, beside the test; killed when dropped.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start(&self) -> Result<Daemon> {
        self.start_with(&[])
    }

    /// The same with more in its environment, such as the address of a system bus.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start_with(&self, env: &[(&str, &str)]) -> Result<Daemon> {
        let mut command = self.with_config("run")?;
        command.envs(env.iter().copied());
        Daemon::spawn(command, &self.dir().join("log"))
    }

    /// `muster-agent ARGS`, without its configuration.
    ///
    /// # Errors
    /// There is no such program.
    pub fn command(&self, args: &[&str]) -> Result<Command> {
        self.site.command("muster-agent", args)
    }

    fn with_config(&self, subcommand: &str) -> Result<Command> {
        let mut command = self.command(&[subcommand, "--config"])?;
        command.arg(self.config());
        Ok(command)
    }

    fn dir(&self) -> PathBuf {
        self.site.path(&self.name)
    }
}

/// A time as `utmpdump` writes it.
#[must_use]
pub fn dump_time(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%dT%H:%M:%S,%6f+00:00").to_string()
}

/// One line of a `utmpdump`: a login of `user` on `tty` from `host` (empty: the console) since `since` ([`dump_time`]).
#[must_use]
pub fn login(pid: u32, user: &str, tty: &str, host: &str, since: &str) -> String {
    let address = host.parse::<std::net::Ipv4Addr>().unwrap_or(std::net::Ipv4Addr::UNSPECIFIED);
    let id = Path::new(tty).file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    format!("[7] [{pid:05}] [{id:<4.4}] [{user:<8}] [{tty:<12}] [{host:<20}] [{address:<15}] [{since}]\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_configuration_is_toml_and_keeps_to_its_directory() {
        let site = Site::new().unwrap();
        let agent = site.agent("ws-17").unwrap();
        agent.configure(Some("https://127.0.0.1:8443"), "[log]\nlevel = \"debug\"\n").unwrap();
        let config: toml::Table = std::fs::read_to_string(agent.config()).unwrap().parse().unwrap();
        assert_eq!(config["collector"], toml::Value::from(vec!["https://127.0.0.1:8443"]));
        assert_eq!(config["log"]["level"].as_str(), Some("debug"));
        for path in
            [&config["state_dir"], &config["sessions"]["utmp_path"], &config["software"]["root"], &config["socket"]["path"]]
        {
            assert!(Path::new(path.as_str().unwrap()).starts_with(site.dir()), "{path}");
        }
    }

    #[tokio::test]
    async fn its_sessions_are_what_utmpdump_reads_back() {
        let site = Site::new().unwrap();
        let agent = site.agent("ws-17").unwrap();
        let dump = [
            login(100, "alice", "pts/0", "10.0.0.11", "2026-11-21T19:12:07,000000+00:00"),
            login(101, "bob", "pts/1", "10.0.0.12", "2026-11-21T19:13:07,000000+00:00"),
        ];
        agent.sessions(&dump.concat()).await.unwrap();
        let mut command = Command::new("utmpdump");
        command.arg(agent.utmp_path());
        let read = run(command, b"").await.unwrap().expect(0).unwrap().stdout;
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(words(&read), words(&dump.concat()));
    }
}
