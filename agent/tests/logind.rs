//! Sessions from a systemd-logind that answers on a private bus: python-dbusmock's template of it.
//!
//! Needs the Debian packages `dbus-daemon` and `python3-dbusmock`.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something fails")]

use chrono::{DateTime, Utc};
use futures_util::StreamExt as _;
use muster_agent::collect::sessions::{Options, Sessions, SessionsError, SourceKind, Tracker};
use muster_runtime::clock::TestClock;
use muster_wire::session::{Session, SessionState};
use std::{
    collections::HashMap,
    io::{BufRead as _, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};
use zbus::{Connection, MatchRule, MessageStream, Variant};

const LOGIND: &str = "org.freedesktop.login1";
const MANAGER_PATH: &str = "/org/freedesktop/login1";
const MANAGER: &str = "org.freedesktop.login1.Manager";
const SESSION: &str = "org.freedesktop.login1.Session";
const MOCK: &str = "org.freedesktop.DBus.Mock";
/// Longest wait for something that must happen at once.
const SOON: Duration = Duration::from_secs(20);

/// Ends with the test, however that ends.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _status = self.0.wait();
    }
}

/// A bus of its own, with nobody on it.
struct PrivateBus {
    address: String,
    connection: Connection,
    daemon: Process,
}

impl PrivateBus {
    async fn start() -> Self {
        let mut daemon = Command::new("dbus-daemon")
            .args(["--session", "--print-address", "--nofork", "--nopidfile"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-daemon is installed (apt-get install dbus-daemon)");
        let mut line = String::new();
        BufReader::new(daemon.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().to_owned();
        let connection = zbus::connection::Builder::address(address.as_str()).build().await.unwrap();
        Self { address, connection, daemon: Process(daemon) }
    }

    /// Starts the mock and returns when it owns its name.
    async fn logind(&self) -> Process {
        let rule = MatchRule::builder()
            .msg_type(zbus::message::Type::Signal)
            .interface("org.freedesktop.DBus")
            .member("NameOwnerChanged")
            .arg(0, LOGIND)
            .build()
            .unwrap();
        let mut owners = MessageStream::for_match_rule(rule, &self.connection, None).await.unwrap();
        let mock = Command::new("/usr/bin/python3")
            .args(["-m", "dbusmock", "--system", "--template", "logind"])
            .env("DBUS_SYSTEM_BUS_ADDRESS", &self.address)
            .stdout(Stdio::null())
            .spawn()
            .expect("python3-dbusmock is installed (apt-get install python3-dbusmock)");
        let mock = Process(mock);
        tokio::time::timeout(SOON, owners.next()).await.expect("the mock takes its name").unwrap().unwrap();
        mock
    }

    async fn mock(&self, path: &str, method: &str, body: &(impl serde::Serialize + zbus::wire::DynamicType + Sync)) {
        self.connection.call_method(Some(LOGIND), path, Some(MOCK), method, body).await.unwrap();
    }

    async fn add_session(&self, id: &str, uid: u32, user: &str, properties: &[(&str, Variant<'_>)]) {
        self.mock(MANAGER_PATH, "AddSession", &(id, "seat0", uid, user, true)).await;
        self.update(id, properties).await;
    }

    async fn update(&self, id: &str, properties: &[(&str, Variant<'_>)]) {
        let properties: HashMap<&str, &Variant<'_>> = properties.iter().map(|(name, value)| (*name, value)).collect();
        self.mock(&session_path(id), "UpdateProperties", &(SESSION, properties)).await;
    }

    async fn signal(&self, name: &str, id: &str) {
        let path = zbus::ObjectPath::try_from(session_path(id)).unwrap();
        let arguments = vec![Variant::from(id), Variant::from(path)];
        self.mock(MANAGER_PATH, "EmitSignal", &(MANAGER, name, "so", arguments)).await;
    }

    async fn sessions(&self, source: SourceKind, utmp_path: PathBuf) -> Result<Sessions, SessionsError> {
        let options = Options { source, utmp_path, local_address: Some("10.1.2.3".into()) };
        Sessions::open_on(options, TestClock::at(now()), &self.address).await
    }
}

fn session_path(id: &str) -> String {
    format!("/org/freedesktop/login1/session/{id}")
}

fn now() -> DateTime<Utc> {
    "2026-11-21T20:00:00Z".parse().unwrap()
}

fn micros(time: &str) -> u64 {
    u64::try_from(time.parse::<DateTime<Utc>>().unwrap().timestamp_micros()).unwrap()
}

fn ssh(host: &str, started: &str) -> Vec<(&'static str, Variant<'static>)> {
    vec![
        ("Remote", Variant::from(true)),
        ("RemoteHost", Variant::from(host.to_owned())),
        ("Service", Variant::from("sshd")),
        ("Type", Variant::from("tty")),
        ("TTY", Variant::from("pts/4711")),
        ("Timestamp", Variant::from(micros(started))),
        ("IdleSinceHint", Variant::from(micros("2026-11-21T19:59:00Z"))),
    ]
}

fn summary(sessions: &[Session]) -> Vec<(&str, &str, &str, &str)> {
    sessions
        .iter()
        .map(|session| (session.id.as_str(), session.user.as_str(), session.client_ip.as_str(), session.client.as_str()))
        .collect()
}

async fn soon(changed: impl Future<Output = ()>) {
    tokio::time::timeout(SOON, changed).await.expect("a change is noticed");
}

/// Waits until nothing more is signalled: one action can send several signals.
async fn settle(sessions: &mut Sessions) {
    while tokio::time::timeout(Duration::from_millis(300), sessions.changed()).await.is_ok() {}
}

fn nowhere() -> PathBuf {
    PathBuf::from("/nonexistent/utmp")
}

#[tokio::test]
async fn the_list_holds_every_user_s_session_and_no_other() {
    let bus = PrivateBus::start().await;
    let _logind = bus.logind().await;
    bus.add_session("c2", 500, "alice", &ssh("::ffff:10.0.0.11", "2026-11-21T19:12:07.000005Z")).await;
    bus.add_session("c1", 500, "alice", &ssh("10.0.0.12", "2026-11-21T19:00:00Z")).await;
    let desktop =
        [("Type", Variant::from("wayland")), ("TTY", Variant::from("tty2")), ("Service", Variant::from("gdm-password"))];
    bus.add_session("7", 501, "bob", &desktop).await;
    bus.add_session("g1", 117, "gdm", &[("Class", Variant::from("greeter"))]).await;
    bus.add_session("m1", 500, "alice", &[("Class", Variant::from("manager-early"))]).await;
    bus.add_session(
        "u1",
        502,
        "carol",
        &[("Class", Variant::from("user-from-the-future")), ("State", Variant::from("hovering"))],
    )
    .await;
    bus.add_session("x1", 503, "dave", &[("State", Variant::from("closing"))]).await;

    let mut sessions = bus.sessions(SourceKind::Logind, nowhere()).await.unwrap();
    assert_eq!(sessions.source(), "logind");
    let list = sessions.snapshot().await.unwrap();
    assert_eq!(
        summary(&list),
        [
            ("7", "bob", "10.1.2.3", "console"),
            ("u1", "carol", "10.1.2.3", "console"),
            ("c1", "alice", "10.0.0.12", "ssh"),
            ("c2", "alice", "10.0.0.11", "ssh"),
        ]
    );
    assert_eq!((list[3].state, list[1].state), (SessionState::Active, SessionState::Other));
    assert_eq!((list[0].idle_seconds, list[3].idle_seconds), (None, Some(60)));
    assert_eq!(list[3].started_at, "2026-11-21T19:12:07.000005Z".parse::<DateTime<Utc>>().unwrap());

    sessions.set_local_address(Some("127.0.0.1".into()));
    let own = sessions.snapshot().await.unwrap()[0].client_ip.clone();
    assert!(!own.starts_with("127.") && own == own.to_lowercase(), "{own}");
}

#[tokio::test]
async fn logins_logouts_and_changes_are_signalled() {
    let bus = PrivateBus::start().await;
    let _logind = bus.logind().await;
    let mut sessions = bus.sessions(SourceKind::Auto, nowhere()).await.unwrap();
    let mut tracker = Tracker::new();
    assert_eq!((sessions.source(), sessions.snapshot().await.unwrap()), ("logind", vec![]));

    bus.add_session("c1", 500, "alice", &ssh("10.0.0.11", "2026-11-21T19:00:00Z")).await;
    bus.signal("SessionNew", "c1").await;
    soon(sessions.changed()).await;
    settle(&mut sessions).await;
    let list = sessions.snapshot().await.unwrap();
    assert_eq!((summary(&list), tracker.observe(&list, now())), (vec![("c1", "alice", "10.0.0.11", "ssh")], vec![]));

    bus.update("c1", &[("State", Variant::from("online"))]).await;
    soon(sessions.changed()).await;
    assert_eq!(sessions.snapshot().await.unwrap()[0].state, SessionState::Online);
    settle(&mut sessions).await;

    bus.mock(MANAGER_PATH, "RemoveObject", &(session_path("c1"),)).await;
    bus.signal("SessionRemoved", "c1").await;
    soon(sessions.changed()).await;
    let list = sessions.snapshot().await.unwrap();
    let ended = tracker.observe(&list, now());
    assert_eq!((list, ended.len(), ended[0].id.as_str(), ended[0].ended_at), (vec![], 1, "c1", now()));
}

#[tokio::test]
async fn a_signal_is_not_lost_when_nobody_waits_or_the_wait_is_given_up() {
    let bus = PrivateBus::start().await;
    let _logind = bus.logind().await;
    let mut sessions = bus.sessions(SourceKind::Logind, nowhere()).await.unwrap();
    let given_up = tokio::time::timeout(Duration::from_millis(50), sessions.changed()).await;
    assert!(given_up.is_err(), "nothing happened yet");
    bus.signal("SessionNew", "c9").await;
    soon(sessions.changed()).await;
}

#[tokio::test]
async fn a_lost_logind_is_an_error_and_comes_back() {
    let bus = PrivateBus::start().await;
    let logind = bus.logind().await;
    bus.add_session("c1", 500, "alice", &ssh("10.0.0.11", "2026-11-21T19:00:00Z")).await;
    let mut sessions = bus.sessions(SourceKind::Auto, nowhere()).await.unwrap();
    assert_eq!(sessions.snapshot().await.unwrap().len(), 1);
    settle(&mut sessions).await;

    drop(logind);
    soon(sessions.changed()).await;
    let error = sessions.snapshot().await.unwrap_err();
    assert!(matches!(error, SessionsError::Logind { .. }), "{error}");
    assert_eq!(sessions.source(), "logind", "another source would rename every session");

    let _logind = bus.logind().await;
    bus.add_session("c1", 500, "alice", &ssh("10.0.0.11", "2026-11-21T19:00:00Z")).await;
    assert_eq!(sessions.snapshot().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_lost_bus_is_an_error() {
    let bus = PrivateBus::start().await;
    let _logind = bus.logind().await;
    let mut sessions = bus.sessions(SourceKind::Logind, nowhere()).await.unwrap();
    let PrivateBus { daemon, .. } = bus;
    drop(daemon);
    soon(sessions.changed()).await;
    for _ in 0..2 {
        let error = sessions.snapshot().await.unwrap_err();
        assert!(matches!(error, SessionsError::Logind { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_logind_that_hangs_costs_five_seconds_and_is_an_error() {
    let bus = PrivateBus::start().await;
    let logind = bus.logind().await;
    let mut sessions = bus.sessions(SourceKind::Logind, nowhere()).await.unwrap();
    assert!(Command::new("kill").args(["-STOP", &logind.0.id().to_string()]).status().unwrap().success());
    let error = tokio::time::timeout(SOON, sessions.snapshot()).await.expect("the budget is kept").unwrap_err();
    assert!(matches!(error, SessionsError::Timeout { .. } | SessionsError::Logind { .. }), "{error}");
}

/// A process has one environment, so this test starts itself once more with another one.
#[tokio::test]
async fn the_system_bus_is_the_one_the_environment_names() {
    const INSIDE: &str = "MUSTER_TEST_INSIDE";
    if std::env::var_os(INSIDE).is_some() {
        let options = Options { source: SourceKind::Logind, utmp_path: nowhere(), local_address: None };
        let mut sessions = Sessions::open(options, TestClock::at(now())).await.unwrap();
        assert_eq!(sessions.snapshot().await.unwrap()[0].client_ip, "10.0.0.11");
        return;
    }
    let bus = PrivateBus::start().await;
    let _logind = bus.logind().await;
    bus.add_session("c1", 500, "alice", &ssh("10.0.0.11", "2026-11-21T19:00:00Z")).await;
    let inside = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "the_system_bus_is_the_one_the_environment_names"])
        .env("DBUS_SYSTEM_BUS_ADDRESS", &bus.address)
        .env(INSIDE, "1")
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&inside.stdout);
    assert!(inside.status.success() && printed.contains("1 passed"), "{printed}");
}

#[tokio::test]
async fn without_logind_the_next_source_is_taken() {
    let bus = PrivateBus::start().await;
    let dir = tempfile::tempdir().unwrap();
    let utmp = dir.path().join("utmp");

    let error = bus.sessions(SourceKind::Logind, nowhere()).await.unwrap_err();
    assert!(error.to_string().contains("systemd-logind"), "{error}");
    let error = bus.sessions(SourceKind::Utmp, utmp.clone()).await.unwrap_err();
    assert!(error.to_string().starts_with("no session source"), "{error}");

    let mut none = bus.sessions(SourceKind::Auto, utmp.clone()).await.unwrap();
    assert_eq!((none.source(), none.snapshot().await.unwrap()), ("none", vec![]));

    std::fs::File::create(&utmp).unwrap();
    let mut found = bus.sessions(SourceKind::Auto, utmp).await.unwrap();
    assert_eq!((found.source(), found.snapshot().await.unwrap()), ("utmp", vec![]));
    assert_eq!((none.snapshot().await.unwrap(), none.source()), (vec![], "utmp"), "a source that appears is found");
}
