//! Which question is answered by which rules.

use serde_json::Value;
use serde_json::value::RawValue;

use super::{coverage, entitlement, prices};
use crate::calc::cases::{CaseError, read_exactly};
use crate::calc::run;

pub(in crate::calc) fn answer(ask: &str, inputs: &RawValue) -> Result<Value, CaseError> {
    match ask {
        "coverage" => coverage::coverage(read_exactly(inputs)?),
        "allocation" => coverage::allocation(read_exactly(inputs)?),
        "core_allocation" => coverage::core_allocation(read_exactly(inputs)?),
        "true_up" => prices::true_up(read_exactly(inputs)?),
        "over_licensed" => prices::over_licensed(read_exactly(inputs)?),
        "maintenance" => entitlement::maintenance(read_exactly(inputs)?),
        "entitlement" => entitlement::entitlement(read_exactly(inputs)?),
        "upgrade" => entitlement::upgrade(read_exactly(inputs)?),
        "suite" => entitlement::suite(read_exactly(inputs)?),
        "run" => run::answer(inputs),
        other => Err(CaseError::UnknownAsk {
            ask: other.to_owned(),
            known: "coverage, allocation, core_allocation, true_up, over_licensed, maintenance, entitlement, upgrade, suite and run",
        }),
    }
}
