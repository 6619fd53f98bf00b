//! One customer's site and its vendor, in a temporary directory. In: nothing; every test makes its own. Out: the ways
//! to run the vendor's tool, the collector and agents in it, without two tests ever meeting.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use tokio::process::Command;

use crate::agent::Agent;
use crate::bins::bin;
use crate::collector::Launch;
use crate::faketime::Faketime;
use crate::files;
use crate::http::Http;
use crate::process::{Ran, run};

/// What `init --output json` prints once.
#[derive(Clone, Debug, Deserialize)]
pub struct Secrets {
    /// The collector's id.
    pub collector_id: String,
    /// Whom a licence key is for.
    pub machine_key_id: String,
    /// The first owner.
    pub admin_user: String,
    /// The first owner's password, to be changed at the first login.
    pub admin_password: String,
    /// The first owner's API token.
    pub api_token: String,
    /// The pin of the site's CA.
    pub ca_sha256: String,
}

/// A directory with everything of one test in it.
#[derive(Debug)]
pub struct Site {
    dir: PathBuf,
    /// Removes the directory when dropped, where it was made for the test.
    _temporary: Option<tempfile::TempDir>,
    clock: Option<Faketime>,
}

impl Site {
    /// An empty site in a temporary directory, gone when dropped.
    ///
    /// # Errors
    /// The temporary directory cannot be made.
    pub fn new() -> Result<Self> {
        // A short name: a Unix socket's path has 108 bytes at most.
        let dir = tempfile::Builder::new().prefix("mu").tempdir().context("a temporary directory")?;
        Ok(Self { dir: dir.path().to_owned(), _temporary: Some(dir), clock: None })
    }

    /// A site in a directory that stays.
    #[must_use]
    pub fn at(dir: &Path) -> Self {
        Self { dir: dir.to_owned(), _temporary: None, clock: None }
    }

    /// The wall clock of everything that is run from now on, but of collectors and agents, which have one of their own.
    pub fn turn(&mut self, clock: Option<Faketime>) {
        self.clock = clock;
    }

    /// A path in the site.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// The collector's data directory.
    #[must_use]
    pub fn data_dir(&self) -> PathBuf {
        self.path("collector")
    }

    /// Runs one of the programs with the site as its working directory and none of the caller's settings.
    ///
    /// # Errors
    /// It cannot be started or does not end.
    pub async fn run(&self, program: &str, args: &[&str]) -> Result<Ran> {
        run(self.command(program, args)?, b"").await
    }

    /// The command of [`Site::run`], for an environment or an input of its own.
    ///
    /// # Errors
    /// There is no such program.
    pub fn command(&self, program: &str, args: &[&str]) -> Result<Command> {
        let mut command = Command::new(bin(program)?);
        command.args(args).current_dir(&self.dir);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("MUSTER_")) {
            command.env_remove(name);
        }
        command.envs(self.clock.iter().flat_map(Faketime::env));
        Ok(command)
    }

    /// `muster-vendor ARGS`.
    ///
    /// # Errors
    /// It cannot be started or does not end.
    pub async fn vendor(&self, args: &[&str]) -> Result<Ran> {
        self.run("muster-vendor", args).await
    }

    /// Makes the vendor's keys in `vendor/`.
    ///
    /// # Errors
    /// `keygen` fails.
    pub async fn keygen(&self) -> Result<()> {
        self.vendor(&["keygen", "--out", "vendor"]).await?.expect(0).map(drop)
    }

    /// `muster-collector init` with the vendor's key when there is one; the owner's token is kept in the file `token`.
    ///
    /// # Errors
    /// `init` fails, or prints something else than its secrets.
    pub async fn init(&self) -> Result<Secrets> {
        let mut args = vec!["init", "--data-dir", "collector", "--name", "localhost", "--name", "127.0.0.1", "--output", "json"];
        if self.path("vendor/vendor.pub").exists() {
            args.extend(["--vendor-key", "vendor/vendor.pub"]);
        }
        let printed = self.run("muster-collector", &args).await?.json()?;
        let secrets: Secrets = serde_json::from_value(printed).context("the secrets that init prints")?;
        files::put(&self.path("token"), secrets.api_token.as_bytes())?;
        Ok(secrets)
    }

    /// How to start the collector of this site: loopback, free ports.
    #[must_use]
    pub fn collector(&self) -> Launch {
        Launch::of(self)
    }

    /// `muster-collector ARGS` as the owner, against the running collector that `http` speaks to.
    ///
    /// # Errors
    /// It cannot be started or does not end.
    pub async fn admin(&self, http: &Http, args: &[&str]) -> Result<Ran> {
        let mut command = self.command("muster-collector", args)?;
        command.args(["--url", http.url(), "--token-file", "token", "--ca", "collector/ca.pem"]);
        run(command, b"").await
    }

    /// Asks for a licence, issues it with `terms` (`muster-vendor issue` flags) and applies it.
    ///
    /// # Errors
    /// One of the three steps fails.
    pub async fn license(&self, http: &Http, terms: &[&str]) -> Result<()> {
        let request = self.admin(http, &["license", "request"]).await?.expect(0)?;
        files::put(&self.path("request"), request.stdout.as_bytes())?;
        let key = self.issue("request", terms).await?;
        let key = key.to_str().context("a UTF-8 path")?;
        self.admin(http, &["license", "apply", key]).await?.expect(0).map(drop)
    }

    /// Issues a licence key for the request in the file `request`; returns the file the key is in.
    ///
    /// # Errors
    /// `issue` fails, or prints no key.
    pub async fn issue(&self, request: &str, terms: &[&str]) -> Result<PathBuf> {
        let mut args = vec!["issue", "--key", "vendor/vendor.key", "--request", request];
        args.extend(terms);
        let key = self.vendor(&args).await?.expect(0)?;
        if !key.stdout.starts_with("-----BEGIN MUSTER LICENSE-----") {
            bail!("no licence key from {}: {}", key.command, key.stdout);
        }
        let path = self.path("license");
        files::put(&path, key.stdout.as_bytes())?;
        Ok(path)
    }

    /// An agent of this site with a state directory of its own.
    ///
    /// # Errors
    /// Its configuration cannot be written.
    pub fn agent(&self, name: &str) -> Result<Agent<'_>> {
        Agent::new(self, name)
    }

    /// Where the site is.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sites_do_not_meet_and_vanish() {
        let (one, other) = (Site::new().unwrap(), Site::new().unwrap());
        assert_ne!(one.data_dir(), other.data_dir());
        let dir = one.dir().to_owned();
        drop(one);
        assert!(!dir.exists() && other.dir().exists());
    }

    #[test]
    fn the_socket_of_an_agent_fits_its_address() {
        let site = Site::new().unwrap();
        assert!(site.path("ws-17/agent.sock").as_os_str().len() < 108);
    }
}
