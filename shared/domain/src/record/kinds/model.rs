//! Software models: what is licensed, and the suites it is part of.

use crate::record::{Field, Schema};

/// How a version or an edition is compared.
pub const CONDITIONS: [&str; 7] = ["is anything", "is", "is not", "starts with", "contains", "greater than", "less than"];
/// What kind of product a model is.
pub const PRODUCT_TYPES: [&str; 5] = ["Licensable", "Not Licensable", "Freeware", "Open source", "Patch"];

/// What metrics call products that they tell apart (Oracle, Red Hat, VMware).
pub const LICENSED_AS: [&str; 8] = [
    "Database",
    "WebLogic Standard",
    "WebLogic Enterprise",
    "WebLogic Suite",
    "RHEL Server",
    "RHEL for Virtual Datacenters",
    "VVS",
    "VVEP",
];

/// Software models.
pub const MODELS: Schema = Schema {
    path: "models",
    one: "software model",
    help: "What is licensed: a product of a publisher, in some versions and editions. Installs are matched to models, entitlements give rights \
           for them.",
    fields: &[
        Field::text("display_name", "Display name", "Publisher, product, version and edition in one line.").derived(),
        Field::text("publisher", "Publisher", "Who publishes it, as normalisation names it.").required(),
        Field::text("product", "Product", "The product, as normalisation names it.").required(),
        Field::choice("version_condition", "Version condition", &CONDITIONS, "How the version of an install is compared.")
            .required()
            .or("is anything"),
        Field::text("version", "Version", "The version it is compared with."),
        Field::choice("edition_condition", "Edition condition", &CONDITIONS, "How the edition of an install is compared.")
            .required()
            .or("is anything"),
        Field::text("edition", "Edition", "The edition it is compared with."),
        Field::text("platform", "Platform", "Only installs on this platform; empty is any."),
        Field::text("language", "Language", "Only installs in this language; empty is any."),
        Field::text(
            "install_condition",
            "Install condition",
            "An encoded query over the assets that installs of this model are on; empty is all.",
        ),
        Field::choice(
            "licensed_as",
            "Licensed as",
            &LICENSED_AS,
            "What the publisher's metric calls the product, where it tells products apart; empty is the metric's own.",
        ),
        Field::text("named_user_type", "Named user type", "The type of user of a model of SAP."),
        Field::choice("product_type", "Product type", &PRODUCT_TYPES, "Only licensable products are reconciled.")
            .required()
            .or("Licensable"),
        Field::boolean("license_under_management", "License under management", "Whether it is reconciled.").required().or("true"),
        Field::boolean(
            "restricted",
            "Restricted software",
            "Whether nobody should have it: every install is a removal candidate.",
        ),
        Field::text(
            "application",
            "Application",
            "The application whose peaks and check-outs its concurrent licences take; empty is the product.",
        ),
        Field::whole(
            "low_usage_days",
            "Low usage after days",
            (1, 3650),
            "Installs that were not used for so many days are removal candidates; empty is as the setting low_usage_days says.",
        ),
        Field::choice(
            "inference_option",
            "Inference option",
            &["Number", "Percent"],
            "A suite: whether installed components are counted or taken as a part of all.",
        )
        .on("Suite"),
        Field::whole("inference_number", "Inference number", (1, 1000), "A suite: as many components must be installed.")
            .on("Suite"),
        Field::whole(
            "inference_percent",
            "Inference percent",
            (1, 100),
            "A suite: at least this part of its components must be installed.",
        )
        .on("Suite"),
        Field::boolean(
            "subscription_suite",
            "Subscription suite",
            "A suite that is subscribed to; it goes before suites that are installed on premise.",
        )
        .on("Suite"),
        Field::boolean("active", "Active", "Whether it is used.").required().or("true"),
        Field::notes("comments", "Comments", "Anything worth knowing."),
    ],
    name: "display_name",
    unique: &[&["publisher", "product", "version_condition", "version", "edition_condition", "edition", "platform", "language"]],
    columns: &["display_name", "publisher", "product_type", "license_under_management", "active"],
    rules: super::model_rules::MODEL,
};

/// What a suite is made of.
pub const SUITE_COMPONENTS: Schema = Schema {
    path: "suite-components",
    one: "suite component",
    help: "The models that a suite is made of. Who has enough of them has the suite.",
    fields: &[
        Field::link("suite", "Suite", "models", "The model of the suite.").required(),
        Field::link("component", "Component", "models", "The model that is part of it.").required(),
        Field::choice(
            "mandatory",
            "Mandatory",
            &["Optional", "Always Mandatory", "Mandatory Group"],
            "Always Mandatory: without it there is no suite. Mandatory Group: at least one of these must be there.",
        )
        .required()
        .or("Optional"),
    ],
    name: "",
    unique: &[&["suite", "component"]],
    columns: &["suite", "component", "mandatory"],
    rules: super::model_rules::SUITE_COMPONENT,
};
