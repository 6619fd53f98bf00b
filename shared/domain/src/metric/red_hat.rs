//! Red Hat: socket pairs, cores, and which of two products is the cheaper one (domain 5.10).

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

use super::amount::Amount;
use super::answer::{Answer, Denied, Object, Part};
use super::count::sum;
use super::error::MetricError;
use super::factor::{Factor, Figures};
use super::inputs::Inputs;
use super::machine::Host;
use super::placement::machines_of;
use super::registry::{Group, Input, Metric};

const PAIR: NonZeroU64 = NonZeroU64::MIN.saturating_add(1);

/// The group.
pub const GROUP: Group = Group {
    name: "Red Hat",
    pack: Some("IBM"),
    metrics: &[
        Metric::new(
            "Per Core",
            "One right for each core that the software runs on.",
            "All cores of a host with it; else the virtual cores of the machines there, at most the cores of the host.",
            &[Input::Hosts, Input::Vms],
            per_core,
        ),
        Metric::new(
            "Per Socket-pair",
            "One right for each pair of sockets, or of virtual machines.",
            "RHEL Server: the sockets of each host or cluster with it divided by two, rounded up, and half a right for each virtual \
             machine. RHEL for Virtual Datacenters: the sockets of all hosts of the cluster divided by two, rounded up; machines are free.",
            &[Input::Hosts, Input::Vms, Input::Terms],
            per_socket_pair,
        )
        .also(&["Per Socket Pair"]),
    ],
};

/// What Red Hat's metrics are computed with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Factors {
    /// From how many Server rights for one Virtual Datacenters right on the latter is chosen.
    pub density_threshold: Figures<Factor>,
}

/// Red Hat Enterprise Linux by two sockets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    /// RHEL Server.
    Server,
    /// RHEL for Virtual Datacenters.
    VirtualDatacenters,
}

/// How many machines there are for the hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Density {
    /// Server rights for one Virtual Datacenters right; none where none of the latter is needed.
    pub ratio: Option<Amount>,
    /// Whether it is high.
    pub high: bool,
    /// What to choose.
    pub choose: Product,
}

impl Default for Factors {
    fn default() -> Self {
        let threshold = Factor::thousandths(3200);
        Self { density_threshold: Figures::published(threshold, "Software Asset Management properties") }
    }
}

impl Product {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Server => "RHEL Server",
            Self::VirtualDatacenters => "RHEL for Virtual Datacenters",
        }
    }

    fn read(name: Option<&str>) -> Result<Self, MetricError> {
        let name = name.unwrap_or(Self::Server.name());
        let all = [Self::Server, Self::VirtualDatacenters];
        let found = all.into_iter().find(|product| product.name() == name);
        found.ok_or_else(|| MetricError::unknown("product", name, &all.map(Self::name)))
    }
}

/// Which product needs the better price, by the rights that each would need. The same density is high.
#[must_use]
pub fn density(server_rights: u64, vdc_rights: u64, threshold: Factor) -> Density {
    let ratio = NonZeroU64::new(vdc_rights).map(|vdc| Amount::ratio(server_rights, vdc));
    let high = ratio.map_or(server_rights > 0, |ratio| ratio >= threshold.amount());
    Density { ratio, high, choose: if high { Product::VirtualDatacenters } else { Product::Server } }
}

fn per_socket_pair<'a>(inputs: &Inputs<'a>, _: &super::Factors) -> Result<Answer<'a>, MetricError> {
    let product = Product::read(inputs.terms.product)?;
    if product == Product::VirtualDatacenters && inputs.cloud_vm_count > 0 {
        return Ok(Answer::denied(Denied::Cloud));
    }
    let mut places = BTreeMap::<Object<'a>, Vec<&Host<'a>>>::new();
    for host in &inputs.hosts {
        places.entry(host.cluster.map_or(Object::Host(host.id), Object::Cluster)).or_default().push(host);
    }
    let mut parts = Vec::new();
    for (place, hosts) in places {
        let rights = match product {
            Product::Server => {
                let pairs = socket_pairs(hosts.iter().filter(|host| host.has_product()))?;
                let machines = sum(hosts.iter().map(|host| host.vm_count));
                pairs.plus(Amount::ratio(machines, PAIR)).ok_or(MetricError::TooLarge)?
            }
            // A machine may move to every host of its cluster, so all of them are licensed (domain 8, 33).
            Product::VirtualDatacenters if hosts.iter().any(|host| host.runs()) => socket_pairs(hosts.iter())?,
            Product::VirtualDatacenters => Amount::ZERO,
        };
        parts.push(Part { object: place, rights });
    }
    // Machines count by themselves, so those of an unknown host can be counted; hosts cannot be where they are not known.
    let astray = inputs.vms.iter().filter(|vm| vm.host.is_none() && !inputs.terms.cloud);
    for id in astray.map(|vm| vm.id).collect::<BTreeSet<_>>() {
        match product {
            Product::Server => parts.push(Part { object: Object::Vm(id), rights: Amount::ratio(1, PAIR) }),
            Product::VirtualDatacenters => return Err(MetricError::host_of(id)),
        }
    }
    if inputs.cloud_vm_count > 0 {
        parts.push(Part { object: Object::Unnamed, rights: Amount::ratio(inputs.cloud_vm_count, PAIR) });
    }
    let total = parts.iter().try_fold(Amount::ZERO, |total, part| total.plus(part.rights)).ok_or(MetricError::TooLarge)?;
    // Halves are kept: the machines of another product may complete the pair; a purchase rounds up (domain 8, 32).
    Ok(Answer { parts, ..Answer::exact(total) })
}

fn socket_pairs<'b, 'a: 'b>(hosts: impl Iterator<Item = &'b &'b Host<'a>>) -> Result<Amount, MetricError> {
    let sockets: Vec<u64> = hosts.map(|host| host.sockets()).collect::<Result<_, _>>()?;
    Ok(Amount::whole(sum(sockets).div_ceil(PAIR.get())))
}

fn per_core<'a>(inputs: &Inputs<'a>, _: &super::Factors) -> Result<Answer<'a>, MetricError> {
    let machines = machines_of(inputs)?;
    let mut parts = Vec::new();
    for host in &inputs.hosts {
        let virtual_cores = machines.on(host.id);
        if host.has_product() {
            parts.push((Object::Host(host.id), host.cores()?));
        } else if virtual_cores > 0 {
            parts.push((Object::Host(host.id), host.cores()?.min(virtual_cores)));
        }
    }
    parts.extend(machines.elsewhere.into_iter().map(|(vm, cores)| (Object::Vm(vm.id), cores)));
    Ok(Answer::of_parts(parts))
}
