//! Single sign-on, checked. In: section `[oidc]` as it is written. Out: what can be used, or the key that is wrong.

use serde::Deserialize;
use std::path::PathBuf;

/// The longest text on the button.
const LONGEST_LABEL: usize = 40;

/// `[oidc]`: the OpenID Connect provider through which people log in to the console.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Oidc {
    /// The provider, by the address it gives itself; empty = no single sign-on.
    pub issuer: String,
    /// What the provider calls this collector.
    pub client_id: String,
    /// The file with the secret that goes with it; none for a client without one.
    pub client_secret_file: PathBuf,
    /// A PEM file with CAs that are trusted beside the system's.
    pub ca_file: PathBuf,
    /// What is asked for beside `openid`.
    pub scopes: Vec<String>,
    /// What the provider is called on the login page.
    pub label: String,
    /// The claim that decides on the role.
    pub roles_claim: String,
    /// Its values, by role.
    pub roles: OidcRoles,
}

/// `[oidc.roles]`: the values of the claim that give a role. Who has several roles gets the highest, who has none stays out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OidcRoles {
    /// May do everything.
    pub owner: Vec<String>,
    /// Works with licences, too.
    pub license_admin: Vec<String>,
    /// Works with assets, agents and sessions.
    pub operator: Vec<String>,
    /// Reads.
    pub viewer: Vec<String>,
}

impl Default for Oidc {
    fn default() -> Self {
        Self {
            issuer: String::new(),
            client_id: String::new(),
            client_secret_file: PathBuf::new(),
            ca_file: PathBuf::new(),
            scopes: ["profile", "email"].map(str::to_owned).to_vec(),
            label: "single sign-on".to_owned(),
            roles_claim: "groups".to_owned(),
            roles: OidcRoles::default(),
        }
    }
}

/// How people log in through the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OidcConfig {
    /// The provider, exactly as it names itself.
    pub issuer: String,
    /// What the provider calls this collector.
    pub client_id: String,
    /// The file with the secret that goes with it.
    pub client_secret_file: Option<PathBuf>,
    /// CAs that are trusted beside the system's.
    pub ca_file: Option<PathBuf>,
    /// What is asked for, `openid` first.
    pub scopes: Vec<String>,
    /// What the provider is called on the login page.
    pub label: String,
    /// The claim that decides on the role.
    pub roles_claim: String,
    /// Its values, by role.
    pub roles: OidcRoles,
}

/// Checks the section; the key that is wrong, and why.
pub(super) fn oidc(file: Oidc) -> Result<Option<OidcConfig>, (&'static str, String)> {
    let Oidc { issuer, client_id, client_secret_file, ca_file, scopes, label, roles_claim, roles } = file;
    if issuer.is_empty() {
        return if client_id.is_empty() {
            Ok(None)
        } else {
            Err(("oidc.issuer", "oidc.client_id needs the address of the provider here".to_owned()))
        };
    }
    if !is_issuer(&issuer) {
        let text = "is not the address of a provider such as \"https://login.example.com\" (http:// only on a loopback address)";
        return Err(("oidc.issuer", format!("{issuer:?} {text}")));
    }
    if client_id.is_empty() || client_id.chars().any(char::is_control) {
        return Err(("oidc.client_id", "must be the name under which the provider knows this collector".to_owned()));
    }
    if let Some(scope) = scopes.iter().find(|scope| !is_scope(scope)) {
        return Err(("oidc.scopes", format!("{scope:?} is not a scope such as \"profile\"; write one word each")));
    }
    let label = label.trim().to_owned();
    if label.is_empty() || label.chars().count() > LONGEST_LABEL || label.chars().any(char::is_control) {
        return Err(("oidc.label", format!("must have 1 to {LONGEST_LABEL} characters; the button says: Log in with LABEL")));
    }
    if roles_claim.is_empty() {
        return Err(("oidc.roles_claim", "must name the claim that decides on the role, such as \"groups\"".to_owned()));
    }
    let OidcRoles { owner, license_admin, operator, viewer } = &roles;
    let values: Vec<&String> = [owner, license_admin, operator, viewer].into_iter().flatten().collect();
    if values.is_empty() {
        let text = "gives nobody a role: write the values of the claim, such as owner = [\"muster-admins\"]";
        return Err(("oidc.roles", text.to_owned()));
    }
    if values.iter().any(|value| value.is_empty()) {
        return Err(("oidc.roles", "an empty value would be nobody's; remove it".to_owned()));
    }
    let mut asked = vec!["openid".to_owned()];
    asked.extend(scopes.into_iter().filter(|scope| scope != "openid"));
    let given = |file: PathBuf| (!file.as_os_str().is_empty()).then_some(file);
    Ok(Some(OidcConfig {
        issuer,
        client_id,
        client_secret_file: given(client_secret_file),
        ca_file: given(ca_file),
        scopes: asked,
        label,
        roles_claim,
        roles,
    }))
}

/// An address without query and fragment, protected on its way (OpenID Connect Discovery 1.0, section 3).
fn is_issuer(text: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(text) else { return false };
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let near = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
    plain && !host.is_empty() && (url.scheme() == "https" || url.scheme() == "http" && near)
}

/// RFC 6749, section 3.3.
fn is_scope(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_whole_or_names_its_key() {
        let roles = OidcRoles { owner: vec!["admins".to_owned()], ..OidcRoles::default() };
        let base = || Oidc {
            issuer: "https://login.example.com/realms/x".to_owned(),
            client_id: "muster".to_owned(),
            roles: roles.clone(),
            ..Oidc::default()
        };
        let check = |file: Oidc, expected: Result<bool, &str>| {
            let found = oidc(file.clone()).map(|found| found.is_some()).map_err(|(key, _)| key);
            assert_eq!(found, expected, "{file:?}");
        };
        let issuer = |issuer: &str| Oidc { issuer: issuer.to_owned(), ..base() };
        check(Oidc::default(), Ok(false));
        check(Oidc { issuer: String::new(), ..base() }, Err("oidc.issuer"));
        check(base(), Ok(true));
        for right in ["https://login.example.com/", "http://127.0.0.1:3000", "http://[::1]:3000", "http://localhost:3000/x"] {
            check(issuer(right), Ok(true));
        }
        let wrong = ["login.example.com", "http://login.example.com", "https://", "ftp://127.0.0.1", "https://a/?x=1"];
        for wrong in wrong.into_iter().chain(["https://a/#x", "https://me@a/", "http://localhost.example.com"]) {
            check(issuer(wrong), Err("oidc.issuer"));
        }
        check(Oidc { client_id: String::new(), ..base() }, Err("oidc.client_id"));
        check(Oidc { label: " ".to_owned(), ..base() }, Err("oidc.label"));
        check(Oidc { label: "x".repeat(LONGEST_LABEL + 1), ..base() }, Err("oidc.label"));
        check(Oidc { roles_claim: String::new(), ..base() }, Err("oidc.roles_claim"));
        check(Oidc { roles: OidcRoles::default(), ..base() }, Err("oidc.roles"));
        check(Oidc { roles: OidcRoles { viewer: vec![String::new()], ..roles.clone() }, ..base() }, Err("oidc.roles"));
        check(Oidc { scopes: vec!["a b".to_owned()], ..base() }, Err("oidc.scopes"));
        let scopes = oidc(Oidc { scopes: vec!["groups".to_owned(), "openid".to_owned()], ..base() }).unwrap().unwrap().scopes;
        assert_eq!(scopes, ["openid", "groups"]);
    }
}
