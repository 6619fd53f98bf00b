//! What the spool remembers beside its records: how far it was emptied, the next sequence number, what was lost.
//!
//! In and out: one small file, framed like a record so that a flipped bit is noticed, replaced as a whole. A lost or
//! damaged head loses no report: acknowledged ones are sent again, which changes nothing at the collector.

use super::record::{self, Record};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::{io, path::Path};

const FILE: &str = "head";

/// The counters of a spool.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    /// Every record up to this sequence number was acknowledged or let go.
    pub(super) removed_through: u64,
    /// The sequence number of the next append.
    pub(super) next_seq: u64,
    /// Reports lost since the agent was enrolled, each counted once.
    pub(super) lost: u64,
    /// How many of `lost` the collector was told about.
    pub(super) told: u64,
    /// How many of `lost` had a wrong checksum.
    pub(super) damaged: u64,
}

impl Head {
    /// Reads the head of `dir`; the default when there is none or it is damaged.
    pub(super) fn read(dir: &Path) -> io::Result<Self> {
        let bytes = match std::fs::read(dir.join(FILE)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            other => other?,
        };
        let head = record::decode(&bytes).and_then(|record| serde_json::from_slice(&record.payload).ok());
        if head.is_none() {
            tracing::warn!(file = %dir.join(FILE).display(), "the spool's head is damaged; reports may be sent twice, none is lost");
        }
        Ok(head.unwrap_or_default())
    }

    /// Replaces the head of `dir` durably.
    pub(super) fn write(&self, dir: &Path) -> io::Result<()> {
        let payload = serde_json::to_vec(self)?;
        let record = Record { seq: self.next_seq, at: DateTime::<Utc>::UNIX_EPOCH, reported: 0, payload };
        muster_runtime::durable::write(&dir.join(FILE), &record::encode(&record), 0o600)
    }
}
