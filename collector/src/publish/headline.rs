//! The state of the product as one plain sentence, the same one on the page and in the terminal.

use super::{State, Status};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

/// What the sentence is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts<'a> {
    /// `unlicensed`, `compliant`, `grace` or `disabled`.
    pub state: &'a str,
    /// Its reason.
    pub reason: Option<&'a str>,
    /// Assets counted.
    pub asset_count: Option<u64>,
    /// The limit.
    pub asset_limit: Option<u64>,
    /// How many are over it.
    pub over_by: u64,
    /// How many accounts are over their limit.
    pub users_over_by: u64,
    /// Site date on which grace ends.
    pub grace_ends: Option<NaiveDate>,
    /// Whole dates left.
    pub days_left: Option<i64>,
    /// Site date on which the licence ends.
    pub expires: Option<NaiveDate>,
}

/// The sentence.
#[must_use]
pub fn headline(facts: &Facts<'_>) -> String {
    match facts.state {
        "compliant" => match (facts.asset_count, facts.asset_limit) {
            (Some(count), Some(limit)) => format!("Compliant: {count} of {limit} assets"),
            (Some(count), None) => format!("Compliant: {count} assets"),
            (None, _) => "Compliant: nothing was counted yet".to_owned(),
        },
        "grace" => {
            let ends = facts.grace_ends.map_or_else(String::new, |date| format!(": grace ends {date}"));
            let left = match facts.days_left {
                Some(1) => ", 1 day left".to_owned(),
                Some(days) => format!(", {days} days left"),
                None => String::new(),
            };
            let before = facts.expires.filter(|expires| facts.grace_ends.is_some_and(|grace| *expires < grace));
            let before = before.map_or_else(String::new, |date| format!("; the licence itself ends before that, on {date}"));
            format!("{}{ends}{left}{before}", over(facts))
        }
        "disabled" => format!("Disabled: {}", disabled(facts)),
        _ => "No licence: enrolment and check-outs wait until a licence key is applied".to_owned(),
    }
}

/// Assets count first; accounts alone start a grace only where the key says so.
fn over(facts: &Facts<'_>) -> String {
    match (facts.over_by, facts.users_over_by) {
        (0, 0) => "Over the limit at the last count".to_owned(),
        (0, users) => format!("Over the user limit by {users}"),
        (assets, _) => format!("Over the limit by {assets}"),
    }
}

/// The sentence that goes with every count: how many assets it leaves out because they have no state; none if there are none.
#[must_use]
pub fn uncounted(empty_state: u64) -> Option<String> {
    match empty_state {
        0 => None,
        1 => Some("1 asset has an empty state and is not counted.".to_owned()),
        many => Some(format!("{many} assets have an empty state and are not counted.")),
    }
}

fn disabled(facts: &Facts<'_>) -> String {
    match facts.reason {
        Some("expired") => {
            let when = facts.expires.map_or_else(String::new, |date| format!(" on {date}"));
            format!("the licence expired{when}. Apply a new licence key to go on")
        }
        Some("grace_elapsed") => {
            let by = match facts.over_by {
                0 => String::new(),
                assets => format!(" by {assets}"),
            };
            format!("over the limit{by} until the grace period ended. Apply a new licence key to go on")
        }
        Some("wrong_machine") => {
            "no stored licence key was issued for this machine. Apply a key for the machine key id".to_owned()
        }
        Some("invalid_license") => "no stored licence key can be verified. Apply a new licence key to go on".to_owned(),
        Some(other) => format!("{other}. Apply a new licence key to go on"),
        None => "apply a new licence key to go on".to_owned(),
    }
}

/// The state as it is written in the status.
#[must_use]
pub const fn state_name(state: State) -> &'static str {
    match state {
        State::Unlicensed => "unlicensed",
        State::Compliant => "compliant",
        State::Grace => "grace",
        State::Disabled => "disabled",
    }
}

impl Status {
    /// The state as one plain sentence.
    #[must_use]
    pub fn headline(&self) -> String {
        let zone = self.time_zone.parse::<Tz>().unwrap_or(Tz::UTC);
        let date = |at: Option<DateTime<Utc>>| at.map(|at| at.with_timezone(&zone).date_naive());
        headline(&Facts {
            state: state_name(self.state),
            reason: self.reason.as_deref(),
            asset_count: self.compliance.asset_count,
            asset_limit: self.compliance.asset_limit,
            over_by: self.compliance.over_by,
            users_over_by: self.compliance.users_over_by,
            grace_ends: date(self.compliance.grace_ends_at),
            days_left: self.compliance.days_left,
            expires: date(self.license.as_ref().map(|license| license.expires_at)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_its_sentence() {
        let day = NaiveDate::from_ymd_opt(2027, 1, 20);
        let base = Facts { asset_count: Some(12), asset_limit: Some(500), ..Facts::default() };
        let cases = [
            (Facts { state: "compliant", ..base.clone() }, "Compliant: 12 of 500 assets"),
            (Facts { state: "compliant", asset_count: None, ..base.clone() }, "Compliant: nothing was counted yet"),
            (
                Facts { state: "grace", over_by: 7, grace_ends: day, days_left: Some(41), ..base.clone() },
                "Over the limit by 7: grace ends 2027-01-20, 41 days left",
            ),
            (
                Facts { state: "grace", over_by: 1, grace_ends: day, days_left: Some(1), ..base.clone() },
                "Over the limit by 1: grace ends 2027-01-20, 1 day left",
            ),
            (
                Facts { state: "grace", users_over_by: 2, grace_ends: day, days_left: Some(3), ..base.clone() },
                "Over the user limit by 2: grace ends 2027-01-20, 3 days left",
            ),
            (
                Facts {
                    state: "grace",
                    over_by: 2,
                    grace_ends: day,
                    days_left: Some(60),
                    expires: NaiveDate::from_ymd_opt(2026, 12, 20),
                    ..base.clone()
                },
                "Over the limit by 2: grace ends 2027-01-20, 60 days left; the licence itself ends before that, on 2026-12-20",
            ),
            (
                Facts { state: "grace", over_by: 7, grace_ends: day, days_left: Some(41), expires: day, ..base.clone() },
                "Over the limit by 7: grace ends 2027-01-20, 41 days left",
            ),
            (
                Facts { state: "disabled", reason: Some("expired"), expires: day, ..base.clone() },
                "Disabled: the licence expired on 2027-01-20. Apply a new licence key to go on",
            ),
            (
                Facts { state: "disabled", reason: Some("grace_elapsed"), over_by: 7, ..base.clone() },
                "Disabled: over the limit by 7 until the grace period ended. Apply a new licence key to go on",
            ),
            (Facts { state: "unlicensed", ..base }, "No licence: enrolment and check-outs wait until a licence key is applied"),
        ];
        for (facts, expected) in cases {
            assert_eq!(headline(&facts), expected);
        }
    }
}
