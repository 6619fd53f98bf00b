//! All rules of an entitlement, in the order in which one needs what another sets.

use chrono::NaiveDate;
use uuid::Uuid;

use super::{agreement, catalogue, duplicate, quantity, related, state, terms};
use crate::asset::Value;
use crate::record::kinds::checks::{condition, text};
use crate::record::kinds::entitlement::ENTITLEMENTS;
use crate::record::kinds::expense;
use crate::record::kinds::model::MODELS;
use crate::record::{Draft, Findings, Library, Rules, Values};

/// The rules of entitlements.
pub const RULES: Rules = Rules { check, derive };

fn check(draft: &mut Draft<'_>, library: &dyn Library, today: NaiveDate, findings: &mut Findings) {
    number(draft, library);
    catalogue::apply(draft, library, findings);
    terms::settle(draft, library, findings);
    quantity::settle(draft, library, today, findings);
    state::settle(draft, today, findings);
    for field in ["assigned_condition", "allocated_condition"] {
        condition(draft, field, findings);
    }
    related::settle(draft, library, findings);
    agreement::follow(draft, library, findings);
    expense::follow(draft, library);
    duplicate::check(draft, library, findings);
}

/// Names an entitlement that nobody named by the end of its id, with more of it where that is taken.
fn number(draft: &mut Draft<'_>, library: &dyn Library) {
    if draft.values.get("number").is_some() {
        return;
    }
    let id = draft.id.simple().to_string();
    let ends = [8, 12, 32].into_iter().filter_map(|length| id.get(id.len().checked_sub(length)?..));
    let mut numbers = ends.map(|end| format!("SE-{end}"));
    let free = numbers.find(|number| library.called(ENTITLEMENTS.path, number).iter().all(|(other, _)| *other == draft.id));
    draft.values.set("number", free.and_then(text));
}

fn derive(id: Uuid, values: &Values, library: &dyn Library, today: NaiveDate) -> Vec<(&'static str, Option<Value>)> {
    let model = values.id("software_model").and_then(|model| library.record(MODELS.path, model));
    let name = [model.and_then(|model| model.text("display_name")), values.text("license_metric")];
    let name = name.into_iter().flatten().collect::<Vec<_>>().join(" - ");
    let mut all = vec![("display_name", text(name))];
    all.extend(state::derive(values, today));
    all.extend(quantity::derive(id, values, library, today));
    all.push(("active_maintenance", Some(Value::Bool(related::is_maintained(id, values, library, today)))));
    all
}
