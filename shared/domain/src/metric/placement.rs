//! Where virtual machines run: their virtual cores by host.

use std::collections::BTreeMap;

use super::error::MetricError;
use super::inputs::Inputs;
use super::machine::Vm;

/// Virtual cores by the host that they are on.
pub(super) struct Machines<'a> {
    by_host: BTreeMap<&'a str, Option<u64>>,
    /// Machines whose host is not known, by their ids, and their virtual cores.
    pub(super) elsewhere: Vec<(Vm<'a>, u64)>,
}

impl Machines<'_> {
    pub(super) fn on(&self, host: &str) -> u64 {
        self.by_host.get(host).copied().flatten().unwrap_or(0)
    }

    /// Whether any machine is on the host, however large.
    pub(super) fn are_on(&self, host: &str) -> bool {
        self.by_host.get(host).copied().flatten().is_some()
    }
}

/// The machines by host.
///
/// # Errors
/// When a machine's virtual cores are not known, or its host is not described.
pub(super) fn machines_of<'a>(inputs: &Inputs<'a>) -> Result<Machines<'a>, MetricError> {
    let mut by_host: BTreeMap<&str, Option<u64>> = inputs.hosts.iter().map(|host| (host.id, None)).collect();
    let mut elsewhere = Vec::new();
    for vm in &inputs.vms {
        match vm.host {
            None => elsewhere.push((*vm, vm.vcpus()?)),
            Some(host) => {
                let unknown = || MetricError::UnknownHost { vm: vm.id.to_owned(), host: host.to_owned() };
                let cores = by_host.get_mut(host).ok_or_else(unknown)?;
                *cores = Some(cores.unwrap_or(0).saturating_add(vm.vcpus()?));
            }
        }
    }
    elsewhere.sort_unstable_by_key(|(vm, _)| vm.id);
    Ok(Machines { by_host, elsewhere })
}
