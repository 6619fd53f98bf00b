//! From verified claims to a person: what they may be called here, and what role the configuration gives them.

use crate::{config::OidcConfig, store::records::Role};
use serde_json::{Map, Value};

/// Somebody for whom the provider vouches.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    /// The provider.
    pub issuer: String,
    /// What it calls the person, for ever.
    pub subject: String,
    /// What the person may be called here, the best first.
    pub names: Vec<String>,
    /// What the configuration gives; none for who has none of its values.
    pub role: Option<Role>,
}

impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Person").field("role", &self.role).finish_non_exhaustive()
    }
}

/// Whether the claims say all that is needed, so that the provider need not be asked for more.
pub(super) fn are_enough(claims: &Map<String, Value>, config: &OidcConfig) -> bool {
    at(claims, &config.roles_claim).is_some() && !names(claims).is_empty()
}

/// The person of verified claims.
pub(super) fn person(claims: &Map<String, Value>, config: &OidcConfig) -> Person {
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    Person {
        issuer: config.issuer.clone(),
        subject: text("sub"),
        names: names(claims),
        role: role(&values(at(claims, &config.roles_claim)), config),
    }
}

/// A name is a label: whoever could choose another's address could seem to be that one, so an address must not be known to be unproved.
fn names(claims: &Map<String, Value>) -> Vec<String> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    let unproved = claims.get("email_verified").is_some_and(|proved| !matches!(proved.as_bool(), Some(true)) && proved != "true");
    let all = [text("preferred_username"), text("email").filter(|_| !unproved)];
    all.into_iter().flatten().map(str::to_owned).collect()
}

/// A claim by its name; else with dots that lead into objects.
fn at<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    if let Some(value) = claims.get(name) {
        return Some(value);
    }
    let mut parts = name.split('.');
    let first = claims.get(parts.next()?)?;
    parts.try_fold(first, |value, part| value.get(part))
}

fn values(claim: Option<&Value>) -> Vec<&str> {
    match claim {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn role(values: &[&str], config: &OidcConfig) -> Option<Role> {
    let roles = &config.roles;
    let has = |wanted: &[String]| wanted.iter().any(|wanted| values.contains(&wanted.as_str()));
    let highest_first = [
        (&roles.owner, Role::Owner),
        (&roles.license_admin, Role::LicenseAdmin),
        (&roles.operator, Role::Operator),
        (&roles.viewer, Role::Viewer),
    ];
    highest_first.into_iter().find(|(wanted, _)| has(wanted)).map(|(_, role)| role)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::OidcRoles;
    use serde_json::json;

    fn config(roles_claim: &str) -> OidcConfig {
        let list = |text: &str| vec![text.to_owned()];
        OidcConfig {
            issuer: "https://a.example".to_owned(),
            client_id: "muster".to_owned(),
            client_secret_file: None,
            ca_file: None,
            scopes: Vec::new(),
            label: "Acme".to_owned(),
            roles_claim: roles_claim.to_owned(),
            roles: OidcRoles {
                owner: list("admins"),
                license_admin: list("licences"),
                operator: list("helpdesk"),
                viewer: vec!["staff".to_owned(), "guests".to_owned()],
            },
        }
    }

    #[test]
    fn values_give_the_highest_role_or_none() {
        let check = |claim: &str, claims: Value, expected: Option<Role>| {
            let claims = claims.as_object().unwrap().clone();
            assert_eq!(person(&claims, &config(claim)).role, expected, "{claim} of {claims:?}");
        };
        check("groups", json!({"groups": ["staff", "admins", "helpdesk"]}), Some(Role::Owner));
        check("groups", json!({"groups": ["staff", "licences"]}), Some(Role::LicenseAdmin));
        check("groups", json!({"groups": ["helpdesk"]}), Some(Role::Operator));
        check("groups", json!({"groups": "guests"}), Some(Role::Viewer));
        for nothing in
            [json!([]), json!(["Staff"]), json!(["staff "]), json!(null), json!(true), json!([["staff"]]), json!({"staff": 1})]
        {
            check("groups", json!({ "groups": nothing }), None);
        }
        check("groups", json!({}), None);
        check("realm_access.roles", json!({"realm_access": {"roles": ["staff"]}}), Some(Role::Viewer));
        check(
            "realm_access.roles",
            json!({"realm_access.roles": "staff", "realm_access": {"roles": ["admins"]}}),
            Some(Role::Viewer),
        );
        check("realm_access.roles", json!({"realm_access": ["staff"]}), None);
        check("https://acme.example/roles", json!({"https://acme.example/roles": ["staff"]}), Some(Role::Viewer));
    }

    #[test]
    fn a_person_is_called_as_they_call_themselves_or_by_a_proved_address() {
        let check = |claims: Value, expected: &[&str]| {
            let person = person(claims.as_object().unwrap(), &config("groups"));
            assert_eq!(person.names, expected, "{claims}");
        };
        check(json!({"preferred_username": "ida", "email": "ida@a.example", "email_verified": true}), &["ida", "ida@a.example"]);
        check(json!({"preferred_username": " ", "email": "ida@a.example"}), &["ida@a.example"]);
        check(json!({"email": "ida@a.example", "email_verified": "true"}), &["ida@a.example"]);
        check(json!({"email": "ida@a.example", "email_verified": false}), &[]);
        check(json!({"email": "ida@a.example", "email_verified": "no"}), &[]);
        check(json!({"name": "Ida Lang", "preferred_username": 7}), &[]);
    }
}
