//! Questions about many devices: who is licensed by what, what is allocated and used.

use std::collections::{BTreeMap, BTreeSet};

use muster_domain::entitlement::available;
use muster_domain::reconcile::{self, CoreTarget, Demand, Entitled, Target, Unit, breakdown, cover, in_force};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::inputs::{Allocation, Entitlement, Install, owned};
use crate::calc::cases::{CaseError, whole};
use crate::calc::exact::number;

#[derive(Deserialize)]
pub(super) struct WholeProduct {
    #[serde(default)]
    entitlements: Vec<Entitlement>,
    #[serde(default)]
    installs: Vec<Install>,
    #[serde(default)]
    allocations: Vec<Allocation>,
    #[serde(default)]
    grouping: Option<String>,
}

pub(super) fn coverage(case: WholeProduct) -> Result<Value, CaseError> {
    let grouping = case.grouping.as_deref().map(|name| {
        Unit::from_name(name).ok_or_else(|| CaseError::Inputs(format!("grouping: {name:?} is no field of the organisation")))
    });
    let grouping = grouping.transpose()?;
    let (places, entitled): (Vec<usize>, Vec<Entitled>) = in_force(&owned(&case.entitlements)?).into_iter().unzip();
    let demands: Vec<Demand> = case.installs.iter().map(Install::demand).collect();
    let allocations: Vec<(String, u64)> =
        case.allocations.iter().filter_map(|one| Some((one.holder()?.to_owned(), one.quantity))).collect();
    let found = cover(&entitled, &demands, &allocations, grouping);
    let mut used = vec![0_u64; case.entitlements.len()];
    for (place, rights) in places.into_iter().zip(&found.used) {
        if let Some(used) = used.get_mut(place) {
            *used = used.saturating_add(*rights);
        }
    }
    let by_version = |count: fn(&reconcile::VersionUse) -> u64| -> Map<String, Value> {
        found.versions.iter().map(|(version, of)| (version.clone(), json!(count(of)))).collect()
    };
    let entities: Map<String, Value> = found
        .entities
        .iter()
        .map(|(name, (licensed, unlicensed))| (name.clone(), json!({ "licensed": licensed, "unlicensed": unlicensed })))
        .collect();
    let groups = found.groups.as_ref().map(|groups| -> Map<String, Value> {
        let shown = |group: &reconcile::Group| {
            json!({
                "licensed": group.licensed,
                "unlicensed": group.unlicensed,
                "license_metric_results": group.metric_results,
            })
        };
        groups.iter().map(|(name, group)| (name.clone(), shown(group))).collect()
    });
    let mut unlicensed_devices = found.unlicensed_devices.clone();
    unlicensed_devices.sort();
    Ok(json!({
        "product_results": found.product_results,
        "license_metric_results": found.metric_results,
        "rights_owned": found.owned,
        "rights_used": found.rights_used,
        "rights_available": found.available,
        "rights_needed": found.unlicensed,
        "licensed": found.licensed,
        "unlicensed": found.unlicensed,
        "unlicensed_devices": unlicensed_devices,
        "own": by_version(|of| of.own),
        "downgrade": by_version(|of| of.downgrade),
        "unlicensed_by_version": by_version(|of| of.unlicensed),
        "used_by_entitlement": used,
        "by_entity": entities,
        "reserved_unused": found.reserved_unused,
        "groups": groups,
        "status": if found.compliant { "Compliant" } else { "Not Compliant" },
        "true_up_cost": found.true_up().map_err(super::prices::refused)?.map(number),
    }))
}

#[derive(Deserialize)]
pub(super) struct Allocated {
    #[serde(deserialize_with = "whole")]
    rights_owned: u64,
    #[serde(default)]
    allocations: Vec<Allocation>,
    #[serde(default)]
    installs: Vec<Install>,
}

pub(super) fn allocation(case: Allocated) -> Result<Value, CaseError> {
    // Installs without a device have one of their own each, which nothing can be allocated to.
    let demands: Vec<Demand> = case.installs.iter().map(Install::demand).collect();
    let nameless =
        demands.iter().filter(|demand| demand.device.is_none()).fold(0_u64, |sum, demand| sum.saturating_add(demand.count));
    let users: BTreeSet<&str> = demands.iter().filter_map(|demand| demand.device.as_deref()).collect();
    let allocations = case.allocations.iter().filter_map(|one| Some((one.holder()?, one.quantity)));
    let mut found = breakdown(allocations, &users);
    found.not_allocated_in_use = found.not_allocated_in_use.saturating_add(nameless);
    let allocated = case.allocations.iter().fold(0_u64, |sum, one| sum.saturating_add(one.quantity));
    Ok(json!({
        "allocated_in_use": found.allocated_in_use,
        "allocated_not_in_use": found.allocated_not_in_use,
        "not_allocated_in_use": found.not_allocated_in_use,
        "not_allocated": available(case.rights_owned, allocated),
        "rights_used": found.used(),
        "rights_available": available(case.rights_owned, found.used()),
        "rights_used_report": found.used_in_report(),
    }))
}

#[derive(Deserialize)]
pub(super) struct CoreAllocation {
    #[serde(default)]
    group: Option<String>,
    targets: Vec<OneTarget>,
    #[serde(default)]
    allocations: Vec<Allocation>,
}

#[derive(Deserialize)]
struct OneTarget {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(deserialize_with = "whole")]
    required: u64,
}

pub(super) fn core_allocation(case: CoreAllocation) -> Result<Value, CaseError> {
    let mut allocated: BTreeMap<&str, u64> = BTreeMap::new();
    for one in &case.allocations {
        let holder = one.holder().ok_or(CaseError::Member("allocations: target"))?;
        let sum = allocated.entry(holder).or_default();
        *sum = sum.saturating_add(one.quantity);
    }
    let group = case.group.as_deref().unwrap_or_default();
    let target = |one: &OneTarget| {
        let allocated = allocated.get(one.id.as_str()).copied().unwrap_or_default();
        let target =
            Target::of(group, &one.kind).ok_or_else(|| CaseError::Inputs(format!("targets: there is no type {:?}", one.kind)))?;
        Ok(CoreTarget { target, required: one.required, allocated })
    };
    let targets = case.targets.iter().map(target).collect::<Result<Vec<_>, CaseError>>()?;
    let (in_use, not_in_use) = reconcile::core_allocation(&targets);
    Ok(json!({
        "allocated_in_use": in_use,
        "allocated_not_in_use": not_in_use,
        "rights_used": in_use.saturating_add(not_in_use),
    }))
}
