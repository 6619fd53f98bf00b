//! Consumption rules: which entities may use rights, and how many are kept for them.

use crate::asset::reference::Table;
use crate::record::{Field, Rules, Schema};

/// Consumption rules.
pub const CONSUMPTION_RULES: Schema = Schema {
    path: "consumption-rules",
    one: "consumption rule",
    help: "Which entities of the organisation may use rights: any combination of company, department, cost center, country and region.",
    fields: &[
        Field::text("name", "Name", "The name of the rule.").required(),
        Field::reference("company", "Company", Table::Company, "Only devices or users of this company."),
        Field::boolean("include_child_companies", "Include child companies", "Also the companies below it."),
        Field::reference("department", "Department", Table::Department, "Only devices or users of this department."),
        Field::boolean("include_child_departments", "Include child departments", "Also the departments below it."),
        Field::reference("cost_center", "Cost center", Table::CostCenter, "Only devices or users of this cost center."),
        Field::boolean("include_child_cost_centers", "Include child cost centers", "Also the cost centers below it."),
        Field::text("country", "Country", "Only devices or users in this country."),
        Field::text("region", "Region", "Only devices or users in this region."),
        Field::boolean("active", "Active", "Whether it is in force.").required().or("true"),
    ],
    name: "name",
    unique: &[&["name"]],
    columns: &["name", "company", "department", "cost_center", "country", "region", "active"],
    rules: Rules::NONE,
};

/// Which rule an entitlement has.
pub const ENTITLEMENT_CONSUMPTION_RULES: Schema = Schema {
    path: "entitlement-consumption-rules",
    one: "entitlement consumption rule",
    help: "The consumption rules of an entitlement, each perhaps with a pool of rights that is kept for its entities.",
    fields: &[
        Field::link(
            "software_entitlement",
            "Software entitlement",
            "entitlements",
            "The entitlement that the consumption is linked to.",
        )
        .required(),
        Field::link("consumption_rule", "Consumption rule", "consumption-rules", "The rule linked to the entitlement.")
            .required(),
        Field::count("license_pool", "License pool", "Rights that are kept for the entities of the rule; empty is none."),
    ],
    name: "",
    unique: &[&["software_entitlement", "consumption_rule"]],
    columns: &["software_entitlement", "consumption_rule", "license_pool"],
    rules: Rules::NONE,
};
