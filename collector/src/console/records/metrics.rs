//! What metrics count, for the fields that name one.

use crate::records::Records;
use muster_domain::{
    metric::registry::{self, GROUPS},
    record::{
        Schema,
        kinds::{self, metric::CUSTOM_METRICS},
    },
};

/// The fields that name a metric: its group, and itself.
pub(super) const GROUP: &str = "metric_group";
/// See [`GROUP`].
pub(super) const METRIC: &str = "license_metric";

/// What a metric counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::console) struct Fact {
    pub(in crate::console) group: String,
    pub(in crate::console) name: String,
    pub(in crate::console) description: String,
    pub(in crate::console) formula: String,
}

/// Whether records of a kind name metrics.
pub(super) fn names_metric(schema: &Schema) -> bool {
    schema.field(GROUP).is_some() && schema.field(METRIC).is_some()
}

/// The metric of a group and a name, as people may write them.
pub(super) fn find(records: &Records, group: &str, name: &str) -> Option<Fact> {
    let same = |known: &str, text: &str| known.eq_ignore_ascii_case(text.trim());
    if let Some(own) = custom(records).into_iter().find(|fact| same(&fact.group, group) && same(&fact.name, name)) {
        return Some(own);
    }
    let metric = registry::find(group, name).ok()?;
    let group = GROUPS.iter().find(|known| same(known.name, group)).map_or(group, |group| group.name);
    Some(fact(group, metric))
}

/// Every metric that there is, by group; only those of a group where there is one of this name.
pub(super) fn all(records: &Records, group: &str) -> Vec<Fact> {
    let known = GROUPS.iter().flat_map(|group| group.metrics.iter().map(|metric| fact(group.name, metric)));
    let all: Vec<Fact> = known.chain(custom(records)).collect();
    let of_group = |fact: &&Fact| fact.group.eq_ignore_ascii_case(group.trim());
    let some: Vec<Fact> = all.iter().filter(of_group).cloned().collect();
    if some.is_empty() { all } else { some }
}

/// Names of the groups.
pub(super) fn groups(records: &Records) -> Vec<String> {
    let mut groups: Vec<String> = GROUPS.iter().map(|group| group.name.to_owned()).collect();
    groups.extend(custom(records).into_iter().map(|fact| fact.group));
    groups.sort();
    groups.dedup();
    groups
}

fn fact(group: &str, metric: &registry::Metric) -> Fact {
    Fact {
        group: group.to_owned(),
        name: metric.name.to_owned(),
        description: metric.description.to_owned(),
        formula: metric.formula.to_owned(),
    }
}

/// Metrics of the site's own.
fn custom(records: &Records) -> Vec<Fact> {
    let Some(schema) = kinds::find(CUSTOM_METRICS.path) else { return Vec::new() };
    let text = |values: &muster_domain::record::Values, field: &str| values.text(field).unwrap_or_default().to_owned();
    let all = records.list(schema, |seen| seen.values.is("active"));
    all.into_iter()
        .map(|seen| Fact {
            group: text(&seen.values, "metric_group"),
            name: text(&seen.values, "name"),
            description: text(&seen.values, "description"),
            formula: text(&seen.values, "formula"),
        })
        .collect()
}
