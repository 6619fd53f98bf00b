//! The cores that count for IBM: whole hosts, virtual machines within their hosts, hardware partitions within their pool.

use super::amount::Amount;
use super::answer::Object;
use super::count::sum;
use super::error::MetricError;
use super::inputs::{Inputs, UsageType};
use super::machine::{PartitionKind, Processor};
use super::placement::machines_of;

/// Cores of one thing, with the processors that they may be of: partitions of one pool may have been told different ones.
pub(super) struct Cores<'a> {
    pub(super) object: Object<'a>,
    pub(super) processors: Vec<(&'a str, Option<Processor<'a>>)>,
    pub(super) count: u64,
}

/// The cores that count.
pub(super) fn cores<'a>(inputs: &Inputs<'a>, usage: UsageType) -> Result<Vec<Cores<'a>>, MetricError> {
    let machines = machines_of(inputs)?;
    let mut found = Vec::new();
    for host in &inputs.hosts {
        let virtual_cores = machines.on(host.id);
        let installed = host.installed.unwrap_or_else(|| !machines.are_on(host.id));
        let has_partition = || inputs.partitions.iter().any(|partition| partition.host == Some(host.id));
        let runs = installed || virtual_cores > 0 || usage == UsageType::FullCapacity && has_partition();
        let count = match usage {
            UsageType::FullCapacity if runs => host.cores()?,
            UsageType::FullCapacity => 0,
            // The product on the host itself needs all of it, and then covers the machines there.
            UsageType::SubCapacity if installed => host.cores()?,
            UsageType::SubCapacity if runs => host.cores()?.min(virtual_cores),
            UsageType::SubCapacity => 0,
        };
        if count > 0 {
            found.push(Cores { object: Object::Host(host.id), processors: vec![(host.id, host.processor())], count });
        }
    }
    for (vm, count) in machines.elsewhere {
        // The host's cores would only lower the virtual ones, and under full capacity they are what counts.
        if usage == UsageType::FullCapacity {
            return Err(MetricError::host_of(vm.id));
        }
        found.push(Cores { object: Object::Vm(vm.id), processors: vec![(vm.id, vm.processor)], count });
    }
    match (usage, inputs.partitions.iter().find(|partition| partition.host.is_none())) {
        (UsageType::SubCapacity, _) => found.extend(partitions(inputs)?),
        // Under full capacity a partition is licensed with its server.
        (UsageType::FullCapacity, Some(lost)) => return Err(MetricError::host_of(lost.id)),
        (UsageType::FullCapacity, None) => {}
    }
    Ok(found)
}

/// Partitions by what bounds them; uncapped ones all together by their pool (domain 5.7). Parts of a core are rounded up.
fn partitions<'a>(inputs: &Inputs<'a>) -> Result<Vec<Cores<'a>>, MetricError> {
    let (mut found, mut uncapped, mut sharing) = (Vec::new(), None, Vec::new());
    for partition in &inputs.partitions {
        let processor = (partition.id, partition.processor);
        let count = match partition.kind {
            PartitionKind::Dedicated => partition.cores()?,
            PartitionKind::Capped => partition.entitled_capacity().map(Amount::ceil)?,
            PartitionKind::Uncapped => {
                sharing.push(processor);
                uncapped = Some(sum([uncapped.unwrap_or(0), partition.virtual_processors()?]));
                continue;
            }
        };
        found.push(Cores { object: Object::Partition(partition.id), processors: vec![processor], count });
    }
    if let Some(virtual_processors) = uncapped {
        let pool = inputs.pool_cores.ok_or(MetricError::Missing { field: "pool_cores" })?;
        found.push(Cores { object: Object::Unnamed, processors: sharing, count: virtual_processors.min(pool) });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::machine::{Host, Vm};

    #[test]
    fn a_host_counts_whole_unless_its_machines_run_the_product() {
        let check = |installed: Option<bool>, vcpus: Option<u32>, expected: [u64; 2]| {
            let host = Host { sockets: Some(2), cores_per_socket: Some(8), installed, ..Host::new("h") };
            let vms = vcpus.map(|vcpus| Vm { id: "v", host: Some("h"), vcpus: Some(vcpus), ..Vm::default() });
            let inputs = Inputs { hosts: vec![host], vms: vms.into_iter().collect(), ..Inputs::default() };
            for (usage, expected) in [UsageType::SubCapacity, UsageType::FullCapacity].into_iter().zip(expected) {
                let found: u64 = cores(&inputs, usage).unwrap().iter().map(|cores| cores.count).sum();
                assert_eq!(found, expected, "{installed:?} {vcpus:?} {usage:?}");
            }
        };
        check(None, None, [16, 16]);
        check(None, Some(4), [4, 16]);
        check(None, Some(0), [0, 0]);
        check(Some(true), Some(4), [16, 16]);
        check(Some(false), Some(4), [4, 16]);
        check(Some(false), None, [0, 0]);
    }
}
