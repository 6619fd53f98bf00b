//! The program itself: exit codes, the daemon beside a command, signals, the local socket.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test ends where something fails")]

mod support;

use muster_agent::socket;
use muster_runtime::exit::Exit;
use muster_wire::report::Need;
use serde_json::Value;
use std::{
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    process::{Output, Stdio},
    time::Duration,
};
use support::{Collector, Site, enrolled};
use tokio::process::{Child, Command};

const PATIENCE: Duration = Duration::from_secs(30);

struct Machine {
    dir: tempfile::TempDir,
}

impl Machine {
    /// A machine with its own configuration, socket and an empty list of sessions.
    fn new(extra: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::File::create(dir.path().join("utmp")).unwrap();
        let machine = Self { dir };
        let path = |name: &str| machine.path(name).display().to_string();
        let config = format!(
            "state_dir = {:?}\n{extra}\n[sessions]\nsource = \"utmp\"\nutmp_path = {:?}\n[socket]\npath = {:?}\n",
            path("state"),
            path("utmp"),
            path("run/agent.sock")
        );
        muster_runtime::durable::write(&machine.path("agent.toml"), config.as_bytes(), 0o600).unwrap();
        machine
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_muster-agent"));
        command.args(words).arg("--config").arg(self.path("agent.toml"));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command
    }

    async fn run(&self, words: &[&str]) -> Output {
        tokio::time::timeout(PATIENCE, self.command(words).output()).await.unwrap().unwrap()
    }

    async fn status(&self) -> Value {
        let output = self.run(&["status", "--output", "json"]).await;
        assert_eq!(code(&output), Exit::Done.code());
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Starts the daemon and waits until it answers on its socket.
    async fn daemon(&self) -> Child {
        self.start(&mut self.command(&["run", "--log", "debug"])).await
    }

    async fn start(&self, command: &mut Command) -> Child {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let socket = self.path("run/agent.sock");
        let answers = async {
            while socket::get(&socket, "/v1/verdict", PATIENCE).await.is_err() {
                assert!(child.try_wait().unwrap().is_none(), "the agent ended");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, answers).await.unwrap();
        child
    }
}

fn code(output: &Output) -> u8 {
    u8::try_from(output.status.code().unwrap()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

async fn enrolled_machine(site: &Site, collector: &Collector) -> Machine {
    let machine = Machine::new("");
    drop(enrolled(&machine.path("state"), site, &collector.url()).await);
    machine
}

fn signal(child: &Child, signal: rustix::process::Signal) {
    let id = rustix::process::Pid::from_raw(i32::try_from(child.id().unwrap()).unwrap()).unwrap();
    rustix::process::kill_process(id, signal).unwrap();
}

async fn stop(mut child: Child) {
    signal(&child, rustix::process::Signal::TERM);
    let status = tokio::time::timeout(PATIENCE, child.wait()).await.unwrap().unwrap();
    assert!(status.success(), "{status}");
}

#[tokio::test]
async fn says_what_is_wrong_with_the_right_code() {
    let machine = Machine::new("");
    let bad = Machine::new("colector = []");
    for (machine, words, exit, text) in [
        (&bad, vec!["once"], Exit::Config, "colector"),
        (&machine, vec!["once"], Exit::Config, "not enrolled"),
        (&machine, vec!["once", "--state-dir", "/proc/none"], Exit::Config, "not enrolled"),
        (&machine, vec!["frobnicate"], Exit::Usage, "frobnicate"),
        (&machine, vec!["enroll", "--collector", "http://a", "--token-file", "-"], Exit::Usage, "https://"),
        (&machine, vec!["enroll", "--collector", "https://a:1", "--token-file", "-"], Exit::Failed, "token is empty"),
        (&machine, vec!["enroll", "--collector", "https://a:1", "--token-file", "/none"], Exit::Failed, "/none"),
    ] {
        let output = machine.run(&words).await;
        assert_eq!(code(&output), exit.code(), "{words:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(text), "{words:?}: {}", stderr(&output));
    }
}

#[tokio::test]
async fn shows_this_machine_without_any_identity() {
    let machine = Machine::new("");
    for what in ["hardware", "sessions", "report"] {
        let output = machine.run(&["show", what]).await;
        assert_eq!(code(&output), Exit::Done.code(), "{}", stderr(&output));
        let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
        match what {
            "hardware" => assert!(shown["cpu"]["threads"].as_u64().unwrap() > 0 && shown["machine_id_hash"].is_null()),
            "sessions" => assert_eq!(shown, serde_json::json!([])),
            _ => assert_eq!((shown["seq"].as_u64(), shown["protocol"].as_u64()), (Some(1), Some(1))),
        }
    }
    assert!(!machine.path("state").exists(), "show changes nothing");
    let status = machine.status().await;
    assert_eq!((&status["enrolled"], &status["running"]), (&Value::Bool(false), &Value::Bool(false)));
}

#[tokio::test]
async fn once_delivers_or_keeps() {
    let site = Site::new();
    let collector = site.serve(&["127.0.0.1"]).await;
    let machine = enrolled_machine(&site, &collector).await;
    let output = machine.run(&["once"]).await;
    assert_eq!(code(&output), Exit::Done.code(), "{}", stderr(&output));
    assert!(collector.reports()[0].hardware.as_ref().unwrap().cpu.threads.is_some());
    let address = collector.stop().await;
    let output = machine.run(&["once"]).await;
    assert_eq!(code(&output), Exit::Unreachable.code());
    assert!(stderr(&output).contains("cannot be reached"), "{}", stderr(&output));
    assert_eq!(machine.status().await["waiting_reports"], 1);
    let collector = site.serve_at(&["127.0.0.1"], address).await;
    assert_eq!(code(&machine.run(&["once"]).await), Exit::Done.code());
    let seqs: Vec<u64> = collector.reports().iter().map(|report| report.seq).collect();
    assert_eq!(seqs, [2, 3]);
    let status = machine.status().await;
    assert_eq!((&status["waiting_reports"], &status["next_seq"]), (&0.into(), &4.into()));
}

#[tokio::test]
async fn once_answers_the_wish_for_hardware() {
    let site = Site::new();
    let collector = site.serve(&["127.0.0.1"]).await;
    let machine = enrolled_machine(&site, &collector).await;
    collector.script([support::taken(1, vec![Need::Hardware], None), support::taken(2, vec![Need::Hardware], None)]);
    assert_eq!(code(&machine.run(&["once"]).await), Exit::Done.code());
    let reports = collector.reports();
    assert_eq!(reports.len(), 2, "a collector that asks over and over is heard once");
    assert!(reports.iter().all(|report| report.hardware.is_some()));
}

#[tokio::test]
async fn enrols_by_hand_from_a_file() {
    let site = Site::new();
    let collector = site.serve(&["127.0.0.1"]).await;
    let machine = Machine::new("");
    let token = machine.path("token");
    muster_runtime::durable::write(&token, site.token().text().as_bytes(), 0o600).unwrap();
    let token_file = token.display().to_string();
    let url = collector.url();
    let words = ["enroll", "--collector", &url, "--token-file", &token_file];
    let state = machine.path("state");
    muster_runtime::durable::create_dir(&state, 0o700).unwrap();
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(&state, Some(65534), Some(65534)).unwrap();
    }
    let output = machine.run(&words).await;
    assert_eq!(code(&output), Exit::Done.code(), "{}", stderr(&output));
    assert!(String::from_utf8_lossy(&output.stdout).contains(&support::AGENT.to_string()));
    assert_eq!(code(&machine.run(&["once"]).await), Exit::Done.code());
    for dir in [&state, &state.join("spool")] {
        for entry in std::fs::read_dir(dir).unwrap() {
            let (entry, owner) = (entry.unwrap(), state.metadata().unwrap().uid());
            assert_eq!(entry.metadata().unwrap().uid(), owner, "{} is the service's", entry.path().display());
        }
    }
    let csv = machine.run(&["status", "--output", "csv"]).await;
    assert!(String::from_utf8_lossy(&csv.stdout).contains("enrolled,yes"));
    assert!(token.exists(), "a token that lies elsewhere is not the agent's to remove");
    let again = machine.run(&words).await;
    assert_eq!(code(&again), Exit::Failed.code());
    assert!(stderr(&again).contains("enrolled already"), "{}", stderr(&again));
    let elsewhere = [words.as_slice(), &["--state-dir", "/proc/none"]].concat();
    let bad = machine.run(&elsewhere);
    assert_eq!(code(&bad.await), Exit::Config.code());
}

#[tokio::test]
async fn the_daemon_enrols_from_its_credential() {
    let site = Site::new();
    let collector = site.serve(&["127.0.0.1"]).await;
    let machine = Machine::new(&format!("collector = [{:?}]", collector.url()));
    let credentials = machine.path("credentials");
    muster_runtime::durable::create_dir(&credentials, 0o700).unwrap();
    muster_runtime::durable::write(&credentials.join("join-token"), site.token().text().as_bytes(), 0o600).unwrap();
    let mut command = machine.command(&["run"]);
    let daemon = machine.start(command.env("CREDENTIALS_DIRECTORY", &credentials)).await;
    assert_eq!(code(&machine.run(&["once"]).await), Exit::Done.code());
    assert_eq!(machine.status().await["enrolled"], true);
    stop(daemon).await;
}

#[tokio::test]
async fn a_reload_brings_a_new_address_and_a_bad_one_is_not_used() {
    let site = Site::new();
    let collector = site.serve(&["127.0.0.1"]).await;
    let machine = enrolled_machine(&site, &collector).await;
    let config = std::fs::read_to_string(machine.path("agent.toml")).unwrap();
    let daemon = machine.daemon().await;
    let moved = site.serve(&["127.0.0.1"]).await;
    let write = |text: String| muster_runtime::durable::write(&machine.path("agent.toml"), text.as_bytes(), 0o600).unwrap();
    for extra in ["colector = []\n".to_owned(), format!("collector = [{:?}]\n", moved.url())] {
        write(format!("{extra}{config}"));
        signal(&daemon, rustix::process::Signal::HUP);
    }
    let heard = async {
        while machine.status().await["collectors"][0] != moved.url() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, heard).await.unwrap();
    collector.stop().await;
    assert_eq!(code(&machine.run(&["once"]).await), Exit::Done.code());
    stop(daemon).await;
}

#[tokio::test]
async fn the_daemon_reports_and_answers_beside_a_command() {
    let site = Site::new();
    let collector = site.serve(&["127.0.0.1"]).await;
    let machine = enrolled_machine(&site, &collector).await;
    let daemon = machine.daemon().await;
    let output = machine.run(&["once"]).await;
    assert_eq!(code(&output), Exit::Done.code(), "{}", stderr(&output));
    assert!(!collector.reports().is_empty());
    let status = machine.status().await;
    assert_eq!((&status["running"], &status["waiting_reports"]), (&Value::Bool(true), &0.into()));
    assert_eq!(status["agent_id"], support::AGENT.to_string());
    let socket = machine.path("run/agent.sock");
    for (route, expected) in [("/v1/verdict", 200), ("/v1/none", 404)] {
        assert_eq!(socket::get(&socket, route, PATIENCE).await.unwrap().0, expected, "{route}");
    }
    assert_eq!(socket::post(&socket, "/v1/verdict", PATIENCE).await.unwrap().0, 405);
    // The collector goes away: whoever asks is told, nothing is lost.
    collector.stop().await;
    stop(daemon).await;
    assert!(!socket.exists());
    assert_eq!(machine.status().await["running"], false);
}

#[tokio::test]
async fn two_daemons_do_not_share_a_state_directory() {
    let site = Site::new();
    let collector = site.serve(&["127.0.0.1"]).await;
    let machine = enrolled_machine(&site, &collector).await;
    let daemon = machine.daemon().await;
    let second = machine.run(&["run"]).await;
    assert_eq!(code(&second), Exit::TryAgain.code());
    assert!(stderr(&second).contains("another muster-agent"), "{}", stderr(&second));
    stop(daemon).await;
}

#[tokio::test]
async fn a_login_is_reported_within_five_seconds_and_survives_kill_9() {
    let site = Site::new();
    let collector = site.serve(&["127.0.0.1"]).await;
    let machine = enrolled_machine(&site, &collector).await;
    let mut daemon = machine.daemon().await;
    assert_eq!(code(&machine.run(&["once"]).await), Exit::Done.code());
    let before = collector.reports().len();
    write_utmp(&machine.path("utmp"), &[("alice", "10.0.0.11", "pts/0")]);
    let reported = async {
        while !collector.reports()[before..].iter().any(|report| report.sessions.len() == 1) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), reported).await.expect("a login is reported within 5 s");
    // A report whose answer is lost with the kill is rightly sent again; here the answer has come.
    let answered = async {
        while machine.status().await["waiting_reports"] != 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, answered).await.expect("the answer is taken");
    daemon.kill().await.unwrap();
    write_utmp(&machine.path("utmp"), &[]);
    assert_eq!(code(&machine.run(&["once"]).await), Exit::Done.code());
    let reports = collector.reports();
    let last = reports.last().unwrap();
    assert_eq!((last.sessions.len(), last.ended.len()), (0, 1), "the logout during the crash is told");
    assert_eq!(last.ended[0].user, "alice");
    assert!(reports.windows(2).all(|pair| pair[0].seq < pair[1].seq), "no number is used twice");
}

/// Records as glibc writes them on 64-bit Linux: 384 bytes each.
fn write_utmp(path: &Path, sessions: &[(&str, &str, &str)]) {
    let mut bytes = Vec::new();
    for (user, host, line) in sessions {
        let mut record = [0_u8; 384];
        let mut put = |at: usize, data: &[u8]| record[at..at + data.len()].copy_from_slice(data);
        put(0, &7_i32.to_le_bytes());
        put(4, &std::process::id().to_le_bytes());
        put(8, line.as_bytes());
        put(40, b"ts/0");
        put(44, user.as_bytes());
        put(76, host.as_bytes());
        put(340, &1_700_000_000_i32.to_le_bytes());
        bytes.extend_from_slice(&record);
    }
    muster_runtime::durable::write(path, &bytes, 0o644).unwrap();
}
