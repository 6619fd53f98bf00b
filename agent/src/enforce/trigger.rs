//! The agent's part where there is no helper: it starts `muster-agent enforce` for every verdict that it takes.
//!
//! In: a signal for each verdict. Out: a process of its own, one at a time, in its own process group: an agent that is
//! stopped or killed does not interrupt a hook, and how the hook ended is recorded all the same.

use super::place::{By, Place};
use crate::config::EnforceConfig;
use std::{
    io,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
};
use tokio::{process::Command, sync::watch};

/// This very program, also after a newer one was installed in its place.
const MYSELF: &str = "/proc/self/exe";

/// Starts the process.
#[derive(Debug)]
pub struct Trigger {
    config: Option<PathBuf>,
    state: PathBuf,
}

impl Trigger {
    /// For an agent with this configuration file and this state directory.
    #[must_use]
    pub fn new(config: Option<&Path>, state: &Path) -> Self {
        Self { config: config.map(Path::to_owned), state: state.to_owned() }
    }

    /// Starts it at once, then after every verdict and every change of the hooks; never ends.
    pub(crate) async fn run(&self, mut taken: watch::Receiver<u64>, mut hooks: watch::Receiver<EnforceConfig>) {
        loop {
            let wanted = {
                let hooks = hooks.borrow_and_update();
                hooks.has_hooks() && Place::find(&hooks.dir, &self.state).by == By::Agent
            };
            if wanted {
                match self.start().await {
                    // Why is in the log already, by the process itself.
                    Ok(status) if !status.success() => tracing::warn!(%status, "`muster-agent enforce` did not do its work"),
                    Ok(_) => {}
                    Err(error) => tracing::error!(%error, "`muster-agent enforce` cannot be started; no hook is run"),
                }
            }
            tokio::select! {
                Ok(()) = taken.changed() => {}
                Ok(()) = hooks.changed() => {}
                else => std::future::pending().await,
            }
        }
    }

    async fn start(&self) -> io::Result<ExitStatus> {
        let mut command = Command::new(MYSELF);
        command.arg0("muster-agent").arg("enforce").arg("--state-dir").arg(&self.state);
        if let Some(config) = &self.config {
            command.arg("--config").arg(config);
        }
        // The service manager hears of the agent only.
        command.env_remove("NOTIFY_SOCKET").env_remove("WATCHDOG_USEC").env_remove("WATCHDOG_PID");
        command.stdin(Stdio::null()).process_group(0).spawn()?.wait().await
    }
}
