//! The audit pack: what a site counted under which keys, signed by its machine key, for the vendor to check offline.
//!
//! In: facts of the collector and its machine key, or the text a customer sent. Out: one JSON file whose signature stands beside
//! the report, or a [`Report`] whose signature and machine key id were checked. Whether what it tells is in order is not decided
//! here.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    claims::Claims,
    id::{MachineKeyId, VendorKeyId},
    json::{self, JsonError},
    machine::{MachineKey, MachinePublic},
    pae,
    request::GracePeriod,
};

/// The version of the report this build writes and reads.
pub const VERSION: u32 = 1;

/// The largest report, in bytes of text.
pub const MAX_BYTES: usize = 64 * 1024 * 1024;

const CONTEXT: &str = "muster-report-v1";
const HEAD: &str = "{\"report\":";
const MIDDLE: &str = ",\n\"signature\":\"";
const TAIL: &str = "\"}\n";

/// A report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The version, 1.
    pub v: u32,
    /// The id of the machine key.
    pub mkid: MachineKeyId,
    /// The public keys.
    #[serde(flatten)]
    pub machine: MachinePublic,
    /// What the collector says.
    #[serde(flatten)]
    pub facts: Facts,
}

/// What the collector says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The collector.
    pub collector_id: Uuid,
    /// When the report was written, by the time the collector believed.
    pub created_at: DateTime<Utc>,
    /// The version of the collector.
    pub version: String,
    /// The time zone in which its site dates are meant.
    pub time_zone: String,
    /// The state of the product.
    pub state: String,
    /// Its reason.
    pub reason: Option<String>,
    /// Vendor keys that the site trusts.
    pub trusted: Vec<VendorKeyId>,
    /// Whether the site chose them itself; otherwise they were built in.
    pub trust_chosen_by_site: bool,
    /// Every key that was applied, oldest first.
    pub keys: Vec<Key>,
    /// Every run that is kept, oldest first.
    pub runs: Vec<Run>,
    /// Which query counted when, oldest first.
    pub queries: Vec<QueryPeriod>,
    /// Periods of grace, oldest first.
    pub graces: Vec<GracePeriod>,
    /// Periods in which the product was disabled, oldest first.
    pub disabled: Vec<DisabledPeriod>,
    /// What is wrong with the clock now.
    pub clock_anomaly: Option<String>,
    /// What the audit log says of the clock, of restored stores and of changed rows, oldest first.
    pub events: Vec<Event>,
    /// The audit log.
    pub audit: Audit,
    /// Devices that wait for approval and are not counted.
    pub pending_devices: u64,
}

/// A key that was applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// Its name.
    pub id: String,
    /// Its serial.
    pub serial: u64,
    /// When it was applied.
    pub applied_at: DateTime<Utc>,
    /// By whom.
    pub applied_by: String,
    /// The armoured text as it came.
    pub text: String,
    /// What it grants, as the collector decrypted it; absent when it cannot be opened now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claims: Option<Claims>,
    /// The query with its added filters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// Why it cannot be opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// One compliance run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Its number.
    pub id: u64,
    /// `nightly`, `key` or `manual`.
    pub kind: String,
    /// The site date it judged.
    pub site_date: NaiveDate,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it was over.
    pub finished_at: DateTime<Utc>,
    /// Who asked for it.
    pub by: String,
    /// The serial in force.
    pub serial: Option<u64>,
    /// The query that counted.
    pub query: Option<String>,
    /// The table.
    pub table: String,
    /// What negative conditions did with empty fields.
    pub null_mode: String,
    /// Assets counted.
    pub count: Option<u64>,
    /// The limit.
    pub limit: Option<u64>,
    /// Assets with an empty state that were not counted.
    pub uncounted_empty_state: u64,
    /// Enabled accounts.
    pub users: u64,
    /// All assets of the table by state.
    pub by_state: BTreeMap<String, u64>,
    /// Counted assets by model category.
    pub by_category: BTreeMap<String, u64>,
    /// State before.
    pub state_before: String,
    /// State after.
    pub state_after: String,
    /// Reason after.
    pub reason_after: Option<String>,
    /// Why nothing could be judged.
    pub error: Option<String>,
}

/// Which query counted in a span of dates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueryPeriod {
    /// The site date of its first run.
    pub from: NaiveDate,
    /// The site date of its last run.
    pub to: NaiveDate,
    /// The serial in force.
    pub serial: Option<u64>,
    /// The query.
    pub query: String,
    /// The null mode.
    pub null_mode: String,
}

/// A span of dates in which the product was disabled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisabledPeriod {
    /// The site date of the first run that found it so.
    pub from: NaiveDate,
    /// The site date of the run that ended it; absent while it lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<NaiveDate>,
    /// Why.
    pub reason: Option<String>,
}

/// An entry of the audit log that a vendor asks about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its number in the audit log.
    pub number: u64,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub actor: String,
    /// What was done.
    pub action: String,
}

/// The audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audit {
    /// Entries, up to the first that does not fit.
    pub entries: u64,
    /// The hash of the newest entry.
    pub head: Option<String>,
    /// The first entry that does not fit the chain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken_at: Option<u64>,
}

/// Why a text is no report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// Larger than any report.
    #[error("the file has more than {MAX_BYTES} bytes; it is no report")]
    TooLarge,
    /// Not the form in which reports are written.
    #[error("this is no report of muster as it was written: {0}; ask for the file itself, not a reformatted copy")]
    Form(&'static str),
    /// The members cannot be read.
    #[error("the report is malformed: {0}")]
    Malformed(JsonError),
    /// A version that this build does not know.
    #[error("the report has version {0}, this version of muster reads {VERSION}; update muster-vendor")]
    Version(u32),
    /// The id is not the one of the keys.
    #[error("the report names the machine {named}, but its keys are those of {computed}")]
    KeyId {
        /// The id that is named.
        named: MachineKeyId,
        /// The id of the keys.
        computed: MachineKeyId,
    },
    /// The machine key did not sign these bytes.
    #[error("the signature of the report does not fit: it was changed or damaged after the collector wrote it")]
    BadSignature,
}

impl Report {
    /// Reads a report and checks its signature and its id.
    ///
    /// # Errors
    /// The first part that is wrong.
    pub fn read(text: &str) -> Result<Self, ReportError> {
        if text.len() > MAX_BYTES {
            return Err(ReportError::TooLarge);
        }
        let body = text.strip_prefix(HEAD).ok_or(ReportError::Form("it does not begin with a report"))?;
        let body = body.strip_suffix(TAIL).ok_or(ReportError::Form("it does not end with a signature"))?;
        let (payload, signature) = body.rsplit_once(MIDDLE).ok_or(ReportError::Form("it has no signature"))?;
        let signature = STANDARD.decode(signature).ok().and_then(|bytes| <[u8; 64]>::try_from(bytes).ok());
        let signature = signature.ok_or(ReportError::Form("its signature is not one"))?;
        let report: Self = json::read(payload.as_bytes()).map_err(ReportError::Malformed)?;
        if report.v != VERSION {
            return Err(ReportError::Version(report.v));
        }
        // As a request does, a report vouches for its own keys; whose machine that is, the vendor's ledger knows.
        if !report.machine.verify(&signed_bytes(payload.as_bytes()), &signature) {
            return Err(ReportError::BadSignature);
        }
        let computed = report.machine.id();
        if report.mkid != computed {
            return Err(ReportError::KeyId { named: report.mkid, computed });
        }
        Ok(report)
    }
}

/// Writes and signs a report.
///
/// # Errors
/// When the facts cannot be written as JSON.
pub fn sign(facts: Facts, key: &MachineKey) -> Result<String, JsonError> {
    let machine = key.public();
    let payload = json::write(&Report { v: VERSION, mkid: machine.id(), machine, facts })?;
    let signature = STANDARD.encode(key.sign(&signed_bytes(&payload)));
    let payload = String::from_utf8(payload).map_err(|error| JsonError::Value(error.to_string()))?;
    Ok([HEAD, &payload, MIDDLE, &signature, TAIL].concat())
}

fn signed_bytes(payload: &[u8]) -> Vec<u8> {
    pae::encode(&[CONTEXT.as_bytes(), payload])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    fn facts() -> Facts {
        Facts {
            collector_id: Uuid::from_u128(7),
            created_at: "2026-11-21T20:00:00Z".parse().unwrap(),
            version: "0.1.0".into(),
            time_zone: "Europe/Berlin".into(),
            state: "compliant".into(),
            reason: None,
            trusted: Vec::new(),
            trust_chosen_by_site: true,
            keys: Vec::new(),
            runs: Vec::new(),
            queries: Vec::new(),
            graces: Vec::new(),
            disabled: Vec::new(),
            clock_anomaly: None,
            events: Vec::new(),
            audit: Audit { entries: 3, head: Some("00ff".into()), broken_at: None },
            pending_devices: 0,
        }
    }

    #[test]
    fn a_report_is_one_json_file_that_is_read_as_it_was_signed() {
        let text = sign(facts(), &samples::machine()).unwrap();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["report"]["state"], "compliant");
        let report = Report::read(&text).unwrap();
        assert_eq!((report.facts, report.mkid), (facts(), samples::machine().id()));
    }

    #[test]
    fn every_changed_byte_is_refused() {
        let text = sign(facts(), &samples::machine()).unwrap();
        for index in 0..text.len() {
            for bit in [1, 2, 16, 32] {
                let mut changed = text.clone().into_bytes();
                changed[index] ^= bit;
                let Ok(changed) = String::from_utf8(changed) else { continue };
                assert!(Report::read(&changed).is_err(), "byte {index} bit {bit}");
            }
            assert!(Report::read(&text[..index]).is_err(), "cut at {index}");
        }
        assert_eq!(Report::read(&format!("{text} ")), Err(ReportError::Form("it does not end with a signature")));
        let other = sign(facts(), &MachineKey::generate().unwrap()).unwrap();
        let (body, _) = text.rsplit_once(MIDDLE).unwrap();
        let (_, signature) = other.rsplit_once(MIDDLE).unwrap();
        assert_eq!(Report::read(&[body, MIDDLE, signature].concat()), Err(ReportError::BadSignature));
    }
}
