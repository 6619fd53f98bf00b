//! Whose verdicts are acted on.
//!
//! In: the enrolment. Out: the collector's id and its key. For the helper they are pinned in its own directory: the agent's
//! account owns `identity.json` and must not be able to put another key in its place. They are pinned when root enrols
//! this machine, else when the helper runs first; after that only root changes them.

use super::{
    foreign,
    place::{By, Place},
};
use crate::identity::Record;
use muster_runtime::durable;
use serde::{Deserialize, Serialize};
use std::{
    io,
    path::{Path, PathBuf},
};
use uuid::Uuid;

const PIN: &str = "collector.json";
const IDENTITY: &str = "identity.json";

/// Why nobody's verdicts can be acted on.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// A file cannot be read, or is damaged.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: io::Error,
    },
    /// The agent belongs to another collector than the helper.
    #[error(
        "{}: hooks obey collector {pinned}, but this agent is enrolled at {enrolled}, or its key is another one; if that is \
         right, remove this file as root",
        path.display()
    )]
    Changed {
        /// The pin.
        path: PathBuf,
        /// Whose verdicts are acted on.
        pinned: Uuid,
        /// Whose agent this is.
        enrolled: Uuid,
    },
}

/// A collector and its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trust {
    /// The collector.
    pub collector_id: Uuid,
    /// The Ed25519 key of its verdicts.
    pub verify_key: [u8; 32],
}

impl From<&Record> for Trust {
    fn from(record: &Record) -> Self {
        Self { collector_id: record.collector_id, verify_key: record.verify_key }
    }
}

impl Trust {
    /// Whose verdicts are acted on at this place; `None` while this machine is not enrolled. The caller has the place's
    /// lock. The helper pins what it finds first.
    ///
    /// # Errors
    /// When a file cannot be used, or the agent belongs to another collector than the one that was pinned.
    pub fn establish(place: &Place, state: &Path) -> Result<Option<Self>, TrustError> {
        let enrolled = read::<Record>(&state.join(IDENTITY))?.map(|record| Self::from(&record));
        if place.by == By::Agent {
            return Ok(enrolled);
        }
        let path = place.dir.join(PIN);
        match (read::<Self>(&path)?, enrolled) {
            (Some(pinned), Some(enrolled)) if pinned != enrolled => {
                Err(TrustError::Changed { path, pinned: pinned.collector_id, enrolled: enrolled.collector_id })
            }
            (Some(pinned), _) => Ok(Some(pinned)),
            (None, Some(enrolled)) => {
                enrolled.pin(place)?;
                tracing::info!(collector = %enrolled.collector_id, "hooks obey this collector from now on");
                Ok(Some(enrolled))
            }
            (None, None) => Ok(None),
        }
    }

    /// Pins it, in place of what was pinned before: root enrolled this machine.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn pin(&self, place: &Place) -> Result<(), TrustError> {
        let path = place.dir.join(PIN);
        let written = serde_json::to_vec_pretty(self).map_err(io::Error::from);
        let written = written.and_then(|bytes| durable::write(&path, &bytes, 0o644));
        written.map_err(|source| TrustError::File { path, source })
    }
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Option<T>, TrustError> {
    let failed = |source| TrustError::File { path: path.to_owned(), source };
    let Some(bytes) = foreign::read(path).map_err(failed)? else { return Ok(None) };
    // What is wrong inside is not repeated: the file may be another one than it seems.
    let damaged = |_| failed(io::Error::new(io::ErrorKind::InvalidData, "it is damaged"));
    serde_json::from_slice(&bytes).map(Some).map_err(damaged)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(collector: u128, key: u8) -> Record {
        Record {
            agent_id: Uuid::from_u128(1),
            collector_id: Uuid::from_u128(collector),
            collectors: Vec::new(),
            verify_key: [key; 32],
            epoch: 1,
            fingerprint_key: [0; 32],
            next_report_in: 3,
        }
    }

    fn enrol(state: &Path, record: &Record) {
        durable::write(&state.join(IDENTITY), &serde_json::to_vec(record).unwrap(), 0o600).unwrap();
    }

    #[test]
    fn the_helper_keeps_to_what_it_saw_first_and_the_agent_to_its_enrolment() {
        let (helper, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let place = Place { by: By::Helper, dir: helper.path().to_owned() };
        let own = Place { by: By::Agent, dir: state.path().join("enforce") };
        let establish = |place: &Place| Trust::establish(place, state.path());
        assert_eq!(establish(&place).unwrap(), None);
        let first = record(1, 1);
        enrol(state.path(), &first);
        for place in [&place, &own] {
            assert_eq!(establish(place).unwrap(), Some(Trust::from(&first)));
        }
        // Another collector, or the same with another key, as a thief of the agent's account would write it.
        for other in [record(2, 1), record(1, 2)] {
            enrol(state.path(), &other);
            let error = establish(&place).unwrap_err();
            assert!(error.to_string().contains("collector.json: hooks obey collector 00000000"), "{error}");
            assert_eq!(establish(&own).unwrap(), Some(Trust::from(&other)));
            Trust::from(&other).pin(&place).unwrap();
            assert_eq!(establish(&place).unwrap(), Some(Trust::from(&other)));
            Trust::from(&first).pin(&place).unwrap();
        }
        std::fs::remove_file(state.path().join(IDENTITY)).unwrap();
        assert_eq!(establish(&place).unwrap(), Some(Trust::from(&first)));
        durable::write(&state.path().join(IDENTITY), b"root:x:0", 0o600).unwrap();
        let error = establish(&place).unwrap_err().to_string();
        assert!(error.contains("damaged") && !error.contains("root"), "{error}");
    }
}
