//! IBM: users, processors, value units of processors, resources and users, virtual processor cores (domain 5.7).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::answer::{Answer, Object};
use super::common::consumption;
use super::count::{PER_DEVICE, PER_USER, users};
use super::error::MetricError;
use super::factor::{Factor, Figures, ProcessorRow, Table, Tier};
use super::ibm_capacity::{Cores, cores};
use super::ibm_tiers::all_or_nothing;
use super::inputs::{Inputs, UsageType};
use super::machine::Processor;
use super::named::PER_NAMED_USER;
use super::processors::PER_PROCESSOR;
use super::registry::{Evaluate, Group, Input, Metric};

const FULL_CAPACITY: &str = "Resource Value Unit (RVU) Full Capacity";
const SUB_CAPACITY: &str = "Resource Value Unit (RVU) Sub-capacity";

/// The group.
pub const GROUP: Group = Group {
    name: "IBM",
    pack: Some("IBM"),
    metrics: &[
        Metric::new(
            "Authorized User",
            "One right for each user who may access the program, however often it is installed.",
            "The users of all client access records: numbers are added, each name counts once.",
            &[Input::ClientAccess],
            users,
        ),
        value_unit("Authorized User Value Unit", &["AUVU", "Authorized User Value Unit (AUVU)"], auvu),
        value_unit("Employee User Value Unit", &["EUVU", "Employee User Value Unit (EUVU)"], euvu),
        value_unit("External User Value Unit", &["XUVU", "External User Value Unit (XUVU)"], xuvu),
        PER_DEVICE,
        PER_NAMED_USER,
        PER_PROCESSOR,
        PER_USER,
        Metric::new(
            "Processor Value Unit (PVU)",
            "Value units of the cores that the program can use.",
            "The value units of a core times the activated cores: all of the host under full capacity, the virtual cores but at most the \
             host's under sub-capacity; 70 for each virtual processor in a public cloud.",
            &[Input::Hosts, Input::Vms, Input::Partitions, Input::ProcessorFactor, Input::Terms],
            pvu,
        )
        .also(&["PVU", "Processor Value Unit"]),
        Metric::new(
            "Resource Value Unit (RVU)",
            "Value units of the activated cores of all servers, by tiers.",
            "Each activated core is charged at the factor of its own tier; the total is rounded up. Too few rights license no core.",
            &[Input::ResourceValue],
            rvu,
        )
        .also(&["RVU", "Resource Value Unit"]),
        resource_value(FULL_CAPACITY, &["RVU Full Capacity"], "Value units of all cores of the servers with the program, by tiers."),
        resource_value(SUB_CAPACITY, &["RVU Sub-capacity"], "Value units of the virtual cores of the machines with the program, at most those of their servers, by tiers."),
        Metric::new(
            "Virtual Processor Core (VPC)",
            "One right for each virtual core, or each core of a host without partitions.",
            "The virtual cores of the machines, at most the cores of their host; all cores of a host that runs the program itself.",
            &[Input::Hosts, Input::Vms, Input::Partitions],
            vpc,
        )
        .also(&["VPC", "Virtual Processor Core"]),
        measured("Application Instance"),
        measured("Concurrent User"),
        measured("Connection"),
        measured("Events Per Second"),
        measured("Floating User"),
        measured("Flows Per Minute"),
        measured("Managed Client Device"),
        measured("Managed Device"),
        measured("Managed Virtual Server"),
        measured("Order Lines"),
        measured("RVU decimal (PB)"),
        measured("Storage Device"),
        measured("Terabyte"),
        measured("Token"),
    ],
};

/// What IBM's metrics are computed with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Factors {
    /// Resource value units of activated cores.
    pub rvu: Table<Tier<Factor>>,
    /// Authorized user value units.
    pub auvu: Table<Tier<Factor>>,
    /// Employee user value units.
    pub euvu: Table<Tier<Factor>>,
    /// External user value units.
    pub xuvu: Table<Tier<Factor>>,
    /// Processor value units of a core.
    pub pvu: Table<ProcessorRow<u64>>,
    /// Processor value units of a virtual processor in a public cloud.
    pub cloud_pvu: Figures<u64>,
}

const fn value_unit(name: &'static str, aliases: &'static [&'static str], evaluate: Evaluate) -> Metric {
    Metric::new(
        name,
        "Value units of users, by tiers.",
        "Each user is charged at the factor of its own tier; the total is rounded up. Too few rights license nobody.",
        &[Input::ResourceValue],
        evaluate,
    )
    .also(aliases)
}

const fn resource_value(name: &'static str, aliases: &'static [&'static str], description: &'static str) -> Metric {
    let formula =
        "Each activated core is charged at the factor of its own tier; the total is rounded up. Too few rights license no core.";
    Metric::new(name, description, formula, &[Input::ResourceValue], rvu).also(aliases)
}

/// Whether a metric of IBM counts whole servers, whatever part of them is used.
#[must_use]
pub fn is_full_capacity(metric: &str) -> bool {
    metric == FULL_CAPACITY
}

/// Activated cores of machines by a usage type, where nobody measured them: those of Resource Value Units (domain 5.7).
///
/// # Errors
/// When a fact is missing.
pub fn activated_cores(inputs: &Inputs<'_>, metric: &str) -> Result<u64, MetricError> {
    if inputs.terms.cloud {
        return inputs.vms.iter().try_fold(0_u64, |sum, vm| Ok(sum.saturating_add(vm.vcpus()?)));
    }
    let usage = if is_full_capacity(metric) { UsageType::FullCapacity } else { UsageType::SubCapacity };
    Ok(cores(inputs, usage)?.iter().fold(0, |sum, one| sum.saturating_add(one.count)))
}

const fn measured(name: &'static str) -> Metric {
    let formula = "The units consumed of the resource value are the licences required, one for one.";
    Metric::new(name, "A measured value of the program.", formula, &[Input::ResourceValue], consumption)
}

impl Default for Factors {
    fn default() -> Self {
        let tiers = |rows: &[(Option<u64>, u64)], source| {
            let tier = |(up_to, millionths): &(Option<u64>, u64)| Tier { up_to: *up_to, each: Factor::millionths(*millionths) };
            Table::published(rows.iter().map(tier).collect(), source)
        };
        let (resources, users) = ("IBM publisher pack: PVU and RVU licensing", "IBM publisher pack: user based licensing");
        Self {
            rvu: tiers(
                &[
                    (Some(2500), 1_000_000),
                    (Some(10_000), 800_000),
                    (Some(50_000), 600_000),
                    (Some(150_000), 400_000),
                    (None, 200_000),
                ],
                resources,
            ),
            auvu: tiers(&[(Some(20), 1_000_000), (Some(50), 830_000), (None, 800_000)], users),
            euvu: tiers(
                &[
                    (Some(2500), 1_000_000),
                    (Some(5000), 800_000),
                    (Some(10_000), 700_000),
                    (Some(30_000), 650_000),
                    (Some(50_000), 550_000),
                    (Some(100_000), 500_000),
                    (Some(300_000), 465_000),
                    (Some(500_000), 400_000),
                    (Some(1_000_000), 360_000),
                    (Some(100_000_000), 320_000),
                ],
                users,
            ),
            xuvu: tiers(
                &[
                    (Some(10_000), 1_000_000),
                    (Some(50_000), 875_000),
                    (Some(100_000), 600_000),
                    (Some(500_000), 437_500),
                    (Some(1_000_000), 300_000),
                    (Some(25_000_000), 243_750),
                    (Some(50_000_000), 150_000),
                    (Some(250_000_000), 137_500),
                    (Some(500_000_000), 50_000),
                    (Some(100_000_000_000), 50_000),
                ],
                users,
            ),
            pvu: pvu_table(),
            cloud_pvu: Figures::published(70, "IBM publisher pack: licensing in public clouds"),
        }
    }
}

/// The rows for POWER are IBM's; what is printed for current x86 processors comes from secondary pages.
fn pvu_table() -> Table<ProcessorRow<u64>> {
    let row = |words: &[&str], max_sockets, each| {
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        ProcessorRow { words, max_sockets, each }
    };
    let mut rows = vec![row(&["power*", "linux"], None, 70), row(&["power*", "ifl"], None, 70)];
    for newer in ["power7*", "power8*", "power9*", "power10*", "power11*"] {
        rows.extend([row(&[newer], Some(2), 70), row(&[newer], Some(4), 100), row(&[newer], None, 120)]);
    }
    for large in ["550", "560", "570", "575", "595"] {
        rows.push(row(&["power6*", large], None, 120));
    }
    rows.extend([
        row(&["power6*"], None, 80),
        row(&["power5*", "qcm"], None, 50),
        row(&["power5*"], None, 100),
        row(&["power4*"], None, 100),
        row(&["single-core"], None, 100),
        row(&["opteron"], None, 50),
        row(&["xeon"], None, 70),
        row(&["epyc"], None, 70),
        row(&["intel"], None, 70),
        row(&["amd"], None, 70),
    ]);
    Table::secondary(rows, "IBM PVU table of 2026-01-09; x86 rows from secondary pages")
}

fn rvu<'a>(inputs: &Inputs<'a>, factors: &super::Factors) -> Result<Answer<'a>, MetricError> {
    let count = inputs.activated_core_count.ok_or(MetricError::Missing { field: "activated_core_count" })?;
    all_or_nothing(inputs, count, &factors.ibm.rvu)
}

fn auvu<'a>(inputs: &Inputs<'a>, factors: &super::Factors) -> Result<Answer<'a>, MetricError> {
    all_or_nothing(inputs, user_count(inputs)?, &factors.ibm.auvu)
}

fn euvu<'a>(inputs: &Inputs<'a>, factors: &super::Factors) -> Result<Answer<'a>, MetricError> {
    all_or_nothing(inputs, user_count(inputs)?, &factors.ibm.euvu)
}

fn xuvu<'a>(inputs: &Inputs<'a>, factors: &super::Factors) -> Result<Answer<'a>, MetricError> {
    all_or_nothing(inputs, user_count(inputs)?, &factors.ibm.xuvu)
}

fn user_count(inputs: &Inputs<'_>) -> Result<u64, MetricError> {
    inputs.user_count.ok_or(MetricError::Missing { field: "user_count" })
}

fn pvu<'a>(inputs: &Inputs<'a>, factors: &super::Factors) -> Result<Answer<'a>, MetricError> {
    let mut parts = BTreeMap::<Object<'a>, u64>::new();
    let mut add = |object, count: u64, each: u64| {
        let units = parts.entry(object).or_default();
        *units = units.saturating_add(count.saturating_mul(each));
    };
    if inputs.terms.cloud {
        for vm in &inputs.vms {
            add(Object::Vm(vm.id), vm.vcpus()?, factors.ibm.cloud_pvu.value);
        }
    } else {
        for cores in cores(inputs, inputs.terms.usage_type)? {
            add(cores.object, cores.count, pvu_per_core(inputs, &cores, factors)?);
        }
    }
    Ok(Answer::of_parts(parts))
}

fn pvu_per_core(inputs: &Inputs<'_>, cores: &Cores<'_>, factors: &super::Factors) -> Result<u64, MetricError> {
    let one = |(id, processor): &(&str, Option<Processor<'_>>)| {
        let found = processor.and_then(|processor| factors.ibm.pvu.of_processor(processor.name, processor.sockets));
        found.ok_or_else(|| MetricError::missing_of("pvu_per_core, or a processor that the table knows,", id))
    };
    if let Some(units) = inputs.terms.pvu_per_core {
        return Ok(units);
    }
    let known: Vec<u64> = cores.processors.iter().map(one).collect::<Result<_, _>>()?;
    known.into_iter().max().ok_or(MetricError::Missing { field: "pvu_per_core" })
}

fn vpc<'a>(inputs: &Inputs<'a>, _: &super::Factors) -> Result<Answer<'a>, MetricError> {
    let found = cores(inputs, UsageType::SubCapacity)?;
    Ok(Answer::of_parts(found.into_iter().map(|cores| (cores.object, cores.count))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_core_s_value_units_follow_its_processor() {
        let table = Factors::default().pvu;
        let check = |name: &str, sockets: Option<u32>, expected: Option<u64>| {
            assert_eq!(table.of_processor(name, sockets), expected, "{name} {sockets:?}");
        };
        check("IBM POWER9", Some(2), Some(70));
        check("IBM POWER9", Some(3), Some(100));
        check("IBM POWER9", Some(8), Some(120));
        check("IBM POWER9", None, Some(120));
        check("POWER8 with Linux", Some(8), Some(70));
        check("POWER6 570", None, Some(120));
        check("POWER6 JS", None, Some(80));
        check("POWER5+ QCM", None, Some(50));
        check("POWER7+", Some(2), Some(70));
        check("POWER8E (raw)", Some(8), Some(120));
        check("POWER5 QCM", None, Some(50));
        check("Intel(R) Xeon(R) Gold 6230", Some(2), Some(70));
        check("SPARC T4", Some(1), None);
    }
}
