//! Metrics as records name them: found whatever the case or the alias, and kept by their own names.
//!
//! In: the group and the metric of a draft. Out: the metric, with its names set in the draft, or what is wrong with them.

use super::checks::text;
use super::entitlement::ENTITLEMENTS;
use super::metric::CUSTOM_METRICS;
use super::pack::PACKS;
use crate::metric::registry::{self, GROUPS, Group, Metric, UnknownMetric};
use crate::record::{Draft, Findings, Library, Values};

/// The group of a name, whatever the case.
pub(super) fn group(name: &str) -> Option<&'static Group> {
    GROUPS.into_iter().find(|group| group.name.eq_ignore_ascii_case(name.trim()))
}

/// The metric of a record, if it is one that everybody has.
pub(super) fn of(values: &Values) -> Option<&'static Metric> {
    registry::find(values.text("metric_group")?, values.text("license_metric")?).ok()
}

/// Finds the metric that a draft names and sets its names as they are spelled. One that was there before is not judged again.
pub(super) fn settle(draft: &mut Draft<'_>, library: &dyn Library, findings: &mut Findings) {
    let changes = draft.changes("metric_group") || draft.changes("license_metric");
    let names = (draft.values.text("metric_group"), draft.values.text("license_metric"));
    let (Some(group_name), Some(name)) = names else { return };
    if !changes {
        return;
    }
    let (group_name, name) = match find(group_name, name, library) {
        Ok(names) => names,
        Err((field, text)) => return findings.error(field, text),
    };
    if let Some(pack) = group(&group_name).and_then(|group| group.pack)
        && is_off(library, pack)
    {
        findings.error(
            "metric_group",
            format!("the metrics of {group_name} come with the pack {pack}, which is switched off; set active to true for the pack {pack} first"),
        );
    }
    draft.values.set("metric_group", text(group_name));
    draft.values.set("license_metric", text(name));
}

/// A metric is named by both of its names, or not at all.
pub(super) fn both_or_none(draft: &Draft<'_>, findings: &mut Findings) {
    match (draft.values.get("metric_group"), draft.values.get("license_metric")) {
        (Some(_), None) => findings.error("license_metric", "say the metric of the group, too, or empty the metric group"),
        (None, Some(_)) => findings.error("metric_group", "say the group of the metric, too, or empty the license metric"),
        _ => {}
    }
}

/// Whether a pack is switched off.
pub(super) fn is_off(library: &dyn Library, pack: &str) -> bool {
    library.called(PACKS.path, pack).iter().any(|(_, values)| !values.is("active"))
}

/// How many entitlements are counted by a metric, or by any of a group.
pub(super) fn entitlements_of(library: &dyn Library, group: &str, metric: Option<&str>) -> usize {
    let is = |values: &Values, field: &str, name: &str| values.text(field).is_some_and(|known| known.eq_ignore_ascii_case(name));
    let counted =
        |values: &Values| is(values, "metric_group", group) && metric.is_none_or(|metric| is(values, "license_metric", metric));
    library.all(ENTITLEMENTS.path).filter(|(_, values)| counted(values)).count()
}

fn find(group_name: &str, name: &str, library: &dyn Library) -> Result<(String, String), (&'static str, String)> {
    let of_group =
        |values: &Values| values.text("metric_group").is_some_and(|known| known.eq_ignore_ascii_case(group_name.trim()));
    let custom = library.called(CUSTOM_METRICS.path, name).into_iter().find(|(_, values)| of_group(values));
    if let Some((_, values)) = custom {
        let names = (values.text("metric_group").unwrap_or(group_name), values.text("name").unwrap_or(name));
        if !values.is("active") {
            return Err((
                "license_metric",
                format!("the custom metric {} is not active; set active to true for it first", names.1),
            ));
        }
        return Ok((names.0.to_owned(), names.1.to_owned()));
    }
    match registry::find(group_name, name) {
        Ok(metric) => Ok((group(group_name).map_or(group_name, |group| group.name).to_owned(), metric.name.to_owned())),
        Err(error @ UnknownMetric::Group(_)) if !library.all(CUSTOM_METRICS.path).any(|(_, values)| of_group(values)) => {
            Err(("metric_group", format!("{error}; or enter a custom metric with a group of your own first")))
        }
        Err(UnknownMetric::Group(_)) => {
            let known = library.all(CUSTOM_METRICS.path).filter(|(_, values)| of_group(values));
            let known: Vec<&str> = known.filter_map(|(_, values)| values.text("name")).take(20).collect();
            Err(("license_metric", format!("the group has no metric {name:?}; known are {}", known.join(", "))))
        }
        Err(error) => Err(("license_metric", format!("{error}; or enter it as a custom metric first"))),
    }
}
