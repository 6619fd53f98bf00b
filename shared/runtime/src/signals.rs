//! Unix signals as futures.
//!
//! Comes in: SIGTERM and SIGINT (stop), SIGHUP (read the configuration and the certificates again). Goes out: a future
//! that is ready when the signal came. What follows from a signal is decided by the program.

use std::future::pending;
use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Returns when the process is asked to stop, by SIGTERM (the service manager) or SIGINT (Ctrl-C).
///
/// The handlers are in place from the first poll on and stay for the life of the process: await it once, at the top.
pub async fn terminate() {
    let (terminate, interrupt) = (SignalKind::terminate(), SignalKind::interrupt());
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(terminate), signal(interrupt)) else {
        // Without a handler the signal ends the process by itself, so there is nothing to wait for.
        tracing::warn!("signal handlers cannot be installed; the process stops without draining");
        return pending().await;
    };
    let name = tokio::select! {
        Some(()) = terminate.recv() => "SIGTERM",
        Some(()) = interrupt.recv() => "SIGINT",
        else => return pending().await,
    };
    tracing::info!(signal = name, "asked to stop");
}

/// The wish to read configuration and certificates again (SIGHUP).
#[derive(Debug)]
pub struct Reloads {
    hangup: Signal,
}

impl Reloads {
    /// Takes SIGHUP over. From now on it no longer ends the process.
    ///
    /// # Errors
    /// When the operating system does not let the process handle the signal.
    pub fn new() -> io::Result<Self> {
        Ok(Self { hangup: signal(SignalKind::hangup())? })
    }

    /// Returns when a SIGHUP came since the last call. Several of them in between count as one.
    pub async fn next(&mut self) {
        if self.hangup.recv().await.is_none() {
            pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use rustix::process::{Signal, getpid, kill_process};

    use super::*;

    /// Polls once, so that the handlers are in place, and then sends the signal to this very process.
    async fn arrives(signal: Signal, waiting: impl Future<Output = ()>) {
        tokio::select! {
            biased;
            () = waiting => {}
            () = async {
                kill_process(getpid(), signal).unwrap();
                pending().await
            } => {}
        }
    }

    #[tokio::test]
    async fn each_signal_is_heard() {
        arrives(Signal::TERM, terminate()).await;
        arrives(Signal::INT, terminate()).await;
        let mut reloads = Reloads::new().unwrap();
        arrives(Signal::HUP, reloads.next()).await;
        arrives(Signal::HUP, reloads.next()).await;
    }
}
