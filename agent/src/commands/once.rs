//! `once`: collect, deliver what waits, exit.
//!
//! In: the state directory. Out: everything delivered (0), or kept for later (69 unreachable, 75 asked to wait). Beside a
//! running agent it asks that one, which has the lock.

use super::failure::Failure;
use crate::{
    app::App,
    cli::Place,
    config::Config,
    identity::{Identity, StateDir, StateError},
    report::{Reporter, Why},
    socket::{self, ReportNow, Status},
    uplink::{Delivered, Uplink, UplinkError},
};
use muster_runtime::{clock::SharedClock, exit::Exit};
use std::time::Duration;
use uuid::Uuid;

const ASK_TIMEOUT: Duration = Duration::from_secs(60);

pub(super) async fn run(place: &Place, clock: SharedClock) -> Result<Exit, Failure> {
    let config = Config::load(place.config.as_deref(), place.state_dir.as_deref())?;
    let Some(identity) = Identity::load(&config.state_dir)? else {
        let dir = config.state_dir.display();
        return Err(Failure::new(Exit::Config, format!("{dir}: this machine is not enrolled; use `muster-agent enroll`")));
    };
    let state = match StateDir::open(&config.state_dir) {
        Err(StateError::Held(_)) => return ask(&config, identity.record.agent_id).await,
        other => other?,
    };
    let app = App::build_quiet(config, state, identity, clock).map_err(|error| Failure::new(error.exit(), error))?;
    let (mut reporter, mut uplink, state) = app.into_parts();
    reporter.be_patient();
    let delivered = deliver(&mut reporter, &mut uplink).await;
    // Run by root, it must not leave the service files that it cannot read.
    state.hand_over()?;
    delivered.map_err(|error| Failure::new(error.exit(), error))
}

/// Makes a report and delivers all that waits.
async fn deliver(reporter: &mut Reporter, uplink: &mut Uplink) -> Result<Exit, UplinkError> {
    reporter.report(Why::Wanted).await;
    let mut extra = true;
    loop {
        match uplink.deliver().await {
            Delivered::Nothing => {
                // The collector may have asked for something with its last answer; it is heard once.
                if !std::mem::take(&mut extra) || !reporter.report_if_wanted().await {
                    return Ok(Exit::Done);
                }
            }
            Delivered::Taken(_) | Delivered::Again => {}
            Delivered::Failed(error) => return Err(error),
        }
    }
}

/// Asks the running agent for a report and its delivery.
async fn ask(config: &Config, agent_id: Uuid) -> Result<Exit, Failure> {
    let later = |reason: &dyn std::fmt::Display| {
        Failure::new(Exit::TryAgain, format!("another muster-agent uses the state directory: {reason}"))
    };
    let socket = &config.socket.path;
    let (_, body) = socket::get(socket, "/v1/status", ASK_TIMEOUT).await.map_err(|error| later(&error))?;
    let status: Status = serde_json::from_slice(&body).map_err(|error| later(&error))?;
    if status.agent_id != Some(agent_id) {
        return Err(later(&format!("{}: a third one answers there", socket.display())));
    }
    let (_, body) = socket::post(socket, "/v1/report", ASK_TIMEOUT).await.map_err(|error| later(&error))?;
    let answer: ReportNow = serde_json::from_slice(&body).map_err(|error| later(&error))?;
    let reason = answer.reason.unwrap_or_default();
    match (answer.delivered, answer.unreachable) {
        (true, _) => Ok(Exit::Done),
        (false, true) => Err(Failure::new(Exit::Unreachable, reason)),
        (false, false) => Err(Failure::new(Exit::Failed, reason)),
    }
}
