//! `run`: the daemon.
//!
//! In: configuration, signals. Out: reports until it is stopped. Without an identity it enrols from the token file or the
//! service's credential, else it says so and waits for one.

use super::{enroll::enroll, failure::Failure};
use crate::{
    app::{App, petting},
    cli::Place,
    config::Config,
    enforce::Trigger,
    identity::{EnrollError, Identity, JoinToken, StateDir, StateError},
    uplink::{Plan, Retry},
};
use muster_runtime::{clock::SharedClock, exit::Exit, random, service, shutdown::Shutdown, signals};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

const TOKEN_FILE: &str = "/etc/muster/join-token";
const CREDENTIAL: &str = "join-token";
/// The default credential of the unit, when the administrator gave none.
const NO_TOKEN: &str = "none";
const POLL: Duration = Duration::from_secs(10);
/// How many polls long somebody else may hold the state directory of a waiting daemon.
const HELD_POLLS: u32 = 6;

pub(super) async fn run(place: &Place, clock: SharedClock) -> Result<Exit, Failure> {
    let load = || Config::load(place.config.as_deref(), place.state_dir.as_deref());
    let config = load()?;
    let shutdown = Shutdown::new();
    let stop = shutdown.clone();
    tokio::spawn(async move {
        signals::terminate().await;
        stop.trigger();
    });
    let reloads = signals::Reloads::new().map_err(|error| Failure::new(Exit::Failed, error))?;
    let Some(ready) = shutdown.run_until(petting(None, identity(&config, &clock))).await else {
        return Ok(Exit::Done);
    };
    let (state, identity) = ready?;
    let state_dir = config.state_dir.clone();
    let app = App::build(config, state, identity, clock).map_err(|error| Failure::new(error.exit(), error))?;
    let trigger = Trigger::new(place.config.as_deref(), &state_dir);
    app.run(shutdown, reloads, &trigger, || load().map_err(|error| error.to_string())).await;
    Ok(Exit::Done)
}

/// Waits until there is an identity, and enrols as soon as there is a token. The state directory is free meanwhile, so that
/// `muster-agent enroll` can be used.
async fn identity(config: &Config, clock: &SharedClock) -> Result<(StateDir, Identity), StateError> {
    let mut waiting = Waiting::default();
    let mut held = None;
    loop {
        match waiting.look(config, clock).await {
            Ok(Some(done)) => return Ok(done),
            Ok(None) => held = Some(0),
            // After a wait it is an enrolment by hand that is just finishing; from the start on it is another daemon.
            Err(StateError::Held(_)) if held.is_some_and(|polls| polls < HELD_POLLS) => held = held.map(|polls| polls + 1),
            Err(error) => return Err(error),
        }
        tokio::time::sleep(POLL).await;
    }
}

/// What was tried and said while there is no identity.
#[derive(Debug, Default)]
struct Waiting {
    plan: Plan,
    tried: Option<String>,
    said: Option<String>,
}

impl Waiting {
    async fn look(&mut self, config: &Config, clock: &SharedClock) -> Result<Option<(StateDir, Identity)>, StateError> {
        if Identity::load(&config.state_dir)?.is_none() {
            return self.try_token(config, clock).await;
        }
        let state = StateDir::open(&config.state_dir)?;
        // Read again under the lock: an enrolment may just have finished.
        Ok(Identity::load(&config.state_dir)?.map(|identity| (state, identity)))
    }

    async fn try_token(&mut self, config: &Config, clock: &SharedClock) -> Result<Option<(StateDir, Identity)>, StateError> {
        let credentials = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
        let token = match find_token(credentials.as_deref(), Path::new(TOKEN_FILE)) {
            Ok(Some(token)) => token,
            Ok(None) => {
                self.say(format!(
                    "this machine is not enrolled; waiting for a join token in {TOKEN_FILE}, or for `muster-agent enroll`"
                ));
                return Ok(None);
            }
            Err(reason) => {
                self.say(reason);
                return Ok(None);
            }
        };
        if config.collector.is_empty() {
            self.say("there is a join token, but no `collector` in agent.toml; waiting for it".to_owned());
            return Ok(None);
        }
        let now = clock.boottime();
        let same = self.tried.as_deref() == Some(token.text());
        if same && !self.plan.wait(now).is_zero() {
            return Ok(None);
        }
        self.tried = Some(token.text().to_owned());
        let state = StateDir::open(&config.state_dir)?;
        match enroll(&state, &config.collector, &token, &config.proxy, clock.clone()).await {
            Ok(enrolled) => {
                let record = &enrolled.identity.record;
                tracing::info!(agent = %record.agent_id, collector = %record.collector_id, "enrolled");
                Ok(Some((state, enrolled.identity)))
            }
            Err(EnrollError::State(error)) => Err(error),
            Err(error) => {
                let retry = match &error {
                    EnrollError::Later { retry_after, .. } => Retry::Later { retry_after: *retry_after },
                    EnrollError::Transport(error) if error.is_unreachable() => Retry::Later { retry_after: None },
                    _ => Retry::Refused,
                };
                self.plan.failed(retry, now, random::jitter);
                self.say(format!("token {}: {error}", token.id()));
                Ok(None)
            }
        }
    }

    /// Says it once.
    fn say(&mut self, what: String) {
        if self.said.as_ref() != Some(&what) {
            tracing::warn!("{what}");
            service::ready(&what);
            self.said = Some(what);
        }
    }
}

/// The token for this machine: the service's credential first, then the file.
fn find_token(credentials: Option<&Path>, file: &Path) -> Result<Option<JoinToken>, String> {
    for path in credentials.map(|dir| dir.join(CREDENTIAL)).iter().map(PathBuf::as_path).chain([file]) {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => zeroize::Zeroizing::new(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(format!("{}: {error}", path.display())),
        };
        if !matches!(text.trim(), "" | NO_TOKEN) {
            return JoinToken::parse(&text).map(Some).map_err(|error| format!("{}: {error}", path.display()));
        }
    }
    Ok(None)
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests write token files")]
mod tests {
    use super::*;

    #[test]
    fn the_credential_comes_first_and_none_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let credentials = dir.path().join("credentials");
        std::fs::create_dir(&credentials).unwrap();
        let file = dir.path().join("join-token");
        let part = data_encoding::BASE32_NOPAD.encode(&[1; 32]).to_ascii_lowercase();
        let token = |id: &str| format!("mst1_{id}_{part}_{part}\n");
        let find = || find_token(Some(&credentials), &file).map(|token| token.map(|token| token.id().to_owned()));
        assert_eq!(find(), Ok(None));
        std::fs::write(&file, token("fromfile")).unwrap();
        std::fs::write(credentials.join("join-token"), "none\n").unwrap();
        assert_eq!(find(), Ok(Some("fromfile".to_owned())));
        std::fs::write(credentials.join("join-token"), token("fromcred")).unwrap();
        assert_eq!(find(), Ok(Some("fromcred".to_owned())));
        std::fs::write(credentials.join("join-token"), "garbage").unwrap();
        assert!(find().unwrap_err().contains("join-token"));
    }
}
