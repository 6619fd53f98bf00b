//! Questions about many devices: who is licensed by what, what is allocated and used. The reconciliation run answers.

use std::collections::{BTreeMap, BTreeSet};

use muster_domain::{
    decimal::Decimal,
    entitlement::available,
    reconcile::{
        self, CoreTarget, Target, Unit,
        run::{Disposition, Entitlement as Record, Member, MetricResult, Outcome, ProductResult, Status},
    },
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    estate::OneProduct,
    inputs::{Allocation, Entitlement, Install},
};
use crate::calc::{
    cases::{CaseError, whole},
    exact::number,
};

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
    let mut product = OneProduct::new(&case.installs)?;
    product.entitle(&case.entitlements)?;
    product.allocate(&case.entitlements, &case.allocations)?;
    product.group(grouping);
    let outcome = product.run();
    let devices = Devices::new(&product, &outcome);
    let groups = grouping.map(|_| groups(&outcome, &devices));
    let by_version = devices.by_version(&product);
    let of = |place: usize| -> Map<String, Value> {
        let counts = by_version.iter().filter_map(|(version, counts)| Some((version.clone(), json!(counts.get(place)?))));
        counts.collect()
    };
    let sum = |count: fn(&MetricResult) -> u64| metrics(&outcome).fold(0_u64, |sum, metric| sum.saturating_add(count(metric)));
    let needed = outcome.products.iter().fold(0_u64, |sum, product| sum.saturating_add(product.figures.needed));
    let mut used = vec![0_u64; case.entitlements.len()];
    for member in metrics(&outcome).flat_map(|metric| &metric.members) {
        if let Some(used) = member.entitlement.and_then(|place| used.get_mut(place as usize)) {
            *used = used.saturating_add(member.rights);
        }
    }
    let unlicensed_devices: BTreeSet<&str> =
        devices.open.iter().filter_map(|device| product.names.get(device)).map(String::as_str).collect();
    Ok(json!({
        "product_results": groups.as_ref().map_or(1, Map::len),
        "license_metric_results": metrics(&outcome).count(),
        "rights_owned": sum(|metric| metric.figures.owned),
        "rights_used": sum(|metric| metric.figures.used()),
        "rights_available": sum(|metric| if metric.unlimited { 0 } else { metric.figures.available() }),
        "rights_needed": needed,
        "licensed": devices.by.len(),
        "unlicensed": devices.open.len(),
        "unlicensed_devices": unlicensed_devices,
        "own": of(0),
        "downgrade": of(1),
        "unlicensed_by_version": of(2),
        "used_by_entitlement": used,
        "by_entity": devices.by_entity(&product),
        "reserved_unused": sum(|metric| metric.reserved),
        "groups": groups,
        "status": if outcome.products.iter().all(|one| one.status == Status::Compliant) { "Compliant" } else { "Not Compliant" },
        "true_up_cost": true_up(&outcome, needed).map(number),
    }))
}

fn metrics(outcome: &Outcome) -> impl Iterator<Item = &MetricResult> {
    outcome.products.iter().flat_map(|product| &product.models).flat_map(|model| &model.metrics)
}

/// What the missing rights cost; nothing where none is missing, and none where a price is not known.
fn true_up(outcome: &Outcome, needed: u64) -> Option<Decimal> {
    if needed == 0 {
        return Some(Decimal::default());
    }
    let models = outcome.products.iter().flat_map(|product| &product.models).filter(|model| model.figures.needed > 0);
    let mut costs = models.map(|model| model.figures.true_up.values().next().copied());
    costs.try_fold(Decimal::default(), |sum, cost| sum.plus(cost?))
}

/// Devices that are not licensed; a device may be there more than once.
fn unlicensed(product: &ProductResult) -> impl Iterator<Item = u32> {
    let own = product.models.iter().flat_map(|model| &model.members);
    let members = own.chain(product.models.iter().flat_map(|model| &model.metrics).flat_map(|metric| &metric.members));
    members.filter(|member| member.disposition == Disposition::Unlicensed).filter_map(|member| member.device)
}

/// Whether a device is licensed, and by which entitlement. A device counts once, with the newest version that it has.
struct Devices {
    /// Those that are licensed, with the places of entitlements.
    by: BTreeMap<u32, u32>,
    open: BTreeSet<u32>,
}

impl Devices {
    fn new(product: &OneProduct, outcome: &Outcome) -> Self {
        let open: BTreeSet<u32> = outcome.products.iter().flat_map(unlicensed).collect();
        let rows = metrics(outcome).flat_map(|metric| &metric.members);
        let rows = rows.filter(|row| row.disposition != Disposition::AllocatedNotInUse);
        let by = rows
            .filter_map(|row| Some((row.device?, row.entitlement?)))
            .filter(|(device, _)| product.versions.contains_key(device) && !open.contains(device))
            .collect();
        Self { by, open }
    }

    /// Devices licensed by rights of their own version, by downgrade rights, not at all; by version.
    fn by_version(&self, product: &OneProduct) -> BTreeMap<String, [u64; 3]> {
        let installed = product.estate.installs.iter().filter_map(|install| product.version(install.title));
        let mut found: BTreeMap<String, [u64; 3]> = installed.map(|version| (version.to_owned(), [0; 3])).collect();
        for (device, version) in &product.versions {
            let Some(counts) = version.as_deref().and_then(|version| found.get_mut(version)) else { continue };
            let record = self.by.get(device).and_then(|place| product.estate.entitlements.get(*place as usize));
            let is_own = |record: &Record| {
                let own = product.version(record.model);
                own.is_none() || own == version.as_deref()
            };
            let place = record.map_or(2, |record| usize::from(!is_own(record)));
            if let Some(count) = counts.get_mut(place) {
                *count += 1;
            }
        }
        found
    }

    /// Licensed and unlicensed devices by where they belong, where they have one field of the organisation.
    fn by_entity(&self, product: &OneProduct) -> Map<String, Value> {
        let places =
            || product.versions.keys().filter_map(|device| Some((device, product.estate.devices.get(*device as usize)?)));
        let units: BTreeSet<Unit> = places().flat_map(|(_, device)| device.organisation.units()).collect();
        let mut units = units.into_iter();
        let (Some(unit), None) = (units.next(), units.next()) else { return Map::new() };
        let mut found: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        for (place, device) in places() {
            if let Some(value) = device.organisation.get(unit) {
                let (licensed, unlicensed) = found.entry(value).or_default();
                *if self.by.contains_key(place) { licensed } else { unlicensed } += 1;
            }
        }
        let shown = |(licensed, unlicensed)| json!({ "licensed": licensed, "unlicensed": unlicensed });
        found.into_iter().map(|(name, counts)| (name.to_owned(), shown(counts))).collect()
    }
}

/// By owner of rights, and by entity with something unlicensed.
fn groups(outcome: &Outcome, devices: &Devices) -> Map<String, Value> {
    let one = |product: &ProductResult| {
        let results = || product.models.iter().flat_map(|model| &model.metrics);
        let rows = results().flat_map(|metric| &metric.members);
        let by = |row: &Member| {
            row.device.filter(|device| row.entitlement.is_some() && devices.by.get(device) == row.entitlement.as_ref())
        };
        let licensed: BTreeSet<u32> = rows.filter_map(by).collect();
        let shown = json!({
            "licensed": licensed.len(),
            "unlicensed": unlicensed(product).collect::<BTreeSet<u32>>().len(),
            "license_metric_results": results().count(),
        });
        (product.group.first().cloned().unwrap_or_default(), shown)
    };
    outcome.products.iter().map(one).collect()
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
    let without_version = |install: Install| Install { version: None, ..install };
    let installs: Vec<Install> = case.installs.into_iter().map(without_version).collect();
    let mut product = OneProduct::new(&installs)?;
    // What is allocated and in use does not depend on how many rights are owned: there are enough for all.
    let allocated = case.allocations.iter().fold(0_u64, |sum, one| sum.saturating_add(one.quantity));
    let rights = allocated.saturating_add(product.estate.devices.len() as u64);
    let owned = [Entitlement { rights, ..Entitlement::default() }];
    product.entitle(&owned)?;
    product.allocate(&owned, &case.allocations)?;
    let figures = product.run().products.into_iter().next().map(|product| product.figures).unwrap_or_default();
    Ok(json!({
        "allocated_in_use": figures.allocated_in_use,
        "allocated_not_in_use": figures.allocated_not_in_use,
        "not_allocated_in_use": figures.not_allocated_in_use,
        "not_allocated": available(case.rights_owned, allocated),
        "rights_used": figures.used(),
        "rights_available": available(case.rights_owned, figures.used()),
        "rights_used_report": figures.used_in_report(),
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
