//! Roles as forms have them and as people call them.

use serde::de::DeserializeOwned;

/// A role as the API calls it, and as people do.
pub(super) type RoleWords = (&'static str, &'static str);

/// What an account may do, the least first.
pub(super) const ROLES: [RoleWords; 4] = [
    ("viewer", "Viewer: reads"),
    ("operator", "Operator: assets, agents and sessions"),
    ("license_admin", "Licence administrator: licences, too"),
    ("owner", "Owner: everything"),
];

/// A role as people call it, in a word or two.
pub(super) fn short(role: &str) -> &'static str {
    match role {
        "application" => "Application",
        "viewer" => "Viewer",
        "operator" => "Operator",
        "license_admin" => "Licence administrator",
        "owner" => "Owner",
        _ => "",
    }
}

/// The role that a form says.
pub(super) fn role_of<R: DeserializeOwned>(text: &str) -> Result<R, String> {
    serde_json::from_value(text.into()).map_err(|_| "choose a role".to_owned())
}
