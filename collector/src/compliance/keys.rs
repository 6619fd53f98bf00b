//! Licence keys: which one is in force, and which there were.

use super::{granted::Granted, vendors::TrustedVendors};
use crate::store::records::KeyRecord;
use chrono::{DateTime, NaiveDate, Utc};
use muster_domain::{
    calendar::SiteZone,
    compliance::{DisabledReason, Terms},
};
use muster_license::{Claims, KeyDigest, LicenseError, MachineKey, Opened, Reinstate, UserLimitMode};
use serde::Serialize;
use utoipa::ToSchema;

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
    /// When it ceased to be in force: the next key was applied, or it expired before; null while it is in force.
    pub in_force_until: Option<DateTime<Utc>>,
    /// Everything it granted; null when it cannot be opened.
    pub grants: Option<Granted>,
    /// Why it cannot be opened now.
    pub error: Option<String>,
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

/// The history, newest first: what each key granted, and until when it was in force at this time.
#[must_use]
pub(super) fn history(
    keys: Vec<KeyRecord>,
    vendors: &TrustedVendors,
    machine: &MachineKey,
    in_force: Option<&InForce>,
    zone: SiteZone,
    now: DateTime<Utc>,
) -> Vec<KeySummary> {
    let mut next: Option<DateTime<Utc>> = None;
    let mut list = Vec::with_capacity(keys.len());
    for record in keys.into_iter().rev() {
        let opened = vendors.open(&record.text, machine);
        let claims = opened.as_ref().ok().map(|opened| &opened.claims);
        let expired = claims.map(|claims| zone.day_start(claims.expires)).filter(|end| *end <= now);
        let ended = [next, expired].into_iter().flatten().min().map(|end| end.max(record.applied_at));
        next = Some(record.applied_at);
        list.push(KeySummary {
            in_force: in_force.is_some_and(|key| key.record.id == record.id) && ended.is_none(),
            in_force_until: ended,
            customer: claims.map(|claims| claims.customer.clone()),
            expires: claims.map(|claims| claims.expires),
            asset_limit: claims.map(|claims| claims.assets),
            grants: claims.map(|claims| Granted::of(claims, vendor_of(&record.text))),
            error: opened.as_ref().err().map(ToString::to_string),
            id: record.id,
            serial: record.serial,
            applied_at: record.applied_at,
            applied_by: record.applied_by,
        });
    }
    list
}

/// The key that signed a licence key, as its header says.
#[must_use]
pub(super) fn vendor_of(text: &str) -> Option<String> {
    muster_license::peek(text).ok().map(|header| header.kid.to_string())
}
