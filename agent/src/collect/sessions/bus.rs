//! The conversation with systemd-logind.
//!
//! In: the system bus (or the one at a given address). Out: the properties of all sessions, and a wake-up when logind says that
//! something changed. It asks for whole property sets with our own few calls: typed proxies fail on classes they do not know.

use super::{SessionsError, logind::Properties};
use futures_util::{StreamExt as _, stream::select_all};
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{sync::Notify, task::JoinHandle};
use zbus::{Connection, MatchRule, MessageStream, OwnedObjectPath, OwnedVariant, connection, message};

const LOGIND: &str = "org.freedesktop.login1";
const MANAGER_PATH: &str = "/org/freedesktop/login1";
const MANAGER: &str = "org.freedesktop.login1.Manager";
const SESSION: &str = "org.freedesktop.login1.Session";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

/// A connection on which the signals of logind are heard.
#[derive(Debug)]
pub(super) struct Bus {
    connection: Connection,
    heard: Arc<Heard>,
    listener: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Heard {
    something: Notify,
    closed: AtomicBool,
}

impl Bus {
    /// Connects to the system bus (`DBUS_SYSTEM_BUS_ADDRESS` is honoured) or to `address`, and subscribes before anything is
    /// listed, so that no login falls between the list and the first signal.
    pub(super) async fn open(address: Option<&str>, call_timeout: Duration) -> Result<Self, SessionsError> {
        let builder = address.map_or_else(connection::Builder::system, connection::Builder::address);
        let connect = || async { builder.method_timeout(call_timeout).build().await };
        let connection = connect().await.map_err(failed("connecting to the bus"))?;
        let streams = subscribe(&connection).await.map_err(failed("subscribing to signals"))?;
        let heard = Arc::new(Heard::default());
        let listener = tokio::spawn(listen(streams, Arc::clone(&heard)));
        Ok(Self { connection, heard, listener })
    }

    /// The connection is gone and must be opened anew.
    pub(super) fn is_closed(&self) -> bool {
        self.heard.closed.load(Ordering::Acquire) || self.connection.is_closed()
    }

    /// Resolves when logind signalled something since the last call. Cancel-safe.
    pub(super) async fn signalled(&self) {
        self.heard.something.notified().await;
    }

    /// All sessions. One that ends while it is being asked about is left out; any other failure fails the whole list.
    pub(super) async fn sessions(&self) -> Result<Vec<Properties>, SessionsError> {
        let mut sessions = Vec::new();
        for (id, path) in self.list().await.map_err(failed("ListSessions"))? {
            match self.properties(&path).await {
                Ok(values) => sessions.push(read(id, values)),
                Err(error) if is_gone(&error) => {}
                Err(error) => return Err(failed("reading a session")(error)),
            }
        }
        Ok(sessions)
    }

    async fn list(&self) -> zbus::Result<Vec<(String, OwnedObjectPath)>> {
        let reply = self.connection.call_method(Some(LOGIND), MANAGER_PATH, Some(MANAGER), "ListSessions", &()).await?;
        let rows: Vec<(String, u32, String, String, OwnedObjectPath)> = reply.body().deserialize()?;
        Ok(rows.into_iter().map(|(id, _, _, _, path)| (id, path)).collect())
    }

    async fn properties(&self, path: &OwnedObjectPath) -> zbus::Result<HashMap<String, OwnedVariant>> {
        self.connection.call_method(Some(LOGIND), path, Some(PROPERTIES), "GetAll", &(SESSION,)).await?.body().deserialize()
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

/// Logins and logouts, changes of a session, and logind itself coming and going.
async fn subscribe(connection: &Connection) -> zbus::Result<Vec<MessageStream>> {
    let signal = || MatchRule::builder().msg_type(message::Type::Signal);
    let manager = |member: &'static str| signal().sender(LOGIND).interface(MANAGER).member(member).path(MANAGER_PATH).build();
    let rules = [
        manager("SessionNew")?,
        manager("SessionRemoved")?,
        signal()
            .sender(LOGIND)
            .interface(PROPERTIES)
            .member("PropertiesChanged")
            .path_namespace("/org/freedesktop/login1/session")
            .build()?,
        signal()
            .sender("org.freedesktop.DBus")
            .interface("org.freedesktop.DBus")
            .member("NameOwnerChanged")
            .arg(0, LOGIND)
            .build()?,
    ];
    let mut streams = Vec::new();
    for rule in rules {
        streams.push(MessageStream::for_match_rule(rule, connection, None).await?);
    }
    Ok(streams)
}

/// Drains the signals all the time: a stream that is not read would in the end hold up the replies on the same connection.
async fn listen(streams: Vec<MessageStream>, heard: Arc<Heard>) {
    let mut signals = select_all(streams);
    while let Some(Ok(_)) = signals.next().await {
        heard.something.notify_one();
    }
    heard.closed.store(true, Ordering::Release);
    heard.something.notify_one();
}

fn read(id: String, mut values: HashMap<String, OwnedVariant>) -> Properties {
    let mut text = |name: &str| values.remove(name).and_then(|value| String::try_from(value).ok()).unwrap_or_default();
    let (name, class, kind, state) = (text("Name"), text("Class"), text("Type"), text("State"));
    let (service, remote_host, tty, display) = (text("Service"), text("RemoteHost"), text("TTY"), text("Display"));
    let flag = |name: &str| values.get(name).and_then(|value| bool::try_from(value).ok()).unwrap_or_default();
    let number = |name: &str| values.get(name).and_then(|value| u64::try_from(value).ok()).unwrap_or_default();
    Properties {
        id,
        name,
        class,
        kind,
        state,
        service,
        remote: flag("Remote"),
        remote_host,
        tty,
        display,
        idle_hint: flag("IdleHint"),
        idle_since: number("IdleSinceHint"),
        started: number("Timestamp"),
    }
}

fn is_gone(error: &zbus::Error) -> bool {
    match error {
        zbus::Error::FDO(error) => matches!(**error, zbus::fdo::Error::UnknownObject(_) | zbus::fdo::Error::UnknownMethod(_)),
        zbus::Error::MethodError(name, ..) => name.as_str() == "org.freedesktop.login1.NoSuchSession",
        _ => false,
    }
}

fn failed(operation: &'static str) -> impl FnOnce(zbus::Error) -> SessionsError {
    move |source| SessionsError::Logind { operation, source }
}
