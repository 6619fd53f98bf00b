//! Microsoft: cores with and without client access licences, processors, servers, access, subscriptions (domain 5.8).

use std::collections::BTreeSet;
use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

use super::amount::Amount;
use super::answer::{Answer, Denied, Object, Part};
use super::count::{DEVICE_CAL, PER_DEVICE, PER_USER, USER_CAL, distinct, environment};
use super::edition::is_same;
use super::error::MetricError;
use super::factor::{Factor, Figures, Table};
use super::inputs::{Inputs, Layer};
use super::machine::{Host, Vm};
use super::microsoft_cloud::{Server, not_brought};
use super::microsoft_editions::{BY_CORE, OF_SYSTEMS, Reach, reach};
use super::microsoft_legacy::{self, CoreFactorRow, core_factor};
use super::processors::least_cores;
use super::registry::{Attribute, Group, Input, Metric};
use super::subscription::USER_SUBSCRIPTION;

/// The group.
pub const GROUP: Group = Group {
    name: "Microsoft",
    pack: Some("Microsoft"),
    metrics: &[
        DEVICE_CAL,
        Metric::new(
            "Per Core",
            "One right for each core, of the hosts or of the virtual machines (SQL Server, BizTalk Server).",
            "Host: processors times the larger of 4 and the cores of a processor (SQL Server 2012 and 2014: times its core factor), Enterprise \
             only; without Software Assurance one more \
             for each machine beyond that. Machine: the larger of 4 and its virtual processors, only with Software Assurance or a \
             subscription.",
            &[Input::Hosts, Input::Vms, Input::Terms],
            per_core,
        )
        .with(&[min_cores(4)]),
        Metric::new(
            "Per Core (with CAL)",
            "One right for each core, of the hosts or of the virtual machines; access is licensed separately (Windows Server, System \
             Center).",
            "Host: processors times the larger of 8 and the cores of a processor, at least 16; Standard once for every two operating \
             system environments. Machine: the larger of 8 and its virtual processors, only with Software Assurance or a subscription.",
            &[Input::Hosts, Input::Vms, Input::Terms],
            per_core_with_cal,
        )
        .also(&["Per Core with CAL"])
        .with(&[min_cores(8)]),
        PER_DEVICE,
        Metric::new(
            "Per Processor",
            "One right for every two processors of a server.",
            "The processors divided by two, rounded up; Standard times the operating system environments divided by two, rounded up.",
            &[Input::Hosts, Input::Terms],
            per_processor,
        )
        .or_unlimited(),
        PER_USER,
        Metric::new(
            "Server (Per Instance)",
            "One right for each install in an operating system environment.",
            "The installs of each environment divided by the installs that a right covers, 1 unless set, rounded up.",
            &[Input::Installs],
            per_instance,
        )
        .with(&[Attribute {
            name: "max_installs_per_ose",
            default: Some(1),
            description: "installs that one right covers in an operating system environment",
        }]),
        Metric::new(
            "Server (Per Server)",
            "One right for each physical server.",
            "Distinct physical servers with the software. SQL Server Enterprise with access licences: for each host the larger of the \
             machines that may move there divided by 4 and their cores divided by 20, rounded up.",
            &[Input::Installs, Input::Hosts, Input::Terms],
            per_server,
        ),
        USER_CAL,
        USER_SUBSCRIPTION,
    ],
};

const fn min_cores(default: u64) -> Attribute {
    Attribute {
        name: "min_cores_per_processor",
        default: Some(default),
        description: "cores that each processor, and each virtual machine, counts at least",
    }
}

/// What Microsoft's metrics are computed with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Factors {
    /// Smallest numbers of rights, and what one licence covers.
    pub minimums: Figures<Minimums>,
    /// What a core of some processors counts for in SQL Server 2012 and 2014.
    pub core_factor: Table<CoreFactorRow>,
    /// What a right of Windows Server Datacenter costs in rights of Standard.
    pub datacenter_cost: Figures<Factor>,
    /// What a right of SQL Server Standard costs in rights of Enterprise.
    pub sql_standard_cost: Figures<Factor>,
    /// What a right of SQL Server with Software Assurance costs in rights without it.
    pub sql_assurance_cost: Figures<Factor>,
}

/// Smallest numbers of rights, and what one licence covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Minimums {
    /// Per Core: cores of a processor or a machine.
    pub cores: u64,
    /// Per Core (with CAL): cores of a processor or a machine.
    pub cores_with_cal: u64,
    /// Per Core (with CAL): cores of a server.
    pub server_cores: u64,
    /// Environments that one Standard licence of the server covers.
    pub environments: NonZeroU64,
    /// Processors that one licence covers.
    pub processors: NonZeroU64,
    /// Server and CAL: machines that one licence covers.
    pub server_vms: NonZeroU64,
    /// Server and CAL: virtual cores that one licence covers.
    pub server_vm_cores: NonZeroU64,
}

impl Default for Factors {
    fn default() -> Self {
        let two = NonZeroU64::MIN.saturating_add(1);
        let minimums = Minimums {
            cores: 4,
            cores_with_cal: 8,
            server_cores: 16,
            environments: two,
            processors: two,
            server_vms: NonZeroU64::MIN.saturating_add(3),
            server_vm_cores: NonZeroU64::MIN.saturating_add(19),
        };
        let property = |thousandths| Figures::published(Factor::thousandths(thousandths), "Software Asset Management properties");
        Self {
            minimums: Figures::published(minimums, "Microsoft publisher pack: software license metrics"),
            core_factor: microsoft_legacy::published(),
            datacenter_cost: property(4590),
            sql_standard_cost: property(250),
            sql_assurance_cost: property(1250),
        }
    }
}

fn layer(inputs: &Inputs<'_>) -> Result<Layer, MetricError> {
    inputs.terms.layer.ok_or(MetricError::Missing { field: "layer" })
}

fn per_core<'a>(inputs: &Inputs<'a>, factors: &super::Factors) -> Result<Answer<'a>, MetricError> {
    if let Some(why) = not_brought(Server::Application, inputs.terms) {
        return Ok(Answer::denied(why));
    }
    let reach = match reach(inputs, None, &BY_CORE)? {
        Ok(reach) => reach,
        Err(why) => return Ok(Answer::denied(why)),
    };
    let least = least_cores(inputs.attributes, factors.microsoft.minimums.value.cores);
    match layer(inputs)? {
        Layer::Physical if reach != Reach::Host => {
            Ok(Answer::denied(Denied::EditionOnHost(inputs.terms.edition.unwrap_or_default().to_owned())))
        }
        Layer::Physical => {
            let mut parts = Vec::new();
            for host in &inputs.hosts {
                let cores = || match core_factor(host, inputs.terms.version, &factors.microsoft.core_factor)? {
                    Some(factor) => by_factor(host, least, factor),
                    None => host_core_rights(host, least, true),
                };
                let (cores, further) = match (host.passive, inputs.terms.software_assurance) {
                    // With Software Assurance a passive replica is free.
                    (true, true) => (0, 0),
                    (_, true) => (cores()?, 0),
                    (_, false) => {
                        let cores = cores()?;
                        (cores, host.vm_count.saturating_sub(cores))
                    }
                };
                parts.push((Object::Host(host.id), cores));
                parts.extend((further > 0).then_some((Object::Further(host.id), further)));
            }
            Ok(Answer::of_parts(parts))
        }
        Layer::Virtual => on_machines(inputs, least, true),
    }
}

/// Core rights of an Enterprise host. Without Software Assurance they allow as many machines, and each further one needs one more.
pub(super) fn host_core_rights(host: &Host<'_>, least: u64, software_assurance: bool) -> Result<u64, MetricError> {
    let cores = host.sockets()?.saturating_mul(host.cores_per_socket()?.max(least));
    Ok(if software_assurance { cores } else { cores.max(host.vm_count) })
}

/// Core rights of a host with Software Assurance whose cores count for less.
fn by_factor(host: &Host<'_>, least: u64, factor: Factor) -> Result<u64, MetricError> {
    let each = Amount::whole(host.cores_per_socket()?).times(factor.amount()).ok_or(MetricError::TooLarge)?;
    let all = each.max(Amount::whole(least)).times(Amount::whole(host.sockets()?)).ok_or(MetricError::TooLarge)?;
    Ok(all.ceil())
}

/// Core rights of a virtual machine.
pub(super) fn machine_core_rights(vm: &Vm<'_>, least: u64) -> Result<u64, MetricError> {
    vm.vcpus().map(|vcpus| vcpus.max(least))
}

fn per_core_with_cal<'a>(inputs: &Inputs<'a>, factors: &super::Factors) -> Result<Answer<'a>, MetricError> {
    if let Some(why) = not_brought(Server::Windows, inputs.terms) {
        return Ok(Answer::denied(why));
    }
    let reach = match reach(inputs, None, &OF_SYSTEMS)? {
        Ok(reach) => reach,
        Err(why) => return Ok(Answer::denied(why)),
    };
    let minimums = factors.microsoft.minimums.value;
    let least = least_cores(inputs.attributes, minimums.cores_with_cal);
    match layer(inputs)? {
        Layer::Physical => on_hosts(inputs, |host| {
            if host.ose_count == 0 {
                return Ok(0);
            }
            let cores = host.sockets()?.saturating_mul(host.cores_per_socket()?.max(least)).max(minimums.server_cores);
            let times = if reach == Reach::Host { 1 } else { host.ose_count.div_ceil(minimums.environments.get()) };
            Ok(cores.saturating_mul(times))
        }),
        Layer::Virtual => on_machines(inputs, least, false),
    }
}

fn per_processor<'a>(inputs: &Inputs<'a>, factors: &super::Factors) -> Result<Answer<'a>, MetricError> {
    if let Some(why) = not_brought(Server::Windows, inputs.terms) {
        return Ok(Answer::denied(why));
    }
    let reach = match reach(inputs, Some(Reach::Machines), &OF_SYSTEMS)? {
        Ok(reach) => reach,
        Err(why) => return Ok(Answer::denied(why)),
    };
    let minimums = factors.microsoft.minimums.value;
    if inputs.terms.cloud {
        return in_cloud(inputs, minimums);
    }
    on_hosts(inputs, |host| {
        if host.ose_count == 0 {
            return Ok(0);
        }
        // Each full licensing of a server covers two environments, so the two are multiplied (domain 8, 34).
        let times = if reach == Reach::Host { 1 } else { host.ose_count.div_ceil(minimums.environments.get()) };
        Ok(host.sockets()?.div_ceil(minimums.processors.get()).saturating_mul(times))
    })
}

/// In a cloud a licence for two processors is one for the cores of a server that is licensed by core, in machines of 8 at least.
fn in_cloud<'a>(inputs: &Inputs<'a>, minimums: Minimums) -> Result<Answer<'a>, MetricError> {
    let of_a_right = NonZeroU64::new(minimums.server_cores).unwrap_or(NonZeroU64::MIN);
    let (mut total, mut parts) = (Amount::ZERO, Vec::new());
    for vm in &inputs.vms {
        let rights = Amount::ratio(machine_core_rights(vm, minimums.cores_with_cal)?, of_a_right);
        total = total.plus(rights).ok_or(MetricError::TooLarge)?;
        parts.push(Part { object: Object::Vm(vm.id), rights });
    }
    Ok(Answer { parts, ..Answer::rounded_up(total) })
}

fn per_instance<'a>(inputs: &Inputs<'a>, _: &super::Factors) -> Result<Answer<'a>, MetricError> {
    let most = inputs.attributes.max_installs_per_ose.unwrap_or(NonZeroU64::MIN);
    Ok(distinct(&inputs.installs, Some(most), environment))
}

fn per_server<'a>(inputs: &Inputs<'a>, factors: &super::Factors) -> Result<Answer<'a>, MetricError> {
    let minimums = factors.microsoft.minimums.value;
    if inputs.terms.edition.is_some_and(|edition| is_same("Microsoft", edition, "Enterprise")) && !inputs.hosts.is_empty() {
        return on_hosts(inputs, |host| {
            let known = |figure: Option<u64>, field| figure.ok_or_else(|| MetricError::missing_of(field, host.id));
            let vms = known(host.potential_vm_count, "potential_vm_count")?;
            let cores = known(host.potential_vm_core_count, "potential_vm_core_count")?;
            Ok(vms.div_ceil(minimums.server_vms.get()).max(cores.div_ceil(minimums.server_vm_cores.get())))
        });
    }
    let server = |install: &super::record::Install<'a>| install.host.map(Object::Host).or(install.device.map(Object::Device));
    Ok(distinct(&inputs.installs, None, server))
}

fn on_hosts<'a>(inputs: &Inputs<'a>, rights: impl Fn(&Host<'a>) -> Result<u64, MetricError>) -> Result<Answer<'a>, MetricError> {
    let parts: Vec<_> =
        inputs.hosts.iter().map(|host| Ok((Object::Host(host.id), rights(host)?))).collect::<Result<_, MetricError>>()?;
    Ok(Answer::of_parts(parts))
}

/// Machines one by one; where replicas are free, passive ones need nothing.
fn on_machines<'a>(inputs: &Inputs<'a>, least: u64, free_replicas: bool) -> Result<Answer<'a>, MetricError> {
    if !inputs.terms.software_assurance {
        return Ok(Answer::denied(Denied::NoSoftwareAssurance));
    }
    let rights = |vm: &Vm<'a>| match free_replicas && vm.passive {
        true => Ok((vm.id, 0)),
        false => Ok((vm.id, machine_core_rights(vm, least)?)),
    };
    let ids: BTreeSet<(&str, u64)> = inputs.vms.iter().map(rights).collect::<Result<_, MetricError>>()?;
    Ok(Answer::of_parts(ids.into_iter().map(|(id, rights)| (Object::Vm(id), rights))))
}
