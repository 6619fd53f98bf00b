//! Contracts that entitlements are bought under.

use chrono::NaiveDate;
use uuid::Uuid;

use super::checks::{dates_in_order, text};
use crate::asset::Value;
use crate::asset::reference::Table;
use crate::entitlement::AGREEMENT_TYPES;
use crate::record::{Draft, Field, Findings, Library, Rules, Schema, Values};

/// Contracts.
pub const CONTRACTS: Schema = Schema {
    path: "contracts",
    one: "contract",
    help: "Contracts that entitlements are bought under.",
    fields: &[
        Field::text("number", "Number", "The number of the contract, as entitlements and files name it.").required(),
        Field::text("short_description", "Short description", "What it is about."),
        Field::reference("vendor", "Vendor", Table::Company, "With whom it is made."),
        Field::choice("agreement_type", "Agreement type", &AGREEMENT_TYPES, "What kind of agreement it is."),
        Field::boolean(
            "enterprise",
            "Enterprise contract",
            "Whether it covers the whole enterprise; active rights of its entitlements are not shown.",
        ),
        Field::date("starts", "Starts", "Its first day."),
        Field::date("ends", "Ends", "Its last day."),
        Field::choice(
            "state",
            "State",
            &["Draft", "Active", "Expired", "Cancelled"],
            "Where it stands. An active one is expired after its end.",
        )
        .required()
        .or("Active"),
        Field::money("total_cost", "Total cost", "What it costs in all."),
        Field::currency(),
        Field::notes("comments", "Comments", "Anything worth knowing."),
    ],
    name: "number",
    unique: &[&["number"]],
    columns: &["number", "short_description", "vendor", "starts", "ends", "state"],
    rules: Rules { check, derive },
};

fn check(draft: &mut Draft<'_>, _: &dyn Library, today: NaiveDate, findings: &mut Findings) {
    dates_in_order(draft, ("starts", "ends"), findings);
    if (draft.changes("state") || draft.changes("ends")) && has_expired(&draft.values, today) {
        findings.warn("The contract is expired: its last day has passed.");
    }
    if draft.enters("state")
        && draft.values.text("state") == Some("Expired")
        && draft.values.date("ends").is_some_and(|ends| today <= ends)
    {
        findings.warn("The contract is expired although its last day has not passed.");
    }
}

fn has_expired(values: &Values, today: NaiveDate) -> bool {
    values.text("state") == Some("Active") && values.date("ends").is_some_and(|ends| ends < today)
}

fn derive(_: Uuid, values: &Values, _: &dyn Library, today: NaiveDate) -> Vec<(&'static str, Option<Value>)> {
    if has_expired(values, today) { vec![("state", text("Expired"))] } else { Vec::new() }
}
