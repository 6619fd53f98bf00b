//! A run over exports, and its results as a case gives them: the members of the API's documents.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::exports::{Exports, wrong};
use crate::calc::cases::{CaseError, read_exactly};
use crate::reconcile::{Sources, WhatIf, numbers, what_if};
use crate::store::records::{CandidateRecord, PositionRecord, RemedyRecord, Tier};
use muster_domain::reconcile::run::Money;

/// Positions of all tiers, removal candidates and remedies.
pub(in crate::calc) fn answer(inputs: &RawValue) -> Result<Value, CaseError> {
    let found = run(inputs)?;
    Ok(json!({
        "positions": found.positions.iter().map(position).collect::<Vec<_>>(),
        "candidates": found.candidates.iter().map(candidate).collect::<Vec<_>>(),
        "remedies": found.remedies.iter().map(remedy).collect::<Vec<_>>(),
        "warnings": found.notes,
    }))
}

/// The positions of metrics alone; of one group or metric where the case names it.
pub(in crate::calc) fn metrics(case: &Map<String, Value>, inputs: &RawValue) -> Result<Value, CaseError> {
    let wanted = |member: &str, has: Option<&String>| {
        let wanted = case.get(member).and_then(Value::as_str);
        wanted.is_none_or(|wanted| has.is_some_and(|has| has.eq_ignore_ascii_case(wanted.trim())))
    };
    let found = run(inputs)?;
    let fits = |one: &&PositionRecord| {
        one.tier == Tier::Metric && wanted("group", one.metric_group.as_ref()) && wanted("metric", one.metric.as_ref())
    };
    let positions: Vec<Value> = found.positions.iter().filter(fits).map(position).collect();
    Ok(json!({ "positions": positions, "warnings": found.notes }))
}

fn run(inputs: &RawValue) -> Result<WhatIf, CaseError> {
    let exports = Exports::read(&read_exactly(inputs)?)?;
    let Exports { now, zone, publisher, settings, factors, references, shelf, inventory, notes } = exports;
    let context = settings.context(now, zone);
    let sources = Sources {
        stores: &inventory,
        references: Arc::new(references),
        shelf: &shelf,
        settings: &settings,
        context: &context,
        factors,
        today: zone.site_date(now),
    };
    let mut found = at_once(what_if(sources, publisher.as_deref()))
        .ok_or_else(|| wrong("the exports could not be read at once"))?
        .map_err(|error| wrong(error.to_string()))?;
    found.notes.extend(notes);
    Ok(found)
}

/// What a future comes to that waits for nothing: exports lie in memory.
fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

fn position(one: &PositionRecord) -> Value {
    let mut members = numbers::figures(one);
    let mut put = |name: &str, value: Value| _ = members.insert(name.to_owned(), value);
    put("tier", word(one.tier));
    put("publisher", json!(one.publisher));
    put("product", json!(one.product));
    put("grouping", json!(one.grouping));
    put("model", json!(one.model.map(|id| json!({ "id": id, "display": one.model_name }))));
    put("metric_group", json!(one.metric_group));
    put("metric", json!(one.metric));
    put("why", json!(one.why));
    Value::Object(members)
}

fn candidate(one: &CandidateRecord) -> Value {
    json!({
        "id": one.id, "publisher": one.publisher, "product": one.product, "model": { "id": one.model, "display": one.model_name },
        "device": one.device, "user": one.user, "justification": word(one.justification), "rights": one.rights,
        "state": word(one.state),
    })
}

fn remedy(one: &RemedyRecord) -> Value {
    json!({
        "id": one.id, "kind": word(one.kind), "name": one.kind.name(), "publisher": one.publisher, "product": one.product,
        "model": one.model, "metric_group": one.metric_group, "metric": one.metric, "maintenance": one.maintenance,
        "grouping": one.grouping, "count": one.count, "cost": money(&one.cost),
    })
}

fn word(value: impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

fn money(money: &Money) -> Value {
    money.iter().map(|(currency, amount)| (currency.clone(), Value::from(amount.to_string()))).collect()
}
