//! Which way to license SQL Server in a cluster is the cheapest: the hosts, every machine as Enterprise, or each by its edition
//! (domain 5.8).

use super::answer::Denied;
use super::error::MetricError;
use super::factor::Factors;
use super::inputs::Inputs;
use super::microsoft::{host_core_rights, machine_core_rights};
use crate::decimal::Decimal;

/// Prices of one core right.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Prices {
    /// Of Enterprise.
    pub enterprise: Option<Decimal>,
    /// Of Standard.
    pub standard: Option<Decimal>,
}

/// A way to license a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// Enterprise on every host.
    HostLayer,
    /// Enterprise on every machine.
    VmLayer,
    /// Each machine by its edition.
    Mixed,
}

/// What a way costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Core rights of Enterprise.
    pub enterprise: u64,
    /// Core rights of Standard.
    pub standard: u64,
    /// For all of them.
    pub cost: Decimal,
}

/// The ways, and the cheapest of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostChoice {
    /// The ways that are open, in their order; those of the machines only with Software Assurance.
    pub options: Vec<(Way, Cost)>,
    /// The cheapest, the first of equals.
    pub chosen: Way,
    /// What it costs.
    pub cost: Decimal,
    /// How much less that is than the dearest.
    pub saving: Decimal,
    /// Why the ways of the machines are closed.
    pub closed: Option<Denied>,
}

impl Way {
    /// Its name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::HostLayer => "host_layer",
            Self::VmLayer => "vm_layer",
            Self::Mixed => "mixed",
        }
    }
}

/// Compares the ways.
///
/// # Errors
/// When a price, an edition or a fact about a machine is missing.
pub fn cost_choice(inputs: &Inputs<'_>, prices: Prices, factors: &Factors) -> Result<CostChoice, MetricError> {
    let unique = inputs.without_duplicates()?;
    let inputs = unique.as_ref().unwrap_or(inputs);
    let least = inputs.attributes.min_cores_per_processor.unwrap_or(factors.microsoft.minimums.value.cores);
    let assured = inputs.terms.software_assurance;
    let mut on_hosts = 0_u64;
    for host in &inputs.hosts {
        on_hosts = on_hosts.saturating_add(host_core_rights(host, least, assured)?);
    }
    let (mut enterprise, mut standard) = (0_u64, 0_u64);
    for vm in &inputs.vms {
        let rights = machine_core_rights(vm, least)?;
        let sum = match vm.edition {
            Some("Enterprise") => &mut enterprise,
            Some("Standard") => &mut standard,
            Some(other) => return Err(MetricError::unknown("edition", other, &["Enterprise", "Standard"])),
            None => return Err(MetricError::missing_of("edition", vm.id)),
        };
        *sum = sum.saturating_add(rights);
    }
    let first = cost(on_hosts, 0, prices)?;
    let mut options = vec![(Way::HostLayer, first)];
    if assured {
        options.push((Way::VmLayer, cost(enterprise.saturating_add(standard), 0, prices)?));
        options.push((Way::Mixed, cost(enterprise, standard, prices)?));
    }
    let (mut chosen, mut dearest) = ((Way::HostLayer, first.cost), first.cost);
    for (way, option) in &options {
        dearest = dearest.max(option.cost);
        if option.cost < chosen.1 {
            chosen = (*way, option.cost);
        }
    }
    let saving = dearest.minus(chosen.1).ok_or(MetricError::TooLarge)?;
    let closed = (!assured).then_some(Denied::NoSoftwareAssurance);
    Ok(CostChoice { options, chosen: chosen.0, cost: chosen.1, saving, closed })
}

fn cost(enterprise: u64, standard: u64, prices: Prices) -> Result<Cost, MetricError> {
    // What is not needed may be without a price.
    let part = |rights: u64, price: Option<Decimal>, field| match (rights, price) {
        (0, _) => Ok(Decimal::default()),
        (_, None) => Err(MetricError::Missing { field }),
        (_, Some(price)) => price.times(rights).ok_or(MetricError::TooLarge),
    };
    let enterprise_cost = part(enterprise, prices.enterprise, "the price of Enterprise (prices)")?;
    let standard_cost = part(standard, prices.standard, "the price of Standard (prices)")?;
    let cost = enterprise_cost.plus(standard_cost).ok_or(MetricError::TooLarge)?;
    Ok(Cost { enterprise, standard, cost })
}
