//! Processors and cores of machines with a product, as several metric groups count them (domain 5.2, 5.3, 5.7 and 5.13).
//!
//! In: servers, virtual machines and partitions with the product. Out: rights of each. What a publisher's own rules make of cores is not
//! here.

use std::num::NonZeroU64;

use super::answer::{Answer, Object};
use super::error::MetricError;
use super::factor::Factors;
use super::inputs::{Attributes, Inputs, Limit};
use super::machine::{Host, Partition, Vm};
use super::registry::{Attribute, Input, Metric};

pub(super) const MAX_CORES: Attribute = Attribute {
    name: "max_cores_per_processor",
    default: None,
    description: "cores of a processor that one right covers; no limit unless set",
};

pub(super) const PER_PROCESSOR: Metric = Metric::new(
    "Per Processor (CPU count)",
    "One right for each processor of the machines with the software.",
    "The processors of each machine, of a virtual one its own, times the cores of a processor divided by the cores that a right covers, \
     rounded up.",
    &[Input::Hosts, Input::Vms, Input::Partitions],
    per_processor,
)
.also(&["Per Processor"])
.with(&[MAX_CORES])
.or_unlimited();

/// Whose processors count for software in a virtual machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// Those of the machine itself.
    Own,
    /// Those of its host, once for all machines there. In a public cloud nobody knows the host, and the machine's own count.
    Hosts,
}

/// Rights for processors, where one right covers so many cores of each.
pub(super) fn processors<'a>(
    inputs: &Inputs<'a>,
    whose: Whose,
    published: Option<NonZeroU64>,
) -> Result<Answer<'a>, MetricError> {
    let most = match inputs.attributes.max_cores_per_processor {
        Limit::Published => published,
        Limit::Unlimited => None,
        Limit::At(most) => Some(most),
    };
    each_machine(inputs, whose, |machine| {
        let each = most.map_or(Ok(1), |most| machine.cores_per_processor().map(|cores| cores.div_ceil(most.get())))?;
        Ok(machine.processors()?.saturating_mul(each))
    })
}

/// Rights for cores, where a processor counts some at least.
pub(super) fn cores<'a>(inputs: &Inputs<'a>, whose: Whose, published: u64) -> Result<Answer<'a>, MetricError> {
    let least = least_cores(inputs.attributes, published);
    each_machine(inputs, whose, |machine| Ok(machine.processors()?.saturating_mul(machine.cores_per_processor()?.max(least))))
}

pub(super) fn least_cores(attributes: Attributes, published: u64) -> u64 {
    attributes.min_cores_per_processor.unwrap_or(published)
}

fn per_processor<'a>(inputs: &Inputs<'a>, _: &Factors) -> Result<Answer<'a>, MetricError> {
    processors(inputs, Whose::Own, None)
}

/// A machine with processors.
enum Machine<'b, 'a> {
    Host(&'b Host<'a>),
    Vm(&'b Vm<'a>),
    Partition(&'b Partition<'a>),
}

impl Machine<'_, '_> {
    fn processors(&self) -> Result<u64, MetricError> {
        match self {
            Self::Host(host) => host.sockets(),
            Self::Vm(vm) => vm.sockets.map_or_else(|| vm.vcpus(), |sockets| Ok(sockets.into())),
            Self::Partition(partition) => partition.processors(),
        }
    }

    fn cores_per_processor(&self) -> Result<u64, MetricError> {
        match self {
            Self::Host(host) => host.cores_per_socket(),
            Self::Vm(Vm { sockets: Some(_), cores_per_socket: Some(cores), .. }) => Ok((*cores).into()),
            // Of a machine of which only its virtual processors are known, each is a processor.
            Self::Vm(vm) if vm.sockets.is_none() => Ok(1),
            Self::Vm(vm) => Err(MetricError::missing_of("the number of virtual processors (vcpus)", vm.id)),
            // Its system sees processors of one core.
            Self::Partition(_) => Ok(1),
        }
    }
}

/// The servers that count.
pub(super) fn servers<'a, 'b>(inputs: &'b Inputs<'a>, whose: Whose) -> Result<Vec<&'b Host<'a>>, MetricError> {
    let counts = |host: &&Host<'a>| match whose {
        Whose::Own => host.has_product(),
        Whose::Hosts => host.runs() || inputs.vms.iter().any(|vm| vm.host == Some(host.id)),
    };
    let lost = inputs.vms.iter().find(|vm| whose == Whose::Hosts && vm.host.is_none() && !inputs.terms.cloud);
    match lost {
        Some(vm) => Err(MetricError::host_of(vm.id)),
        None => Ok(inputs.hosts.iter().filter(counts).collect()),
    }
}

/// Rights of each machine with the product: of servers that it runs on itself, and of what it runs in there.
fn each_machine<'a>(
    inputs: &Inputs<'a>,
    whose: Whose,
    rights: impl Fn(&Machine<'_, 'a>) -> Result<u64, MetricError>,
) -> Result<Answer<'a>, MetricError> {
    let mut parts = Vec::new();
    for host in servers(inputs, whose)? {
        parts.push((Object::Host(host.id), rights(&Machine::Host(host))?));
    }
    let mut vms: Vec<&Vm<'a>> = inputs.vms.iter().collect();
    vms.sort_unstable_by_key(|vm| vm.id);
    for vm in vms {
        match (whose, vm.host) {
            (Whose::Hosts, Some(_)) => {}
            (Whose::Own, _) | (Whose::Hosts, None) => parts.push((Object::Vm(vm.id), rights(&Machine::Vm(vm))?)),
        }
    }
    for partition in &inputs.partitions {
        parts.push((Object::Partition(partition.id), rights(&Machine::Partition(partition))?));
    }
    Ok(Answer::of_parts(parts))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::inputs::Terms;
    use crate::metric::{Factors, PartitionKind, find};

    #[test]
    fn machines_count_by_their_own_processors_or_those_of_their_host() {
        let vm = |host, cloud: bool, facts: (Option<u32>, Option<u32>, Option<u32>)| {
            let (sockets, cores_per_socket, vcpus) = facts;
            let server = Host { sockets: Some(2), cores_per_socket: Some(40), installed: Some(false), ..Host::new("h") };
            Inputs {
                hosts: vec![server],
                vms: vec![Vm { id: "v", host, sockets, cores_per_socket, vcpus, ..Vm::default() }],
                terms: Terms { cloud, ..Terms::default() },
                ..Inputs::default()
            }
        };
        let check = |metric: &str, inputs: &Inputs<'_>, expected: Option<u64>| {
            let (group, name) = metric.split_once(" / ").unwrap();
            let answer = find(group, name).unwrap().evaluate(inputs, &Factors::default()).ok();
            let found = answer.and_then(|answer| answer.required).map(crate::metric::Amount::ceil);
            assert_eq!(found, expected, "{metric} {:?} {:?}", inputs.vms, inputs.partitions);
        };
        let own = vm(Some("h"), false, (Some(2), Some(6), Some(24)));
        let counted = vm(None, false, (None, None, Some(4)));
        let cloud = vm(None, true, (Some(1), Some(20), Some(40)));
        let half_known = vm(None, false, (Some(2), None, None));
        // By whom, then what a machine needs whose sockets are known, whose host is not, in a cloud, and of which half is known.
        for (metric, expected) in [
            ("Common / Per Core", [Some(12), Some(4), Some(20), None]),
            ("Common / Per Processor", [Some(2), Some(4), Some(1), Some(2)]),
            ("Citrix / Per Processor", [Some(2), Some(4), Some(1), Some(2)]),
            ("IBM / Per Processor", [Some(2), Some(4), Some(1), Some(2)]),
            ("VMware / Per Core", [Some(80), None, Some(20), None]),
            ("VMware / Per Processor", [Some(4), None, Some(1), None]),
        ] {
            for (inputs, expected) in [&own, &counted, &cloud, &half_known].into_iter().zip(expected) {
                check(metric, inputs, expected);
            }
        }
        let partition = |kind, cores, virtual_processors| {
            let partitions = vec![Partition { cores, virtual_processors, ..Partition::new("p", kind) }];
            Inputs { partitions, ..Inputs::default() }
        };
        check("Common / Per Core", &partition(PartitionKind::Dedicated, Some(6), None), Some(6));
        check("IBM / Per Processor", &partition(PartitionKind::Uncapped, None, Some(8)), Some(8));
        check("Common / Per Core", &partition(PartitionKind::Capped, Some(6), None), None);
        // A server's own software counts beside that in its machines.
        let mut both = own.clone();
        both.hosts[0].installed = Some(true);
        check("Common / Per Core", &both, Some(92));
        check("VMware / Per Core", &both, Some(80));
        let attributes =
            Attributes { max_cores_per_processor: Limit::At(NonZeroU64::MIN.saturating_add(3)), ..Attributes::default() };
        check("Citrix / Per Processor", &Inputs { attributes, ..own }, Some(4));
    }
}
