//! Every metric group and metric: what it counts, its formula in a sentence, what it needs to know.
//!
//! In: names as an administrator writes them. Out: the metric, to be described or computed.

use super::answer::Answer;
use super::error::{MetricError, shown};
use super::factor::Factors;
use super::inputs::Inputs;
use super::{
    adobe, citrix, common, concurrent, consumption, crowdstrike, ibm, microsoft, oracle, red_hat, sap, subscription, vmware,
};

/// Every metric group, by name.
pub const GROUPS: [&Group; 13] = [
    &adobe::GROUP,
    &citrix::GROUP,
    &common::GROUP,
    &concurrent::GROUP,
    &consumption::GROUP,
    &crowdstrike::GROUP,
    &ibm::GROUP,
    &microsoft::GROUP,
    &oracle::GROUP,
    &red_hat::GROUP,
    &sap::GROUP,
    &subscription::GROUP,
    &vmware::GROUP,
];

/// The metrics of one publisher, or of one kind of licence.
#[derive(Debug)]
pub struct Group {
    /// Its name.
    pub name: &'static str,
    /// The pack that brings it; none where it is always there.
    pub pack: Option<&'static str>,
    /// Its metrics.
    pub metrics: &'static [Metric],
}

/// One metric of a group.
#[derive(Debug)]
pub struct Metric {
    /// Its name, unique in its group.
    pub name: &'static str,
    /// Other names of it.
    pub aliases: &'static [&'static str],
    /// What it licenses.
    pub description: &'static str,
    /// How it is computed.
    pub formula: &'static str,
    /// What it takes.
    pub inputs: &'static [Input],
    /// Attributes of the software model that change it.
    pub attributes: &'static [Attribute],
    /// Whether there are unlimited licences of it (domain 5.14).
    pub unlimited: bool,
    pub(super) evaluate: Evaluate,
}

pub(super) type Evaluate = for<'a> fn(&Inputs<'a>, &Factors) -> Result<Answer<'a>, MetricError>;

/// Something that a metric takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Input {
    /// Installs.
    Installs,
    /// Allocations.
    Allocations,
    /// Client access records.
    ClientAccess,
    /// Subscriptions.
    Subscriptions,
    /// Physical servers.
    Hosts,
    /// Virtual machines.
    Vms,
    /// Hardware partitions.
    Partitions,
    /// Users by type.
    NamedUsers,
    /// Documents by type.
    Documents,
    /// Peaks by day.
    DailyPeaks,
    /// Tokens taken out.
    Checkouts,
    /// Endpoints by hour or week.
    EndpointCounts,
    /// Resource values.
    ResourceValue,
    /// What was bought for a period.
    Purchase,
    /// Edition, product, Software Assurance and the like.
    Terms,
    /// Factors of the processors.
    ProcessorFactor,
}

/// An attribute of a software model that changes a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attribute {
    /// The field.
    pub name: &'static str,
    /// Its value unless the model says otherwise; none is no limit.
    pub default: Option<u64>,
    /// What it does.
    pub description: &'static str,
}

/// Names that no metric has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownMetric {
    /// No such group.
    #[error("there is no metric group {0:?}; known are {known}", known = group_names())]
    Group(String),
    /// No such metric in the group.
    #[error("the metric group {group} has no metric {metric:?}; known are {known}")]
    Metric {
        /// The group.
        group: &'static str,
        /// What was asked for.
        metric: String,
        /// Its metrics.
        known: String,
    },
}

/// Finds a metric by the names of its group and its own, in any case.
///
/// # Errors
/// When there is no such group, or no such metric in it; the message lists those that there are.
pub fn find(group: &str, metric: &str) -> Result<&'static Metric, UnknownMetric> {
    let found = GROUPS.iter().find(|known| known.name.eq_ignore_ascii_case(group.trim()));
    let group = found.ok_or_else(|| UnknownMetric::Group(shown(group)))?;
    let name = metric.trim();
    let is_named = |known: &&Metric| {
        known.name.eq_ignore_ascii_case(name) || known.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name))
    };
    group.metrics.iter().find(is_named).ok_or_else(|| UnknownMetric::Metric {
        group: group.name,
        metric: shown(metric),
        known: group.metrics.iter().map(|metric| metric.name).collect::<Vec<_>>().join(", "),
    })
}

fn group_names() -> String {
    GROUPS.map(|group| group.name).join(", ")
}

impl Metric {
    /// Computes the metric.
    ///
    /// # Errors
    /// When something that it needs is not known or cannot be; the message says what.
    pub fn evaluate<'a>(&self, inputs: &Inputs<'a>, factors: &Factors) -> Result<Answer<'a>, MetricError> {
        match inputs.without_duplicates()? {
            Some(inputs) => (self.evaluate)(&inputs, factors),
            None => (self.evaluate)(inputs, factors),
        }
    }

    pub(super) const fn new(
        name: &'static str,
        description: &'static str,
        formula: &'static str,
        inputs: &'static [Input],
        evaluate: Evaluate,
    ) -> Self {
        Self { name, aliases: &[], description, formula, inputs, attributes: &[], unlimited: false, evaluate }
    }

    pub(super) const fn with(self, attributes: &'static [Attribute]) -> Self {
        Self { attributes, ..self }
    }

    pub(super) const fn or_unlimited(self) -> Self {
        Self { unlimited: true, ..self }
    }

    pub(super) const fn also(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }
}

impl Input {
    /// What it is, as a list of inputs shows it.
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::Installs => "installs, with device and assigned user, operating system environment or physical server",
            Self::Allocations => "allocations to users or devices, with quantities",
            Self::ClientAccess => "client access records: users and devices by name or by number",
            Self::Subscriptions => "subscriptions of users",
            Self::Hosts => "physical servers: sockets, cores of a processor, cluster, what runs on them",
            Self::Vms => "virtual machines: virtual processors, host, edition",
            Self::Partitions => "hardware partitions: kind, cores, entitled capacity, virtual processors, cores of the pool",
            Self::NamedUsers => "users and their types",
            Self::Documents => "created documents by type",
            Self::DailyPeaks => "the most licences out at the same time, day by day",
            Self::Checkouts => "tokens taken out, with start and end",
            Self::EndpointCounts => "unique active endpoints by hour or by week",
            Self::ResourceValue => "the resource value: units consumed, users, employees or activated cores",
            Self::Purchase => "purchased rights, their price and the subscription period",
            Self::Terms => "how it is licensed: product, edition, layer, Software Assurance, cloud",
            Self::ProcessorFactor => "the processor of each server, or the factor itself",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn metrics_are_found_by_their_names() {
        assert_eq!(find("common", "per device").unwrap().name, "Per Device");
        assert_eq!(find("IBM", "pvu").unwrap().name, "Processor Value Unit (PVU)");
        assert_eq!(find("Citrix", "Per Processor").unwrap().name, "Per Processor (CPU count)");
        let group = find("Corel", "Per Device").unwrap_err().to_string();
        assert!(group.contains("\"Corel\"") && group.contains("Concurrent Licenses"), "{group}");
        let metric = find("Red Hat", "Per Device").unwrap_err().to_string();
        assert!(metric.contains("Red Hat") && metric.contains("Per Socket-pair"), "{metric}");
    }

    #[test]
    fn every_metric_says_what_it_is() {
        let mut groups = BTreeSet::new();
        for group in GROUPS {
            assert!(groups.insert(group.name) && !group.metrics.is_empty(), "{}", group.name);
            let mut names = BTreeSet::new();
            for metric in group.metrics {
                for name in metric.aliases.iter().chain([&metric.name]) {
                    assert!(names.insert(name.to_lowercase()), "{} {name}", group.name);
                }
                let sentences = [metric.description, metric.formula];
                assert!(sentences.iter().all(|text| text.len() > 10 && text.ends_with('.')), "{} {}", group.name, metric.name);
                assert!(!metric.inputs.is_empty(), "{}", metric.name);
                assert!(metric.inputs.iter().all(|input| !input.description().is_empty()));
            }
        }
        assert!(GROUPS.is_sorted_by_key(|group| group.name));
    }
}
