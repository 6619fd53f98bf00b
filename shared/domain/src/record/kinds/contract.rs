//! Contracts that entitlements are bought under.

use crate::asset::reference::Table;
use crate::entitlement::AGREEMENT_TYPES;
use crate::record::{Field, Rules, Schema};

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
        Field::choice("state", "State", &["Draft", "Active", "Expired", "Cancelled"], "Where it stands.").required().or("Active"),
        Field::money("total_cost", "Total cost", "What it costs in all."),
        Field::currency(),
        Field::notes("comments", "Comments", "Anything worth knowing."),
    ],
    name: "number",
    unique: &[&["number"]],
    columns: &["number", "short_description", "vendor", "starts", "ends", "state"],
    rules: Rules::NONE,
};
