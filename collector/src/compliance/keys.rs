//! Licence keys: whom the site trusts to sign them, and which one is in force.

use crate::{
    store::records::KeyRecord,
    trust::keys::{KeyFileError, KeyFiles},
};
use chrono::{DateTime, NaiveDate, Utc};
use muster_domain::compliance::{DisabledReason, Terms};
use muster_license::{
    Claims, KeyDigest, LicenseError, MachineKey, Opened, Reinstate, UserLimitMode, VendorKeyId, VendorPublic, open,
};
use serde::Serialize;
use utoipa::ToSchema;

const FILE: &str = "vendors.pem";
const END: &str = "-----END PUBLIC KEY-----";

/// The vendor keys a site trusts.
#[derive(Debug, Clone)]
pub struct TrustedVendors {
    keys: Vec<VendorPublic>,
    /// Whether they were chosen by the site and not by who built the program.
    pub chosen_by_site: bool,
}

/// The licence key in force.
#[derive(Debug, Clone)]
pub struct InForce {
    /// As it came.
    pub record: KeyRecord,
    /// What it grants.
    pub claims: Claims,
    /// SHA-256 of it.
    pub digest: KeyDigest,
    /// The query in force: the key's, with its filters added.
    pub query: String,
}

/// A key as the history shows it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct KeySummary {
    /// Its id.
    pub id: String,
    /// Its serial number.
    pub serial: u64,
    /// To whom it was issued; null when it cannot be opened.
    pub customer: Option<String>,
    /// Its expiry date; null when it cannot be opened.
    pub expires: Option<NaiveDate>,
    /// Its limit; null when it cannot be opened.
    pub asset_limit: Option<u64>,
    /// When it was applied.
    pub applied_at: DateTime<Utc>,
    /// By whom.
    pub applied_by: String,
    /// Whether it is the one in force.
    pub in_force: bool,
    /// Why it cannot be opened now.
    pub error: Option<String>,
}

impl TrustedVendors {
    /// Writes the keys that `init` was given.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn create(files: &KeyFiles, pems: &[String]) -> Result<(), KeyFileError> {
        files.write(FILE, &pems.join("\n"))
    }

    /// The keys built into the program, or else those of the data directory.
    ///
    /// # Errors
    /// When the file cannot be read or holds something else.
    pub fn load(files: &KeyFiles) -> Result<Self, KeyFileError> {
        let (text, chosen_by_site) = match Self::built_in() {
            Some(text) => (text.to_owned(), false),
            None if files.exists(FILE) => (files.read(FILE)?, true),
            None => (String::new(), true),
        };
        Ok(Self { keys: read_keys(&text).map_err(|reason| files.invalid(FILE, reason))?, chosen_by_site })
    }

    /// The vendor keys that were given when the program was built (PEM blocks in `MUSTER_VENDOR_KEYS`).
    #[must_use]
    pub fn built_in() -> Option<&'static str> {
        option_env!("MUSTER_VENDOR_KEYS").filter(|text| !text.trim().is_empty())
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Their names.
    #[must_use]
    pub fn ids(&self) -> Vec<VendorKeyId> {
        self.keys.iter().map(VendorPublic::id).collect()
    }

    /// Opens a key.
    ///
    /// # Errors
    /// Why it cannot be opened.
    pub fn open(&self, text: &str, machine: &MachineKey) -> Result<Opened, LicenseError> {
        open(text, &self.keys, machine)
    }
}

/// Reads one or more public keys in PEM.
///
/// # Errors
/// What is wrong with the text.
pub fn read_keys(text: &str) -> Result<Vec<VendorPublic>, String> {
    text.split_inclusive(END)
        .map(str::trim)
        .filter(|block| !block.is_empty())
        .map(|block| VendorPublic::from_pem(block).map_err(|error| error.to_string()))
        .collect()
}

impl InForce {
    /// From a key that opened.
    ///
    /// # Errors
    /// When its filters cannot be added to its query.
    pub fn new(record: KeyRecord, opened: Opened) -> Result<Self, String> {
        let query = effective_query(&opened.claims)?;
        Ok(Self { record, claims: opened.claims, digest: opened.digest, query })
    }

    /// What the rules need of it.
    #[must_use]
    pub fn terms(&self) -> Terms {
        terms(&self.claims)
    }
}

/// The query of a key with its filters added.
///
/// # Errors
/// When a part cannot be read.
pub(super) fn effective_query(claims: &Claims) -> Result<String, String> {
    claims.add_filters.iter().try_fold(claims.query.clone(), |query, filter| {
        muster_domain::query::add_filter(&query, filter).map_err(|error| error.to_string())
    })
}

/// What the rules need of a key.
#[must_use]
pub(super) fn terms(claims: &Claims) -> Terms {
    Terms {
        asset_limit: claims.assets,
        grace_days: claims.grace_days,
        grace_until: claims.grace_until,
        expires: claims.expires,
        user_limit: claims.users,
        enforce_users: claims.user_limit_mode == UserLimitMode::Enforce,
        reinstate_by_count: claims.reinstate == Reinstate::Count,
    }
}

/// The newest key that opens; or why none does.
#[must_use]
pub(super) fn newest(
    keys: Vec<KeyRecord>,
    vendors: &TrustedVendors,
    machine: &MachineKey,
) -> (Option<InForce>, Option<DisabledReason>) {
    let mut problem = None;
    for record in keys.into_iter().rev() {
        match vendors.open(&record.text, machine) {
            Ok(opened) => match InForce::new(record, opened) {
                Ok(key) => return (Some(key), None),
                Err(reason) => {
                    tracing::error!(reason, "a stored licence key cannot be used");
                    problem.get_or_insert(DisabledReason::InvalidLicense);
                }
            },
            Err(error) => {
                tracing::error!(%error, serial = record.serial, "a stored licence key does not open");
                problem.get_or_insert(match error {
                    LicenseError::OtherMachine { .. } | LicenseError::Decrypt => DisabledReason::WrongMachine,
                    _ => DisabledReason::InvalidLicense,
                });
            }
        }
    }
    (None, problem)
}

/// The history, newest first.
#[must_use]
pub(super) fn history(
    keys: Vec<KeyRecord>,
    vendors: &TrustedVendors,
    machine: &MachineKey,
    in_force: Option<&InForce>,
) -> Vec<KeySummary> {
    keys.into_iter()
        .rev()
        .map(|record| {
            let opened = vendors.open(&record.text, machine);
            let claims = opened.as_ref().ok().map(|opened| &opened.claims);
            KeySummary {
                in_force: in_force.is_some_and(|key| key.record.id == record.id),
                customer: claims.map(|claims| claims.customer.clone()),
                expires: claims.map(|claims| claims.expires),
                asset_limit: claims.map(|claims| claims.assets),
                error: opened.as_ref().err().map(ToString::to_string),
                id: record.id,
                serial: record.serial,
                applied_at: record.applied_at,
                applied_by: record.applied_by,
            }
        })
        .collect()
}
