//! A case about one product as an estate: the records that the reconciliation run takes.
//!
//! In: the compact records of a case. Out: devices, models, entitlements and allocations, with ids that keep the order of the case. It
//! decides nothing: who is licensed by what says the run.

use std::{cmp::Ordering, collections::BTreeMap};

use muster_domain::{
    metric::GROUPS,
    reconcile::{
        self, Owned, Unit, in_force,
        run::{Allocation, ConsumptionRule, Device, Entitlement, Estate, Holder, Install, MetricName, Model, Outcome},
    },
    software::order_versions,
};

use super::inputs::{self, owned};
use crate::calc::cases::CaseError;

/// Devices of a case at most: each is a record of the run.
const MOST_DEVICES: u64 = 1_000_000;

/// An estate of one product, counted by device.
pub(super) struct OneProduct {
    pub(super) estate: Estate,
    /// The names of devices that have one, by place.
    pub(super) names: BTreeMap<u32, String>,
    /// The version that counts of each device with the product: the newest; none where none is known.
    pub(super) versions: BTreeMap<u32, Option<String>>,
    models: BTreeMap<Option<String>, u32>,
}

impl OneProduct {
    /// Devices with what is installed on them, in the order of the case; a name is one device.
    pub(super) fn new(installs: &[inputs::Install]) -> Result<Self, CaseError> {
        let estate =
            Estate { packs: GROUPS.iter().filter_map(|group| group.pack).map(str::to_owned).collect(), ..Estate::default() };
        let mut product = Self { estate, names: BTreeMap::new(), versions: BTreeMap::new(), models: BTreeMap::new() };
        let mut places: BTreeMap<&str, u32> = BTreeMap::new();
        for install in installs {
            let model = product.model(install.version.as_deref());
            let count = if install.device.is_some() { 1 } else { install.install_count };
            if count.saturating_add(product.estate.devices.len() as u64) > MOST_DEVICES {
                return Err(CaseError::Inputs(format!("installs: there are more than {MOST_DEVICES} devices; ask for fewer")));
            }
            for _ in 0..count {
                let known = install.device.as_deref().and_then(|name| places.get(name)).copied();
                let device = known.unwrap_or_else(|| product.device(install.device.as_deref(), install));
                if let Some(name) = &install.device {
                    places.insert(name, device);
                }
                let newest = product.versions.entry(device).or_insert_with(|| install.version.clone());
                if order_versions(install.version.as_deref(), newest.as_deref()) == Ordering::Greater {
                    newest.clone_from(&install.version);
                }
                product.estate.installs.push(Install { device, title: model, ..Install::default() });
            }
        }
        Ok(product)
    }

    /// Entitlements of the product, which need a right for each device.
    pub(super) fn entitle(&mut self, entitlements: &[inputs::Entitlement]) -> Result<(), CaseError> {
        let owned = owned(entitlements)?;
        for (case, owned) in entitlements.iter().zip(&owned) {
            let one = self.entitlement(case, owned)?;
            self.estate.entitlements.push(one);
        }
        Ok(())
    }

    fn entitlement(&mut self, case: &inputs::Entitlement, owned: &Owned) -> Result<Entitlement, CaseError> {
        let place = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
        let model = self.model(case.version.as_deref());
        let mut downgrades = Vec::new();
        for downgrade in &case.downgrades {
            let (target, order) = (self.model(Some(&downgrade.version)), downgrade.order);
            downgrades.push(reconcile::run::Downgrade { target, order, active: true, start: None, end: None });
        }
        let rules = case.rules.iter().map(|rule| rule.rule()).collect::<Result<Vec<ConsumptionRule>, CaseError>>()?;
        Ok(Entitlement {
            id: ordered(self.estate.entitlements.len()),
            model,
            state: owned.state,
            license_type: owned.license_type,
            agreement_type: case.agreement_type.clone().unwrap_or_default(),
            metric: MetricName { group: "Common".to_owned(), metric: "Per Device".to_owned() },
            unlimited: case.unlimited,
            rights: case.rights,
            purchased: case.rights,
            maintains: owned.maintains.iter().map(|(of, rights)| (place(*of), *rights)).collect(),
            upgrades: owned.upgrades.iter().map(|(from, rights)| (place(*from), *rights)).collect(),
            owner: case.owner.organisation(),
            rules,
            unrestricted: case.unrestricted,
            downgrades,
            unit_cost: case.unit_cost.map(|inputs::Money(cost)| cost),
            ..Entitlement::default()
        })
    }

    /// Allocations to devices by name. A case does not say of which entitlement: they are of those that have rights left, first of one
    /// for the version that is installed there, then of one that may be used for it.
    pub(super) fn allocate(&mut self, case: &[inputs::Entitlement], allocations: &[inputs::Allocation]) -> Result<(), CaseError> {
        let mut left: BTreeMap<usize, u64> = BTreeMap::new();
        for (place, rights) in in_force(&owned(case)?) {
            let sum = left.entry(place).or_default();
            *sum = sum.saturating_add(if rights.unlimited { u64::MAX } else { rights.rights });
        }
        let mut places: BTreeMap<String, u32> = self.names.iter().map(|(place, name)| (name.clone(), *place)).collect();
        for allocation in allocations {
            let Some(holder) = allocation.holder() else { continue };
            let device = match places.get(holder) {
                Some(device) => *device,
                None => {
                    let device = self.device(Some(holder), &inputs::Install::default());
                    places.insert(holder.to_owned(), device);
                    device
                }
            };
            let version = self.versions.get(&device).cloned().flatten();
            let mut by_nearness: Vec<(u64, usize)> =
                left.keys().filter_map(|place| Some((nearness(case.get(*place)?, version.as_deref()), *place))).collect();
            by_nearness.sort_unstable();
            let mut quantity = allocation.quantity;
            for (_, place) in by_nearness.iter().copied() {
                let Some(left) = left.get_mut(&place) else { continue };
                let given = quantity.min(*left);
                *left -= given;
                quantity -= given;
                self.give(place, device, given);
            }
            // More than there is is told by the run.
            if let Some((_, place)) = by_nearness.first() {
                self.give(*place, device, quantity);
            }
        }
        Ok(())
    }

    fn give(&mut self, entitlement: usize, device: u32, quantity: u64) {
        let (id, entitlement) = (ordered(self.estate.allocations.len()), u32::try_from(entitlement).unwrap_or(u32::MAX));
        let holder = Holder::Device(device);
        if quantity > 0 {
            self.estate.allocations.push(Allocation { id, entitlement, holder, quantity, meets_conditions: true });
        }
    }

    /// Reconciles it.
    pub(super) fn run(&self) -> Outcome {
        reconcile::run::reconcile(&self.estate, None, &mut |_| {})
    }

    /// The version of a model.
    pub(super) fn version(&self, model: u32) -> Option<&str> {
        self.estate.models.get(model as usize)?.version.as_deref()
    }

    /// Results by a field of the organisation.
    pub(super) fn group(&mut self, by: Option<Unit>) {
        self.estate.settings.grouping = by;
    }

    /// The model of a version, with a title of its own at the same place.
    fn model(&mut self, version: Option<&str>) -> u32 {
        let version = version.map(str::to_owned);
        if let Some(known) = self.models.get(&version) {
            return *known;
        }
        let place = u32::try_from(self.estate.models.len()).unwrap_or(u32::MAX);
        self.models.insert(version.clone(), place);
        let (id, product) = (ordered(self.estate.models.len()), "Product".to_owned());
        self.estate.models.push(Model { id, product, version, managed: true, ..Model::default() });
        self.estate.titles.push(Some(place));
        place
    }

    fn device(&mut self, name: Option<&str>, install: &inputs::Install) -> u32 {
        let place = u32::try_from(self.estate.devices.len()).unwrap_or(u32::MAX);
        let (id, organisation) = (ordered(self.estate.devices.len()), install.place.organisation());
        self.estate.devices.push(Device { id, organisation, ..Device::default() });
        self.names.extend(name.map(|name| (place, name.to_owned())));
        place
    }
}

/// Ids whose order is that of the case.
fn ordered(place: usize) -> String {
    format!("{place:012}")
}

fn nearness(entitlement: &inputs::Entitlement, version: Option<&str>) -> u64 {
    let (Some(own), Some(version)) = (entitlement.version.as_deref(), version) else { return 0 };
    if own == version {
        return 0;
    }
    let orders = entitlement.downgrades.iter().filter(|right| right.version == version).map(|right| u64::from(right.order) + 1);
    orders.min().unwrap_or(u64::MAX)
}
