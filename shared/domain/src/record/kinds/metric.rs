//! Metrics of a site's own, and attributes of metrics for a model.

use crate::record::{Field, Rules, Schema};

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
    rules: Rules::NONE,
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
    rules: Rules::NONE,
};
