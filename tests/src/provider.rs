//! A provider of single sign-on on loopback: the real `oidc-provider` of npm, in a process of its own. In: people, the addresses it may
//! send browsers back to, and what it is to do wrong. Out: its address and the certificate it is trusted by.
//!
//! It needs Node.js, and the packages of `tests/npm`, which `cargo xtask test` puts there.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tokio::process::Command;

use crate::files::put;
use crate::process::Daemon;
use crate::site::Site;
use crate::wait::until;

/// The client's secret, with letters that must be encoded on the way.
pub const SECRET: &str = "a secret: of/the client";

/// A running provider. Killed when dropped.
#[derive(Debug)]
pub struct Provider {
    daemon: Daemon,
    directory: PathBuf,
    port: u16,
    client: reqwest::Client,
}

impl Provider {
    /// Starts one for a site, with a certificate for 127.0.0.1 and the client `muster`.
    ///
    /// # Errors
    /// Node.js or its packages are not there, or it does not listen.
    pub async fn start(site: &Site) -> Result<Self> {
        let directory = site.path("provider");
        std::fs::create_dir_all(&directory)?;
        let key = rcgen::KeyPair::generate()?;
        let mut params = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()])?;
        params.is_ca = rcgen::IsCa::ExplicitNoCa;
        let certificate = params.self_signed(&key)?.pem();
        put(&directory.join("provider.pem"), certificate.as_bytes())?;
        put(&directory.join("provider.key"), key.serialize_pem().as_bytes())?;
        put(&directory.join("secret"), SECRET.as_bytes())?;
        let daemon = spawn(&directory, 0)?;
        let port = until("the provider listens", async || {
            let log = daemon.log();
            let line = log.lines().find(|line| line.starts_with("{\"port\""));
            let port = line.map(serde_json::from_str::<Value>).transpose()?;
            Ok(port.and_then(|said| said.get("port")?.as_u64()).and_then(|port| u16::try_from(port).ok()))
        });
        let port = port.await.with_context(|| format!("the provider's log:\n{}", daemon.log()))?;
        // The first caller in a process wins, and all of them install the same provider.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let trusted = reqwest::Certificate::from_pem_bundle(certificate.as_bytes())?;
        let client = reqwest::Client::builder().tls_certs_only(trusted).no_proxy().build()?;
        Ok(Self { daemon, directory, port, client })
    }

    /// Its address, which is its name, too.
    #[must_use]
    pub fn issuer(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// The file with its certificate.
    #[must_use]
    pub fn certificate(&self) -> PathBuf {
        self.directory.join("provider.pem")
    }

    /// The file with the client's secret.
    #[must_use]
    pub fn secret(&self) -> PathBuf {
        self.directory.join("secret")
    }

    /// Changes it: `redirects`, `people` by what it calls them, `mischief`, `rotate` (the id of a new key), `in_token`.
    ///
    /// # Errors
    /// It does not take the change.
    pub async fn control(&self, change: &Value) -> Result<()> {
        let answer = self.client.post(format!("{}/control", self.issuer())).json(change).send().await?;
        ensure!(answer.status().is_success(), "{change}: {}\n{}", answer.status(), self.daemon.log());
        Ok(())
    }

    /// Ends it.
    ///
    /// # Errors
    /// It has ended already.
    pub async fn stop(&mut self) -> Result<()> {
        self.daemon.kill().await
    }

    /// Starts it again at the same address, without people; returns when it takes changes.
    ///
    /// # Errors
    /// It cannot be started, or the address is taken.
    pub async fn again(&mut self) -> Result<()> {
        self.daemon = spawn(&self.directory, self.port)?;
        until("the provider is back", async || Ok(self.control(&serde_json::json!({})).await.ok())).await
    }
}

fn spawn(directory: &Path, port: u16) -> Result<Daemon> {
    let npm = Path::new(env!("CARGO_MANIFEST_DIR")).join("npm");
    let advice = "run: npm ci --prefix tests/npm (cargo xtask test does it)";
    ensure!(npm.join("node_modules/oidc-provider").is_dir(), "the npm packages of the tests are not there; {advice}");
    let mut command = Command::new("node");
    command.arg(npm.join("provider.mjs")).arg(directory).arg(port.to_string());
    Daemon::spawn(command, &directory.join("provider.log")).context("install nodejs")
}
