//! Where users and locations belong, and what type of user somebody is.

use chrono::NaiveDate;

use super::model::MODELS;
use crate::asset::reference::Table;
use crate::record::{Draft, Field, Findings, Library, Rules, Schema};

/// Users of software.
pub const SOFTWARE_USERS: Schema = Schema {
    path: "software-users",
    one: "software user",
    help: "Where users belong in the organisation, and what type of user they are for publishers that license by it.",
    fields: &[
        Field::reference("user", "User", Table::User, "The user.").required(),
        Field::reference("company", "Company", Table::Company, "Company of the user."),
        Field::reference("department", "Department", Table::Department, "Department of the user."),
        Field::reference("cost_center", "Cost center", Table::CostCenter, "Cost center of the user."),
        Field::text("country", "Country", "Country of the user."),
        Field::text("region", "Region", "Region of the user."),
        Field::text("named_user_type", "Named user type", "SAP's type of the user after normalisation."),
        Field::choice(
            "use_type",
            "Use type",
            &["Advanced", "Core", "Self-service", "Developer"],
            "SAP's use type for Full Usage Equivalents.",
        ),
        Field::boolean("active", "Active", "Whether the user is active.").required().or("true"),
    ],
    name: "",
    unique: &[&["user"]],
    columns: &["user", "company", "department", "cost_center", "named_user_type", "use_type"],
    rules: Rules { check: check_user, ..Rules::NONE },
};

/// Country and region of locations.
pub const LOCATION_DETAILS: Schema = Schema {
    path: "location-details",
    one: "location detail",
    help: "Country and region of a location, by which devices there belong to them.",
    fields: &[
        Field::reference("location", "Location", Table::Location, "The location.").required(),
        Field::text("country", "Country", "Its country."),
        Field::text("region", "Region", "Its region."),
    ],
    name: "",
    unique: &[&["location"]],
    columns: &["location", "country", "region"],
    rules: Rules { check: check_location, ..Rules::NONE },
};

fn check_user(draft: &mut Draft<'_>, library: &dyn Library, _: NaiveDate, findings: &mut Findings) {
    let Some(kind) = draft.values.text("named_user_type").filter(|_| draft.changes("named_user_type")) else { return };
    let is_its = |known: Option<&str>| known.is_some_and(|known| known.trim().eq_ignore_ascii_case(kind.trim()));
    if !library.all(MODELS.path).any(|(_, model)| is_its(model.text("named_user_type"))) {
        findings.warn(format!("No software model has the named user type {kind:?}; users of it need no licence until one has."));
    }
}

fn check_location(draft: &mut Draft<'_>, _: &dyn Library, _: NaiveDate, findings: &mut Findings) {
    if draft.values.get("country").is_none() && draft.values.get("region").is_none() {
        findings.error("country", "enter a country or a region");
    }
}
