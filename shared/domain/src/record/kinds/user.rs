//! Where users and locations belong, and what type of user somebody is.

use crate::asset::reference::Table;
use crate::record::{Field, Rules, Schema};

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
    rules: Rules::NONE,
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
    rules: Rules::NONE,
};
