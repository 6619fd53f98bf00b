//! Publisher packs: which metric groups are switched on.

use crate::record::{Field, Rules, Schema};

/// The packs there are (seed 003): what each switches on says the metric registry.
pub const NAMES: [&str; 10] =
    ["Adobe", "Citrix", "Concurrent", "CrowdStrike", "IBM", "Microsoft", "Oracle", "SaaS License Management", "SAP", "VMware"];

/// Publisher packs. A pack without a record is on.
pub const PACKS: Schema = Schema {
    path: "packs",
    one: "pack",
    help: "Publisher packs that are switched on or off. The metric groups of a pack that is off are neither offered nor reconciled; a pack \
           without a record is on.",
    fields: &[
        Field::choice("name", "Pack", &NAMES, "The pack; IBM's brings Red Hat's metrics, too.").required(),
        Field::boolean("active", "Active", "Whether its metric groups are on.").required().or("true"),
    ],
    name: "name",
    unique: &[&["name"]],
    columns: &["name", "active"],
    rules: Rules::NONE,
};
