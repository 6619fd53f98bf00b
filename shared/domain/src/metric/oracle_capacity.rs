//! What counts for Oracle: cores or sockets of servers, of all servers that machines may move to, of partitions, or virtual
//! processors of a public cloud (domain 5.9).

use std::collections::{BTreeMap, BTreeSet};

use super::amount::Amount;
use super::answer::{Denied, Object};
use super::count::sum;
use super::error::{MetricError, shown};
use super::factor::{Factor, Factors};
use super::inputs::{AggregationLevel, Inputs};
use super::machine::{Host, PartitionKind, Processor};
use super::oracle_terms::{Program, Uncapped};

/// Cores of one thing. Partitions of one pool may have been told different processors; the dearest counts.
pub(super) struct Cores<'a> {
    pub(super) object: Object<'a>,
    pub(super) count: Amount,
    pub(super) processors: Vec<(&'a str, Option<Processor<'a>>)>,
}

/// What counts.
pub(super) enum Capacity<'a> {
    /// Cores, with the processors that they may be of.
    Cores(Vec<Cores<'a>>),
    /// Occupied sockets of each server.
    Sockets(Vec<(Object<'a>, u64)>),
    /// Virtual processors of each machine in a public cloud, and how many copies of it there are.
    Cloud(Vec<(Object<'a>, u64, u64)>),
}

/// What counts for a program; or why it cannot be licensed.
pub(super) fn capacity<'a>(
    inputs: &Inputs<'a>,
    program: Program,
    factors: &Factors,
) -> Result<Result<Capacity<'a>, Denied>, MetricError> {
    let sizes = factors.oracle.sizes.value;
    let limits = match program {
        Program::Database(edition) => edition.limits(sizes).map(|limits| (edition, limits)),
        Program::WebLogicStandard | Program::WebLogicEnterprise => None,
    };
    if inputs.terms.cloud {
        let mut machines = Vec::new();
        for vm in &inputs.vms {
            let vcpus = vm.vcpus()?;
            if let Some((edition, (_, most))) = limits
                && vcpus > most
            {
                return Ok(Err(Denied::TooManyVcpus { edition: edition.name().to_owned(), vm: shown(vm.id), vcpus, most }));
            }
            machines.push((Object::Vm(vm.id), vcpus, if vm.multi_az { 2 } else { 1 }));
        }
        return Ok(Ok(Capacity::Cloud(machines)));
    }
    if !inputs.partitions.is_empty() {
        if !program.by_core() {
            let text = "a program that is licensed by occupied sockets needs the hosts, not their partitions";
            return Err(MetricError::Wrong(text.to_owned()));
        }
        return partitions(inputs, factors.oracle.uncapped.value).map(|cores| Ok(Capacity::Cores(cores)));
    }
    let hosts = hosts(inputs)?;
    for host in &hosts {
        if let Some((edition, (most, _))) = limits
            && let Some(sockets) = host.max_sockets.or(host.sockets)
            && sockets > most
        {
            return Ok(Err(Denied::TooManySockets { edition: edition.name().to_owned(), host: shown(host.id), sockets, most }));
        }
    }
    Ok(Ok(if program.by_core() {
        let cores = |host: &Host<'a>| {
            let (count, processors) = (Amount::whole(host.cores()?), vec![(host.id, host.processor())]);
            Ok(Cores { object: Object::Host(host.id), count, processors })
        };
        Capacity::Cores(hosts.into_iter().map(cores).collect::<Result<_, MetricError>>()?)
    } else {
        let sockets = |host: &Host<'a>| Ok((Object::Host(host.id), host.sockets()?));
        Capacity::Sockets(hosts.into_iter().map(sockets).collect::<Result<_, MetricError>>()?)
    }))
}

/// Licences of a core.
pub(super) fn core_factor(inputs: &Inputs<'_>, cores: &Cores<'_>, factors: &Factors) -> Result<Factor, MetricError> {
    let table = &factors.oracle.core;
    let one = |(id, processor): &(&str, Option<Processor<'_>>)| {
        let found = processor.and_then(|processor| table.of_processor(processor.name, processor.sockets));
        found.ok_or_else(|| MetricError::missing_of("core_factor, or the processor,", id))
    };
    if let Some(factor) = inputs.terms.core_factor {
        return Ok(factor);
    }
    let known: Vec<Factor> = cores.processors.iter().map(one).collect::<Result<_, _>>()?;
    known.into_iter().max().ok_or(MetricError::Missing { field: "core_factor" })
}

/// The hosts with the program, and all to which its machines may move. Where machines are told, a host has it by itself only where
/// that is said.
fn hosts<'a, 'b>(inputs: &'b Inputs<'a>) -> Result<Vec<&'b Host<'a>>, MetricError> {
    if inputs.vms.is_empty() {
        return Ok(inputs.hosts.iter().filter(|host| host.has_product()).collect());
    }
    let place = |host: &Host<'a>| match inputs.terms.aggregation_level {
        AggregationLevel::Esx => Object::Host(host.id),
        AggregationLevel::EsxCluster => host.cluster.map_or(Object::Host(host.id), Object::Cluster),
        // Hosts of which no vCenter is known are taken to be under the same one: that never counts too few.
        AggregationLevel::VCenter => host.vcenter.map_or(Object::Unnamed, Object::Device),
    };
    let by_id: BTreeMap<&str, &Host<'a>> = inputs.hosts.iter().map(|host| (host.id, host)).collect();
    let mut places = BTreeSet::new();
    for vm in &inputs.vms {
        let id = vm.host.ok_or_else(|| MetricError::host_of(vm.id))?;
        places
            .insert(place(by_id.get(id).copied().ok_or_else(|| MetricError::UnknownHost { vm: shown(vm.id), host: shown(id) })?));
    }
    Ok(inputs.hosts.iter().filter(|host| host.installed == Some(true) || places.contains(&place(host))).collect())
}

/// Partitions by what bounds them; uncapped ones all together by their pool.
fn partitions<'a>(inputs: &Inputs<'a>, rule: Uncapped) -> Result<Vec<Cores<'a>>, MetricError> {
    let (mut found, mut uncapped, mut sharing) = (Vec::new(), None, Vec::new());
    for partition in &inputs.partitions {
        let processor = (partition.id, partition.processor);
        let cores = match partition.kind {
            PartitionKind::Dedicated => Amount::whole(partition.cores()?),
            PartitionKind::Capped => partition.entitled_capacity()?,
            PartitionKind::Uncapped => {
                let (virtual_processors, entitled) = uncapped.unwrap_or((0, Amount::ZERO));
                let own = match rule {
                    Uncapped::Literal => partition.entitled_capacity()?,
                    Uncapped::VirtualProcessors => Amount::ZERO,
                };
                let entitled = entitled.plus(own).ok_or(MetricError::TooLarge)?;
                sharing.push(processor);
                uncapped = Some((sum([virtual_processors, partition.virtual_processors()?]), entitled));
                continue;
            }
        };
        found.push(Cores { object: Object::Partition(partition.id), count: cores, processors: vec![processor] });
    }
    if let Some((virtual_processors, entitled)) = uncapped {
        let pool = Amount::whole(inputs.pool_cores.ok_or(MetricError::Missing { field: "pool_cores" })?);
        let together = Amount::whole(virtual_processors).plus(entitled).ok_or(MetricError::TooLarge)?;
        found.push(Cores { object: Object::Unnamed, count: together.min(pool), processors: sharing });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::machine::Vm;

    #[test]
    fn servers_with_the_program_count_beside_those_of_machines() {
        let check = |installed: [Option<bool>; 2], on: Option<&str>, expected: &[&str]| {
            let host = |id, installed| Host { installed, ..Host::new(id) };
            let vms: Vec<Vm<'_>> = on.map(|on| Vm { id: "v", host: Some(on), ..Vm::default() }).into_iter().collect();
            let inputs = Inputs { hosts: vec![host("a", installed[0]), host("b", installed[1])], vms, ..Inputs::default() };
            let found: Vec<&str> = hosts(&inputs).unwrap().iter().map(|host| host.id).collect();
            assert_eq!(found, expected, "{installed:?} {on:?}");
        };
        check([Some(true), Some(false)], None, &["a"]);
        check([Some(true), Some(false)], Some("b"), &["a", "b"]);
        check([Some(false), Some(false)], Some("b"), &["b"]);
        check([None, None], None, &["a", "b"]);
        check([None, None], Some("b"), &["b"]);
    }
}
