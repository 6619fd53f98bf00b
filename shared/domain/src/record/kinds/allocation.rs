//! Allocations: rights given to somebody by name.

use crate::asset::reference::Table;
use crate::record::{Field, Rules, Schema};

/// Allocations to users, devices and hosts.
pub const ALLOCATIONS: Schema = Schema {
    path: "allocations",
    one: "allocation",
    help: "Rights that are allocated to a user, a device, a host or a cluster. They are honoured before anything else.",
    fields: &[
        Field::link(
            "software_entitlement",
            "Software entitlement",
            "entitlements",
            "The entitlement whose rights are allocated.",
        )
        .required(),
        Field::reference("assigned_to_user", "Assigned to (user)", Table::User, "User that the rights are allocated to."),
        Field::reference("assigned_to_device", "Assigned to (device)", Table::Asset, "Device that the rights are allocated to."),
        Field::link(
            "assigned_to_host",
            "Assigned to (host)",
            "hosts",
            "Server, virtual machine or partition that rights by cores are allocated to.",
        ),
        Field::text(
            "assigned_to_cluster",
            "Assigned to (cluster)",
            "Cluster that rights are allocated to; nothing there counts as in use by it.",
        ),
        Field::count("quantity", "Quantity", "Number of rights.").required().or("1"),
        Field::link("license_key", "License key", "license-keys", "License key that is allocated with them."),
        Field::notes("comments", "Comments", "Anything worth knowing."),
    ],
    name: "",
    unique: &[
        &["software_entitlement", "assigned_to_user"],
        &["software_entitlement", "assigned_to_device"],
        &["software_entitlement", "assigned_to_host"],
        &["software_entitlement", "assigned_to_cluster"],
        &["license_key"],
    ],
    columns: &["software_entitlement", "assigned_to_user", "assigned_to_device", "quantity", "license_key"],
    rules: Rules::NONE,
};
