//! The request file: what a collector tells the vendor to get a key, signed by its machine key.
//!
//! In: facts of the collector and its machine key, or the text a customer sent. Out: the armoured text, or a [`Request`] whose
//! signature and machine key id were checked. No date in it is judged: the vendor answers old requests too.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    armor::Armor,
    container::{Format, FormatError},
    id::MachineKeyId,
    json::{self, JsonError},
    machine::{MachineKey, MachinePublic},
};

/// The version of the request this build writes and reads.
pub const VERSION: u32 = 1;

/// The largest request, in bytes of text.
pub const MAX_BYTES: usize = 256 * 1024;

const FORMAT: Format =
    Format { armor: Armor { label: "MUSTER REQUEST", max_bytes: MAX_BYTES }, context: "muster-req-v1", pieces: 1 };

/// A request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The version, 1.
    pub v: u32,
    /// The id of the machine key.
    pub mkid: MachineKeyId,
    /// The public keys; a licence key is sealed to them.
    #[serde(flatten)]
    pub machine: MachinePublic,
    /// What the collector says about itself.
    #[serde(flatten)]
    pub facts: Facts,
}

/// What the collector says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The collector.
    pub collector_id: Uuid,
    /// When the request was written, by the collector's clock.
    pub created_at: DateTime<Utc>,
    /// The version of the collector.
    pub version: String,
    /// The name of the licence in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license_in_force: Option<Uuid>,
    /// The serial in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial_in_force: Option<u64>,
    /// The whole compliance query in force, added filters included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query_in_force: Option<String>,
    /// What the query in force counts now; without a licence, what the default query counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count_in_force: Option<u64>,
    /// The table that is counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// The query the administrator wishes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wished_query: Option<String>,
    /// What the wished query counts now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wished_count: Option<u64>,
    /// What the query in force counted, by month, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub counts: Vec<MonthCount>,
    /// Periods of grace, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grace_periods: Vec<GracePeriod>,
    /// Periods in which the product was disabled, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disabled_periods: Vec<DisabledPeriod>,
    /// The peaks of each application, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub application_peaks: Vec<ApplicationPeaks>,
    /// Applications whose peaks are left out, because there are too many.
    #[serde(default)]
    pub applications_left_out: u64,
    /// Devices that wait for approval and are not counted.
    #[serde(default)]
    pub pending_devices: u64,
}

/// The counts of one month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthCount {
    /// The month, `YYYY-MM`.
    pub month: String,
    /// The highest count of its runs.
    pub peak: u64,
    /// The site date of the highest count, of equal ones the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak_on: Option<NaiveDate>,
    /// The count of its last run.
    pub last: u64,
    /// The site date of its last run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_on: Option<NaiveDate>,
    /// Its site dates in grace.
    #[serde(default)]
    pub days_in_grace: u32,
    /// Its site dates while the product was disabled.
    #[serde(default)]
    pub days_disabled: u32,
}

/// One period of grace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GracePeriod {
    /// The site date of the run that started it.
    pub started: NaiveDate,
    /// The site date on which it was over; absent while it lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<NaiveDate>,
    /// The highest number of assets over the limit in it.
    #[serde(default)]
    pub peak_over_by: u64,
}

/// One period in which the product was disabled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisabledPeriod {
    /// The site date of the run that found it.
    pub started: NaiveDate,
    /// The site date on which it was over; absent while it lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<NaiveDate>,
    /// Why, as in the status of the collector.
    pub reason: String,
}

/// The peaks of one application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicationPeaks {
    /// The application.
    pub application: String,
    /// Its months, oldest first; those without use are absent.
    pub months: Vec<MonthPeak>,
}

/// The highest daily peaks of one month.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthPeak {
    /// The month, `YYYY-MM`.
    pub month: String,
    /// Named and floating seats together, at one instant.
    pub total: u64,
    /// The site date of that peak.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<NaiveDate>,
    /// Named seats.
    pub named: u64,
    /// Floating seats.
    pub floating: u64,
}

/// Why a text is no request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// No request, too large, cut off, damaged or of another version.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// The members cannot be read.
    #[error("the request is malformed: {0}")]
    Malformed(JsonError),
    /// A version that this build does not know.
    #[error("the request has version {0}, this version of muster reads {VERSION}; update muster-vendor")]
    Version(u32),
    /// The id is not the one of the keys.
    #[error("the request names the machine {named}, but its keys are those of {computed}")]
    KeyId {
        /// The id that is named.
        named: MachineKeyId,
        /// The id of the keys.
        computed: MachineKeyId,
    },
    /// The machine key did not sign these bytes.
    #[error("the signature of the request does not fit: it was changed or damaged; ask for it again")]
    BadSignature,
}

impl Request {
    /// Reads a request and checks its signature and its id.
    ///
    /// # Errors
    /// The first part that is wrong.
    pub fn read(text: &str) -> Result<Self, RequestError> {
        let container = FORMAT.read(text)?;
        let request: Self = json::read(container.piece(0)).map_err(RequestError::Malformed)?;
        if request.v != VERSION {
            return Err(RequestError::Version(request.v));
        }
        // The request vouches for its own keys: the signature proves that the sender holds them, the id is what an
        // administrator compares with the licence page.
        if !request.machine.verify(container.signed_bytes(), container.signature()) {
            return Err(RequestError::BadSignature);
        }
        let computed = request.machine.id();
        if request.mkid != computed {
            return Err(RequestError::KeyId { named: request.mkid, computed });
        }
        Ok(request)
    }
}

/// Writes and signs a request.
///
/// # Errors
/// When the facts cannot be written as JSON.
pub fn sign(facts: Facts, key: &MachineKey) -> Result<String, JsonError> {
    let machine = key.public();
    let json = json::write(&Request { v: VERSION, mkid: machine.id(), machine, facts })?;
    Ok(FORMAT.write(&[&json], |bytes| key.sign(bytes)))
}

/// Whether a text says that it is a request; it may still be a bad one.
#[must_use]
pub fn is_request(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').trim_start().starts_with("-----BEGIN MUSTER REQUEST-----")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{armor::ArmorError, samples};

    fn signed(json: &str) -> String {
        FORMAT.write(&[json.as_bytes()], |bytes| samples::machine().sign(bytes))
    }

    #[test]
    fn a_request_is_read_as_it_was_signed() {
        let text = sign(samples::facts(), &samples::machine()).unwrap();
        assert!(is_request(&text) && text.starts_with("-----BEGIN MUSTER REQUEST-----\n"));
        let request = Request::read(&text).unwrap();
        assert_eq!(request.facts, samples::facts());
        assert_eq!((request.mkid, request.machine), (samples::machine().id(), samples::machine().public()));
    }

    #[test]
    fn each_fault_has_its_own_error() {
        let text = sign(samples::facts(), &samples::machine()).unwrap();
        let json = String::from_utf8(FORMAT.read(&text).unwrap().piece(0).to_vec()).unwrap();
        assert!(json.contains(r#""serial_in_force":2"#) && json.contains(r#""x25519":""#), "{json}");
        let named = samples::machine().id().to_string();
        let other = "a".repeat(20);
        let key_id = RequestError::KeyId { named: other.parse().unwrap(), computed: samples::machine().id() };
        for (json, error) in [
            (json.replacen(r#""v":1"#, r#""v":2"#, 1), RequestError::Version(2)),
            (json.replacen(&named, &other, 1), key_id),
            (json.replacen('{', r#"{"mkid":"x","#, 1), RequestError::Malformed(JsonError::DuplicateKey("mkid".into()))),
        ] {
            assert_eq!(Request::read(&signed(&json)), Err(error), "{json}");
        }
        // Unknown members are ignored, a foreign signature is not.
        assert!(Request::read(&signed(&json.replacen('{', r#"{"later":{"x":[]},"#, 1))).is_ok());
        let forged = FORMAT.write(&[json.as_bytes()], |bytes| MachineKey::generate().unwrap().sign(bytes));
        assert_eq!(Request::read(&forged), Err(RequestError::BadSignature));
        assert!(matches!(
            Request::read("-----BEGIN MUSTER LICENSE-----\n"),
            Err(RequestError::Format(FormatError::Armor(ArmorError::OtherKind { .. })))
        ));
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let text = sign(samples::facts(), &samples::machine()).unwrap();
        let bytes = FORMAT.armor.decode(&text).unwrap();
        for index in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[index] ^= 1;
            assert!(Request::read(&FORMAT.armor.encode(&changed)).is_err(), "byte {index}");
        }
    }

    proptest! {
        #[test]
        fn facts_survive_the_way(serial: Option<u64>, query in proptest::option::of(".{0,80}"), count: Option<u64>, pending: u64) {
            let facts = Facts {
                serial_in_force: serial, wished_query: query, wished_count: count, pending_devices: pending, ..samples::facts()
            };
            let text = sign(facts.clone(), &samples::machine()).unwrap();
            prop_assert_eq!(Request::read(&text).unwrap().facts, facts);
        }
    }
}
