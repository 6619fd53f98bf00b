//! Who may use software without having it installed: client access records and subscriptions.

use chrono::NaiveDate;

use super::checks::dates_in_order;
use crate::asset::reference::Table;
use crate::record::{Draft, Field, Findings, Library, Rules, Schema};

/// Client access records.
pub const CLIENT_ACCESS_RECORDS: Schema = Schema {
    path: "client-access-records",
    one: "client access record",
    help: "Users and devices that access server software, by name or by number. Numbers of several records add up.",
    fields: &[
        Field::link("software_model", "Software model", "models", "The server software that is accessed.").required(),
        Field::reference("user", "User", Table::User, "A user who accesses it."),
        Field::reference("device", "Device", Table::Asset, "A device that accesses it."),
        Field::count("user_count", "User count", "Users who access it, where they are not known by name."),
        Field::count("device_count", "Device count", "Devices that access it, where they are not known by name."),
        Field::notes("comments", "Comments", "Where the numbers come from."),
    ],
    name: "",
    unique: &[&["software_model", "user"], &["software_model", "device"]],
    columns: &["software_model", "user", "device", "user_count", "device_count"],
    rules: Rules { check: check_access, ..Rules::NONE },
};

/// Subscriptions of users.
pub const SUBSCRIPTIONS: Schema = Schema {
    path: "subscriptions",
    one: "subscription",
    help: "Subscriptions that users have, such as accounts of software as a service.",
    fields: &[
        Field::link("software_model", "Software model", "models", "What is subscribed to.").required(),
        Field::reference("user", "User", Table::User, "Who has it.").required(),
        Field::date("activated", "Activated", "Since when."),
        Field::date("last_activity", "Last activity", "When it was used last."),
        Field::boolean("active", "Active", "Whether it is active.").required().or("true"),
    ],
    name: "",
    unique: &[&["software_model", "user"]],
    columns: &["software_model", "user", "activated", "last_activity", "active"],
    rules: Rules { check: check_subscription, ..Rules::NONE },
};

fn check_access(draft: &mut Draft<'_>, _: &dyn Library, _: NaiveDate, findings: &mut Findings) {
    let is = |field: &str| draft.values.get(field).is_some();
    let (names, numbers) = ((is("user"), is("device")), is("user_count") || is("device_count"));
    match names {
        (true, true) => findings.error("device", "a record names a user or a device; enter a second record for the other"),
        (true, false) | (false, true) if numbers => {
            let field = if is("user_count") { "user_count" } else { "device_count" };
            findings.error(field, "a record has a name or numbers; enter a second record for the numbers");
        }
        (false, false) if !numbers => findings.error("user", "enter a user, a device, or how many users or devices there are"),
        _ => {}
    }
}

fn check_subscription(draft: &mut Draft<'_>, _: &dyn Library, today: NaiveDate, findings: &mut Findings) {
    dates_in_order(draft, ("activated", "last_activity"), findings);
    if draft.values.date("last_activity").is_some_and(|last| last > today) {
        findings.warn("The last activity is in the future.");
    }
}
