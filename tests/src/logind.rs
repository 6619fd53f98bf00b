//! A systemd-logind of a test: python-dbusmock's template of it on a private bus. In: sessions. Out: the address of the
//! bus, for an agent's environment. Needs the Debian packages `dbus-daemon` and `python3-dbusmock`.

use std::collections::HashMap;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use zbus::{Connection, Variant};

use crate::wait;

const LOGIND: &str = "org.freedesktop.login1";
const MANAGER_PATH: &str = "/org/freedesktop/login1";
const MANAGER: &str = "org.freedesktop.login1.Manager";
const SESSION: &str = "org.freedesktop.login1.Session";
const MOCK: &str = "org.freedesktop.DBus.Mock";
const SOON: Duration = Duration::from_secs(20);

/// A bus with a logind on it; both end when dropped.
#[derive(Debug)]
pub struct Logind {
    address: String,
    connection: Connection,
    _daemon: Child,
    _mock: Child,
}

impl Logind {
    /// Starts both and waits until logind has its name.
    ///
    /// # Errors
    /// One of the packages is missing.
    pub async fn start() -> Result<Self> {
        let mut daemon = Command::new("dbus-daemon")
            .args(["--session", "--print-address", "--nofork", "--nopidfile"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("dbus-daemon (package dbus-daemon)")?;
        let stdout = daemon.stdout.take().context("the output of dbus-daemon")?;
        let mut lines = BufReader::new(stdout).lines();
        let address = tokio::time::timeout(SOON, lines.next_line()).await??.context("the address of the bus")?;
        let connection = zbus::connection::Builder::address(address.as_str()).build().await.context("connect to the bus")?;
        let mock = Command::new("/usr/bin/python3")
            .args(["-m", "dbusmock", "--system", "--template", "logind"])
            .env("DBUS_SYSTEM_BUS_ADDRESS", &address)
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("python3 -m dbusmock (package python3-dbusmock)")?;
        let logind = Self { address, connection, _daemon: daemon, _mock: mock };
        wait::until("the mock's name on the bus", async || Ok(logind.answers().await.then_some(()))).await?;
        Ok(logind)
    }

    /// What `DBUS_SYSTEM_BUS_ADDRESS` must say.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// `user` logs in over ssh from `host` and logind says so.
    ///
    /// # Errors
    /// The mock does not answer.
    pub async fn login(&self, id: &str, user: &str, tty: &str, host: &str, since: DateTime<Utc>) -> Result<()> {
        let micros = u64::try_from(since.timestamp_micros()).context("a time before 1970")?;
        self.mock(MANAGER_PATH, "AddSession", &(id, "seat0", 1000_u32, user, true)).await?;
        let properties = HashMap::from([
            ("Remote", Variant::from(true)),
            ("RemoteHost", Variant::from(host.to_owned())),
            ("Service", Variant::from("sshd")),
            ("Type", Variant::from("tty")),
            ("TTY", Variant::from(tty.to_owned())),
            ("Timestamp", Variant::from(micros)),
        ]);
        let properties: HashMap<&str, &Variant<'_>> = properties.iter().map(|(name, value)| (*name, value)).collect();
        self.mock(&path(id), "UpdateProperties", &(SESSION, properties)).await?;
        self.signal("SessionNew", id).await
    }

    /// The session is over and logind says so.
    ///
    /// # Errors
    /// The mock does not answer.
    pub async fn logout(&self, id: &str) -> Result<()> {
        self.mock(MANAGER_PATH, "RemoveObject", &(path(id),)).await?;
        self.signal("SessionRemoved", id).await
    }

    async fn answers(&self) -> bool {
        let asked = self.connection.call_method(Some(LOGIND), MANAGER_PATH, Some(MANAGER), "ListSessions", &()).await;
        asked.is_ok()
    }

    async fn signal(&self, name: &str, id: &str) -> Result<()> {
        let object = zbus::ObjectPath::try_from(path(id)).context("the path of a session")?;
        let arguments = vec![Variant::from(id), Variant::from(object)];
        self.mock(MANAGER_PATH, "EmitSignal", &(MANAGER, name, "so", arguments)).await
    }

    async fn mock(
        &self,
        path: &str,
        method: &str,
        body: &(impl serde::Serialize + zbus::wire::DynamicType + Sync),
    ) -> Result<()> {
        let called = self.connection.call_method(Some(LOGIND), path, Some(MOCK), method, body).await;
        called.map(drop).with_context(|| format!("the mock's {method}"))
    }
}

fn path(id: &str) -> String {
    format!("/org/freedesktop/login1/session/{id}")
}
