//! What of the licence's state somebody should act on, as alerts.
//!
//! In: the facts of the status. Out: alerts that stand, by key; the caller raises them and ends the others. Pure.

use crate::publish::{LicenseFacts, Severity, State};

/// The keys of every alert here: what does not stand is ended.
pub(super) const KEYS: [&str; 4] = ["license-none", "license-grace", "license-disabled", "users-over-limit"];

/// The alerts that stand.
pub(super) fn standing(facts: &LicenseFacts) -> Vec<(&'static str, Severity, String)> {
    let compliance = &facts.compliance;
    let mut alerts = Vec::new();
    match facts.state {
        State::Unlicensed => alerts.push((
            "license-none",
            Severity::Warning,
            "no licence key was applied; machines cannot enrol. Send your vendor the request file (muster-collector license request) and apply the key you get"
                .to_owned(),
        )),
        State::Compliant => {}
        State::Grace => alerts.push((
            "license-grace",
            Severity::Warning,
            format!(
                "{} assets over the limit; the product is disabled at the run on {} ({} days left) unless the count comes down or a new licence key is applied",
                compliance.over_by,
                compliance.grace_ends_at.map_or_else(String::new, |end| end.format("%Y-%m-%d").to_string()),
                compliance.days_left.unwrap_or_default(),
            ),
        )),
        State::Disabled => alerts.push((
            "license-disabled",
            Severity::Critical,
            format!(
                "the product is disabled ({}); apply a new licence key",
                facts.reason.as_deref().unwrap_or("for an unknown reason").replace('_', " ")
            ),
        )),
    }
    if let Some(limit) = compliance.user_limit.filter(|limit| compliance.user_count > *limit) {
        alerts.push((
            "users-over-limit",
            Severity::Warning,
            format!(
                "{} accounts are enabled, the licence covers {limit}; disable some or ask for a larger licence",
                compliance.user_count
            ),
        ));
    }
    alerts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publish::ComplianceStatus;

    #[test]
    fn each_state_has_its_alert() {
        let check = |state, users: (u64, Option<u64>), expected: &[&str]| {
            let compliance = ComplianceStatus { user_count: users.0, user_limit: users.1, ..ComplianceStatus::default() };
            let facts = LicenseFacts { state, reason: None, license: None, compliance };
            let keys: Vec<&str> = standing(&facts).into_iter().map(|(key, _, _)| key).collect();
            assert_eq!(keys, expected);
            assert!(keys.iter().all(|key| KEYS.contains(key)));
        };
        check(State::Unlicensed, (1, None), &["license-none"]);
        check(State::Compliant, (5, Some(5)), &[]);
        check(State::Compliant, (6, Some(5)), &["users-over-limit"]);
        check(State::Grace, (1, None), &["license-grace"]);
        check(State::Disabled, (1, None), &["license-disabled"]);
    }
}
