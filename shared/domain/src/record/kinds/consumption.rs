//! Consumption rules: which entities may use rights, and how many are kept for them.

use chrono::NaiveDate;

use super::entitlement::ENTITLEMENTS;
use super::entitlement_rules::{active_rights, has_consumption_rules};
use super::model::MODELS;
use crate::asset::reference::Table;
use crate::record::{Draft, Field, Findings, Library, Rules, Schema};

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
    rules: Rules { check: check_rule, ..Rules::NONE },
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
    rules: Rules { check: check_use, ..Rules::NONE },
};

const CONDITIONS: [&str; 5] = ["company", "department", "cost_center", "country", "region"];
const CHILDREN: [(&str, &str, &str); 3] = [
    ("include_child_companies", "company", "enter the company, or set it to false"),
    ("include_child_departments", "department", "enter the department, or set it to false"),
    ("include_child_cost_centers", "cost_center", "enter the cost center, or set it to false"),
];

fn check_rule(draft: &mut Draft<'_>, library: &dyn Library, _: NaiveDate, findings: &mut Findings) {
    if CONDITIONS.iter().all(|field| draft.values.get(field).is_none()) {
        findings.error(
            "company",
            "a rule without a condition is for everybody; enter a company, department, cost center, country or region",
        );
    }
    for (children, of, what) in CHILDREN {
        if draft.values.is(children) && draft.values.get(of).is_none() {
            findings.error(children, format!("there is nothing whose children it could include; {what}"));
        }
    }
    let used = library.pointing(ENTITLEMENT_CONSUMPTION_RULES.path, "consumption_rule", draft.id).count();
    if draft.before.is_some_and(|before| before.is("active")) && !draft.values.is("active") && used > 0 {
        findings.warn(format!("{used} entitlements have this rule: without an active rule anyone may use their rights."));
    }
}

fn check_use(draft: &mut Draft<'_>, library: &dyn Library, today: NaiveDate, findings: &mut Findings) {
    let Some(id) = draft.values.id("software_entitlement") else { return };
    let Some(entitlement) = library.record(ENTITLEMENTS.path, id) else { return };
    let model = entitlement.id("software_model").and_then(|model| library.record(MODELS.path, model));
    if let Err(why) = has_consumption_rules(entitlement, model.and_then(|model| model.text("publisher"))) {
        findings.error("software_entitlement", format!("{why}; choose another entitlement"));
    }
    if draft.values.get("license_pool").is_none() && entitlement.is("unrestricted_consumption") {
        findings.error(
            "license_pool",
            "the entitlement has unrestricted consumption, so each of its rules needs a pool; enter how many rights are kept, or set \
             unrestricted_consumption of the entitlement to false",
        );
    }
    let others =
        library.pointing(ENTITLEMENT_CONSUMPTION_RULES.path, "software_entitlement", id).filter(|(other, _)| *other != draft.id);
    let pools = others.map(|(_, values)| values.count("license_pool").unwrap_or_default());
    let pooled = pools.fold(draft.values.count("license_pool").unwrap_or_default(), u64::saturating_add);
    let active = active_rights(id, entitlement, library, today);
    if pooled > active && !entitlement.is("unlimited_license") {
        findings.warn(format!("The license pools of the entitlement hold more rights than are active: {pooled} of {active}."));
    }
}
