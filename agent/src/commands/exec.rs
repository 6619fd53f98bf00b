//! `exec`: a licence for a program (contract 1.2).
//!
//! In: an application, a command. Out: the command's own exit code, 128 and its number for a signal. The seat is the agent's to
//! keep while this process lives: it is given back here when the program ends, and by the agent when this process cannot.

use super::failure::Failure;
use crate::{
    broker::{Hold, LocalRequest},
    cli::ExecArgs,
    config::Config,
    socket,
};
use hyper::Method;
use muster_runtime::{clock::SharedClock, exit::Exit};
use muster_wire::{
    checkout::CheckoutQueued,
    problem::{Code, Problem},
};
use serde_json::Value;
use std::{
    future::poll_fn,
    io,
    os::unix::process::ExitStatusExt as _,
    path::Path,
    process::{ExitCode, ExitStatus},
    task::Poll,
    time::Duration,
};
use tokio::{
    process::{Child, Command},
    signal::unix::{Signal, SignalKind, signal},
};
use uuid::Uuid;

/// The agent asks the collector meanwhile, perhaps several of them.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
/// A program has ended: whoever waits for it does not wait long for the return.
const RETURN_TIMEOUT: Duration = Duration::from_secs(5);
/// Between two tries where the application has no queue: each one that fails counts as a denial.
const TRY_EVERY: Duration = Duration::from_secs(5);
/// How long one answer waits for a seat, in seconds.
const POLL_SECONDS: u64 = 15;
/// Holders that the one line names.
const NAMED: usize = 3;
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

/// Takes a seat, waiting as long as was asked for.
async fn take(socket: &Path, id: Uuid, args: &ExecArgs, clock: &SharedClock) -> Result<(), Failure> {
    let patience = Duration::from_secs(args.wait);
    let began = clock.boottime();
    let left = || patience.saturating_sub(clock.boottime().saturating_sub(began));
    let request = LocalRequest {
        application: args.application.clone(),
        id: Some(id),
        client: Some("exec".to_owned()),
        hold: Hold::Process,
        ..LocalRequest::default()
    };
    let body = serde_json::to_vec(&request).map_err(|error| Failure::new(Exit::Failed, error))?;
    let mut queued = None;
    loop {
        let (status, answer) = match queued {
            None => ask(socket, Method::POST, "/v1/checkouts", Some(body.clone())).await?,
            Some(_) => {
                let wait = left().as_secs().min(POLL_SECONDS);
                ask(socket, Method::GET, &format!("/v1/checkouts/{id}?wait={wait}"), None).await?
            }
        };
        let problem = || serde_json::from_slice::<Problem>(&answer).ok();
        match (status, problem().and_then(|problem| problem.code())) {
            (200 | 201, _) => return Ok(()),
            (202, _) => {
                queued = serde_json::from_slice::<CheckoutQueued>(&answer).ok().map(|queued| queued.position).or(Some(0));
                if left().is_zero() {
                    give_back(socket, id).await;
                    let place = queued.unwrap_or_default();
                    let name = &args.application;
                    return Err(Failure::new(
                        Exit::Forbidden,
                        format!("no licence of {name:?} is free; place {place} in the queue"),
                    ));
                }
            }
            // Nothing is lost by asking again: the place in the queue is kept for a while.
            (503, Some(Code::Unavailable)) if queued.is_some() && !left().is_zero() => {
                tokio::time::sleep(TRY_EVERY.min(left())).await
            }
            (409, Some(Code::PoolExhausted)) if !left().is_zero() => tokio::time::sleep(TRY_EVERY.min(left())).await,
            _ => return Err(refusal(&args.application, status, problem())),
        }
    }
}

/// One line that says why there is no seat.
fn refusal(application: &str, status: u16, problem: Option<Problem>) -> Failure {
    let Some(problem) = problem else { return Failure::new(Exit::Failed, format!("the agent answers {status}")) };
    let offline = problem.extra.contains_key("offline");
    match problem.code() {
        Some(Code::PoolExhausted) => {
            let holders = problem.extra.get("holders").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            Failure::new(Exit::Forbidden, format!("no licence of {application:?} is free{}", held_by(holders)))
        }
        Some(Code::LicenseDisabled | Code::Forbidden) => Failure::new(Exit::Forbidden, problem.detail),
        Some(Code::Unavailable) if offline => Failure::new(Exit::Forbidden, problem.detail),
        Some(Code::Unavailable) => Failure::new(Exit::Unreachable, problem.detail),
        Some(Code::NotFound) => Failure::new(Exit::NotFound, problem.detail),
        Some(Code::TooMany) => Failure::new(Exit::TryAgain, problem.detail),
        _ => Failure::new(Exit::Failed, problem.detail),
    }
}

/// Who holds what, in short.
fn held_by(holders: &[Value]) -> String {
    let text = |holder: &Value, name: &str| holder.get(name).and_then(Value::as_str).unwrap_or("?").to_owned();
    let one =
        |holder: &Value| format!("{} at {} since {}", text(holder, "user"), text(holder, "client_ip"), text(holder, "since"));
    let mut named: Vec<String> = holders.iter().take(NAMED).map(one).collect();
    match holders.len().saturating_sub(NAMED) {
        0 if named.is_empty() => return String::new(),
        0 => {}
        more => named.push(format!("{more} more")),
    }
    format!("; held by {}", named.join(", "))
}

async fn ask(socket: &Path, method: Method, route: &str, body: Option<Vec<u8>>) -> Result<(u16, Vec<u8>), Failure> {
    let answered = socket::send(socket, method, route, body, ANSWER_TIMEOUT).await;
    answered.map(|(status, body)| (status, body.to_vec())).map_err(|error| {
        let path = socket.display();
        let text = format!("{path}: {error}; without a running agent nothing is known of licences: start muster-agent");
        Failure::new(Exit::Unreachable, text)
    })
}

/// What cannot be given back here the agent gives back when this process is gone.
async fn give_back(socket: &Path, id: Uuid) {
    if let Err(error) = socket::send(socket, Method::DELETE, &format!("/v1/checkouts/{id}"), None, RETURN_TIMEOUT).await {
        tracing::debug!(%error, "the agent gives the licence back later");
    }
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
    use serde_json::json;

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

    #[test]
    fn one_line_says_who_holds_what() {
        let holder = |user: &str| json!({"user": user, "client_ip": "10.0.0.1", "since": "2026-11-22T04:00:00Z"});
        let one = "alice at 10.0.0.1 since 2026-11-22T04:00:00Z";
        assert_eq!(held_by(&[]), "");
        assert_eq!(held_by(&[holder("alice")]), format!("; held by {one}"));
        let five: Vec<Value> = ["alice", "bob", "carol", "dave", "eve"].map(holder).into();
        assert!(held_by(&five).ends_with("carol at 10.0.0.1 since 2026-11-22T04:00:00Z, 2 more"));
        let exhausted = Problem::new(Code::PoolExhausted, "x").with("holders", vec![holder("alice")]);
        let failure = refusal("CAD", 409, Some(exhausted));
        assert_eq!((failure.exit, failure.message), (Exit::Forbidden, format!("no licence of \"CAD\" is free; held by {one}")));
        for (problem, exit) in [
            (Problem::new(Code::LicenseDisabled, "x"), Exit::Forbidden),
            (Problem::new(Code::Unavailable, "x").with("offline", "deny"), Exit::Forbidden),
            (Problem::new(Code::Unavailable, "x"), Exit::Unreachable),
            (Problem::new(Code::NotFound, "x"), Exit::NotFound),
            (Problem::new(Code::Internal, "x"), Exit::Failed),
        ] {
            assert_eq!(refusal("CAD", problem.status, Some(problem)).exit, exit);
        }
    }
}
