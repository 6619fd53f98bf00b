//! What a key would change, told before it is applied: its terms, its count, its categories, and what to mind.
//!
//! In: the key in force and the new one, each with its count. Out: differences and sentences. Pure.

use super::{alerts::number, count::Counted, granted::Granted};
use crate::publish::{LicenseFacts, State};
use muster_domain::compliance::{Ending, Warning};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// What a key would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct KeyEffect {
    /// The state of the product before it.
    pub state_before: State,
    /// What the query in force counts now; null when none is in force or it cannot be used any more.
    pub asset_count_before: Option<u64>,
    /// What the query of the key counts now.
    pub asset_count_after: u64,
    /// The terms that change.
    pub terms: Vec<TermChange>,
    /// Counted assets by model category, where the numbers differ.
    pub categories: Vec<CategoryChange>,
    /// What to mind before it is applied.
    pub warnings: Vec<String>,
}

/// A term that changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TermChange {
    /// Its name, as among the grants of a key.
    pub term: String,
    /// Before.
    pub before: Value,
    /// After.
    pub after: Value,
}

/// A model category whose count changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CategoryChange {
    /// The category; empty for assets without one.
    pub category: String,
    /// Counted before.
    pub before: u64,
    /// Counted after.
    pub after: u64,
}

/// A key with what it counts.
pub(super) struct Side<'a> {
    pub(super) granted: Option<&'a Granted>,
    pub(super) counted: Option<&'a Counted>,
    pub(super) facts: &'a LicenseFacts,
}

/// The difference between what is in force and what would be.
pub(super) fn effect(before: &Side<'_>, after: &Side<'_>, ends: &[Warning]) -> KeyEffect {
    let mut warnings = Vec::new();
    let compliance = &after.facts.compliance;
    if after.facts.state == State::Grace {
        warnings.push(format!(
            "{} would start a grace, {} left",
            over(compliance.over_by, compliance.users_over_by),
            number(compliance.days_left.and_then(|days| u64::try_from(days).ok()).unwrap_or_default(), "day")
        ));
    } else if compliance.users_over_by > 0 {
        warnings.push(over(0, compliance.users_over_by));
    }
    if let (Some(old), Some(new)) = (before.granted, after.granted) {
        if new.assets < old.assets {
            warnings.push(format!("the asset limit falls from {} to {}", old.assets, new.assets));
        }
        if new.expires < old.expires {
            warnings.push(format!("the licence ends earlier: {} instead of {}", new.expires, old.expires));
        }
    }
    let soon = ends.iter().filter(|warning| warning.ending == Ending::Expiry);
    warnings.extend(soon.map(|warning| format!("the licence ends on {}, in {}", warning.on, number(warning.days_left, "day"))));
    if compliance.uncounted_empty_state > 0 {
        warnings.push(format!("{} with an empty state not counted", number(compliance.uncounted_empty_state, "asset")));
    }
    KeyEffect {
        state_before: before.facts.state,
        asset_count_before: before.counted.map(|counted| counted.assets),
        asset_count_after: after.counted.map_or(0, |counted| counted.assets),
        terms: terms(before.granted, after.granted),
        categories: categories(before.counted, after.counted),
        warnings,
    }
}

fn over(assets: u64, users: u64) -> String {
    match (number(assets, "asset"), number(users, "account")) {
        (assets, _) if users == 0 => format!("{assets} over the limit"),
        (_, users) if assets == 0 => format!("{users} over the user limit"),
        (assets, users) => format!("{assets} and {users} over their limits"),
    }
}

fn terms(before: Option<&Granted>, after: Option<&Granted>) -> Vec<TermChange> {
    let members = |granted: Option<&Granted>| granted.and_then(|granted| serde_json::to_value(granted).ok()).unwrap_or_default();
    let (before, after) = (members(before), members(after));
    let names = after.as_object().map(|members| members.keys().cloned().collect::<Vec<_>>()).unwrap_or_default();
    let change = |term: String| {
        let value = |side: &Value| side.get(&term).cloned().unwrap_or_default();
        let (before, after) = (value(&before), value(&after));
        (before != after).then_some(TermChange { term, before, after })
    };
    names.into_iter().filter(|name| name != "issued_at").filter_map(change).collect()
}

fn categories(before: Option<&Counted>, after: Option<&Counted>) -> Vec<CategoryChange> {
    let all = |side: Option<&Counted>| side.map(|counted| counted.by_category.clone()).unwrap_or_default();
    let (before, after) = (all(before), all(after));
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let count = |side: &std::collections::BTreeMap<String, u64>, name: &str| side.get(name).copied().unwrap_or_default();
    names
        .into_iter()
        .map(|name| CategoryChange { category: name.clone(), before: count(&before, name), after: count(&after, name) })
        .filter(|change| change.before != change.after)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publish::ComplianceStatus;
    use serde_json::json;
    use std::collections::BTreeMap;

    fn granted(change: impl FnOnce(&mut Granted)) -> Granted {
        let claims = serde_json::from_value(json!({
            "v": 1, "lic_id": "6f2a0e5e-2a0c-4d6e-8f7b-0a1b2c3d4e5f", "serial": 1, "customer": "ACME", "mkid": "abcdefghijklmnopqr27",
            "issued_at": "2026-11-21T20:00:00Z", "expires": "2027-12-01", "assets": 500,
        }));
        let mut granted = Granted::of(&claims.unwrap(), Some("k1".to_owned()));
        change(&mut granted);
        granted
    }

    fn counted(categories: &[(&str, u64)]) -> Counted {
        let by_category: BTreeMap<String, u64> = categories.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
        Counted { assets: by_category.values().sum(), by_category, ..Counted::default() }
    }

    #[test]
    fn the_difference_is_told_term_by_term_and_category_by_category() {
        let facts = |state, over_by| LicenseFacts {
            state,
            reason: None,
            license: None,
            compliance: ComplianceStatus { over_by, days_left: Some(60), ..ComplianceStatus::default() },
        };
        let (old, new) = (
            granted(|_| {}),
            granted(|key| {
                key.assets = 2;
                key.query = "install_statusNOT IN2,7,10^company=Acme".to_owned();
                key.expires = "2026-12-24".parse().unwrap();
            }),
        );
        let (before, after) = (counted(&[("Computer", 5), ("", 1)]), counted(&[("Computer", 3), ("Server", 1), ("", 1)]));
        let (compliant, grace) = (facts(State::Compliant, 0), facts(State::Grace, 3));
        let soon = Warning { ending: Ending::Expiry, on: new.expires, days_left: 33, threshold: 60 };
        let effect = effect(
            &Side { granted: Some(&old), counted: Some(&before), facts: &compliant },
            &Side { granted: Some(&new), counted: Some(&after), facts: &grace },
            &[soon],
        );
        assert_eq!((effect.state_before, effect.asset_count_before, effect.asset_count_after), (State::Compliant, Some(6), 5));
        let terms: Vec<&str> = effect.terms.iter().map(|change| change.term.as_str()).collect();
        assert_eq!(terms, ["assets", "expires", "query"]);
        let categories: Vec<_> =
            effect.categories.iter().map(|change| (change.category.as_str(), change.before, change.after)).collect();
        assert_eq!(categories, [("Computer", 5, 3), ("Server", 0, 1)]);
        for words in
            ["3 assets over the limit would start a grace, 60 days left", "falls from 500 to 2", "ends earlier", "in 33 days"]
        {
            assert!(effect.warnings.iter().any(|warning| warning.contains(words)), "{words}: {:?}", effect.warnings);
        }
    }

    #[test]
    fn a_first_key_changes_everything() {
        let facts =
            LicenseFacts { state: State::Unlicensed, reason: None, license: None, compliance: ComplianceStatus::default() };
        let new = granted(|_| {});
        let nothing = Side { granted: None, counted: None, facts: &facts };
        let effect = effect(&nothing, &Side { granted: Some(&new), counted: Some(&counted(&[])), facts: &facts }, &[]);
        assert!(effect.terms.iter().any(|change| (&change.before, &change.after) == (&Value::Null, &json!(500))), "{effect:?}");
        assert_eq!((effect.asset_count_before, effect.warnings), (None, Vec::new()));
    }
}
