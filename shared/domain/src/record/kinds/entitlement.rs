//! Software entitlements: what was bought, and its licence keys.

use chrono::NaiveDate;
use uuid::Uuid;

use super::allocation::ALLOCATIONS;
use crate::asset::Value;
use crate::asset::reference::Table;
use crate::entitlement::AGREEMENT_TYPES;
use crate::record::{Draft, Field, Findings, Library, Rules, Schema, Values};

/// Types of licence.
pub const LICENSE_TYPES: [&str; 11] = [
    "Perpetual",
    "Perpetual + Software Assurance",
    "Perpetual + Maintenance",
    "Software Assurance",
    "Maintenance",
    "Subscription",
    "Step-up",
    "Subscription Step-up",
    "Upgrade",
    "Add-on",
    "From SA",
];
/// States of an entitlement.
pub const STATES: [&str; 9] =
    ["On order", "In stock", "In transit", "In use", "Consumed", "In maintenance", "Retired", "Missing", "Build"];
/// Billing frequencies.
pub const PERIODS: [&str; 4] = ["Monthly", "Quarterly", "Annually", "Entire Subscription Period"];

/// Software entitlements (seed 004, every tab).
pub const ENTITLEMENTS: Schema = Schema {
    path: "entitlements",
    one: "software entitlement",
    help: "Rights that were bought: for which software model, by which metric, how many, at what cost.",
    fields: &[
        Field::text("display_name", "Display name", "The software model's display name, with the metric.").derived(),
        Field::text("number", "Number", "Names the entitlement in files and in other records; made when nothing is entered."),
        Field::text("asset_tag", "Asset tag", "Serial number and bar code by which the asset is tracked."),
        Field::text(
            "publisher_part_number",
            "Publisher part number",
            "The part number it was bought under. One of the catalogue brings the software model.",
        ),
        Field::link("software_model", "Software model", "models", "The model that it gives rights for.").required(),
        Field::choice(
            "agreement_type",
            "Agreement type",
            &AGREEMENT_TYPES,
            "Any but Generic brings the model's downgrade rights; some keep the position compliant.",
        )
        .required()
        .or("Generic"),
        Field::choice(
            "license_type",
            "License type",
            &LICENSE_TYPES,
            "Whether the rights are full ones, maintain others, or move from an earlier version.",
        )
        .required()
        .or("Perpetual"),
        Field::text(
            "metric_group",
            "Metric group",
            "The group of the metric; that of the model's publisher unless another is entered. Consumption and Subscription force the license \
             type Subscription.",
        ),
        Field::text("license_metric", "License metric", "What a right is counted against; see the metrics for what each counts.")
            .required(),
        Field::boolean("unlimited_license", "Unlimited license", "Whether there is no limit to the rights."),
        Field::choice("subscription_period", "Subscription period", &PERIODS, "How often a subscription is billed."),
        Field::date("start_date", "Start date", "First day of the subscription, maintenance or software assurance."),
        Field::date(
            "end_date",
            "End date",
            "Its last day. After it the maintenance flag is cleared, and software assurance is retired.",
        ),
        Field::count(
            "rights_per_pack",
            "Rights per license pack",
            "Rights in a pack, for Microsoft's Per Core and Per Core (with CAL).",
        ),
        Field::count("number_of_packs", "Number of packs", "Packs that were bought; purchased rights follow."),
        Field::count("purchased_rights", "Purchased rights", "Rights that were bought; with packs, packs times rights; with units and nothing else, the units."),
        Field::count(
            "active_rights",
            "Active rights",
            "Rights that are granted; the purchased ones unless something else is entered, without those that moved to another entitlement, \
             none when retired. Not shown with an enterprise contract.",
        ),
        Field::whole(
            "allocations_available",
            "Allocations available",
            (i64::MIN, i64::MAX),
            "Active rights without those that are allocated.",
        )
        .derived(),
        Field::money("unit_cost", "Unit cost", "What one right costs, for one period if it is subscribed to."),
        Field::currency(),
        Field::money("total_cost", "Total cost", "Purchased rights times unit cost times periods.").derived(),
        Field::decimal("total_units", "Total units", "Units that were bought, for the group Consumption; purchased rights follow unless others are entered."),
        Field::boolean(
            "unrestricted_consumption",
            "Unrestricted consumption",
            "Whether entities outside the consumption rules may use what is in no pool; every rule must have a pool.",
        ),
        Field::boolean(
            "full_capacity",
            "Full capacity",
            "IBM: whether all cores of the host count for machines that rights are allocated to, and not only those that a machine may use.",
        ),
        Field::text("serial_number", "Serial number", "Number that identifies the asset.").on("General"),
        Field::reference("owned_by", "Owned by", Table::User, "Who owns it financially.").on("General"),
        Field::choice(
            "state",
            "State",
            &STATES,
            "Where it stands; a new one is Build and is published to In use. Of a subscription it follows from the dates: on order before its \
             start, retired after its end; Software Assurance is retired after its end, too.",
        )
            .required()
            .or("Build")
            .on("General"),
        Field::text("substate", "Substate", "More about the state, such as Disposed or Sold of a retired one.").on("General"),
        Field::boolean(
            "active_maintenance",
            "Active maintenance",
            "Whether subscription, software assurance or maintenance is active.",
        )
        .derived()
        .on("General"),
        Field::reference("company", "Company", Table::Company, "Company that it belongs to.").on("General"),
        Field::reference("location", "Location", Table::Location, "Where it is used.").on("General"),
        Field::reference("department", "Department", Table::Department, "Department that it belongs to.").on("General"),
        Field::reference("vendor", "Vendor", Table::Company, "Company that it was bought from.").on("Financial"),
        Field::text("invoice_number", "Invoice number", "Invoice that it was billed under.").on("Financial"),
        Field::text("request_line", "Request line", "Request line that it belongs to.").on("Financial"),
        Field::date("purchased", "Purchased", "When it was bought; counts for Microsoft on dedicated hosts of clouds.")
            .on("Financial"),
        Field::date("opened", "Opened", "When the request was opened.").on("Financial"),
        Field::text("gl_account", "GL account", "General ledger account.").on("Financial"),
        Field::reference("cost_center", "Cost center", Table::CostCenter, "Cost center that pays for it.").on("Financial"),
        Field::text("country", "Country", "Country of its owner, where results are grouped by it.").on("General"),
        Field::text("region", "Region", "Region of its owner, where results are grouped by it.").on("General"),
        Field::link("contract", "Contract", "contracts", "Contract that it was bought under.")
            .also(&["Contract number"])
            .on("Contracts"),
        Field::link("lease_contract", "Lease contract", "contracts", "Lease contract that applies to it.").on("Contracts"),
        Field::date("warranty_expiration", "Warranty expiration", "When its warranty ends.").on("Contracts"),
        Field::reference("support_group", "Support group", Table::Group, "Group that supports it.").on("Contracts"),
        Field::reference("supported_by", "Supported by", Table::User, "Who supports it.").on("Contracts"),
        Field::text(
            "assigned_condition",
            "Assigned condition",
            "An encoded query over the assets of users: only user allocations that meet it count.",
        )
        .on("User Allocations"),
        Field::text(
            "allocated_condition",
            "Allocated condition",
            "An encoded query over assets: only device allocations that meet it count.",
        )
        .on("Device Allocations"),
        Field::boolean(
            "allow_duplicate",
            "Create duplicate entitlement",
            "Whether it is another purchase although everything entered is as it is with one that is there already.",
        ),
        Field::notes("work_notes", "Work notes", "Notes. What is entered is added below the earlier ones, with who wrote it and when.")
            .journal()
            .on("Activities"),
    ],
    name: "number",
    unique: &[&["number"], &["asset_tag"]],
    columns: &["number", "display_name", "license_type", "license_metric", "active_rights", "end_date", "state"],
    rules: super::entitlement_rules::RULES,
};

/// Licence keys of entitlements.
pub const LICENSE_KEYS: Schema = Schema {
    path: "license-keys",
    one: "license key",
    help: "Licence keys of entitlements.",
    fields: &[
        Field::link("software_entitlement", "Software entitlement", "entitlements", "The entitlement of the key.").required(),
        Field::text("license_key", "License key", "The key; unique for its entitlement.").required(),
        Field::boolean("is_allocated", "Is allocated", "Whether an allocation has it.").derived(),
    ],
    name: "license_key",
    unique: &[&["software_entitlement", "license_key"]],
    columns: &["software_entitlement", "license_key", "is_allocated"],
    rules: Rules { check: check_key, derive: derive_key },
};

fn check_key(draft: &mut Draft<'_>, library: &dyn Library, _: NaiveDate, findings: &mut Findings) {
    let allocations = library.pointing(ALLOCATIONS.path, "license_key", draft.id).count();
    if draft.before.is_some() && draft.changes("software_entitlement") && allocations > 0 {
        findings
            .error("software_entitlement", "the key is allocated; remove the allocation before the key gets another entitlement");
    }
}

fn derive_key(id: Uuid, _: &Values, library: &dyn Library, _: NaiveDate) -> Vec<(&'static str, Option<Value>)> {
    let is_allocated = library.pointing(ALLOCATIONS.path, "license_key", id).next().is_some();
    vec![("is_allocated", Some(Value::Bool(is_allocated)))]
}
