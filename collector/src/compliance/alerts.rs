//! What of the licence's state somebody should act on, as alerts.
//!
//! In: the facts of the status. Out: alerts that stand, by key; the caller raises them and ends the others. Pure.

use crate::publish::{LicenseFacts, Severity, State};
use muster_domain::compliance::{Ending, Warning};

/// Days before an end from which a warning is critical.
const CRITICAL_DAYS: u64 = 7;

/// The keys of every alert here: what does not stand is ended.
pub(super) const KEYS: [&str; 5] = ["license-none", "license-grace", "license-disabled", "license-expiry", "users-over-limit"];

/// The alerts that stand.
pub(super) fn standing(facts: &LicenseFacts, warnings: &[Warning]) -> Vec<(&'static str, Severity, String)> {
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
        State::Grace => {
            let warning = warnings.iter().find(|warning| warning.ending == Ending::Grace);
            let ends = warning.map(|warning| warning.on);
            let expiry = warnings.iter().find(|warning| warning.ending == Ending::Expiry).map(|warning| warning.on);
            let over = over(compliance.over_by, compliance.users_over_by);
            let on = ends.map_or_else(String::new, |ends| ends.to_string());
            let left = number(warning.map_or(0, |warning| warning.days_left), "day");
            alerts.push((
                "license-grace",
                warning.map_or(Severity::Warning, severity),
                match expiry.filter(|expiry| ends.is_some_and(|ends| *expiry < ends)) {
                    Some(expiry) => format!(
                        "{over}; the licence ends on {expiry} and the product with it, before the grace does on {on} ({left} left)"
                    ),
                    None => format!(
                        "{over}; the product is disabled at the run on {on} ({left} left) unless the count comes down or a new licence key is applied"
                    ),
                },
            ));
        }
        State::Disabled => alerts.push((
            "license-disabled",
            Severity::Critical,
            format!(
                "the product is disabled ({}); apply a new licence key",
                facts.reason.as_deref().unwrap_or("for an unknown reason").replace('_', " ")
            ),
        )),
    }
    if let Some(warning) = warnings.iter().find(|warning| warning.ending == Ending::Expiry) {
        alerts.push((
            "license-expiry",
            severity(warning),
            format!(
                "the licence ends on {} ({} left); send your vendor the request file (muster-collector license request) and apply the key you get",
                warning.on,
                number(warning.days_left, "day")
            ),
        ));
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

fn severity(warning: &Warning) -> Severity {
    if warning.days_left <= CRITICAL_DAYS { Severity::Critical } else { Severity::Warning }
}

fn over(assets: u64, users: u64) -> String {
    match (assets, users) {
        (0, 0) => "over the limit at the last count".to_owned(),
        (0, users) => format!("{} over the user limit", number(users, "account")),
        (assets, _) => format!("{} over the limit", number(assets, "asset")),
    }
}

/// "1 day", "2 days".
pub(super) fn number(number: u64, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publish::ComplianceStatus;

    #[test]
    fn each_state_has_its_alert() {
        let check = |state, users: (u64, Option<u64>), warnings: &[(Ending, u64)], expected: &[(&str, Severity)]| {
            let compliance = ComplianceStatus { user_count: users.0, user_limit: users.1, ..ComplianceStatus::default() };
            let facts = LicenseFacts { state, reason: None, license: None, compliance };
            let on = "2027-01-01".parse().unwrap();
            let warning =
                |(ending, days_left): &(Ending, u64)| Warning { ending: *ending, on, days_left: *days_left, threshold: 60 };
            let warnings: Vec<Warning> = warnings.iter().map(warning).collect();
            let alerts = standing(&facts, &warnings);
            let shown: Vec<(&str, Severity)> = alerts.iter().map(|(key, severity, _)| (*key, *severity)).collect();
            assert_eq!(shown, expected);
            assert!(shown.iter().all(|(key, _)| KEYS.contains(key)));
            for (_, days_left) in warnings.iter().map(|warning| (warning.ending, warning.days_left)) {
                let words = if days_left == 1 { "(1 day left)".to_owned() } else { format!("({days_left} days left)") };
                assert!(alerts.iter().any(|(_, _, text)| text.contains(&words) && text.contains("2027-01-01")), "{alerts:?}");
            }
        };
        let (warning, critical) = (Severity::Warning, Severity::Critical);
        check(State::Unlicensed, (1, None), &[], &[("license-none", warning)]);
        check(State::Compliant, (5, Some(5)), &[], &[]);
        check(State::Compliant, (6, Some(5)), &[], &[("users-over-limit", warning)]);
        check(State::Compliant, (1, None), &[(Ending::Expiry, 60)], &[("license-expiry", warning)]);
        check(State::Compliant, (1, None), &[(Ending::Expiry, 7)], &[("license-expiry", critical)]);
        check(State::Grace, (1, None), &[(Ending::Grace, 8)], &[("license-grace", warning)]);
        let both = [("license-grace", critical), ("license-expiry", warning)];
        check(State::Grace, (1, None), &[(Ending::Expiry, 14), (Ending::Grace, 1)], &both);
        check(State::Disabled, (1, None), &[], &[("license-disabled", critical)]);
    }

    #[test]
    fn a_licence_that_ends_before_the_grace_is_what_disables() {
        let compliance = ComplianceStatus { over_by: 2, ..ComplianceStatus::default() };
        let facts = LicenseFacts { state: State::Grace, reason: None, license: None, compliance };
        let warning = |ending, on: &str, days_left| Warning { ending, on: on.parse().unwrap(), days_left, threshold: 60 };
        for (expiry, expected) in [
            (
                "2026-12-20",
                "the licence ends on 2026-12-20 and the product with it, before the grace does on 2027-01-21 (60 days left)",
            ),
            ("2027-01-21", "the product is disabled at the run on 2027-01-21 (60 days left) unless"),
        ] {
            let warnings = [warning(Ending::Expiry, expiry, 28), warning(Ending::Grace, "2027-01-21", 60)];
            let alerts = standing(&facts, &warnings);
            assert!(alerts.iter().any(|(key, _, text)| *key == "license-grace" && text.contains(expected)), "{alerts:?}");
        }
    }
}
