//! What is known of machines, as metrics ask for it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::channel::Channel;
use super::device::{Device, DeviceKind};
use super::site::Site;
use crate::metric::inputs::{AggregationLevel, Layer, UsageType};
use crate::metric::{Attributes, Host, Inputs, Install, Partition, Processor, Provider, Terms, Vm};

/// Machines that are looked at together, all with the same edition.
#[derive(Debug, Clone, Default)]
pub(super) struct Machines<'a> {
    /// Devices with the product: ranks, each once.
    pub(super) devices: BTreeSet<u32>,
    pub(super) edition: Option<&'a str>,
    pub(super) version: Option<&'a str>,
    pub(super) family: Option<&'a str>,
    pub(super) attributes: Attributes,
    pub(super) standing: Standing,
}

/// How machines stand that are looked at.
#[derive(Debug, Clone, Default)]
pub(super) struct Standing {
    /// Hosts that have rights already.
    pub(super) hosts_licensed: usize,
    /// Those hosts, each with the product, where they allow a number of machines only (Microsoft).
    pub(super) servers: Arc<BTreeSet<(u32, u32)>>,
    /// Devices with an allocation, where that decides which machines of a host go with it (Microsoft).
    pub(super) named: Arc<BTreeSet<u32>>,
    /// Whether whole hosts count.
    pub(super) full_capacity: bool,
    /// The layer on which they are licensed, where rights are allocated there: the host, or each machine.
    pub(super) only: Option<Layer>,
}

/// Where machines are counted: each kind of place on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Premises<'a> {
    /// In the site's own rooms.
    Own,
    /// In a public cloud; whether two virtual processors are one core.
    Cloud(bool, Option<Provider>),
    /// On a server of one's own in a public cloud.
    Dedicated(Provider),
    /// Partitions of one pool; those without one are alone.
    Pool(&'a str),
    /// A partition of its own.
    Alone(u32),
}

pub(super) fn premises<'a>(site: &Site<'a>, rank: u32) -> Premises<'a> {
    match site.device(rank) {
        Some(device) if device.cloud => Premises::Cloud(device.hyper_threading, device.provider),
        Some(Device { kind: DeviceKind::Partition(facts), .. }) => {
            facts.pool.as_deref().map_or(Premises::Alone(rank), Premises::Pool)
        }
        // Machines are where their server is.
        Some(device) => {
            let server = site.host_of(rank).and_then(|host| site.device(host)).filter(|server| !server.cloud);
            device.provider.or(server.and_then(|server| server.provider)).map_or(Premises::Own, Premises::Dedicated)
        }
        None => Premises::Own,
    }
}

/// The same where whole servers count: partitions are where their server is.
pub(super) fn premises_of_server<'a>(site: &Site<'a>, rank: u32) -> Premises<'a> {
    match premises(site, rank) {
        Premises::Pool(_) | Premises::Alone(_) => site.host_of(rank).map_or(Premises::Alone(rank), |host| premises(site, host)),
        other => other,
    }
}

/// Whether a machine is on a server of one's own in a public cloud.
pub(super) fn is_dedicated(device: &Device) -> bool {
    device.provider.is_some() && !device.cloud
}

impl<'a> Machines<'a> {
    pub(super) fn of(&self, devices: BTreeSet<u32>) -> Self {
        // Not a copy with other devices: there may be many, and this is asked for each host.
        let Self { edition, version, family, attributes, .. } = *self;
        Self { devices, edition, version, family, attributes, standing: self.standing.clone() }
    }

    /// The inputs of a metric for machines on the same premises.
    pub(super) fn inputs(&self, site: &Site<'a>, channel: &Channel<'a>, premises: Premises<'a>, layer: Layer) -> Inputs<'a> {
        let mut inputs =
            Inputs { attributes: self.attributes, terms: self.terms(site, channel, premises, layer), ..Inputs::default() };
        let mut hosts: BTreeMap<u32, Host<'a>> = BTreeMap::new();
        let mut active: BTreeSet<u32> = BTreeSet::new();
        for rank in &self.devices {
            let Some(device) = site.device(*rank) else { continue };
            let host = site.host_of(*rank).filter(|_| !device.cloud);
            active.extend((!device.passive).then_some(host.unwrap_or(*rank)));
            let server = host.and_then(|host| site.device(host));
            let host_id = server.map(|host| host.id.as_str());
            inputs.installs.push(Install { device: Some(&device.id), host: host_id, count: 1, ..Install::default() });
            match &device.kind {
                DeviceKind::Partition(facts) => {
                    inputs.pool_cores = inputs.pool_cores.or(facts.pool_cores);
                    // Under full capacity IBM counts the server with all its partitions.
                    if let Some((rank, host)) = host.filter(|_| channel.group == "IBM").zip(server) {
                        hosts.entry(rank).or_insert_with(|| described(host));
                    }
                    inputs.partitions.push(Partition {
                        id: &device.id,
                        host: host_id,
                        kind: facts.kind,
                        processor: processor(device, server),
                        cores: facts.cores,
                        entitled_capacity: facts.entitled_capacity,
                        virtual_processors: facts.virtual_processors,
                    });
                }
                DeviceKind::Physical if !device.cloud => {
                    hosts.entry(*rank).or_insert_with(|| described(device)).installed = Some(true);
                }
                DeviceKind::Physical | DeviceKind::Virtual => {
                    let vm = Vm {
                        id: &device.id,
                        host: host_id,
                        edition: self.edition,
                        vcpus: vcpus(device),
                        sockets: device.sockets,
                        cores_per_socket: device.cores_per_socket,
                        processor: processor(device, server),
                        passive: device.passive,
                        multi_az: device.multi_az,
                    };
                    inputs.vms.push(vm);
                    if device.cloud {
                        inputs.cloud_vm_count = inputs.cloud_vm_count.saturating_add(1);
                    }
                    if let Some((rank, host)) = host.and_then(|rank| Some((rank, site.device(rank)?))) {
                        let host = hosts.entry(rank).or_insert_with(|| described(host));
                        host.vm_count = host.vm_count.saturating_add(1);
                        // A machine sees the processor of its host, of which no agent may tell.
                        host.processor = host.processor.or(device.processor.as_deref());
                    }
                }
            }
        }
        for (rank, host) in &mut hosts {
            host.passive = !active.contains(rank);
        }
        self.widen(site, channel, &mut hosts);
        inputs.hosts = hosts.into_values().collect();
        inputs
    }

    fn terms(&self, site: &Site<'a>, channel: &Channel<'a>, premises: Premises<'a>, layer: Layer) -> Terms<'a> {
        let settings = &site.estate.settings;
        let own_layer = layer == Layer::Physical && channel.metric == "Per Core";
        // A physical machine of its own is its own environment, which every edition may be licensed on by its cores.
        let bare =
            own_layer && self.devices.iter().all(|rank| site.device(*rank).is_some_and(|one| one.kind == DeviceKind::Physical));
        Terms {
            product: self.family,
            edition: if bare && channel.group == "Microsoft" { Some("Enterprise") } else { self.edition },
            version: self.version,
            layer: Some(layer),
            software_assurance: channel.assured,
            usage_type: if self.standing.full_capacity { UsageType::FullCapacity } else { UsageType::SubCapacity },
            cloud: matches!(premises, Premises::Cloud(..)),
            provider: match premises {
                Premises::Cloud(_, provider) => provider,
                Premises::Dedicated(provider) => Some(provider),
                Premises::Own | Premises::Pool(_) | Premises::Alone(_) => None,
            },
            dedicated: matches!(premises, Premises::Dedicated(_)),
            bought_late: channel.bought_late,
            hyper_threading: matches!(premises, Premises::Cloud(true, _)),
            aggregation_level: settings.oracle_level,
            nup_minimum: settings.nup_minimum,
            core_factor: None,
            pvu_per_core: None,
            hosts_licensed: self.standing.hosts_licensed,
        }
    }

    /// Adds the hosts that machines may move to, where the metric counts them, and what may be on each at most.
    fn widen(&self, site: &Site<'a>, channel: &Channel<'a>, hosts: &mut BTreeMap<u32, Host<'a>>) {
        let virtual_on: Vec<u32> = hosts.iter().filter(|(_, host)| host.vm_count > 0).map(|(rank, _)| *rank).collect();
        let settings = &site.estate.settings;
        let mut more: BTreeSet<u32> = BTreeSet::new();
        for rank in &virtual_on {
            let Some(device) = site.device(*rank) else { continue };
            let cluster = || device.cluster.as_deref().and_then(|name| site.clusters.get(name));
            let found = match (channel.group, channel.metric) {
                ("Oracle", _) => match settings.oracle_level {
                    AggregationLevel::Esx => None,
                    AggregationLevel::EsxCluster => cluster(),
                    AggregationLevel::VCenter => device.vcenter.as_deref().and_then(|name| site.vcenters.get(name)),
                },
                ("Red Hat", _) => cluster(),
                ("Microsoft", "Server (Per Server)") if device.moves => cluster(),
                _ => None,
            };
            more.extend(found.into_iter().flatten());
        }
        if channel.group == "Oracle" && settings.oracle_level == AggregationLevel::VCenter && settings.host_affinity {
            self.keep_affine(site, &mut more);
        }
        for rank in more {
            if let Some(device) = site.device(rank) {
                hosts.entry(rank).or_insert_with(|| described(device));
            }
        }
        self.fill(site, hosts);
    }

    /// With host affinity only the hosts that the machines are kept on count; a machine without any may still go anywhere.
    fn keep_affine(&self, site: &Site<'a>, more: &mut BTreeSet<u32>) {
        let mut kept = BTreeSet::new();
        for device in self.devices.iter().filter_map(|rank| site.device(*rank)).filter(|one| one.kind == DeviceKind::Virtual) {
            if device.kept_on.is_empty() {
                return;
            }
            kept.extend(device.kept_on.iter().filter_map(|host| site.devices.rank(*host)));
        }
        more.retain(|rank| kept.contains(rank));
    }

    /// Environments on each host, and the machines that may come to it.
    fn fill(&self, site: &Site<'a>, hosts: &mut BTreeMap<u32, Host<'a>>) {
        let mut by_place: BTreeMap<Result<&str, u32>, (u64, Option<u64>)> = BTreeMap::new();
        let place = |rank: u32| {
            let device = site.device(rank);
            let cluster = device.filter(|device| device.moves).and_then(|device| device.cluster.as_deref());
            cluster.ok_or(rank)
        };
        for rank in &self.devices {
            let (Some(host), Some(device)) = (site.host_of(*rank), site.device(*rank)) else { continue };
            let (machines, cores) = by_place.entry(place(host)).or_insert((0, Some(0)));
            *machines = machines.saturating_add(1);
            *cores = cores.zip(vcpus(device)).map(|(sum, vcpus)| sum.saturating_add(u64::from(vcpus)));
        }
        for (rank, host) in hosts {
            let Some(device) = site.device(*rank) else { continue };
            let now = u64::from(host.installed == Some(true)).saturating_add(host.vm_count);
            // What an administrator counted is there beside what is known; where nothing is and nothing moves, nothing is.
            let entered = device.most_machines.filter(|_| now > 0 || device.moves);
            host.ose_count = now.max(entered.unwrap_or_default());
            let (machines, cores) = by_place.get(&place(*rank)).copied().unwrap_or((0, Some(0)));
            host.potential_vm_count = Some(machines.saturating_add(u64::from(host.installed == Some(true))));
            host.potential_vm_core_count = if host.installed == Some(true) {
                let own = device
                    .sockets
                    .zip(device.cores_per_socket)
                    .map(|(sockets, cores)| u64::from(sockets).saturating_mul(cores.into()));
                cores.zip(own).map(|(one, other)| one.saturating_add(other))
            } else {
                cores
            };
        }
    }
}

fn described(device: &Device) -> Host<'_> {
    Host {
        sockets: device.sockets,
        cores_per_socket: device.cores_per_socket,
        processor: device.processor.as_deref(),
        cluster: device.cluster.as_deref(),
        vcenter: device.vcenter.as_deref(),
        installed: Some(false),
        ose_count: 0,
        max_sockets: device.max_sockets,
        ..Host::new(&device.id)
    }
}

/// The processor that a machine runs on: its host's, or the one that it sees itself. Its own sockets are not those of the server.
fn processor<'a>(device: &'a Device, server: Option<&'a Device>) -> Option<Processor<'a>> {
    let name = server.and_then(|server| server.processor.as_deref()).or(device.processor.as_deref())?;
    Some(Processor { name, sockets: server.and_then(|server| server.sockets) })
}

/// Virtual processors: sockets × cores × threads.
fn vcpus(device: &Device) -> Option<u32> {
    let cores = device.sockets?.checked_mul(device.cores_per_socket?)?;
    cores.checked_mul(device.threads_per_core.unwrap_or(1))
}
