//! Expense lines: what entitlements cost, as it is booked.
//!
//! In: an entitlement with a cost. Out: one line for it, whose amounts follow the entitlement whenever its rights, its unit cost or its
//! periods change (seed 004).

use chrono::NaiveDate;
use uuid::Uuid;

use super::entitlement::ENTITLEMENTS;
use super::entitlement_rules::total_cost;
use crate::asset::Value;
use crate::asset::reference::Table;
use crate::record::{Draft, Field, Follow, Library, Rules, Schema, Values};

/// Expense lines of entitlements.
pub const EXPENSE_LINES: Schema = Schema {
    path: "expense-lines",
    one: "expense line",
    help: "What entitlements cost, as it is booked. A line is made with the first cost of an entitlement, follows its rights and its price, and \
           goes with it.",
    fields: &[
        Field::link("software_entitlement", "Software entitlement", "entitlements", "The entitlement that it is about.")
            .required(),
        Field::count("quantity", "Quantity", "Purchased rights of the entitlement.").derived(),
        Field::money("unit_cost", "Unit cost", "What one right costs, for one period if it is subscribed to.").derived(),
        Field::money("amount", "Amount", "Total cost of the entitlement: purchased rights times unit cost times periods.")
            .derived(),
        Field::currency().derived(),
        Field::text("invoice_number", "Invoice number", "Invoice that the entitlement was billed under.").derived(),
        Field::text("gl_account", "GL account", "General ledger account of the entitlement.").derived(),
        Field::reference("cost_center", "Cost center", Table::CostCenter, "Cost center that pays for it.").derived(),
        Field::reference("vendor", "Vendor", Table::Company, "Company that it was bought from.").derived(),
        Field::date("purchased", "Purchased", "When the entitlement was bought.").derived(),
        Field::choice(
            "state",
            "State",
            &["Pending", "Booked"],
            "Whether it is booked; a booked one follows the entitlement all the same.",
        )
        .required()
        .or("Pending"),
        Field::text("short_description", "Short description", "What it is about."),
        Field::notes("comments", "Comments", "Anything worth knowing."),
    ],
    name: "",
    unique: &[&["software_entitlement"]],
    columns: &["software_entitlement", "quantity", "unit_cost", "amount", "currency", "state"],
    rules: Rules { derive, ..Rules::NONE },
};

/// Brings the line of an entitlement that has a cost and no line yet.
pub(super) fn follow(draft: &mut Draft<'_>, library: &dyn Library) {
    if total_cost(&draft.values).is_none()
        || library.pointing(EXPENSE_LINES.path, "software_entitlement", draft.id).next().is_some()
    {
        return;
    }
    let (kind, id) = (EXPENSE_LINES.path, (draft.new_id)());
    draft.follows.push(Follow { kind, id, set: vec![("software_entitlement", Some(Value::Ref(draft.id)))] });
}

fn derive(_: Uuid, values: &Values, library: &dyn Library, _: NaiveDate) -> Vec<(&'static str, Option<Value>)> {
    let Some(of) = values.id("software_entitlement").and_then(|id| library.record(ENTITLEMENTS.path, id)) else {
        return Vec::new();
    };
    let taken = ["unit_cost", "currency", "invoice_number", "gl_account", "cost_center", "vendor", "purchased"];
    let mut all: Vec<_> = taken.into_iter().map(|field| (field, of.get(field).cloned())).collect();
    all.push(("quantity", of.get("purchased_rights").cloned()));
    all.push(("amount", total_cost(of).map(Value::Decimal)));
    all
}
