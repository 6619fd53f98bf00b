//! `enforce`: verifies the verdict and runs the hook it asks for.
//!
//! In: the configuration. Out: 0 when there was nothing to do or it is done, 1 when a hook failed, 75 while another one is
//! at it, 78 when it cannot be known what ran before.

use super::failure::Failure;
use crate::{
    cli::Place,
    config::Config,
    enforce::{EnforceError, Runner},
};
use muster_runtime::{clock::SharedClock, exit::Exit};
use std::time::Duration;

/// Another one may have read the verdict before it changed, so that this one waits for its turn, but not for a long hook.
const TURN: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(50);

pub(super) async fn run(place: &Place, clock: SharedClock) -> Result<Exit, Failure> {
    let config = Config::load(place.config.as_deref(), place.state_dir.as_deref())?;
    if !config.enforce.has_hooks() {
        tracing::debug!("[enforce] names no hook");
        return Ok(Exit::Done);
    }
    let failed = |error: EnforceError| Failure::new(error.exit(), error);
    let until = clock.boottime() + TURN;
    let runner = loop {
        match Runner::open(&config, clock.clone()) {
            Err(error) if error.exit() == Exit::TryAgain && clock.boottime() < until => tokio::time::sleep(POLL).await,
            opened => break opened.map_err(failed)?,
        }
    };
    runner.run().await.map_err(failed)?;
    Ok(Exit::Done)
}
