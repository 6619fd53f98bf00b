//! Rights that come from or go to other entitlements and versions.

use super::entitlement::LICENSE_TYPES;
use super::rights_rules::{DOWNGRADE_RIGHT, RELATED_ENTITLEMENT, UPGRADED_ENTITLEMENT};
use crate::record::{Field, Schema};

/// Downgrade rights of models and of entitlements.
pub const DOWNGRADE_RIGHTS: Schema = Schema {
    path: "downgrade-rights",
    one: "downgrade right",
    help: "Earlier versions that rights may be used for: of a model, or of one entitlement. They cannot be deleted, only deactivated.",
    fields: &[
        Field::link("from_model", "Of model", "models", "The model whose rights may be used; entitlements of it take this over."),
        Field::link(
            "software_entitlement",
            "Software entitlement",
            "entitlements",
            "The entitlement with which the downgrade is associated; empty for one of the model.",
        ),
        Field::link("software_model", "Software model", "models", "The earlier version.").required(),
        Field::boolean("active", "Active", "Whether it is in force. One of a model passes this on to those of its entitlements.")
            .required()
            .or("true"),
        Field::whole("order", "Order", (1, 1_000_000), "The lower is used first.").required().or("1"),
        Field::date("start_date", "Start date", "First day."),
        Field::date("end_date", "End date", "Last day."),
    ],
    name: "",
    unique: &[&["software_entitlement", "software_model"], &["from_model", "software_model"]],
    columns: &["software_entitlement", "from_model", "software_model", "order", "active"],
    rules: DOWNGRADE_RIGHT,
};

/// Rights that move from one entitlement to another.
pub const UPGRADED_ENTITLEMENTS: Schema = Schema {
    path: "upgraded-entitlements",
    one: "upgraded entitlement",
    help: "Rights that moved to a newer version: they are active in the new entitlement and no longer in the old one.",
    fields: &[
        Field::link("software_entitlement", "Software entitlement", "entitlements", "The entitlement that has the rights now.")
            .required(),
        Field::link("from_entitlement", "From entitlement", "entitlements", "The entitlement from which rights are upgrading.")
            .required(),
        Field::count("number_of_rights", "Number of rights", "How many rights.").required(),
    ],
    name: "",
    unique: &[&["software_entitlement", "from_entitlement"]],
    columns: &["software_entitlement", "from_entitlement", "number_of_rights"],
    rules: UPGRADED_ENTITLEMENT,
};

/// Entitlements that belong together: maintenance and what it maintains.
pub const RELATED_ENTITLEMENTS: Schema = Schema {
    path: "related-entitlements",
    one: "related entitlement",
    help: "Entitlements that belong together: software assurance or maintenance and the perpetual rights that it maintains.",
    fields: &[
        Field::link(
            "related_entitlement",
            "Related entitlement",
            "entitlements",
            "The entitlement that is linked, such as the software assurance.",
        )
        .required(),
        Field::choice("license_type", "License type", &LICENSE_TYPES, "License type of the related entitlement.").derived(),
        Field::count("active_rights", "Active rights", "Rights that are granted to the related entitlement.").required(),
        Field::link(
            "software_entitlement",
            "Software entitlement",
            "entitlements",
            "The entitlement that it is linked to, such as the perpetual one.",
        )
        .required(),
    ],
    name: "",
    unique: &[&["software_entitlement", "related_entitlement"]],
    columns: &["software_entitlement", "related_entitlement", "license_type", "active_rights"],
    rules: RELATED_ENTITLEMENT,
};
