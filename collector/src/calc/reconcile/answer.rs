//! Which question is answered by which rules.

use serde_json::{Map, Value};

use super::{coverage, entitlement, prices};
use crate::calc::cases::{CaseError, read};

pub(in crate::calc) fn answer(ask: &str, inputs: &Map<String, Value>) -> Result<Value, CaseError> {
    match ask {
        "coverage" => coverage::coverage(read(inputs)?),
        "allocation" => coverage::allocation(read(inputs)?),
        "core_allocation" => coverage::core_allocation(read(inputs)?),
        "true_up" => prices::true_up(read(inputs)?),
        "over_licensed" => prices::over_licensed(read(inputs)?),
        "maintenance" => entitlement::maintenance(read(inputs)?),
        "entitlement" => entitlement::entitlement(read(inputs)?),
        "upgrade" => entitlement::upgrade(read(inputs)?),
        "suite" => entitlement::suite(read(inputs)?),
        other => Err(CaseError::UnknownAsk {
            ask: other.to_owned(),
            known: "coverage, allocation, core_allocation, true_up, over_licensed, maintenance, entitlement, upgrade and suite",
        }),
    }
}
