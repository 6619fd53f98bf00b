//! What a key would change, as a table: state, counts against limits, dates and every other term, before and after.
//!
//! In: the facts in force and those of a key that was checked. Out: rows. Pure.

use crate::{
    compliance::Applied,
    console::{render::number, status::tone_of},
    publish::{Facts, LicenseFacts, headline, state_name},
};
use muster_domain::calendar::SiteZone;
use serde_json::Value;

/// A key that was checked.
pub(super) struct Preview {
    /// The key, to be sent again.
    pub(super) key: String,
    pub(super) about: String,
    /// The state with the key in one sentence, and its tone.
    pub(super) headline: String,
    pub(super) tone: &'static str,
    pub(super) rows: Vec<Row>,
    pub(super) categories: Vec<Row>,
    pub(super) warnings: Vec<String>,
}

/// Something before and after.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) what: String,
    pub(super) before: String,
    pub(super) after: String,
}

impl Row {
    fn of(what: &str, before: String, after: String) -> Self {
        Self { what: what.to_owned(), before, after }
    }

    /// Whether the key changes it.
    pub(super) fn changes(&self) -> bool {
        self.before != self.after
    }
}

impl Preview {
    /// Of a key that was checked, not applied.
    pub(super) fn of(key: String, before: &LicenseFacts, applied: &Applied, zone: SiteZone) -> Self {
        let after = &applied.facts;
        let license = after.license.as_ref();
        let about = license.map_or_else(String::new, |license| format!("Serial {}, for {}", license.serial, license.customer));
        let effect = applied.effect.as_ref();
        let counted_before = effect.and_then(|effect| effect.asset_count_before).or(before.compliance.asset_count);
        let (old, new) = (&before.compliance, &after.compliance);
        let mut rows = vec![
            Row::of("State", state(before), state(after)),
            Row::of("Assets", against(counted_before, old.asset_limit), against(new.asset_count, new.asset_limit)),
            Row::of("Users", against(Some(old.user_count), old.user_limit), against(Some(new.user_count), new.user_limit)),
            Row::of("Licence ends", ends(before, zone), ends(after, zone)),
            Row::of("Grace ends", grace(before, zone), grace(after, zone)),
        ];
        // Those above are told with what is counted against them.
        let terms = effect.map(|effect| effect.terms.as_slice()).unwrap_or_default();
        let is_nothing = |value: &Value| value.is_null() || value.as_array().is_some_and(Vec::is_empty);
        let others = terms.iter().filter(|term| !["assets", "users", "expires"].contains(&term.term.as_str()));
        // Where there was no key before, what the new one leaves out is no change.
        let others = others.filter(|term| !(is_nothing(&term.before) && is_nothing(&term.after)));
        rows.extend(others.map(|term| Row::of(label(&term.term), said(&term.before), said(&term.after))));
        let categories = effect.map(|effect| effect.categories.as_slice()).unwrap_or_default().iter().map(|change| Row {
            what: if change.category.is_empty() { "without a category".to_owned() } else { change.category.clone() },
            before: number(change.before),
            after: number(change.after),
        });
        Self {
            key,
            about,
            headline: sentence(after, zone),
            tone: tone_of(after.state),
            rows,
            categories: categories.collect(),
            warnings: effect.map(|effect| effect.warnings.iter().map(|text| capital(text)).collect()).unwrap_or_default(),
        }
    }
}

fn sentence(facts: &LicenseFacts, zone: SiteZone) -> String {
    let compliance = &facts.compliance;
    headline(&Facts {
        state: state_name(facts.state),
        reason: facts.reason.as_deref(),
        asset_count: compliance.asset_count,
        asset_limit: compliance.asset_limit,
        over_by: compliance.over_by,
        users_over_by: compliance.users_over_by,
        grace_ends: compliance.grace_ends_at.map(|at| zone.site_date(at)),
        days_left: compliance.days_left,
        expires: facts.license.as_ref().map(|license| zone.site_date(license.expires_at)),
    })
}

fn state(facts: &LicenseFacts) -> String {
    match facts.reason.as_deref() {
        Some(reason) => format!("{} ({})", state_name(facts.state), reason.replace('_', " ")),
        None => state_name(facts.state).to_owned(),
    }
}

/// "12 of 10, 2 over"; without a limit just the number.
fn against(count: Option<u64>, limit: Option<u64>) -> String {
    match (count, limit) {
        (None, None) => "not counted".to_owned(),
        (None, Some(limit)) => format!("not counted, of {}", number(limit)),
        (Some(count), None) => format!("{}, no limit", number(count)),
        (Some(count), Some(limit)) => match count.saturating_sub(limit) {
            0 => format!("{} of {}", number(count), number(limit)),
            over => format!("{} of {}, {} over", number(count), number(limit), number(over)),
        },
    }
}

fn ends(facts: &LicenseFacts, zone: SiteZone) -> String {
    facts.license.as_ref().map_or_else(
        || "no licence".to_owned(),
        |license| format!("{}, {}", zone.site_date(license.expires_at), days(license.days_left)),
    )
}

fn grace(facts: &LicenseFacts, zone: SiteZone) -> String {
    match (facts.compliance.grace_ends_at, facts.compliance.days_left) {
        (Some(at), Some(left)) => format!("{}, {}", zone.site_date(at), days(left)),
        (Some(at), None) => zone.site_date(at).to_string(),
        (None, _) => "no grace".to_owned(),
    }
}

fn days(left: i64) -> String {
    if left == 1 { "1 day left".to_owned() } else { format!("{left} days left") }
}

/// A term's name as the page calls it.
fn label(term: &str) -> &str {
    match term {
        "customer" => "Licensed to",
        "vendor_key_id" => "Signed by vendor key",
        "not_before" => "Not before",
        "user_limit_mode" => "Too many users",
        "table" => "Table",
        "query" => "Compliance query",
        "add_filters" => "Filters added by the vendor",
        "grace_days" => "Days of grace",
        "grace_until" => "Grace not before",
        "applications" => "Applications",
        "ham_license_version" => "Hardware Asset Management",
        "entitlements" => "Entitlements",
        "units" => "Subscription units",
        "environment" => "Environment",
        "offline_days" => "Days of offline use",
        "reinstate" => "After an elapsed grace",
        other => other,
    }
}

/// A term's value in words.
fn said(value: &Value) -> String {
    match value {
        Value::Null => "nothing said".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        Value::Array(items) => items.iter().map(said).collect::<Vec<_>>().join("; "),
        Value::Object(members) => {
            let seats = |name: &str| members.get(name).and_then(Value::as_u64).map_or_else(|| "unlimited".to_owned(), number);
            let application = members.get("application").and_then(Value::as_str).unwrap_or_default();
            format!("{application}: {} named, {} floating", seats("named"), seats("floating"))
        }
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn counts_stand_against_their_limits() {
        for (count, limit, expected) in [
            (Some(9), Some(10), "9 of 10"),
            (Some(12), Some(10), "12 of 10, 2 over"),
            (Some(4), None, "4, no limit"),
            (None, Some(5), "not counted, of 5"),
            (None, None, "not counted"),
        ] {
            assert_eq!(against(count, limit), expected);
        }
    }

    #[test]
    fn terms_are_told_in_words() {
        for (value, expected) in [
            (json!(null), "nothing said"),
            (json!([]), "none"),
            (json!(["A", "B"]), "A; B"),
            (json!(30), "30"),
            (json!([{"application": "CAD", "named": null, "floating": 25}]), "CAD: unlimited named, 25 floating"),
        ] {
            assert_eq!(said(&value), expected);
        }
        assert_eq!(capital("über"), "Über");
        assert!(Row::of("a", "1".to_owned(), "2".to_owned()).changes());
    }
}
