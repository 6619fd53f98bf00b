//! A running collector. In: a [`Launch`], which says how to start it. Out: a [`Collector`] that is ready, and whose end
//! gives back a launch for the same data directory on the same ports, so that a restart is one more `start`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use reqwest::StatusCode;
use rustix::process::{Pid, Resource, Rlimit, Signal, prlimit};
use serde::Deserialize;
use tokio::process::Command;

use crate::bins::bin;
use crate::faketime::Faketime;
use crate::files;
use crate::http::Http;
use crate::process::{Daemon, PATIENCE, on_processor};
use crate::site::Site;

/// How often a starting collector is asked whether it is ready.
const POLL: Duration = Duration::from_millis(20);

/// Where a collector listens: `listen.json` in its data directory, written once its listeners are bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Listen {
    /// The agents' listener.
    pub agents: SocketAddr,
    /// The administrators' listener.
    pub admin: SocketAddr,
    /// The applications' listener, if there is one.
    #[serde(default)]
    pub interop: Option<SocketAddr>,
}

/// How to start a collector.
#[derive(Clone, Debug)]
pub struct Launch {
    data_dir: PathBuf,
    log: PathBuf,
    token: PathBuf,
    listen: Option<Listen>,
    args: Vec<String>,
    env: Vec<(String, String)>,
    clock: Option<Faketime>,
    processor: Option<u32>,
    limited: bool,
}

impl Launch {
    pub(crate) fn of(site: &Site) -> Self {
        Self {
            data_dir: site.data_dir(),
            log: site.path("collector.log"),
            token: site.path("token"),
            listen: None,
            args: Vec::new(),
            env: Vec::new(),
            clock: None,
            processor: None,
            limited: false,
        }
    }

    /// One more argument of `serve`.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// One more variable of its environment, such as `MUSTER_NIGHTLY_AT`.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Its wall clock; the machine's own with `None`.
    #[must_use]
    pub fn clock(mut self, clock: Option<Faketime>) -> Self {
        self.clock = clock;
        self
    }

    /// The processor it keeps to, by number; any with `None`.
    #[must_use]
    pub fn processor(mut self, processor: Option<u32>) -> Self {
        self.processor = processor;
        self
    }

    /// Lets a limit on the size of files be an error, as a full disk is, and not its end.
    #[must_use]
    pub fn limited(mut self) -> Self {
        self.limited = true;
        self
    }

    /// Starts it and returns as soon as it runs, without waiting for its listeners.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn spawn(&self) -> Result<Daemon> {
        Daemon::spawn(self.command()?, &self.log)
    }

    /// Starts it and waits until `/readyz` answers 200.
    ///
    /// # Errors
    /// It ends first, or is not ready in time; its log is in the error.
    pub async fn start(self) -> Result<Collector> {
        let file = self.data_dir.join("listen.json");
        if let Err(error) = std::fs::remove_file(&file)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            return Err(error).with_context(|| format!("remove {}", file.display()));
        }
        let mut daemon = self.spawn()?;
        match tokio::time::timeout(PATIENCE, self.ready(&mut daemon, &file)).await {
            Ok(Ok((listen, http))) => Ok(Collector { daemon, listen, http, launch: self }),
            Ok(Err(error)) => Err(error.context(format!("the collector's log:\n{}", daemon.log()))),
            Err(_) => bail!("the collector is not ready after {PATIENCE:?}; its log:\n{}", daemon.log()),
        }
    }

    async fn ready(&self, daemon: &mut Daemon, file: &Path) -> Result<(Listen, Http)> {
        let listen: Listen = loop {
            if let Some(status) = daemon.ended()? {
                bail!("the collector ended before it listened: {status}");
            }
            match files::read_json(file)? {
                Some(listen) => break listen,
                None => tokio::time::sleep(POLL).await,
            }
        };
        let token = std::fs::read_to_string(&self.token).ok();
        let ca = std::fs::read(self.data_dir.join("ca.pem")).context("the CA of the site")?;
        let http = Http::new(listen.admin, &ca, token.as_deref())?;
        loop {
            if let Some(status) = daemon.ended()? {
                bail!("the collector ended before it was ready: {status}");
            }
            match http.request(reqwest::Method::GET, "/readyz").send().await {
                Ok(answer) if answer.status() == StatusCode::OK => return Ok((listen, http)),
                Ok(_) | Err(_) => tokio::time::sleep(POLL).await,
            }
        }
    }

    fn command(&self) -> Result<Command> {
        let program = bin("muster-collector")?;
        let mut command = on_processor(self.processor, if self.limited { Path::new("env") } else { &program });
        if self.limited {
            // It replaces itself by the program, too.
            command.arg("--ignore-signal=XFSZ").arg(&program);
        }
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("MUSTER_")) {
            command.env_remove(name);
        }
        command.args(["serve", "--data-dir"]).arg(&self.data_dir).args(self.listen_args()).args(&self.args);
        command.envs(self.env.iter().cloned()).envs(self.clock.iter().flat_map(Faketime::env));
        Ok(command)
    }

    fn listen_args(&self) -> [String; 4] {
        let [agents, admin] = match self.listen {
            Some(listen) => [listen.agents, listen.admin].map(|address| address.to_string()),
            None => ["127.0.0.1:0"; 2].map(str::to_owned),
        };
        ["--agent-listen".to_owned(), agents, "--admin-listen".to_owned(), admin]
    }
}

/// A collector that is ready. Killed when dropped.
#[derive(Debug)]
pub struct Collector {
    daemon: Daemon,
    listen: Listen,
    http: Http,
    launch: Launch,
}

impl Collector {
    /// Where it listens.
    #[must_use]
    pub fn listen(&self) -> Listen {
        self.listen
    }

    /// `https://ADDRESS:PORT` of the agents' listener, as `--collector` takes it.
    #[must_use]
    pub fn agents_url(&self) -> String {
        format!("https://{}", self.listen.agents)
    }

    /// Its admin API, as the first owner.
    #[must_use]
    pub fn http(&self) -> &Http {
        &self.http
    }

    /// Everything it has logged, over restarts.
    #[must_use]
    pub fn log(&self) -> String {
        self.daemon.log()
    }

    /// Its process id; `None` once it has ended.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.daemon.pid()
    }

    /// From now on no file may grow beyond so many bytes; without a limit again with `None`. It must have been started
    /// [`Launch::limited`].
    ///
    /// # Errors
    /// It has ended, or the kernel refuses.
    pub fn limit_files(&self, bytes: Option<u64>) -> Result<()> {
        let pid = self.pid().and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw).context("a running collector")?;
        prlimit(Some(pid), Resource::Fsize, Rlimit { current: bytes, maximum: None }).map(drop).context("limit its files")
    }

    /// SIGHUP: read configuration and certificates again.
    ///
    /// # Errors
    /// It has ended.
    pub fn reload(&self) -> Result<()> {
        self.daemon.signal(Signal::HUP)
    }

    /// kill -9. Gives back how to start it again on the same ports.
    ///
    /// # Errors
    /// It had ended already.
    pub async fn kill(mut self) -> Result<Launch> {
        self.daemon.kill().await?;
        Ok(self.again())
    }

    /// SIGTERM, and waits for the orderly end. Gives back how it ended and how to start it again on the same ports.
    ///
    /// # Errors
    /// It had ended already, or does not end.
    pub async fn stop(mut self) -> Result<(ExitStatus, Launch)> {
        let status = self.daemon.terminate().await?;
        Ok((status, self.again()))
    }

    fn again(self) -> Launch {
        Launch { listen: Some(self.listen), ..self.launch }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(launch: &Launch) -> Vec<String> {
        launch.command().unwrap().as_std().get_args().map(|arg| arg.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn the_first_start_takes_free_ports_and_the_next_one_the_same() {
        let site = Site::new().unwrap();
        let launch = site.collector().arg("--log").arg("debug");
        let data_dir = site.data_dir().display().to_string();
        let free = ["serve", "--data-dir", &data_dir, "--agent-listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];
        assert_eq!(args(&launch), [free.as_slice(), &["--log", "debug"]].concat());
        let listen = serde_json::from_str(r#"{"agents":"127.0.0.1:41","admin":"127.0.0.1:42"}"#).unwrap();
        let again = args(&Launch { listen: Some(listen), ..launch });
        assert!(again.contains(&"127.0.0.1:41".to_owned()) && again.contains(&"127.0.0.1:42".to_owned()), "{again:?}");
    }

    #[tokio::test]
    async fn a_collector_that_ends_at_once_is_an_error_with_its_log() {
        let site = Site::new().unwrap();
        let error = format!("{:#}", site.collector().start().await.unwrap_err());
        assert!(error.contains("the collector's log") && error.contains("ended before it listened"), "{error}");
    }
}
