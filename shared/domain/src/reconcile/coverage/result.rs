//! What coverage says: rights, devices, by version, by entity, by owner, and what the missing rights cost (domain 6.5).

use std::collections::{BTreeMap, BTreeSet};

use super::buckets::Bucket;
use super::input::{Demand, Entitled, Rule};
use crate::decimal::Decimal;
use crate::entitlement::priced;
use crate::reconcile::price::{Average, TooLarge, average};
use crate::reconcile::{Organisation, Unit};

/// Devices of one version that rights of one entitlement serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// The version that is installed.
    pub version: Option<String>,
    /// The place of the rights.
    pub entitled: usize,
    /// Whether it is a downgrade.
    pub downgrade: bool,
    /// How many devices.
    pub devices: u64,
}

/// Devices of one version.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct VersionUse {
    /// Licensed by rights of the version.
    pub own: u64,
    /// Licensed by downgrade rights.
    pub downgrade: u64,
    /// Not licensed.
    pub unlicensed: u64,
}

/// One owner of rights, or one entity with devices that are not licensed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Group {
    /// Devices licensed by rights of this owner.
    pub licensed: u64,
    /// Devices of this entity that are not licensed.
    pub unlicensed: u64,
    /// Different kinds of rights of this owner.
    pub metric_results: u64,
}

/// Who is licensed by what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// Rights used of each entitlement, in their order.
    pub used: Vec<u64>,
    /// Rights with a limit.
    pub owned: u64,
    /// Rights used, also of unlimited ones.
    pub rights_used: u64,
    /// Rights with a limit that nobody uses.
    pub available: u64,
    /// Devices that are licensed.
    pub licensed: u64,
    /// Devices that are not; as many rights are needed.
    pub unlicensed: u64,
    /// The named ones among them, in their order.
    pub unlicensed_devices: Vec<String>,
    /// By version that is installed; empty where none is known.
    pub versions: BTreeMap<String, VersionUse>,
    /// Licensed and unlicensed devices by entity, where they have one field of the organisation; otherwise empty.
    pub entities: BTreeMap<String, (u64, u64)>,
    /// Rights kept in pools and not used by those they are kept for.
    pub reserved_unused: u64,
    /// By owner, where that was asked for.
    pub groups: Option<BTreeMap<String, Group>>,
    /// Results: one, or one for each group.
    pub product_results: u64,
    /// Different kinds of rights: by version, limit, maintenance and rules; with groups also by owner.
    pub metric_results: u64,
    /// Nothing is missing, or an agreement says that it does not matter.
    pub compliant: bool,
    /// The average price of a right; an error where the prices are too large.
    pub average: Result<Option<Average>, TooLarge>,
    /// Who has whose rights.
    pub served: Vec<Served>,
}

impl Coverage {
    /// What the missing rights cost; nothing where none is missing, `None` without a price.
    ///
    /// # Errors
    /// When that is too large.
    pub fn true_up(&self) -> Result<Option<Decimal>, TooLarge> {
        if self.unlicensed == 0 {
            return Ok(Some(Decimal::default()));
        }
        self.average?.map(|average| average.of(self.unlicensed)).transpose()
    }
}

/// What makes results of their own of rights.
type Kind<'a> = (Option<&'a str>, bool, bool, Vec<&'a Rule>);

fn kind(entitled: &Entitled) -> Kind<'_> {
    let mut rules: Vec<&Rule> = entitled.rules.iter().collect();
    rules.sort();
    (entitled.version.as_deref(), entitled.unlimited, entitled.maintenance, rules)
}

pub(super) fn conclude(
    entitled: &[Entitled],
    demands: &[Demand],
    licensed: &[u64],
    buckets: &[Bucket],
    served: &[Served],
    grouping: Option<Unit>,
) -> Coverage {
    let mut used = vec![0_u64; entitled.len()];
    for bucket in buckets {
        if let Some(used) = used.get_mut(bucket.entitled) {
            *used = used.saturating_add(bucket.used);
        }
    }
    let limited = || entitled.iter().zip(&used).filter(|(one, _)| !one.unlimited);
    let owned = limited().fold(0_u64, |sum, (one, _)| sum.saturating_add(one.rights));
    let available = limited().fold(0_u64, |sum, (one, used)| sum.saturating_add(one.rights.saturating_sub(*used)));
    let missing = || demands.iter().zip(licensed).map(|(demand, licensed)| (demand, demand.count.saturating_sub(*licensed)));
    let unlicensed = missing().fold(0_u64, |sum, (_, missing)| sum.saturating_add(missing));
    let groups = grouping.map(|unit| groups(entitled, served, &missing().collect::<Vec<_>>(), unit));
    let metric_results = match grouping {
        Some(unit) => entitled.iter().map(|one| (owner(&one.owner, unit), kind(one))).collect::<BTreeSet<_>>().len(),
        None => entitled.iter().map(kind).collect::<BTreeSet<_>>().len(),
    };
    Coverage {
        owned,
        rights_used: used.iter().fold(0, |sum: u64, used| sum.saturating_add(*used)),
        available,
        used,
        licensed: licensed.iter().fold(0, |sum: u64, licensed| sum.saturating_add(*licensed)),
        unlicensed,
        unlicensed_devices: missing()
            .filter(|(_, missing)| *missing > 0)
            .filter_map(|(demand, _)| demand.device.clone())
            .collect(),
        versions: versions(served, &missing().collect::<Vec<_>>()),
        entities: entities(demands, licensed),
        reserved_unused: buckets
            .iter()
            .filter(|bucket| bucket.rule.is_some())
            .fold(0, |sum: u64, bucket| sum.saturating_add(bucket.free())),
        product_results: groups.as_ref().map_or(1, |groups| groups.len() as u64),
        groups,
        metric_results: metric_results as u64,
        compliant: unlicensed == 0 || entitled.iter().any(|one| one.always_compliant),
        average: average(entitled.iter().filter(|one| !one.unlimited).filter_map(|one| priced(one.rights, one.unit_cost))),
        served: served.to_vec(),
    }
}

fn owner(organisation: &Organisation, unit: Unit) -> String {
    organisation.get(unit).unwrap_or_default().to_owned()
}

fn groups(entitled: &[Entitled], served: &[Served], missing: &[(&Demand, u64)], unit: Unit) -> BTreeMap<String, Group> {
    let mut kinds: BTreeMap<String, BTreeSet<Kind<'_>>> = BTreeMap::new();
    for one in entitled {
        kinds.entry(owner(&one.owner, unit)).or_default().insert(kind(one));
    }
    let counted =
        |(name, kinds): (String, BTreeSet<Kind<'_>>)| (name, Group { metric_results: kinds.len() as u64, ..Group::default() });
    let mut groups: BTreeMap<String, Group> = kinds.into_iter().map(counted).collect();
    for one in served {
        let name = entitled.get(one.entitled).map(|entitled| owner(&entitled.owner, unit)).unwrap_or_default();
        let group = groups.entry(name).or_default();
        group.licensed = group.licensed.saturating_add(one.devices);
    }
    for (demand, missing) in missing.iter().filter(|(_, missing)| *missing > 0) {
        let group = groups.entry(owner(&demand.organisation, unit)).or_default();
        group.unlicensed = group.unlicensed.saturating_add(*missing);
    }
    groups
}

fn versions(served: &[Served], missing: &[(&Demand, u64)]) -> BTreeMap<String, VersionUse> {
    let mut versions: BTreeMap<String, VersionUse> = BTreeMap::new();
    for (demand, missing) in missing {
        if let Some(version) = &demand.version {
            let known = versions.entry(version.clone()).or_default();
            known.unlicensed = known.unlicensed.saturating_add(*missing);
        }
    }
    for one in served {
        if let Some(known) = one.version.as_ref().and_then(|version| versions.get_mut(version)) {
            let sum = if one.downgrade { &mut known.downgrade } else { &mut known.own };
            *sum = sum.saturating_add(one.devices);
        }
    }
    versions
}

fn entities(demands: &[Demand], licensed: &[u64]) -> BTreeMap<String, (u64, u64)> {
    let units: BTreeSet<Unit> = demands.iter().flat_map(|demand| demand.organisation.units()).collect();
    let mut units = units.into_iter();
    let (Some(unit), None) = (units.next(), units.next()) else { return BTreeMap::new() };
    let mut entities: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for (demand, licensed) in demands.iter().zip(licensed) {
        if let Some(value) = demand.organisation.get(unit) {
            let known = entities.entry(value.to_owned()).or_default();
            known.0 = known.0.saturating_add(*licensed);
            known.1 = known.1.saturating_add(demand.count.saturating_sub(*licensed));
        }
    }
    entities
}
