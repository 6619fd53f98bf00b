//! Which question of `calc metric` is answered by which rule.

use std::collections::BTreeMap;

use muster_domain::decimal::Decimal;
use muster_domain::metric::cost_choice::{Prices, cost_choice};
use muster_domain::metric::multitenant::{Instance, multitenant};
use muster_domain::metric::red_hat::density;
use muster_domain::metric::{Factor, Factors, GROUPS, Group, MetricError, find};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::answer::of;
use super::inputs::Given;
use super::number::Whole;
use crate::calc::cases::{CaseError, read_exactly};
use crate::calc::exact::{Exact, number};
use crate::calc::run;

/// Answers a case; `group` and `metric` stand beside its ask.
pub(in crate::calc) fn answer(case: &Map<String, Value>, ask: &str, inputs: &RawValue) -> Result<Value, CaseError> {
    match ask {
        "metric" => {
            let name = |member: &str, what| case.get(member).and_then(Value::as_str).ok_or(CaseError::Member(what));
            let metric = find(name("group", "\"group\"")?, name("metric", "\"metric\"")?).map_err(refuse)?;
            let given: Given = read_exactly(inputs)?;
            let inputs = given.inputs()?;
            let found = metric.evaluate(&inputs, &Factors::default()).map_err(refuse)?;
            Ok(of(&found, found.position(&inputs), metric, &given))
        }
        "cost_choice" => cheapest(read_exactly(inputs)?, read_exactly(inputs)?),
        "density" => by_density(&read_exactly(inputs)?),
        "multitenant" => option(&read_exactly(inputs)?),
        "run" => run::metrics(case, inputs),
        other => Err(CaseError::UnknownAsk { ask: other.to_owned(), known: "metric, cost_choice, density, multitenant and run" }),
    }
}

/// The metric groups and their metrics, a line each.
#[must_use]
pub fn groups() -> String {
    let names = |group: &Group| group.metrics.iter().map(|metric| metric.name).collect::<Vec<_>>().join(", ");
    GROUPS.iter().map(|group| format!("  {}: {}\n", group.name, names(group))).collect()
}

pub(super) fn refuse(error: impl std::error::Error) -> CaseError {
    CaseError::Inputs(error.to_string())
}

#[derive(Deserialize)]
struct WithPrices {
    prices: BTreeMap<String, Exact<Decimal>>,
}

fn cheapest(given: Given, WithPrices { prices }: WithPrices) -> Result<Value, CaseError> {
    let inputs = given.inputs()?;
    let price = |edition: &str| prices.get(edition).map(|price| price.0);
    let prices = Prices { enterprise: price("Enterprise"), standard: price("Standard") };
    let choice = cost_choice(&inputs, prices, &Factors::default()).map_err(refuse)?;
    let mut options: Map<String, Value> =
        ["host_layer", "vm_layer", "mixed"].map(|way| (way.to_owned(), Value::Null)).into_iter().collect();
    for (way, cost) in &choice.options {
        let shown = json!({"Enterprise": cost.enterprise, "Standard": cost.standard, "cost": number(cost.cost)});
        options.insert(way.code().to_owned(), shown);
    }
    Ok(json!({
        "options": options,
        "chosen": choice.chosen.code(),
        "cost": number(choice.cost),
        "saving": number(choice.saving),
    }))
}

#[derive(Deserialize)]
struct Rights {
    server_rights: Whole,
    vdc_rights: Whole,
    #[serde(default)]
    threshold: Option<Exact<Factor>>,
}

fn by_density(given: &Rights) -> Result<Value, CaseError> {
    let published = Factors::default().red_hat.density_threshold.value;
    let threshold = given.threshold.as_ref().map_or(published, |threshold| threshold.0);
    let found = density(given.server_rights.0, given.vdc_rights.0, threshold);
    Ok(json!({
        "ratio": found.ratio.map(number),
        "density": if found.high { "high" } else { "low" },
        "choose": found.choose.name(),
    }))
}

#[derive(Deserialize)]
struct Databases {
    version: String,
    edition: String,
    #[serde(default)]
    instances: Vec<Database>,
}

#[derive(Deserialize)]
struct Database {
    id: String,
    user_pdb_count: Whole,
}

fn option(given: &Databases) -> Result<Value, CaseError> {
    let instance = |one: &Database| (one.id.clone(), one.user_pdb_count.0);
    let instances: Vec<(String, u64)> = given.instances.iter().map(instance).collect();
    let instances: Vec<Instance<'_>> =
        instances.iter().map(|(id, user_pdb_count)| Instance { id, user_pdb_count: *user_pdb_count }).collect();
    let found = multitenant(&given.version, &given.edition, &instances).map_err(|error: MetricError| refuse(error))?;
    Ok(json!({"option_license_required": found.option_license_required, "over_limit": found.over_limit}))
}
