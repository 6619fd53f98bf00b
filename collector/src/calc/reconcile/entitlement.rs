//! Questions about single entitlements: their rights, costs, maintenance, upgrades; and suites.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use muster_domain::entitlement::{Purchase, SubscriptionPeriod, active_rights, available, split, total_cost};
use muster_domain::reconcile::{Component, Inference, Mandatory, after_upgrades, is_inferred, maintained};
use serde::Deserialize;
use serde_json::{Value, json};

use super::inputs::{Allocation, Entitlement, Money, license_type, owned, state};
use crate::calc::cases::{CaseError, whole_or_null};
use crate::calc::exact::number;

#[derive(Deserialize)]
pub(super) struct OneEntitlement {
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    license_type: Option<String>,
    #[serde(default, deserialize_with = "whole_or_null")]
    purchased_rights: Option<u64>,
    #[serde(default, deserialize_with = "whole_or_null")]
    rights_per_pack: Option<u64>,
    #[serde(default, deserialize_with = "whole_or_null")]
    pack_count: Option<u64>,
    #[serde(default, deserialize_with = "whole_or_null")]
    active_rights: Option<u64>,
    #[serde(default)]
    allocations: Vec<Allocation>,
    #[serde(default)]
    unit_cost: Option<Money>,
    #[serde(default)]
    subscription_period: Option<String>,
    #[serde(default)]
    start: Option<NaiveDate>,
    #[serde(default)]
    end: Option<NaiveDate>,
}

pub(super) fn entitlement(case: OneEntitlement) -> Result<Value, CaseError> {
    license_type(case.license_type.as_deref())?;
    let state = state(case.state.as_deref())?;
    let purchase = Purchase { rights: case.purchased_rights, rights_per_pack: case.rights_per_pack, packs: case.pack_count };
    let purchased = purchase.rights();
    let active = active_rights(state, purchased, case.active_rights);
    let allocated = case.allocations.iter().fold(0_u64, |sum, allocation| sum.saturating_add(allocation.quantity));
    let period = case.subscription_period.as_deref().map(|name| {
        SubscriptionPeriod::from_name(name).ok_or_else(|| CaseError::Inputs(format!("there is no subscription period {name:?}")))
    });
    let periods = match period.transpose()? {
        Some(period) => period.count(case.start, case.end).map_err(|error| CaseError::Inputs(error.to_string()))?,
        None => 1,
    };
    let cost = match case.unit_cost {
        Some(Money(unit)) => Some(
            total_cost(purchased, unit, periods, "")
                .ok_or_else(|| CaseError::Inputs("the total cost is more than money can be".to_owned()))?,
        ),
        None => None,
    };
    Ok(json!({
        "purchased_rights": purchased,
        "active_rights": active,
        "allocations_available": available(active, allocated),
        "periods": periods,
        "total_cost": cost.map(number),
    }))
}

#[derive(Deserialize)]
pub(super) struct Entitlements {
    entitlements: Vec<Entitlement>,
}

pub(super) fn maintenance(case: Entitlements) -> Result<Value, CaseError> {
    let owned = owned(&case.entitlements)?;
    let base = owned.iter().position(|one| one.license_type.gives_rights());
    let place = base.ok_or_else(|| CaseError::Inputs("there is no entitlement that gives rights".to_owned()))?;
    let rights = owned.get(place).map_or(0, |one| one.rights.rights);
    let parts: Vec<Value> = split(rights, rights, maintained(&owned, place))
        .into_iter()
        .map(|part| {
            json!({ "active_rights": part.active, "purchased_rights": part.purchased, "active_maintenance": part.maintenance })
        })
        .collect();
    Ok(json!({ "entitlements": parts }))
}

pub(super) fn upgrade(case: Entitlements) -> Result<Value, CaseError> {
    Ok(json!({ "active_rights": after_upgrades(&owned(&case.entitlements)?) }))
}

#[derive(Deserialize)]
pub(super) struct Suite {
    components: Vec<OneComponent>,
    #[serde(default)]
    inference_percent: Option<Money>,
    #[serde(default, deserialize_with = "whole_or_null")]
    inference_number: Option<u64>,
    #[serde(default)]
    installed: Vec<String>,
}

#[derive(Deserialize)]
struct OneComponent {
    name: String,
    #[serde(default)]
    mandatory: Option<String>,
}

pub(super) fn suite(case: Suite) -> Result<Value, CaseError> {
    let component = |one: OneComponent| {
        let mandatory = match one.mandatory.as_deref() {
            None | Some("Optional") => Mandatory::Optional,
            Some("Always Mandatory") => Mandatory::Always,
            Some("Mandatory Group") => Mandatory::Group,
            Some(other) => return Err(CaseError::Inputs(format!("mandatory: there is no {other:?}"))),
        };
        Ok(Component { name: one.name, mandatory })
    };
    let components = case.components.into_iter().map(component).collect::<Result<Vec<_>, _>>()?;
    let inference = match (case.inference_percent, case.inference_number) {
        (Some(Money(percent)), _) => Some(Inference::Percent(percent)),
        (None, number) => number.map(Inference::Number),
    };
    let installed: BTreeSet<&str> = case.installed.iter().map(String::as_str).collect();
    Ok(json!({ "suite_inferred": is_inferred(&components, inference, &installed) }))
}
