//! Prices that an administrator sets for what is missing.

use chrono::NaiveDate;

use super::metric_names;
use crate::record::{Draft, Field, Findings, Library, Rules, Schema};

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
    rules: Rules { check, ..Rules::NONE },
};

fn check(draft: &mut Draft<'_>, library: &dyn Library, _: NaiveDate, findings: &mut Findings) {
    metric_names::settle(draft, library, findings);
    if draft.values.get("license_cost").is_none() && draft.values.get("license_maintenance_cost").is_none() {
        findings.error("license_cost", "enter what a right costs, with or without maintenance; EUR;200 says the currency, too");
    }
}
