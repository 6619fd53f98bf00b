//! What agents report of the processors of their machines.
//!
//! In: hardware as it was reported. Out: sockets, cores and threads as metrics ask for them. What does not add up is not known.

use super::{inventory::Inventory, places::Filled};
use crate::store::StoreError;
use muster_domain::{
    ids::AssetId,
    reconcile::run::{Device, DeviceKind},
};
use muster_wire::hardware::{ChassisKind, Hardware};
use std::collections::BTreeMap;
use uuid::Uuid;

/// What is known of a machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Reported {
    hostname: Option<String>,
    is_virtual: bool,
    sockets: Option<u32>,
    cores_per_socket: Option<u32>,
    threads_per_core: Option<u32>,
    processor: Option<String>,
}

/// The machines that reported hardware. What cannot be read is told in `notes`.
pub(super) async fn reported(stores: &dyn Inventory, notes: &mut Vec<String>) -> Result<BTreeMap<Uuid, Reported>, StoreError> {
    let found: Filled<(BTreeMap<Uuid, Reported>, Vec<String>)> = Filled::new(Default::default());
    let filled = found.clone();
    let visit = move |asset: AssetId, json: &[u8]| {
        filled.with(|(machines, unread)| match serde_json::from_slice(json) {
            Ok(hardware) => {
                machines.insert(asset.0, Reported::of(hardware));
            }
            Err(_) => unread
                .push(format!("the hardware that the agent of asset {asset} reported cannot be read; its facts are not known")),
        });
    };
    stores.hardware(Box::new(visit)).await?;
    let (machines, unread) = found.take();
    notes.extend(unread);
    Ok(machines)
}

impl Reported {
    fn of(hardware: Hardware) -> Self {
        let cpu = hardware.cpu;
        let per = |count: Option<u32>, of: Option<u32>| count?.checked_div(of?).filter(|parts| *parts > 0);
        let processor = match (cpu.vendor, cpu.model) {
            (Some(vendor), Some(model)) => Some(format!("{vendor} {model}")),
            (one, other) => other.or(one),
        };
        Self {
            hostname: hardware.hostname,
            is_virtual: hardware.virtualization.is_some() || hardware.chassis.kind == ChassisKind::Virtual,
            sockets: cpu.sockets.filter(|sockets| *sockets > 0),
            cores_per_socket: per(cpu.cores, cpu.sockets),
            threads_per_core: per(cpu.threads, cpu.cores),
            processor,
        }
    }

    /// The machine with these facts.
    pub(super) fn on(self, device: Device) -> Device {
        Device {
            name: self.hostname.unwrap_or(device.name),
            kind: if self.is_virtual { DeviceKind::Virtual } else { device.kind },
            sockets: self.sockets,
            cores_per_socket: self.cores_per_socket,
            threads_per_core: self.threads_per_core,
            processor: self.processor,
            ..device
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hardware_is_what_metrics_ask_for() {
        let check = |json: &str, expected: &str| {
            let found =
                Reported::of(serde_json::from_str(json).unwrap()).on(Device { name: "tag".to_owned(), ..Device::default() });
            let number = |number: Option<u32>| number.map_or("?".to_owned(), |number| number.to_string());
            let numbers = [found.sockets, found.cores_per_socket, found.threads_per_core].map(number).join(" ");
            let kind = if found.kind == DeviceKind::Virtual { "virtual" } else { "physical" };
            assert_eq!(format!("{} {kind} {numbers} {}", found.name, found.processor.unwrap_or_default()), expected, "{json}");
        };
        check(
            r#"{"hostname":"db1","cpu":{"model":"Xeon Gold","vendor":"GenuineIntel","sockets":2,"cores":16,"threads":32}}"#,
            "db1 physical 2 8 2 GenuineIntel Xeon Gold",
        );
        check(r#"{"virtualization":"kvm","cpu":{"model":"EPYC","sockets":4,"cores":4,"threads":4}}"#, "tag virtual 4 1 1 EPYC");
        check(r#"{"chassis":{"kind":"virtual"},"cpu":{"sockets":0,"cores":0}}"#, "tag virtual ? ? ? ");
        check(r#"{"cpu":{"cores":8,"threads":16}}"#, "tag physical ? ? 2 ");
        check("{}", "tag physical ? ? ? ");
    }
}
