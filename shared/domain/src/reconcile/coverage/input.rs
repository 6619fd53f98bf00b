//! What coverage is computed from.

use std::cmp::Ordering;

use crate::decimal::Decimal;
use crate::reconcile::{Organisation, Unit};
use crate::software::order_versions;

/// A consumption rule: who may use an entitlement, and how much of it is kept for them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rule {
    /// The field of the organisation.
    pub unit: Unit,
    /// Its value.
    pub value: String,
    /// Values below it that belong to it.
    pub below: Vec<String>,
    /// Rights that are kept for these.
    pub pool: Option<u64>,
    /// Other fields that must be as these say, too; their pools mean nothing.
    pub and: Vec<Self>,
}

/// Rights that are in force.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entitled {
    /// Active rights; of no meaning where they are unlimited.
    pub rights: u64,
    /// Whether there is no limit.
    pub unlimited: bool,
    /// Whether they have active maintenance.
    pub maintenance: bool,
    /// Whose they are.
    pub owner: Organisation,
    /// The version they are for; any without one.
    pub version: Option<String>,
    /// Who may use them; anybody without a rule.
    pub rules: Vec<Rule>,
    /// Whether others may use what is in no pool.
    pub unrestricted: bool,
    /// Earlier versions they may be used for, each with its order, the lower first.
    pub downgrades: Vec<(u32, String)>,
    /// What a right costs.
    pub unit_cost: Option<Decimal>,
    /// Whether its agreement keeps everything compliant.
    pub always_compliant: bool,
}

/// Devices that have the product.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Demand {
    /// The device; none where only their number is known.
    pub device: Option<String>,
    /// How many devices; a named one counts once.
    pub count: u64,
    /// Where they belong.
    pub organisation: Organisation,
    /// The version that is installed, if it is known.
    pub version: Option<String>,
}

impl Rule {
    /// Whether it is about these.
    pub(in crate::reconcile) fn admits(&self, organisation: &Organisation) -> bool {
        let is_here = |value: &str| value == self.value || self.below.iter().any(|below| below == value);
        organisation.get(self.unit).is_some_and(is_here) && self.and.iter().all(|other| other.admits(organisation))
    }
}

/// Each named device once, at its first place, with the newest version it has; numbers of devices as they are.
pub(super) fn devices(demands: &[Demand]) -> Vec<Demand> {
    let mut places = std::collections::BTreeMap::new();
    let mut devices: Vec<Demand> = Vec::with_capacity(demands.len());
    for demand in demands {
        let Some(name) = &demand.device else {
            devices.push(demand.clone());
            continue;
        };
        match places.get(name).and_then(|place: &usize| devices.get_mut(*place)) {
            Some(known) => {
                if order_versions(demand.version.as_deref(), known.version.as_deref()) == Ordering::Greater {
                    known.version.clone_from(&demand.version);
                }
            }
            None => {
                places.insert(name, devices.len());
                devices.push(Demand { count: 1, ..demand.clone() });
            }
        }
    }
    devices
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_counts_once_with_its_newest_version() {
        let install = |device: Option<&str>, version: &str, count: u64| Demand {
            device: device.map(str::to_owned),
            count,
            version: Some(version.to_owned()),
            ..Demand::default()
        };
        let found = devices(&[install(Some("a"), "9.1", 3), install(None, "1", 2), install(Some("a"), "10.0", 1)]);
        assert_eq!(found, [install(Some("a"), "10.0", 1), install(None, "1", 2)]);
    }
}
