//! `exec`: a licence for a program (contract 1.2).
//!
//! In: an application, a command. Out: the command's own exit code, 128 and its number for a signal. The seat is the agent's to
//! keep while this process lives: it is given back here when the program ends, and by the agent when this process cannot.

use super::{
    borrow,
    failure::Failure,
    take::{self, give_back},
};
use crate::{
    broker::{Hold, LocalRequest},
    cli::ExecArgs,
    config::Config,
};
use muster_runtime::{clock::SharedClock, exit::Exit};
use std::{
    future::poll_fn,
    io,
    os::unix::process::ExitStatusExt as _,
    path::Path,
    process::{ExitCode, ExitStatus},
    task::Poll,
};
use tokio::{
    process::{Child, Command},
    signal::unix::{Signal, SignalKind, signal},
};
use uuid::Uuid;

/// As shells say it: found but not to be run, and not found.
const CANNOT_RUN: u8 = 126;
const NO_PROGRAM: u8 = 127;

pub(super) async fn run(args: &ExecArgs, clock: &SharedClock) -> Result<ExitCode, Failure> {
    let config = Config::load(args.place.config.as_deref(), args.place.state_dir.as_deref())?;
    let socket = &config.socket.path;
    let Some((program, words)) = args.command.split_first() else {
        return Err(Failure::new(Exit::Usage, "there is no command"));
    };
    // From here on no signal ends this process before the seat is given back.
    let mut signals = Signals::new().map_err(|error| Failure::new(Exit::Failed, error))?;
    let id = Uuid::new_v4();
    let taken = tokio::select! {
        taken = take(socket, id, args, clock) => taken,
        signal = signals.next() => {
            give_back(socket, id).await;
            return Ok(ExitCode::from(128_u8.saturating_add(signal.number)));
        }
    };
    taken?;
    let mut child = match Command::new(program).args(words).spawn() {
        Ok(child) => child,
        Err(error) => {
            give_back(socket, id).await;
            let code = if error.kind() == io::ErrorKind::NotFound { NO_PROGRAM } else { CANNOT_RUN };
            super::failure::complain(&format!("{}: {error}", Path::new(program).display()));
            return Ok(ExitCode::from(code));
        }
    };
    let ended = follow(&mut child, &mut signals).await;
    give_back(socket, id).await;
    let status = ended.map_err(|error| Failure::new(Exit::Failed, format!("the program cannot be waited for: {error}")))?;
    Ok(ExitCode::from(code(status)))
}

/// Borrows the seat where that is wished, and takes one for the program: then the borrowed one.
async fn take(socket: &Path, id: Uuid, args: &ExecArgs, clock: &SharedClock) -> Result<(), Failure> {
    if let Some(hours) = args.borrow {
        let until = borrow::borrow(socket, &args.application, hours, args.wait, clock).await?;
        let name = &args.application;
        super::failure::complain(&format!(
            "{name:?} is borrowed until {}; give it back early with: muster-agent return --application {name:?}",
            until.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
        ));
    }
    let request = LocalRequest {
        application: args.application.clone(),
        id: Some(id),
        client: Some("exec".to_owned()),
        hold: Hold::Process,
        ..LocalRequest::default()
    };
    take::seat(socket, &request, args.wait, clock).await.map(drop)
}

/// Waits for the end of the program and passes signals on.
async fn follow(child: &mut Child, signals: &mut Signals) -> io::Result<ExitStatus> {
    loop {
        tokio::select! {
            ended = child.wait() => return ended,
            signal = signals.next() => {
                // What the terminal sends, the program has got itself: it is in the same process group.
                if !(signal.from_keyboard && in_foreground())
                    && let Some(pid) = child.id().and_then(|pid| rustix::process::Pid::from_raw(pid.cast_signed()))
                    && let Err(error) = rustix::process::kill_process(pid, signal.signal)
                {
                    tracing::debug!(%error, "the program has ended already");
                }
            }
        }
    }
}

/// Whether this process group has the terminal, from which the keyboard's signals come.
fn in_foreground() -> bool {
    let terminal =
        rustix::fs::open("/dev/tty", rustix::fs::OFlags::RDONLY | rustix::fs::OFlags::CLOEXEC, rustix::fs::Mode::empty());
    terminal.and_then(rustix::termios::tcgetpgrp).is_ok_and(|group| group == rustix::process::getpgrp())
}

/// As shells say it: the exit code, or 128 and the signal's number.
fn code(status: ExitStatus) -> u8 {
    let number = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1);
    u8::try_from(number & 0xff).unwrap_or(1)
}

/// A signal that is passed on.
#[derive(Debug, Clone, Copy)]
struct Passed {
    signal: rustix::process::Signal,
    number: u8,
    from_keyboard: bool,
}

const PASSED: [Passed; 4] = [
    Passed { signal: rustix::process::Signal::HUP, number: 1, from_keyboard: false },
    Passed { signal: rustix::process::Signal::INT, number: 2, from_keyboard: true },
    Passed { signal: rustix::process::Signal::QUIT, number: 3, from_keyboard: true },
    Passed { signal: rustix::process::Signal::TERM, number: 15, from_keyboard: false },
];

/// The signals that are passed on.
struct Signals(Vec<(Signal, Passed)>);

impl Signals {
    /// Takes them over, but for those that whoever started this wants ignored (`nohup`, a job in the background of a script): the
    /// program inherits that.
    fn new() -> io::Result<Self> {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let ignored = ignored(&status);
        let wanted = PASSED.into_iter().filter(|passed| ignored & (1 << (passed.number - 1)) == 0);
        let signals: io::Result<Vec<_>> =
            wanted.map(|passed| Ok((signal(SignalKind::from_raw(i32::from(passed.number)))?, passed))).collect();
        signals.map(Self)
    }

    async fn next(&mut self) -> Passed {
        let Self(signals) = self;
        poll_fn(|context| {
            let came = signals.iter_mut().find_map(|(signal, passed)| signal.poll_recv(context).is_ready().then_some(*passed));
            came.map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

/// The ignored signals of a process: bit 0 is signal 1.
fn ignored(status: &str) -> u64 {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_told_as_shells_tell_them() {
        for (raw, expected) in [(0, 0), (7 << 8, 7), (255 << 8, 255), (9, 137), (15, 143), (11 | 0x80, 139)] {
            assert_eq!(code(ExitStatus::from_raw(raw)), expected, "{raw}");
        }
    }

    #[test]
    fn ignored_signals_are_read() {
        for (status, expected) in [("Name:\tx\nSigIgn:\t0000000000001003\nSigCgt:\t1", 0x1003), ("", 0), ("SigIgn:\tx", 0)] {
            assert_eq!(ignored(status), expected, "{status}");
        }
    }
}
