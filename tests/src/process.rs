//! Child processes of a test. In: a command. Out: either what it printed and how it ended ([`run`]), or a [`Daemon`]
//! that runs until it is told to stop, is killed on drop by its own id, and whose log is shown when the test fails.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};

/// How long a command or an orderly end may take before the test fails.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// What a command that has ended left behind.
#[derive(Debug)]
pub struct Ran {
    /// The command line, for messages.
    pub command: String,
    /// The exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Ran {
    /// Itself, when the exit code is `code`.
    ///
    /// # Errors
    /// It ended in another way; everything it printed is in the error.
    pub fn expect(self, code: i32) -> Result<Self> {
        if self.code != Some(code) {
            bail!("expected exit {code} of {}\nexit {:?}\n{}{}", self.command, self.code, self.stdout, self.stderr);
        }
        Ok(self)
    }

    /// Its standard output as JSON.
    ///
    /// # Errors
    /// It failed, or printed something else.
    pub fn json(self) -> Result<Value> {
        let ran = self.expect(0)?;
        serde_json::from_str(&ran.stdout).with_context(|| format!("JSON expected of {}, got: {}", ran.command, ran.stdout))
    }
}

/// Runs a command to its end with `stdin` as its input.
///
/// # Errors
/// It cannot be started, or does not end within [`PATIENCE`].
pub async fn run(mut command: Command, stdin: &[u8]) -> Result<Ran> {
    let shown = shown(&command);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().with_context(|| format!("start {shown}"))?;
    let mut input = child.stdin.take().context("its standard input")?;
    let talk = async {
        // A command that does not read its input may close it, which is its own affair.
        let (_, output) = tokio::join!(
            async move {
                let _ = input.write_all(stdin).await;
                drop(input);
            },
            child.wait_with_output()
        );
        output
    };
    let output = tokio::time::timeout(PATIENCE, talk)
        .await
        .with_context(|| format!("{shown} is not over after {PATIENCE:?}"))?
        .with_context(|| format!("wait for {shown}"))?;
    Ok(Ran {
        command: shown,
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// The command of `program`, which is to keep to one processor where that is asked for.
#[must_use]
pub fn on_processor(processor: Option<u32>, program: &Path) -> Command {
    match processor {
        None => Command::new(program),
        Some(processor) => {
            // It replaces itself by the program, whose process id is therefore its own.
            let mut command = Command::new("taskset");
            command.args(["--cpu-list", &processor.to_string()]).arg(program);
            command
        }
    }
}

/// A program that runs beside the test.
#[derive(Debug)]
pub struct Daemon {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Daemon {
    /// Starts it with its standard output and error appended to the file `log`.
    ///
    /// # Errors
    /// The log cannot be opened or the program not started.
    pub fn spawn(mut command: Command, log: &Path) -> Result<Self> {
        let name = shown(&command);
        let file = File::options().create(true).append(true).open(log).with_context(|| format!("open {}", log.display()))?;
        let again = file.try_clone().context("the log for standard output")?;
        command.stdin(Stdio::null()).stdout(again).stderr(file).kill_on_drop(true);
        let child = command.spawn().with_context(|| format!("start {name}"))?;
        Ok(Self { name, child, log: log.to_owned() })
    }

    /// Its process id; `None` once it has ended.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Everything it has logged so far, with earlier runs on the same log before it.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Sends a signal.
    ///
    /// # Errors
    /// It has ended already.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        let pid = self.pid().and_then(|pid| Pid::from_raw(pid.cast_signed()));
        let pid = pid.with_context(|| format!("{} has ended already\n{}", self.name, self.log()))?;
        kill_process(pid, signal).with_context(|| format!("signal {}", self.name))
    }

    /// How it ended, if it has.
    ///
    /// # Errors
    /// The kernel does not say.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.child.try_wait().with_context(|| format!("look after {}", self.name))
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// It still runs after [`PATIENCE`].
    pub async fn wait(&mut self) -> Result<ExitStatus> {
        let waited = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        let ended = waited.with_context(|| format!("{} still runs after {PATIENCE:?}\n{}", self.name, self.log()))?;
        ended.with_context(|| format!("wait for {}", self.name))
    }

    /// SIGTERM, then its end.
    ///
    /// # Errors
    /// It has ended already, or does not end.
    pub async fn terminate(&mut self) -> Result<ExitStatus> {
        self.signal(Signal::TERM)?;
        self.wait().await
    }

    /// SIGKILL, then its end: what a power cut leaves of a process.
    ///
    /// # Errors
    /// It has ended already.
    pub async fn kill(&mut self) -> Result<()> {
        self.signal(Signal::KILL)?;
        self.wait().await.map(drop)
    }
}

impl Drop for Daemon {
    #[expect(clippy::print_stderr, reason = "a failed test shows what its daemons had to say")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("---- {}\n{}", self.name, self.log());
        }
    }
}

fn shown(command: &Command) -> String {
    let command = command.as_std();
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let args = command.get_args().map(|arg| arg.to_string_lossy().into_owned());
    [program.to_string_lossy().into_owned()].into_iter().chain(args).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    async fn logged(daemon: &Daemon, text: &str) {
        let logged = async {
            while !daemon.log().contains(text) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, logged).await.unwrap();
    }

    #[tokio::test]
    async fn a_command_is_judged_by_its_exit_code_and_its_json() {
        let ran = run(shell("cat; echo no >&2; exit 3"), b"[1]").await.unwrap();
        assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (Some(3), "[1]", "no\n"));
        let error = ran.expect(0).unwrap_err().to_string();
        assert!(error.contains("expected exit 0 of sh -c") && error.contains("no\n"), "{error}");
        assert_eq!(run(shell("cat"), b"[1]").await.unwrap().json().unwrap(), serde_json::json!([1]));
        assert!(run(shell("echo text"), b"").await.unwrap().json().is_err());
        // More than a pipe holds, to a command that does not read it.
        run(shell("exec true"), &[b'x'; 1 << 20]).await.unwrap().expect(0).unwrap();
    }

    #[tokio::test]
    async fn a_daemon_ends_by_signal_and_its_log_stays() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("log");
        let mut daemon = Daemon::spawn(shell("echo first >&2; exec sleep 600"), &log).unwrap();
        logged(&daemon, "first").await;
        assert!(daemon.ended().unwrap().is_none());
        assert_eq!(daemon.terminate().await.unwrap().signal(), Some(15));
        assert!(daemon.signal(Signal::TERM).unwrap_err().to_string().contains("has ended already\nfirst"));
        let mut daemon = Daemon::spawn(shell("echo second; exec sleep 600"), &log).unwrap();
        logged(&daemon, "first\nsecond").await;
        daemon.kill().await.unwrap();
        assert!(daemon.ended().unwrap().is_some());
    }

    #[tokio::test]
    async fn a_dropped_daemon_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let daemon = Daemon::spawn(shell("exec sleep 600"), &dir.path().join("log")).unwrap();
        let process = PathBuf::from(format!("/proc/{}/stat", daemon.pid().unwrap()));
        drop(daemon);
        let gone = async {
            // A zombie is gone as well: its end is only not yet fetched.
            while fs::read_to_string(&process).is_ok_and(|stat| !stat.contains(") Z ")) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, gone).await.unwrap();
    }
}
