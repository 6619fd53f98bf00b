//! Programs that run beside a task. In: commands, and the signals that end the task. Out: events, in the order in which
//! they happened. Whatever was started is stopped by its own id, the last one first, also when the task fails.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::run::say;

/// How long an orderly end may take.
const PATIENCE: Duration = Duration::from_secs(40);
/// Lines of a log that an error shows.
const TAIL: usize = 40;

/// Something that happened.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// Ctrl-C, SIGTERM, or the terminal was closed.
    Stop,
    /// A child ended.
    Ended {
        /// Which one.
        name: &'static str,
        /// How.
        status: ExitStatus,
    },
}

/// The programs of a task.
pub(crate) struct Children {
    sender: Sender<Event>,
    events: Receiver<Event>,
    running: Vec<Running>,
}

struct Running {
    name: &'static str,
    pid: Pid,
    /// Where everything is that it prints, if it is kept.
    log: Option<PathBuf>,
}

impl Children {
    /// None yet.
    pub(crate) fn new() -> Self {
        let (sender, events) = channel();
        Self { sender, events, running: Vec::new() }
    }

    /// From now on a signal does not end the task but is an event.
    ///
    /// # Errors
    /// The system does not let signals be handled.
    pub(crate) fn heed_signals(&self) -> Result<()> {
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).context("handle signals")?;
        let sender = self.sender.clone();
        thread::spawn(move || signals.forever().take_while(|_| sender.send(Event::Stop).is_ok()).for_each(drop));
        Ok(())
    }

    /// Starts a program with everything it prints in the file `log`.
    ///
    /// # Errors
    /// The log cannot be opened or the program not started.
    pub(crate) fn start(&mut self, name: &'static str, command: &mut Command, log: &Path) -> Result<()> {
        let file = File::create(log).with_context(|| format!("create {}", log.display()))?;
        let again = file.try_clone().context("the log for standard output")?;
        self.spawn(name, command.stdout(again).stderr(file), Some(log))
    }

    /// Starts a program that tells people what it does on standard error.
    ///
    /// # Errors
    /// The program is not started.
    pub(crate) fn start_shown(&mut self, name: &'static str, command: &mut Command) -> Result<()> {
        self.spawn(name, command.stdout(Stdio::null()), None)
    }

    fn spawn(&mut self, name: &'static str, command: &mut Command, log: Option<&Path>) -> Result<()> {
        use std::os::unix::process::CommandExt;
        // A group of its own: Ctrl-C reaches the task alone, which then stops its children in their order.
        command.stdin(Stdio::null()).process_group(0);
        let mut child = command.spawn().with_context(|| format!("start {name}"))?;
        let pid = Pid::from_raw(child.id().cast_signed()).context("a process has an id")?;
        let sender = self.sender.clone();
        thread::spawn(move || {
            if let Ok(status) = child.wait() {
                // Nobody listens any more once the task is over.
                let _ = sender.send(Event::Ended { name, status });
            }
        });
        self.running.push(Running { name, pid, log: log.map(Path::to_owned) });
        Ok(())
    }

    /// The next event; `None` after `patience`.
    pub(crate) fn event(&mut self, patience: Option<Duration>) -> Option<Event> {
        let event = match patience {
            Some(patience) => self.events.recv_timeout(patience).ok(),
            None => self.events.recv().ok(),
        };
        if let Some(Event::Ended { name: ended, .. }) = event {
            self.running.retain(|child| child.name != ended);
        }
        event
    }

    /// Stops every child that still runs, the last one first.
    pub(crate) fn stop(&mut self) {
        while let Some((pid, name)) = self.running.last().map(|child| (child.pid, child.name)) {
            say(&format!("stopping {name}"));
            let _ = kill_process(pid, Signal::TERM);
            if !self.ends(name, PATIENCE) {
                say(&format!("{name} still runs after {PATIENCE:?}; killing it"));
                let _ = kill_process(pid, Signal::KILL);
                self.ends(name, PATIENCE);
                self.running.retain(|child| child.name != name);
            }
        }
    }

    /// Waits for the end of one child; a signal meanwhile asks for what is under way already.
    fn ends(&mut self, name: &str, patience: Duration) -> bool {
        while self.running.iter().any(|child| child.name == name) {
            match self.event(Some(patience)) {
                Some(Event::Stop | Event::Ended { .. }) => {}
                None => return false,
            }
        }
        true
    }

    /// The end of the logs of what still runs, for an error.
    pub(crate) fn logs(&self) -> String {
        self.running.iter().filter_map(|child| Some(tail(child.name, child.log.as_deref()?))).collect()
    }
}

impl Drop for Children {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The last lines of a log, with a heading.
pub(crate) fn tail(name: &str, log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.len().saturating_sub(TAIL);
    format!("\n---- log of {name}\n{}", lines.get(from..).unwrap_or_default().join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_end_by_themselves_or_are_stopped_last_first_and_their_logs_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let log = |name: &str| dir.path().join(name);
        let mut children = Children::new();
        children.start("short", Command::new("sh").args(["-c", "echo said; exit 5"]), &log("short")).unwrap();
        match children.event(Some(PATIENCE)) {
            Some(Event::Ended { name: "short", status }) => assert_eq!(status.code(), Some(5)),
            other => panic!("{other:?}"),
        }
        assert!(tail("short", &log("short")).ends_with("log of short\nsaid"));
        for name in ["one", "other"] {
            children.start(name, Command::new("sleep").arg("600"), &log(name)).unwrap();
        }
        assert!(children.logs().contains("log of other"));
        assert_eq!(children.event(Some(Duration::ZERO)), None);
        children.stop();
        assert!(children.running.is_empty() && children.logs().is_empty());
        assert!(children.start("absent", &mut Command::new("muster-no-such-program"), &log("absent")).is_err());
    }
}
