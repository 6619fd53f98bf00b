//! Figures that metrics take and that no agent reports.

use crate::asset::reference::Table;
use crate::record::{Field, Rules, Schema};

/// Resource values.
pub const RESOURCE_VALUES: Schema = Schema {
    path: "resource-values",
    one: "resource value",
    help: "Units that a model consumes: for Resource Consumption, Engine Measurement, SaaS Consumption, Employee, value units and custom metrics.",
    fields: &[
        Field::link("software_model", "Software model", "models", "The model.").required(),
        Field::text("metric_group", "Metric group", "The group of the metric it is measured for; empty is any."),
        Field::text("license_metric", "License metric", "The metric it is measured for; empty is any."),
        Field::text("resource", "Resource", "What is measured, such as employees, envelopes, activated cores.").required(),
        Field::decimal("units_consumed", "Units consumed", "How many units.").required(),
        Field::reference("device", "Device", Table::Asset, "The device that consumes them, where that is known."),
        Field::date("from_date", "From", "First day of what was measured."),
        Field::date("to_date", "To", "Last day of what was measured."),
    ],
    name: "",
    unique: &[&["software_model", "resource", "device", "from_date"]],
    columns: &["software_model", "license_metric", "resource", "units_consumed", "from_date", "to_date"],
    rules: Rules::NONE,
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
    rules: Rules::NONE,
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
    rules: Rules::NONE,
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
    rules: Rules::NONE,
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
    rules: Rules::NONE,
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
    rules: Rules::NONE,
};
