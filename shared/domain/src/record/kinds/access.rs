//! Who may use software without having it installed: client access records and subscriptions.

use crate::asset::reference::Table;
use crate::record::{Field, Rules, Schema};

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
    rules: Rules::NONE,
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
    rules: Rules::NONE,
};
