//! Machines: every asset of hardware that is not retired.
//!
//! In: the assets, what agents report of them, and the hosts that administrators enter. Out: devices with organisation, user and
//! facts. Assets that are no machines have no installs and are left out.

use super::{
    conditions::Conditions,
    hardware::Reported,
    inventory::Inventory,
    organisation::Organisations,
    places::{Filled, Places},
};
use crate::store::StoreError;
use muster_domain::{
    asset::{Asset, Field, InstallStatus, References, StoredAsset, Table, class},
    reconcile::run::Device,
};
use std::{collections::BTreeMap, ops::ControlFlow, sync::Arc};
use uuid::Uuid;

/// An asset, as far as it matters here.
#[derive(Debug)]
pub(super) struct Machine {
    id: Uuid,
    name: String,
    named: Vec<(Table, Uuid)>,
    user: Option<Uuid>,
}

/// Reads the machines by id, and asks the conditions of each.
pub(super) async fn machines(
    stores: &dyn Inventory,
    references: &Arc<References>,
    conditions: Conditions,
) -> Result<(Vec<Machine>, Conditions), StoreError> {
    let found = Filled::new((Vec::new(), conditions));
    let (filled, references) = (found.clone(), Arc::clone(references));
    let visit = move |stored: &StoredAsset<'_>| {
        // A row that does not unpack is damaged: the scan itself says so.
        let Ok(asset) = stored.unpack() else { return ControlFlow::Break(()) };
        if asset.status() != Some(InstallStatus::Retired) && class::extends(asset.class(), class::HARDWARE) {
            filled.with(|(machines, conditions)| {
                conditions.see(stored);
                machines.push(Machine::of(&asset, &references));
            });
        }
        ControlFlow::Continue(())
    };
    stores.assets(Box::new(visit)).await?;
    Ok(found.take())
}

impl Machine {
    fn of(asset: &Asset, references: &References) -> Self {
        let reference = |field: Field| asset.get(field).and_then(|value| value.as_ref_id());
        let fields = [
            (Table::Company, Field::Company),
            (Table::Department, Field::Department),
            (Table::CostCenter, Field::CostCenter),
            (Table::Location, Field::Location),
        ];
        Self {
            id: asset.id().0,
            name: asset.display_name(references).unwrap_or_else(|| asset.id().to_string()),
            named: fields.into_iter().filter_map(|(table, field)| Some((table, reference(field)?))).collect(),
            user: reference(Field::AssignedTo),
        }
    }
}

/// The devices of machines, and their places by the ids of the assets.
pub(super) fn devices(
    machines: Vec<Machine>,
    mut reported: BTreeMap<Uuid, Reported>,
    organisations: &Organisations<'_>,
    users: &Places,
) -> (Vec<Device>, Places) {
    let (mut devices, mut places) = (Vec::with_capacity(machines.len()), Places::default());
    let tags: Vec<String> = machines.iter().map(|machine| machine.name.clone()).collect();
    for machine in machines {
        let Machine { id, name, named, user } = machine;
        places.push(id);
        let of = |table: Table| named.iter().find(|(of, _)| *of == table).map(|(_, id)| *id);
        let device = Device {
            id: id.to_string(),
            asset: Some(id.to_string()),
            name,
            organisation: organisations.of(of),
            user: user.and_then(|user| users.get(user)),
            ..Device::default()
        };
        devices.push(match reported.remove(&id) {
            Some(facts) => facts.on(device),
            None => device,
        });
    }
    tell_apart(&mut devices, &tags);
    (devices, places)
}

/// Machines of one host name are told apart by what their assets are called: a message about one of many says which.
fn tell_apart(devices: &mut [Device], tags: &[String]) {
    let mut found: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (place, device) in devices.iter().enumerate() {
        found.entry(device.name.to_lowercase()).or_default().push(place);
    }
    for place in found.into_values().filter(|places| places.len() > 1).flatten() {
        if let (Some(device), Some(tag)) = (devices.get_mut(place), tags.get(place))
            && *tag != device.name
        {
            device.name = format!("{} ({tag})", device.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_of_one_name_are_told_apart() {
        let named = |name: &str| Device { name: name.to_owned(), ..Device::default() };
        let mut devices = ["vm", "VM", "db1", "P4"].map(named);
        tell_apart(&mut devices, &["P1 - Box", "P2", "P3", "P4"].map(str::to_owned));
        assert_eq!(devices.map(|device| device.name), ["vm (P1 - Box)", "VM (P2)", "db1", "P4"]);
    }
}
