//! Whether a program may start while the collector cannot be asked (contract 2.4 and 4).
//!
//! In: the verdict as this machine knows it, the policy. Out: yes, or why not. Pure.

use crate::verdict::{State, View};
use muster_wire::{
    policy::PolicyDocument,
    problem::{Code, Problem},
    verdict::Decision,
};
use std::collections::BTreeMap;

/// Judges an application; `why` says why the collector cannot be asked. On yes: for how many seconds a check-out lasts.
pub(super) fn judge(view: &View, policy: &PolicyDocument, application: &str, why: &str) -> Result<i64, Problem> {
    if matches!(view.state, State::Disabled | State::Unlicensed) {
        return Err(Problem::new(
            Code::LicenseDisabled,
            "the product is disabled, as the collector said when it was last reached",
        ));
    }
    let refused = |text: String| Err(Problem::new(Code::Unavailable, text).with("offline", "deny"));
    match policy.application(application) {
        None => refused(format!("{why}; and this machine knows of no application {application:?} that may start without it")),
        Some(found) if found.offline == Decision::Deny => {
            refused(format!("{why}; {:?} may not be started without it (offline = \"deny\")", found.name))
        }
        Some(found) => Ok(i64::try_from(found.lease_seconds).unwrap_or(i64::MAX)),
    }
}

/// What local applications are told while the licence's state is unknown: each one's `offline` (contract 4).
#[must_use]
pub fn decisions(policy: &PolicyDocument) -> BTreeMap<String, Decision> {
    policy.applications.iter().map(|application| (application.name.clone(), application.offline)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use muster_wire::policy::ApplicationPolicy;

    #[test]
    fn the_application_decides_unless_the_product_is_disabled() {
        let application =
            |name: &str, offline| ApplicationPolicy { name: name.to_owned(), processes: vec![], offline, lease_seconds: 60 };
        let policy = PolicyDocument {
            version: 1,
            applications: vec![application("CAD", Decision::Allow), application("ERP", Decision::Deny)],
        };
        let view = |state| View { state, ..View::of(None, DateTime::UNIX_EPOCH) };
        for (state, name, expected) in [
            (State::Compliant, "CAD", Ok(60)),
            (State::Grace, "cad", Ok(60)),
            (State::Unknown, "CAD", Ok(60)),
            (State::Compliant, "ERP", Err(503)),
            (State::Unknown, "ERP", Err(503)),
            (State::Unknown, "CAE", Err(503)),
            (State::Disabled, "CAD", Err(403)),
            (State::Unlicensed, "CAD", Err(403)),
        ] {
            let got = judge(&view(state), &policy, name, "no answer").map_err(|problem| problem.status);
            assert_eq!(got, expected, "{state:?} {name}");
        }
        assert_eq!(decisions(&policy).into_values().collect::<Vec<_>>(), [Decision::Allow, Decision::Deny]);
    }
}
