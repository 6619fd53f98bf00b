//! Where an entitlement stands: the state that people set, what dates make of it, and publishing.

use chrono::NaiveDate;

use super::terms::license_type;
use crate::asset::{InstallStatus, Value};
use crate::entitlement::LicenseType;
use crate::record::kinds::checks::text;
use crate::record::{Draft, FieldError, Findings, Values};

/// The state of an entitlement on a date (seed 004, domain 6.6). One that is not published stays so. A subscription that is in use or
/// on order is on order before its start, in use from it, and retired after its end whatever else it was; Software Assurance is retired
/// after its end.
#[must_use]
pub fn state_on(values: &Values, today: NaiveDate) -> Option<InstallStatus> {
    let stored = values.text("state").and_then(InstallStatus::from_label)?;
    let kind = license_type(values)?;
    if matches!(stored, InstallStatus::Build | InstallStatus::Retired) {
        return Some(stored);
    }
    let is_over = values.date("end_date").is_some_and(|end| end < today);
    if is_over && (kind.has_periods() || kind == LicenseType::SoftwareAssurance) {
        return Some(InstallStatus::Retired);
    }
    match (stored, values.date("start_date")) {
        (InstallStatus::InUse | InstallStatus::OnOrder, Some(start)) if kind.has_periods() => {
            Some(if start > today { InstallStatus::OnOrder } else { InstallStatus::InUse })
        }
        _ => Some(stored),
    }
}

/// Publishes an entitlement in Build: the fields that change.
///
/// # Errors
/// What it lacks, by field; that it is published already.
pub fn publish(values: &Values) -> Result<Vec<(&'static str, Option<Value>)>, Vec<FieldError>> {
    let mut findings = Findings::default();
    let state = values.text("state").unwrap_or_default();
    if state != InstallStatus::Build.label() {
        findings.error("state", format!("it is {state}; only an entitlement in Build can be published"));
    }
    for (field, text) in lacks(values) {
        findings.error(field, text);
    }
    if findings.errors.is_empty() { Ok(vec![("state", text(InstallStatus::InUse.label()))]) } else { Err(findings.errors) }
}

/// What an entitlement lacks to be used.
fn lacks(values: &Values) -> Vec<(&'static str, &'static str)> {
    let mut lacks = Vec::new();
    for field in ["software_model", "metric_group", "license_metric", "license_type"] {
        if values.get(field).is_none() {
            lacks.push((field, "it must have a value"));
        }
    }
    let some = |field: &str| values.count(field).is_some_and(|rights| rights > 0);
    let has_units = values.decimal("total_units").is_some_and(|units| units.ten_thousandths() > 0);
    let kind = license_type(values);
    let is_step = matches!(kind, Some(LicenseType::StepUp | LicenseType::SubscriptionStepUp | LicenseType::Upgrade));
    if !values.is("unlimited_license") && !some("purchased_rights") && !some("active_rights") && !has_units && !is_step {
        lacks.push(("purchased_rights", "it has no rights; enter how many were bought"));
    }
    if kind.is_some_and(LicenseType::has_periods) && values.get("start_date").is_none() {
        lacks.push(("start_date", "a subscription needs its first day; enter a date (yyyy-MM-dd)"));
    }
    lacks
}

pub(super) fn settle(draft: &mut Draft<'_>, today: NaiveDate, findings: &mut Findings) {
    let Some(state) = draft.values.text("state").and_then(InstallStatus::from_label) else { return };
    substate(draft, state, findings);
    if draft.changes("state") && state == InstallStatus::InUse {
        for (field, text) in lacks(&draft.values) {
            findings.warn(format!("It is in use and not complete: {field}: {text}."));
        }
    }
    if let Some(now) = state_on(&draft.values, today).filter(|now| *now != state)
        && (draft.changes("state") || draft.changes("end_date") || draft.changes("start_date"))
    {
        findings.warn(format!("Its state is {} because of its dates.", now.label()));
    }
}

/// Substates belong to their state. They are kept as queries name them; people may write them with spaces.
fn substate(draft: &mut Draft<'_>, state: InstallStatus, findings: &mut Findings) {
    let Some(entered) = draft.values.text("substate") else { return };
    let folded = entered.trim().to_lowercase().replace([' ', '-'], "_");
    // The published list of fields calls it by the verb.
    let folded = if folded == "donate" { "donated".to_owned() } else { folded };
    let known = state.substates();
    if known.contains(&folded.as_str()) {
        draft.values.set("substate", text(folded));
    } else if !draft.enters("substate") {
        draft.values.set("substate", None);
    } else if known.is_empty() {
        findings.error("substate", format!("the state {} has no substates; leave it empty", state.label()));
    } else {
        findings.error("substate", format!("the state {} has the substates {}", state.label(), known.join(", ")));
    }
}

/// State and substate as dates make them.
pub(super) fn derive(values: &Values, today: NaiveDate) -> Vec<(&'static str, Option<Value>)> {
    let Some(state) = state_on(values, today) else { return Vec::new() };
    let substate = values.text("substate").filter(|substate| state.substates().contains(substate));
    vec![("state", text(state.label())), ("substate", substate.and_then(text))]
}
