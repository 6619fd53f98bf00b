//! VMware: instances, devices, users, operating system environments, processors and cores (domain 5.13).

use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

use super::amount::Amount;
use super::answer::{Answer, Detail, Object, Part};
use super::count::{MAX_INSTALLS, PER_DEVICE, distinct, environment, per_device, sum};
use super::error::MetricError;
use super::factor::Figures;
use super::inputs::Inputs;
use super::named::PER_NAMED_USER;
use super::processors::{Whose, cores, processors, servers};
use super::registry::{Attribute, Group, Input, Metric};

/// Cores of a processor that one right covers.
const MAX_CORES: NonZeroU64 = NonZeroU64::MIN.saturating_add(31);
/// Cores that a processor counts at least.
const MIN_CORES: u64 = 16;

/// The group.
pub const GROUP: Group = Group {
    name: "VMware",
    pack: Some("VMware"),
    metrics: &[
        Metric::new(
            "Per Application Instance",
            "One right for each instance of the application.",
            "Each distinct device needs one right, or its instances divided by the instances that a right covers, rounded up.",
            &[Input::Installs],
            per_device,
        )
        .with(&[MAX_INSTALLS]),
        Metric::new(
            "Per Core",
            "One right for each core of the hosts, with at least 16 for each processor.",
            "The processors of each host, also where the software is in its machines, times the larger of 16 and the cores of a processor. \
             VVEP: at most 3 hosts, 2 processors each, 32 cores a processor; the rest stays unlicensed.",
            &[Input::Hosts, Input::Vms, Input::Terms],
            per_core,
        )
        .with(&[Attribute {
            name: "min_cores_per_processor",
            default: Some(MIN_CORES),
            description: "cores that each processor counts at least",
        }]),
        PER_DEVICE,
        PER_NAMED_USER,
        Metric::new(
            "Per OSI",
            "One right for each operating system instance, physical or virtual.",
            "Each distinct operating system environment needs one right, or its installs divided by those that a right covers, rounded up.",
            &[Input::Installs],
            per_osi,
        )
        .with(&[MAX_INSTALLS]),
        Metric::new(
            "Per Processor",
            "One right for each processor with up to 32 cores.",
            "The processors of each host, also where the software is in its machines, times the cores of a processor divided by 32, rounded \
             up.",
            &[Input::Hosts, Input::Vms],
            per_processor,
        )
        .with(&[Attribute {
            name: "max_cores_per_processor",
            default: Some(MAX_CORES.get()),
            description: "cores of a processor that one right covers",
        }])
        .or_unlimited(),
    ],
};

/// What VMware's metrics are computed with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Factors {
    /// Limits of VMware vSphere Essentials Plus.
    pub vvep: Figures<VvepLimits>,
}

/// How far VMware vSphere Essentials Plus goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct VvepLimits {
    /// Hosts.
    pub hosts: usize,
    /// Processors of a host.
    pub processors: u64,
    /// Cores of a processor.
    pub cores: u64,
}

impl Default for Factors {
    fn default() -> Self {
        let limits = VvepLimits { hosts: 3, processors: 2, cores: 32 };
        Self { vvep: Figures::published(limits, "VMware publisher pack: licence metrics") }
    }
}

fn per_osi<'a>(inputs: &Inputs<'a>, _: &super::Factors) -> Result<Answer<'a>, MetricError> {
    Ok(distinct(&inputs.installs, inputs.attributes.max_installs_per_right, environment))
}

fn per_processor<'a>(inputs: &Inputs<'a>, _: &super::Factors) -> Result<Answer<'a>, MetricError> {
    processors(inputs, Whose::Hosts, Some(MAX_CORES))
}

fn per_core<'a>(inputs: &Inputs<'a>, factors: &super::Factors) -> Result<Answer<'a>, MetricError> {
    match inputs.terms.product.unwrap_or("VVS") {
        "VVS" => cores(inputs, Whose::Hosts, MIN_CORES),
        "VVEP" => essentials_plus(inputs, factors.vmware.vvep.value),
        other => Err(MetricError::unknown("product", other, &["VVS", "VVEP"])),
    }
}

fn essentials_plus<'a>(inputs: &Inputs<'a>, limits: VvepLimits) -> Result<Answer<'a>, MetricError> {
    let mut hosts = Vec::new();
    for host in servers(inputs, Whose::Hosts)? {
        let (sockets, cores) = (host.sockets()?, host.cores_per_socket()?);
        let within = sockets.min(limits.processors).saturating_mul(cores.min(limits.cores));
        hosts.push((within, host.id, host.cores()?));
    }
    // Which hosts are licensed is the owner's choice; the largest leave the least without.
    hosts.sort_by(|(one, id, _), (other, other_id, _)| other.cmp(one).then(id.cmp(other_id)));
    let room = limits.hosts.saturating_sub(inputs.terms.hosts_licensed);
    let (mut parts, mut beyond, mut licensed) = (Vec::new(), Vec::new(), 0_u64);
    for (place, (within, id, all)) in hosts.into_iter().enumerate() {
        let rights = if place < room { within } else { 0 };
        if rights > 0 {
            parts.push(Part { object: Object::Host(id), rights: Amount::whole(rights) });
        }
        if all > rights {
            beyond.push((id, all - rights));
        }
        licensed = licensed.saturating_add(rights);
    }
    let unlicensed = sum(beyond.iter().map(|(_, cores)| *cores));
    Ok(Answer { parts, ..Answer::default() }.with(Detail::Cores { licensed, unlicensed, beyond }))
}
