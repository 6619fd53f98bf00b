//! From the ledger, the key in force and the last run to what the status shows. Expiry is derived here, on every read.

use super::{keys::InForce, ledger::Ledger};
use crate::{
    publish::{ComplianceStatus, LicenseFacts, LicenseStatus, State},
    store::records::RunRecord,
};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use muster_domain::{
    calendar::SiteZone,
    compliance::{Assessment, DisabledReason, Standing, derive, view},
};

/// What facts are made from.
pub(super) struct Inputs<'a> {
    pub(super) ledger: &'a Ledger,
    pub(super) key: Option<&'a InForce>,
    pub(super) problem: Option<DisabledReason>,
    /// The last run that counted.
    pub(super) counted: Option<&'a RunRecord>,
    /// Why the last run could not judge.
    pub(super) last_error: Option<&'a str>,
    pub(super) user_count: u64,
    pub(super) clock: Assessment,
    pub(super) zone: SiteZone,
    pub(super) nightly_at: NaiveTime,
}

/// The standing as of now.
pub(super) fn standing(inputs: &Inputs<'_>) -> Standing {
    if let Some(reason) = inputs.problem {
        return Standing::Disabled { reason };
    }
    match inputs.key {
        Some(key) if !inputs.clock.frozen => {
            let stored = inputs.ledger.standing.beneath_expiry(inputs.ledger.covered);
            derive(&stored, &key.terms(), inputs.zone.site_date(inputs.clock.licence_time))
        }
        Some(_) => inputs.ledger.standing,
        None => Standing::Unlicensed,
    }
}

/// The facts as of now.
pub(super) fn facts(inputs: &Inputs<'_>) -> LicenseFacts {
    let standing = standing(inputs);
    let today = inputs.zone.site_date(inputs.clock.licence_time);
    let midnight = |date: NaiveDate| inputs.zone.day_start(date);
    let count = inputs.counted.and_then(|run| run.asset_count);
    let terms = inputs.key.map(InForce::terms);
    let (grace_start, grace_end, days_left) = match &terms {
        Some(terms) => {
            let view = view(&standing, terms, today, count.unwrap_or_default());
            (view.grace_start, view.grace_end, view.days_left.and_then(|days| i64::try_from(days).ok()))
        }
        None => (None, None, None),
    };
    let over_by = match (&terms, count) {
        (Some(terms), Some(count)) => count.saturating_sub(terms.asset_limit),
        _ => 0,
    };
    LicenseFacts {
        state: state(&standing),
        reason: reason(&standing).map(str::to_owned),
        license: inputs.key.map(|key| LicenseStatus {
            id: key.record.id.clone(),
            customer: key.claims.customer.clone(),
            serial: key.claims.serial,
            expires_at: midnight(key.claims.expires),
            asset_limit: key.claims.assets,
            user_limit: key.claims.users,
            compliance_query: key.query.clone(),
        }),
        compliance: ComplianceStatus {
            counted_at: inputs.counted.map(|run| run.finished_at),
            asset_count: count,
            asset_limit: terms.as_ref().map(|terms| terms.asset_limit),
            over_by,
            user_count: inputs.user_count,
            user_limit: terms.as_ref().and_then(|terms| terms.user_limit),
            grace_started_at: grace_start.map(midnight),
            grace_ends_at: grace_end.map(midnight),
            days_left,
            uncounted_empty_state: inputs.counted.map_or(0, |run| run.uncounted_empty_state),
            last_error: inputs.last_error.map(str::to_owned),
            next_run_at: Some(next_run(inputs)),
        },
    }
}

/// The state of a standing.
pub(super) fn state(standing: &Standing) -> State {
    match standing {
        Standing::Unlicensed => State::Unlicensed,
        Standing::Compliant => State::Compliant,
        Standing::Grace { .. } => State::Grace,
        Standing::Disabled { .. } => State::Disabled,
    }
}

/// The state's name, as in `/status`.
pub(super) fn state_name(standing: &Standing) -> &'static str {
    match standing {
        Standing::Unlicensed => "unlicensed",
        Standing::Compliant => "compliant",
        Standing::Grace { .. } => "grace",
        Standing::Disabled { .. } => "disabled",
    }
}

/// The reason of a standing, as in `/status`.
pub(super) fn reason(standing: &Standing) -> Option<&'static str> {
    match standing {
        Standing::Unlicensed | Standing::Compliant => None,
        Standing::Grace { .. } => Some("over_limit"),
        Standing::Disabled { reason } => Some(reason.word()),
    }
}

fn next_run(inputs: &Inputs<'_>) -> DateTime<Utc> {
    inputs.zone.next_run(inputs.clock.time, inputs.nightly_at)
}
