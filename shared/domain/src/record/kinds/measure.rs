//! Figures that metrics take and that no agent reports.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::checks::dates_in_order;
use super::metric_names;
use crate::asset::reference::Table;
use crate::metric::{Input, registry};
use crate::record::{Draft, Field, Findings, Library, Rules, Schema};

/// Resource values.
pub const RESOURCE_VALUES: Schema = Schema {
    path: "resource-values",
    one: "resource value",
    help: "Units that a model consumes: for Resource Consumption, Engine Measurement, SaaS Consumption, Employee, value units and custom metrics.",
    fields: &[
        Field::link("software_model", "Software model", "models", "The model.").required(),
        Field::text("metric_group", "Metric group", "The group of the metric it is measured for; empty is any."),
        Field::text(
            "license_metric",
            "License metric",
            "The metric it is measured for; empty only where the model has one that takes resource values.",
        ),
        Field::text("resource", "Resource", "What is measured, such as employees, envelopes, activated cores.").required(),
        Field::decimal("units_consumed", "Units consumed", "How many units.").required(),
        Field::reference("device", "Device", Table::Asset, "The device that consumes them, where that is known."),
        Field::date("from_date", "From", "First day of what was measured."),
        Field::date("to_date", "To", "Last day of what was measured."),
    ],
    name: "",
    unique: &[&["software_model", "resource", "device", "from_date"]],
    columns: &["software_model", "license_metric", "resource", "units_consumed", "from_date", "to_date"],
    rules: Rules { check: check_resource, ..Rules::NONE },
};

/// Types of documents (domain 5.11).
pub const DOCUMENT_TYPES: [&str; 9] =
    ["Material", "Financial", "Sales", "Purchase", "Invoice", "Manufacturing", "Quality", "Service & Maintenance", "Time"];

/// Documents that were created.
pub const DOCUMENT_COUNTS: Schema = Schema {
    path: "document-counts",
    one: "document count",
    help: "Documents that other systems created in SAP, for Digital Access.",
    fields: &[
        Field::link("software_model", "Software model", "models", "The model.").required(),
        Field::choice("document_type", "Document type", &DOCUMENT_TYPES, "What kind of document.").required(),
        Field::count("document_count", "Documents", "How many were created.").required(),
        Field::date("from_date", "From", "First day."),
        Field::date("to_date", "To", "Last day."),
    ],
    name: "",
    unique: &[&["software_model", "document_type", "from_date"]],
    columns: &["software_model", "document_type", "document_count", "from_date", "to_date"],
    rules: Rules { check: check_documents, ..Rules::NONE },
};

/// Endpoints that a sensor saw.
pub const ENDPOINT_COUNTS: Schema = Schema {
    path: "endpoint-counts",
    one: "endpoint count",
    help: "Unique active endpoints by hour or by week, for CrowdStrike's metrics.",
    fields: &[
        Field::link("software_model", "Software model", "models", "The model.").required(),
        Field::choice("period", "Period", &["Hour", "Week"], "What the count is of.").required().or("Hour"),
        Field::date("measured_on", "Measured on", "The day of the hour, or the last day of the week.").required(),
        Field::whole("hour", "Hour", (0, 23), "The hour of the day; empty for a week."),
        Field::count("endpoint_count", "Endpoints", "Unique endpoints.").required(),
    ],
    name: "",
    unique: &[&["software_model", "period", "measured_on", "hour"]],
    columns: &["software_model", "period", "measured_on", "hour", "endpoint_count"],
    rules: Rules { check: check_endpoints, ..Rules::NONE },
};

/// Peaks that other licence managers counted.
pub const USAGE_PEAKS: Schema = Schema {
    path: "usage-peaks",
    one: "usage peak",
    help: "The most licences in use at the same time on a day, as another licence manager counted them. Peaks of muster's own applications need no record.",
    fields: &[
        Field::link("software_model", "Software model", "models", "The model.").required(),
        Field::date("measured_on", "Day", "The day.").required(),
        Field::count("peak", "Peak", "The most licences, tokens or users at the same time.").required(),
        Field::text("source", "Source", "Which licence manager counted."),
    ],
    name: "",
    unique: &[&["software_model", "measured_on"]],
    columns: &["software_model", "measured_on", "peak", "source"],
    rules: Rules { check: check_peak, ..Rules::NONE },
};

/// Tokens that were taken out.
pub const TOKEN_CHECKOUTS: Schema = Schema {
    path: "token-checkouts",
    one: "token check-out",
    help: "Tokens that were taken out of another licence manager, with the day and the minutes of the day.",
    fields: &[
        Field::link("software_model", "Software model", "models", "The model.").required(),
        Field::text("feature", "Feature", "The product that took them.").required(),
        Field::count("tokens", "Tokens", "How many.").required(),
        Field::date("day", "Day", "The day.").required(),
        Field::whole("start_minute", "Start minute", (0, 1439), "Minute of the day at which they were taken.").required(),
        Field::whole("end_minute", "End minute", (0, 1440), "Minute of the day at which they were given back.").required(),
    ],
    name: "",
    unique: &[],
    columns: &["software_model", "feature", "tokens", "day", "start_minute", "end_minute"],
    rules: Rules { check: check_checkout, ..Rules::NONE },
};

/// When software was used last.
pub const SOFTWARE_USAGE: Schema = Schema {
    path: "software-usage",
    one: "software usage",
    help: "When software was used last on a device, so that what nobody uses can be taken back.",
    fields: &[
        Field::link("software_model", "Software model", "models", "The model.").required(),
        Field::reference("device", "Device", Table::Asset, "The device.").required(),
        Field::reference("user", "User", Table::User, "Who used it."),
        Field::date("last_used", "Last used", "When it was used last.").required(),
    ],
    name: "",
    unique: &[&["software_model", "device"]],
    columns: &["software_model", "device", "user", "last_used"],
    rules: Rules { check: check_usage, ..Rules::NONE },
};

fn check_resource(draft: &mut Draft<'_>, library: &dyn Library, _: NaiveDate, findings: &mut Findings) {
    metric_names::settle(draft, library, findings);
    metric_names::both_or_none(draft, findings);
    several_metrics(draft, library, findings);
    dates_in_order(draft, ("from_date", "to_date"), findings);
}

/// Units of one metric are none of another, so a value of a model with several metrics says of which it is.
fn several_metrics(draft: &Draft<'_>, library: &dyn Library, findings: &mut Findings) {
    let Some(model) = draft.values.id("software_model").filter(|_| draft.values.get("license_metric").is_none()) else { return };
    let takes = |group: &str, name: &str| match registry::find(group, name) {
        Ok(metric) => metric.inputs.contains(&Input::ResourceValue),
        // What is not in the registry is a metric of the site: those are counted by resource values.
        Err(_) => true,
    };
    let of_model = library.metrics_of(model).into_iter().filter(|(group, name)| takes(group, name));
    let metrics: BTreeSet<String> = of_model.map(|(group, name)| format!("{group} / {name}")).collect();
    if metrics.len() > 1 {
        let known: Vec<&str> = metrics.iter().map(String::as_str).collect();
        findings.error(
            "license_metric",
            format!("say which metric was measured; entitlements of the model have {}", known.join(" and ")),
        );
    }
}

fn check_documents(draft: &mut Draft<'_>, _: &dyn Library, _: NaiveDate, findings: &mut Findings) {
    dates_in_order(draft, ("from_date", "to_date"), findings);
}

fn check_endpoints(draft: &mut Draft<'_>, _: &dyn Library, today: NaiveDate, findings: &mut Findings) {
    match (draft.values.text("period"), draft.values.whole("hour")) {
        (Some("Hour"), None) => findings.error("hour", "say the hour of the day, from 0 to 23"),
        (Some("Week"), Some(_)) => findings.error("hour", "the count of a week has no hour; leave it empty"),
        _ => {}
    }
    not_later(draft, "measured_on", today, findings);
}

fn check_peak(draft: &mut Draft<'_>, _: &dyn Library, today: NaiveDate, findings: &mut Findings) {
    not_later(draft, "measured_on", today, findings);
}

fn check_checkout(draft: &mut Draft<'_>, _: &dyn Library, today: NaiveDate, findings: &mut Findings) {
    if let (Some(start), Some(end)) = (draft.values.whole("start_minute"), draft.values.whole("end_minute"))
        && end < start
    {
        findings
            .error("end_minute", format!("the tokens were given back before they were taken; enter {start} or a later minute"));
    }
    not_later(draft, "day", today, findings);
}

fn check_usage(draft: &mut Draft<'_>, _: &dyn Library, today: NaiveDate, findings: &mut Findings) {
    not_later(draft, "last_used", today, findings);
}

/// What was counted on a day that has not come: a wrong date, or a wrong clock; neither is worth losing a record.
fn not_later(draft: &Draft<'_>, field: &str, today: NaiveDate, findings: &mut Findings) {
    if draft.values.date(field).is_some_and(|date| date > today) {
        findings.warn(format!("{field} is in the future."));
    }
}
