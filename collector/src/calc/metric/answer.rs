//! A metric's answer as a case gives it: every field of its row.

use muster_domain::metric::{Answer, Detail, Metric, Object, Position};
use serde_json::{Map, Value, json};

use super::super::exact::number;
use super::inputs::Given;

pub(super) fn of(answer: &Answer<'_>, position: Option<Position>, metric: &Metric, given: &Given) -> Value {
    let status = |position: Position| if position.compliant { "Compliant" } else { "Not Compliant" };
    let mut members = Map::new();
    let mut put = |name: &str, value: Value| _ = members.insert(name.to_owned(), value);
    put("licenses_required", json!(answer.required.map(number)));
    put("raw", json!(answer.raw.map(number)));
    put("allowed", json!(answer.denied.is_none()));
    put("rights_needed", json!(position.and_then(|position| position.rights_needed)));
    put("status", json!(position.map(status)));
    match &answer.detail {
        Detail::None => {}
        Detail::Named { allocated_in_use, allocated_not_in_use, allocations_needed, unlicensed_users, unlicensed_devices } => {
            put("allocated_in_use", json!(allocated_in_use));
            put("allocated_not_in_use", json!(allocated_not_in_use));
            put("allocations_needed", json!(allocations_needed));
            put("unlicensed_users", json!(unlicensed_users));
            put("unlicensed_devices", json!(unlicensed_devices));
        }
        Detail::Allocated { allocated_in_use, allocated_not_in_use, not_allocated_in_use } => {
            put("allocated_in_use", json!(allocated_in_use));
            put("allocated_not_in_use", json!(allocated_not_in_use));
            put("not_allocated_in_use", json!(not_allocated_in_use));
        }
        Detail::Unsubscribed { unlicensed_users } => put("unlicensed_users", json!(unlicensed_users)),
        Detail::AllOrNothing { licensed } => put("licensed", json!(licensed)),
        Detail::Cores { .. } => {}
        Detail::Spend { total_cost, spend } => {
            put("total_cost", json!(total_cost.map(number)));
            put("spend", json!(spend.map(number)));
        }
        Detail::Price { monthly_price_each, monthly_cost, true_up_cost } => {
            put("monthly_price_per_employee", json!(monthly_price_each.map(number)));
            put("monthly_cost", json!(monthly_cost.map(number)));
            put("true_up_cost", json!(true_up_cost.map(number)));
        }
        Detail::ByType(by_type) => put("licenses_required_by_type", json!(by_type)),
    }
    if given.is_by_host(metric) {
        let (licensed, unlicensed) = match answer.detail {
            Detail::Cores { licensed, unlicensed, .. } => (Some(licensed), Some(unlicensed)),
            _ => (None, None),
        };
        let hosts = answer.parts.iter().filter(|part| matches!(part.object, Object::Host(_)));
        let per_host: Vec<u64> = hosts.map(|part| part.rights.ceil()).collect();
        put("per_host", if licensed.is_some() { Value::Null } else { json!(per_host) });
        put("licensed_cores", json!(licensed));
        put("unlicensed_cores", json!(unlicensed));
    }
    Value::Object(members)
}
