//! Running one command: no shell, an environment of its own, a time limit, and the end of what it printed.
//!
//! In: a command and its arguments, variables, a limit. Out: how it ended. It knows nothing of licences.

use super::memory::Outcome;
use rustix::process::{Pid, Signal, kill_process_group};
use std::{
    io,
    os::{fd::OwnedFd, unix::process::ExitStatusExt as _},
    process::{ExitStatus, Stdio},
    time::Duration,
};
use tokio::{
    io::AsyncReadExt as _,
    net::unix::pipe,
    process::{Child, Command},
};

/// Where programs without a path are looked for.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// How much of what a hook prints is kept: its end.
const TAIL: usize = 4096;

/// How a command ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) outcome: Outcome,
    /// The end of standard output and error, in the order they came.
    pub(super) output: Vec<u8>,
}

/// Runs it to its end. Past `limit` it is killed with its process group.
pub(super) async fn run(command: &[String], variables: &[(&str, &str)], limit: Duration) -> Ended {
    match start(command, variables) {
        Ok((child, pipe)) => watch(child, pipe, limit).await,
        Err(error) => not_started(&error),
    }
}

fn not_started(error: &io::Error) -> Ended {
    Ended { outcome: Outcome::NotStarted { error: error.to_string() }, output: Vec::new() }
}

fn start(command: &[String], variables: &[(&str, &str)]) -> io::Result<(Child, pipe::Receiver)> {
    let (program, args) = command.split_first().ok_or_else(|| io::Error::other("there is no command"))?;
    let (sender, receiver) = pipe::pipe()?;
    let output: OwnedFd = sender.into_blocking_fd()?;
    let errors = output.try_clone()?;
    let child = Command::new(program)
        .args(args)
        .env_clear()
        .env("PATH", PATH)
        .envs(variables.iter().copied())
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(errors)
        .process_group(0)
        .spawn()?;
    Ok((child, receiver))
}

async fn watch(mut child: Child, mut pipe: pipe::Receiver, limit: Duration) -> Ended {
    let group = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
    let late = tokio::time::sleep(limit);
    tokio::pin!(late);
    let (mut tail, mut chunk) = (Vec::new(), [0; 1024]);
    let (mut open, mut killed) = (true, false);
    let status = loop {
        tokio::select! {
            status = child.wait() => break status,
            read = pipe.read(&mut chunk), if open => match read {
                Ok(length) if length > 0 => keep(&mut tail, chunk.get(..length).unwrap_or_default()),
                _ => open = false,
            },
            () = &mut late, if !killed => {
                killed = true;
                if let Some(Err(error)) = group.map(|group| kill_process_group(group, Signal::KILL)) {
                    tracing::warn!(%error, "a hook that takes too long cannot be killed");
                }
            }
        }
    };
    // What it printed last is in the pipe. What it left running may hold the other end, and is not waited for.
    while let Ok(length @ 1..) = pipe.try_read(&mut chunk) {
        keep(&mut tail, chunk.get(..length).unwrap_or_default());
    }
    match status {
        Ok(_) if killed => Ended { outcome: Outcome::TimedOut, output: tail },
        Ok(status) => Ended { outcome: ended(status), output: tail },
        Err(error) => Ended { output: tail, ..not_started(&error) },
    }
}

fn ended(status: ExitStatus) -> Outcome {
    match (status.code(), status.signal()) {
        (Some(code), _) => Outcome::Exited { code },
        (None, signal) => Outcome::Killed { signal: signal.unwrap_or_default() },
    }
}

fn keep(tail: &mut Vec<u8>, more: &[u8]) {
    tail.extend_from_slice(more);
    tail.drain(..tail.len().saturating_sub(TAIL));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Vec<String> {
        ["sh", "-c", script].map(str::to_owned).to_vec()
    }

    #[tokio::test]
    async fn says_how_it_ended_and_what_it_printed() {
        let long = Duration::from_secs(60);
        let brief = Duration::from_millis(100);
        for (command, limit, outcome, output) in [
            (shell("echo out; echo err >&2"), long, Outcome::Exited { code: 0 }, "out\nerr\n"),
            (shell("exit 7"), long, Outcome::Exited { code: 7 }, ""),
            (shell("kill -9 $$"), long, Outcome::Killed { signal: 9 }, ""),
            // The child of the shell goes with it, or this would take a minute.
            (shell("echo slow; sleep 60; echo never"), brief, Outcome::TimedOut, "slow\n"),
            // What it leaves behind is not waited for.
            (shell("sleep 60 & echo $! > /dev/null"), long, Outcome::Exited { code: 0 }, ""),
            (shell("echo $A-$HOME-$(pwd)"), long, Outcome::Exited { code: 0 }, "a b--/\n"),
            // No shell looks at arguments.
            (vec!["echo".to_owned(), "$A;`id`".to_owned()], long, Outcome::Exited { code: 0 }, "$A;`id`\n"),
        ] {
            let ended = run(&command, &[("A", "a b")], limit).await;
            let printed = String::from_utf8(ended.output).unwrap();
            assert_eq!((ended.outcome, printed.as_str()), (outcome, output), "{command:?}");
        }
        for command in [vec!["/nowhere/hook".to_owned()], vec![], vec!["a\0b".to_owned()]] {
            let ended = run(&command, &[], long).await;
            assert!(matches!(ended.outcome, Outcome::NotStarted { .. }), "{command:?}: {:?}", ended.outcome);
        }
    }

    #[tokio::test]
    async fn only_the_end_of_much_output_is_kept() {
        let ended = run(&shell("seq 100000"), &[], Duration::from_secs(60)).await;
        assert_eq!(ended.outcome, Outcome::Exited { code: 0 });
        assert!(ended.output.len() <= TAIL && ended.output.ends_with(b"\n99999\n100000\n"));
    }
}
