//! Prices that an administrator sets for what is missing.

use crate::record::{Field, Rules, Schema};

/// Override license costs.
pub const OVERRIDE_COSTS: Schema = Schema {
    path: "override-costs",
    one: "override license cost",
    help: "Prices of a right that stand over the average of the entitlements when missing rights are priced. Zero is not set.",
    fields: &[
        Field::link("software_model", "Software model", "models", "The model.").required(),
        Field::text("metric_group", "Metric group", "The metric group.").required(),
        Field::text("license_metric", "License metric", "The metric.").required(),
        Field::money("license_cost", "License cost", "What a right costs without maintenance."),
        Field::money("license_maintenance_cost", "License and maintenance cost", "What a right costs with maintenance."),
        Field::currency(),
    ],
    name: "",
    unique: &[&["software_model", "metric_group", "license_metric"]],
    columns: &["software_model", "license_metric", "license_cost", "license_maintenance_cost", "currency"],
    rules: Rules::NONE,
};
