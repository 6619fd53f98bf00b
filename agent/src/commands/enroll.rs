//! `enroll`: makes this machine an agent of a collector.
//!
//! In: addresses and a token. Out: an identity in the state directory, owned by the directory's owner. Also the enrolment
//! that `run` does by itself.

use super::failure::{Failure, print};
use crate::{
    cli::EnrollArgs,
    collect::hardware::{self, Roots},
    config::Config,
    enforce::{self, By, EnforceError, Trust},
    identity::{EnrollError, Enrolled, Enrollment, Identity, JoinToken, Record, StateDir, TokenError},
};
use muster_runtime::{clock::SharedClock, exit::Exit};
use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
};

/// Where an administrator or a package puts the token of this machine.
const TOKEN_DIR: &str = "/etc/muster";
const TOKEN_BYTES: u64 = 4096;
/// A clock that is off by more is worth a word.
const WORTH_A_WORD_SECONDS: u64 = 60;

pub(super) async fn run(args: EnrollArgs, clock: SharedClock) -> Result<Exit, Failure> {
    let config = Config::load(args.place.config.as_deref(), args.place.state_dir.as_deref())?;
    if let Some(Identity { record, .. }) = Identity::load(&config.state_dir)? {
        let (agent_id, collector_id) = (record.agent_id, record.collector_id);
        let error = EnrollError::Already { agent_id, collector_id };
        return Err(Failure::new(error.exit(), error));
    }
    let token = read_token(&args.token_file)?;
    let state = StateDir::open(&config.state_dir)?;
    let enrolled = enroll(&state, &args.collector, &token, &config.proxy, clock).await;
    // Also after a failure: the key that was made belongs to the service, too.
    state.hand_over()?;
    let enrolled = enrolled.map_err(|error| Failure::new(error.exit(), error))?;
    remove_token(&args.token_file);
    let record = &enrolled.identity.record;
    pin(&config, record);
    let mut text = format!("enrolled as {} at collector {}\n", record.agent_id, record.collector_id);
    if let Some(ahead) = enrolled.clock_ahead.filter(|ahead| ahead.num_seconds().unsigned_abs() > WORTH_A_WORD_SECONDS) {
        let direction = if ahead.num_seconds() > 0 { "behind" } else { "ahead of" };
        text.push_str(&format!("this machine's clock is {} s {direction} the collector's\n", ahead.num_seconds().unsigned_abs()));
    }
    print(&text)
}

/// Tells the root helper whose verdicts it obeys from now on. Where this is not root's enrolment, the helper finds out itself.
fn pin(config: &Config, record: &Record) {
    let place = enforce::Place::of(config);
    if place.by != By::Helper || !rustix::process::geteuid().is_root() {
        return;
    }
    let pinned = place.lock().map_err(EnforceError::from).and_then(|_lock| Ok(Trust::from(record).pin(&place)?));
    if let Err(error) = pinned {
        tracing::warn!(%error, "the helper that runs the hooks was not told of this collector");
    }
}

/// Enrols, with the hardware as it is.
pub(super) async fn enroll(
    state: &StateDir,
    collectors: &[String],
    token: &JoinToken,
    proxy: &str,
    clock: SharedClock,
) -> Result<Enrolled, EnrollError> {
    let enrollment = Enrollment { state, collectors, token, proxy, clock };
    enrollment.run(|key| hardware::collect(&Roots::system(), key).hardware).await
}

fn read_token(file: &Path) -> Result<JoinToken, Failure> {
    let text = if file == Path::new("-") { read_text(io::stdin()) } else { File::open(file).and_then(read_text) };
    let failed = |reason: &dyn std::fmt::Display| Failure::new(Exit::Failed, format!("{}: {reason}", file.display()));
    let text = text.map_err(|error| failed(&error))?;
    JoinToken::parse(&text).map_err(|error: TokenError| failed(&error))
}

fn read_text(from: impl io::Read) -> io::Result<zeroize::Zeroizing<String>> {
    let mut text = zeroize::Zeroizing::new(String::new());
    from.take(TOKEN_BYTES).read_to_string(&mut text)?;
    Ok(text)
}

/// A used token in the machine's own configuration is of no use to anybody but a thief; one elsewhere is not ours.
fn remove_token(file: &Path) {
    let Ok(path) = file.canonicalize() else { return };
    if path.starts_with(TOKEN_DIR)
        && path.is_file()
        && let Err(error) = std::fs::remove_file(&path)
    {
        tracing::warn!(%error, file = %path.display(), "the used join token cannot be removed");
    }
}
