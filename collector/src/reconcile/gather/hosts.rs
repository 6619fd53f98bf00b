//! Hosts: what administrators enter of machines stands over what agents report, and is listed where the two differ.
//!
//! In: the records of hosts, and the devices so far. Out: the devices with what was entered; servers that are no asset become devices of their own,
//! since virtual machines name them.

use super::places::{Book, Places, small, text};
use muster_domain::{
    metric::{Amount, PartitionKind, Provider},
    reconcile::run::{Device, DeviceKind, PartitionFacts},
    record::{Values, kinds::host::HOSTS},
};
use std::{collections::BTreeMap, num::NonZeroU64};
use uuid::Uuid;

/// A fact that an administrator entered and an agent reports otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// The device, by its place.
    pub device: u32,
    /// Which fact, by the field of the host.
    pub field: &'static str,
    /// What the agent reports.
    pub reported: String,
    /// What was entered.
    pub entered: String,
    /// Why, as the administrator says.
    pub reason: Option<String>,
}

/// Puts hosts over devices. Returns the places of the hosts, and what was corrected.
pub(super) fn correct(
    book: Book<'_>,
    devices: &mut Vec<Device>,
    places: &mut Places,
    notes: &mut Vec<String>,
) -> (Places, Vec<Correction>) {
    let records: Vec<(Uuid, Values)> = book.all(&HOSTS).collect();
    let (mut found, mut corrections) = (Hosts::default(), Vec::new());
    for (id, values) in &records {
        let name = text(values, "name").unwrap_or_default();
        let asset = values.id("device");
        let place = match asset.map(|asset| (asset, places.get(asset))) {
            Some((_, Some(place))) => place,
            Some((asset, None)) => {
                notes.push(format!("the host {name} is of asset {asset}, which is retired or no machine; it is left out"));
                continue;
            }
            None => {
                devices.push(Device { id: id.to_string(), name: name.clone(), ..Device::default() });
                places.push(*id)
            }
        };
        found.by_id.insert(*id, place);
        found.by_name.entry(name.to_lowercase()).or_insert(place);
    }
    let mut hosts = Places::default();
    for (id, values) in &records {
        let Some(place) = found.by_id.get(id).copied() else { continue };
        hosts.alias(*id, place);
        if let Some(device) = devices.get_mut(place as usize) {
            let before = device.clone();
            entered(device, values, &found, notes);
            corrections.extend(differences(place, &before, device, values));
        }
    }
    (hosts, corrections)
}

/// Places of hosts.
#[derive(Debug, Default)]
struct Hosts {
    by_id: BTreeMap<Uuid, u32>,
    by_name: BTreeMap<String, u32>,
}

fn entered(device: &mut Device, values: &Values, hosts: &Hosts, notes: &mut Vec<String>) {
    match values.text("kind") {
        Some("Physical") => device.kind = DeviceKind::Physical,
        Some("Virtual") => device.kind = DeviceKind::Virtual,
        Some("Partition") => device.kind = DeviceKind::Partition(partition(values)),
        _ => {}
    }
    device.host = values.id("host").and_then(|host| hosts.by_id.get(&host).copied());
    (device.cluster, device.vcenter) = (text(values, "cluster"), text(values, "vcenter"));
    (device.moves, device.multi_az) = (values.is("moves"), values.is("multi_az"));
    let kept_on = text(values, "kept_on").unwrap_or_default();
    for name in kept_on.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        match hosts.by_name.get(&name.to_lowercase()) {
            Some(place) => device.kept_on.push(*place),
            None => notes.push(format!("{} is kept on {name:?}, which is no host", device.name)),
        }
    }
    device.most_machines = values.count("operating_systems");
    let over = |own: &mut Option<u32>, field: &str| *own = small(values, field).or(*own);
    over(&mut device.sockets, "sockets");
    over(&mut device.cores_per_socket, "cores_per_socket");
    over(&mut device.threads_per_core, "threads_per_core");
    over(&mut device.max_sockets, "max_sockets");
    let shown = device.sockets.zip(device.cores_per_socket).and_then(|(sockets, cores)| sockets.checked_mul(cores));
    let shown = shown.and_then(|cores| cores.checked_mul(device.threads_per_core.unwrap_or(1)));
    if let Some(vcpus) = small(values, "vcpus").filter(|vcpus| shown != Some(*vcpus)) {
        // Virtual processors are what the machine has; sockets that do not come to them are of something else.
        (device.sockets, device.cores_per_socket, device.threads_per_core) = (Some(vcpus), Some(1), Some(1));
    }
    device.processor = text(values, "processor").or(device.processor.take());
    let in_cloud = values.text("cloud").is_some_and(|cloud| cloud != "None");
    // A server of one's own counts as one's own, wherever it stands.
    device.provider = match values.text("cloud") {
        Some("AWS") => Some(Provider::Aws),
        Some("Azure") => Some(Provider::Azure),
        Some("Google Cloud") => Some(Provider::Google),
        Some("Oracle Cloud" | "Other") => Some(Provider::Other),
        _ => None,
    };
    device.passive = values.is("passive_replica");
    device.cloud = in_cloud && !values.is("dedicated_host");
    device.hyper_threading = values.is("hyper_threading");
}

fn partition(values: &Values) -> PartitionFacts {
    let parts = NonZeroU64::MIN.saturating_add(9_999);
    let capacity = values.decimal("entitled_capacity").and_then(|amount| u64::try_from(amount.ten_thousandths()).ok());
    let cores =
        small(values, "sockets").zip(small(values, "cores_per_socket")).and_then(|(sockets, cores)| sockets.checked_mul(cores));
    PartitionFacts {
        kind: match values.text("partition") {
            Some("Capped") => PartitionKind::Capped,
            Some("Uncapped") => PartitionKind::Uncapped,
            _ => PartitionKind::Dedicated,
        },
        cores,
        entitled_capacity: capacity.map(|units| Amount::ratio(units, parts)),
        virtual_processors: small(values, "partition_processors").or_else(|| small(values, "vcpus")),
        pool: text(values, "pool"),
        pool_cores: values.count("pool_cores"),
    }
}

/// What of the facts was reported, and is another now.
fn differences(device: u32, before: &Device, after: &Device, values: &Values) -> Vec<Correction> {
    let number = |of: &Device, field: &str| match field {
        "sockets" => of.sockets,
        "cores_per_socket" => of.cores_per_socket,
        _ => of.threads_per_core,
    };
    let mut found: Vec<(&'static str, String, String)> = Vec::new();
    for field in ["sockets", "cores_per_socket", "threads_per_core"] {
        if let (Some(reported), Some(entered)) = (number(before, field), number(after, field))
            && reported != entered
        {
            found.push((field, reported.to_string(), entered.to_string()));
        }
    }
    if let (Some(reported), Some(entered)) = (&before.processor, &after.processor)
        && reported != entered
    {
        found.push(("processor", reported.clone(), entered.clone()));
    }
    let kind = |of: &Device| match of.kind {
        DeviceKind::Physical => "Physical",
        DeviceKind::Virtual => "Virtual",
        DeviceKind::Partition(_) => "Partition",
    };
    let was_reported = before.sockets.is_some() || before.processor.is_some();
    if was_reported && kind(before) != kind(after) {
        found.push(("kind", kind(before).to_owned(), kind(after).to_owned()));
    }
    let reason = text(values, "correction_reason");
    let one = |(field, reported, entered)| Correction { device, field, reported, entered, reason: reason.clone() };
    found.into_iter().map(one).collect()
}
