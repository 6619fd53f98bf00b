//! Verification and storage of verdicts.
//!
//! In: an envelope's text. Out: the verdict in force, `verdict.json` in the state directory and in the runtime directory.
//! A text that does not verify changes nothing.

use super::view::View;
use chrono::{DateTime, Utc};
use muster_runtime::{durable, signed};
use muster_wire::{
    signed::{EnvelopeError, split},
    verdict::Verdict,
};
use serde::{Deserialize, Serialize};
use std::{
    io,
    path::{Path, PathBuf},
};
use tokio::sync::watch;
use uuid::Uuid;

/// Its name in the state directory and in the runtime directory.
pub const FILE: &str = "verdict.json";

/// Why a verdict is not taken.
#[derive(Debug, thiserror::Error)]
pub enum VerdictError {
    /// It is no envelope.
    #[error("the verdict cannot be read: {0}")]
    Envelope(#[from] EnvelopeError),
    /// It is not signed by the collector of the enrolment.
    #[error("the verdict is not signed by this agent's collector")]
    Signature,
    /// The signed text is no verdict.
    #[error("the verdict cannot be read: {0}")]
    Content(#[from] serde_json::Error),
    /// It was made by another collector.
    #[error("the verdict is collector {0}'s, which is not this agent's")]
    Collector(Uuid),
    /// It cannot be stored.
    #[error("the verdict cannot be stored: {0}")]
    Store(#[from] io::Error),
}

/// What `verdict.json` holds.
#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    collector_id: Uuid,
    verdict: String,
}

/// The verdict in force.
#[derive(Debug)]
pub struct Verdicts {
    file: PathBuf,
    published: Option<PathBuf>,
    collector_id: Uuid,
    key: [u8; 32],
    held: Option<(String, Verdict)>,
    taken: watch::Sender<u64>,
}

impl Verdicts {
    /// Reads what is stored in the state directory and publishes it in `runtime` again, where that directory exists. What
    /// does not verify is as good as nothing.
    #[must_use]
    pub fn open(state: &Path, runtime: Option<&Path>, collector_id: Uuid, key: [u8; 32]) -> Self {
        let file = state.join(FILE);
        let published = runtime.filter(|dir| dir.is_dir()).map(|dir| dir.join(FILE));
        let mut verdicts = Self { file, published, collector_id, key, held: None, taken: watch::Sender::new(0) };
        if let Some(text) = verdicts.stored() {
            match verdicts.verify(&text) {
                Ok(verdict) => {
                    verdicts.publish(&text);
                    verdicts.held = Some((text, verdict));
                }
                Err(error) => tracing::warn!(%error, "the stored verdict is not used"),
            }
        }
        verdicts
    }

    /// Takes a verdict from an answer. Says whether it is a new one.
    ///
    /// A verdict that is older in both its number and its time than the one in force is passed over: it comes from an
    /// answer that was overtaken. One of the two may go back: a restored collector counts from an earlier number.
    ///
    /// # Errors
    /// When it does not verify or cannot be stored.
    pub fn accept(&mut self, text: &str) -> Result<bool, VerdictError> {
        if self.held.as_ref().is_some_and(|(held, _)| held == text) {
            return Ok(false);
        }
        let verdict = self.verify(text)?;
        let overtaken = |held: &Verdict| verdict.seq < held.seq && verdict.issued_at < held.issued_at;
        if self.held.as_ref().is_some_and(|(_, held)| overtaken(held)) {
            return Ok(false);
        }
        let bytes = self.encode(text)?;
        self.held = Some((text.to_owned(), verdict));
        self.publish(text);
        durable::write(&self.file, &bytes, 0o600)?;
        self.taken.send_modify(|taken| *taken += 1);
        Ok(true)
    }

    /// What to tell a local application at `now`.
    #[must_use]
    pub fn view(&self, now: DateTime<Utc>) -> View {
        View::of(self.held.as_ref().map(|(text, verdict)| (text.as_str(), verdict)), now)
    }

    /// Counts the verdicts that were taken: whoever waits for one waits for this to change.
    #[must_use]
    pub fn taken(&self) -> watch::Receiver<u64> {
        self.taken.subscribe()
    }

    fn verify(&self, text: &str) -> Result<Verdict, VerdictError> {
        verify(text, self.collector_id, &self.key)
    }

    fn stored(&self) -> Option<String> {
        let bytes = std::fs::read(&self.file).ok()?;
        let stored: Result<Stored, _> = serde_json::from_slice(&bytes);
        stored.inspect_err(|error| tracing::warn!(%error, "the stored verdict cannot be read")).ok().map(|stored| stored.verdict)
    }

    fn encode(&self, text: &str) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&Stored { collector_id: self.collector_id, verdict: text.to_owned() })
    }

    fn publish(&self, text: &str) {
        let Some(path) = &self.published else { return };
        let written = self.encode(text).map_err(io::Error::from).and_then(|bytes| durable::write(path, &bytes, 0o644));
        if let Err(error) = written {
            tracing::warn!(%error, file = %path.display(), "the verdict cannot be published");
        }
    }
}

/// Reads the content of a `verdict.json` that anybody may have written.
///
/// # Errors
/// When it is none, or its verdict is not that collector's, signed with that key.
pub fn read_published(bytes: &[u8], collector_id: Uuid, key: &[u8; 32]) -> Result<Verdict, VerdictError> {
    let stored: Stored = serde_json::from_slice(bytes)?;
    verify(&stored.verdict, collector_id, key)
}

fn verify(text: &str, collector_id: Uuid, key: &[u8; 32]) -> Result<Verdict, VerdictError> {
    let envelope = split(text)?;
    if !signed::verify(key, &envelope.payload, &envelope.signature) {
        return Err(VerdictError::Signature);
    }
    let verdict: Verdict = serde_json::from_slice(&envelope.payload)?;
    if verdict.collector_id != collector_id {
        return Err(VerdictError::Collector(verdict.collector_id));
    }
    Ok(verdict)
}

#[cfg(test)]
mod tests {
    use super::{super::State, *};
    use ed25519_dalek::SigningKey;
    use muster_wire::{signed::join, verdict::LicenseState};

    const COLLECTOR: Uuid = Uuid::from_u128(7);

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000 + seconds, 0).unwrap()
    }

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[9; 32])
    }

    fn text(collector_id: Uuid, seq: u64, issued: i64, state: LicenseState, key: &SigningKey) -> String {
        let verdict = Verdict {
            collector_id,
            seq,
            state,
            reason: None,
            change_id: format!("c{seq}"),
            issued_at: at(issued),
            valid_until: at(issued + 3600),
            applications: std::collections::BTreeMap::new(),
        };
        let payload = serde_json::to_vec(&verdict).unwrap();
        join(&payload, &signed::sign(key, &payload))
    }

    fn open(state: &tempfile::TempDir, runtime: &tempfile::TempDir) -> Verdicts {
        Verdicts::open(state.path(), Some(runtime.path()), COLLECTOR, key().verifying_key().to_bytes())
    }

    #[test]
    fn keeps_and_publishes_what_verifies() {
        let (state, runtime) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut verdicts = open(&state, &runtime);
        assert_eq!(verdicts.view(at(0)).state, State::Unknown);
        let first = text(COLLECTOR, 1, 0, LicenseState::Grace, &key());
        assert!(verdicts.accept(&first).unwrap());
        assert!(!verdicts.accept(&first).unwrap());
        drop(verdicts);
        std::fs::remove_file(runtime.path().join(FILE)).unwrap();
        let verdicts = open(&state, &runtime);
        assert_eq!(verdicts.view(at(10)).state, State::Grace);
        assert_eq!(verdicts.view(at(3601)).state, State::Unknown);
        assert!(runtime.path().join(FILE).exists());
    }

    #[test]
    fn only_the_collector_of_the_enrolment_is_believed() {
        let (state, runtime) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut verdicts = open(&state, &runtime);
        let other = SigningKey::from_bytes(&[1; 32]);
        let forged = text(COLLECTOR, 9, 9, LicenseState::Compliant, &other);
        assert!(matches!(verdicts.accept(&forged), Err(VerdictError::Signature)));
        let foreign = text(Uuid::from_u128(8), 9, 9, LicenseState::Compliant, &key());
        assert!(matches!(verdicts.accept(&foreign), Err(VerdictError::Collector(_))));
        assert!(matches!(verdicts.accept("x"), Err(VerdictError::Envelope(_))));
        assert_eq!(verdicts.view(at(10)).state, State::Unknown);
    }

    #[test]
    fn an_overtaken_verdict_changes_nothing_and_a_restored_collector_is_followed() {
        let (state, runtime) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut verdicts = open(&state, &runtime);
        for (seq, issued, license, taken) in [
            (5, 100, LicenseState::Grace, true),
            (4, 50, LicenseState::Compliant, false),
            (2, 200, LicenseState::Disabled, true),
            (3, 150, LicenseState::Compliant, true),
        ] {
            let accepted = verdicts.accept(&text(COLLECTOR, seq, issued, license, &key())).unwrap();
            assert_eq!(accepted, taken, "{seq} {issued}");
        }
    }
}
