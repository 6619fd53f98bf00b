//! What a provider says about itself (OpenID Connect Discovery 1.0, section 3).
//!
//! In: its document. Out: where to send browsers and where to ask, each over a protected connection, or why it cannot be used.

use super::error::SsoError;
use reqwest::Url;
use serde::Deserialize;

/// The members that are used.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// A provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Provider {
    /// Where browsers go.
    pub(super) authorization: Url,
    /// Where a code becomes an ID token.
    pub(super) token: Url,
    /// Where its keys are.
    pub(super) keys: Url,
    /// Where it says more about a person.
    pub(super) userinfo: Option<Url>,
    /// The client's secret goes into the body; else into a header.
    pub(super) secret_in_body: bool,
    /// It names itself in the address to which it sends a browser back (RFC 9207).
    pub(super) names_itself: bool,
}

/// Where the document of an issuer is.
pub(super) fn place(issuer: &str) -> Result<Url, SsoError> {
    let text = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    Url::parse(&text).map_err(|_| SsoError::Provider(format!("{text} is no address")))
}

/// Checks the document of `issuer`.
pub(super) fn check(document: Document, issuer: &str) -> Result<Provider, SsoError> {
    if document.issuer != issuer {
        let shown: String = document.issuer.chars().filter(|c| !c.is_control()).take(200).collect();
        let text = format!("the provider calls itself {shown}; if that is right, write it as oidc.issuer");
        return Err(SsoError::Provider(text));
    }
    let plain_allowed = issuer.starts_with("http://");
    let address = |what: &str, text: &str| match Url::parse(text) {
        Ok(url) if url.scheme() == "https" || plain_allowed && url.scheme() == "http" => Ok(url),
        _ => Err(SsoError::Provider(format!("{what} in the document of {issuer} is no https:// address"))),
    };
    let methods = document.token_endpoint_auth_methods_supported.unwrap_or_default();
    let knows = |method: &str| methods.iter().any(|known| known == method);
    Ok(Provider {
        authorization: address("authorization_endpoint", &document.authorization_endpoint)?,
        token: address("token_endpoint", &document.token_endpoint)?,
        keys: address("jwks_uri", &document.jwks_uri)?,
        userinfo: document.userinfo_endpoint.map(|text| address("userinfo_endpoint", &text)).transpose()?,
        // What a provider does not say is the header.
        secret_in_body: knows("client_secret_post") && !knows("client_secret_basic"),
        names_itself: document.authorization_response_iss_parameter_supported,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn found(issuer: &str, change: &Value) -> Result<Provider, String> {
        let mut document = json!({
            "issuer": "https://a.example",
            "authorization_endpoint": "https://a.example/auth",
            "token_endpoint": "https://a.example/token",
            "jwks_uri": "https://keys.example/jwks",
        });
        let members = document.as_object_mut().unwrap();
        members.extend(change.as_object().unwrap().clone());
        check(serde_json::from_value(document).unwrap(), issuer).map_err(|error| error.to_string())
    }

    #[test]
    fn a_provider_is_taken_at_its_word_only_when_it_is_the_right_one() {
        let issuer = "https://a.example";
        let plain = found(issuer, &json!({})).unwrap();
        assert!(!plain.secret_in_body && plain.userinfo.is_none() && !plain.names_itself);
        for (methods, in_body) in [
            (json!(["client_secret_basic", "client_secret_post"]), false),
            (json!(["client_secret_post"]), true),
            (json!(["none"]), false),
        ] {
            let change = json!({"token_endpoint_auth_methods_supported": methods});
            assert_eq!(found(issuer, &change).unwrap().secret_in_body, in_body, "{methods}");
        }
        for (issuer, change, part) in [
            ("https://b.example", json!({}), "calls itself https://a.example"),
            ("https://a.example/", json!({}), "calls itself https://a.example"),
            (issuer, json!({"token_endpoint": "http://a.example/token"}), "token_endpoint"),
            (issuer, json!({"jwks_uri": "file:///etc/passwd"}), "jwks_uri"),
            (issuer, json!({"authorization_endpoint": "javascript:alert(1)"}), "authorization_endpoint"),
            (issuer, json!({"userinfo_endpoint": "x"}), "userinfo_endpoint"),
        ] {
            let error = found(issuer, &change).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn the_document_is_below_the_issuer() {
        for issuer in ["https://a.example/realms/x", "https://a.example/realms/x/"] {
            assert_eq!(place(issuer).unwrap().as_str(), "https://a.example/realms/x/.well-known/openid-configuration");
        }
    }
}
