//! Metrics of a site's own, and attributes of metrics for a model.

use chrono::NaiveDate;

use super::checks::text;
use super::metric_names::{self, entitlements_of};
use crate::asset::Value;
use crate::metric::registry;
use crate::record::uses::users_of_metric;
use crate::record::{Draft, Field, Findings, Library, Rules, Schema, in_words};

/// Metrics that administrators define.
pub const CUSTOM_METRICS: Schema = Schema {
    path: "custom-metrics",
    one: "custom metric",
    help: "Metrics of your own: rights are compared one to one with the units consumed that the resource values say.",
    fields: &[
        Field::text("name", "Name", "The name of the metric, as entitlements name it.").required(),
        Field::text(
            "metric_group",
            "Metric group",
            "The group under which entitlements find it: a group of your own, or one of a publisher.",
        )
        .required(),
        Field::notes("description", "Description", "What one right allows."),
        Field::notes("formula", "Formula", "How the units are measured, for whoever enters them."),
        Field::whole(
            "order_allocated",
            "Reconciliation order - allocated",
            (1, 1_000_000),
            "Among the custom metrics of a product, rights that are allocated are used in this order, the lower first.",
        )
        .required()
        .or("100"),
        Field::whole(
            "order_unallocated",
            "Reconciliation order - unallocated",
            (1, 1_000_000),
            "The same for rights that are not allocated.",
        )
        .required()
        .or("100"),
        Field::boolean("active", "Active", "Whether it is reconciled.").required().or("true"),
    ],
    name: "name",
    unique: &[&["metric_group", "name"]],
    columns: &["metric_group", "name", "order_allocated", "order_unallocated", "active"],
    rules: Rules { check: check_custom, ..Rules::NONE },
};

/// Attributes of the metrics of a model.
pub const METRIC_ATTRIBUTES: Schema = Schema {
    path: "metric-attributes",
    one: "metric attribute",
    help: "Attributes that change how a metric counts for a software model, such as the cores that each processor counts at least.",
    fields: &[
        Field::link("software_model", "Software model", "models", "The model.").required(),
        Field::text("metric_group", "Metric group", "The metric group.").required(),
        Field::text("license_metric", "License metric", "The metric.").required(),
        Field::text("attribute", "Attribute", "One of the attributes that the metric has.").required(),
        Field::count("value", "Value", "Its value; empty is no limit."),
    ],
    name: "",
    unique: &[&["software_model", "metric_group", "license_metric", "attribute"]],
    columns: &["software_model", "license_metric", "attribute", "value"],
    rules: Rules { check: check_attribute, ..Rules::NONE },
};

fn check_custom(draft: &mut Draft<'_>, library: &dyn Library, _: NaiveDate, findings: &mut Findings) {
    let (Some(group), Some(name)) = (draft.values.text("metric_group"), draft.values.text("name")) else { return };
    if let Ok(known) = registry::find(group, name) {
        findings.error("name", format!("the metric group {group} has the metric {} already; choose another name", known.name));
    } else if let Some(other) = registry::GROUPS.into_iter().find(|other| registry::find(other.name, name).is_ok()) {
        findings.warn(format!(
            "The metric group {} has a metric of this name, too; yours is counted by resource values only.",
            other.name
        ));
    }
    let known = metric_names::group(group).map(|known| known.name.to_owned());
    let before = draft.before.and_then(|before| Some((before.text("metric_group")?, before.text("name")?)));
    if let Some((group, name)) = before {
        let used = users_of_metric(library, group, name);
        let renamed = [("metric_group", group), ("name", name)]
            .into_iter()
            .find(|(field, before)| draft.values.text(field).is_none_or(|now| !now.eq_ignore_ascii_case(before)));
        match renamed {
            Some((field, _)) if !used.is_empty() => {
                findings.error(field, format!("it goes by its old name in {}; change them first", in_words(&used)));
            }
            None if draft.changes("active") && !draft.values.is("active") => {
                let used = entitlements_of(library, group, Some(name));
                if used > 0 {
                    findings.warn(format!("{used} entitlements are counted by this metric; they are no longer reconciled."));
                }
            }
            _ => {}
        }
    }
    if let Some(known) = known {
        draft.values.set("metric_group", text(known));
    }
}

fn check_attribute(draft: &mut Draft<'_>, library: &dyn Library, _: NaiveDate, findings: &mut Findings) {
    metric_names::settle(draft, library, findings);
    let Some(metric) = metric_names::of(&draft.values) else { return };
    let Some(entered) = draft.values.text("attribute") else { return };
    let folded = entered.trim().to_lowercase().replace([' ', '-'], "_");
    let Some(attribute) = metric.attributes.iter().find(|attribute| attribute.name == folded) else {
        let known: Vec<&str> = metric.attributes.iter().map(|attribute| attribute.name).collect();
        let known = if known.is_empty() { "it has none".to_owned() } else { format!("known are {}", known.join(", ")) };
        return findings.error("attribute", format!("the metric {} has no attribute {entered:?}; {known}", metric.name));
    };
    draft.values.set("attribute", text(attribute.name));
    if attribute.name.starts_with("max_") && draft.values.get("value") == Some(&Value::Int(0)) {
        findings.error("value", "a right covers at least one; enter 1 or more, or empty it for no limit");
    }
}
