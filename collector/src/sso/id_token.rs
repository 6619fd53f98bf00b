//! ID tokens, verified (OpenID Connect Core 1.0, section 3.1.3.7).
//!
//! In: a token, the keys of its provider, and what is expected of it. Out: its claims, all of them verified, or why not. The signature
//! is the library's affair; only signatures of private keys count, never one that the client's secret could make.

use chrono::{DateTime, Utc};
use jsonwebtoken::{
    Algorithm, DecodingKey, Validation, decode, decode_header,
    errors::ErrorKind,
    jwk::{Jwk, PublicKeyUse},
};
use serde_json::{Map, Value};
use subtle::ConstantTimeEq;

/// How far the clocks of provider and collector may be apart, in seconds.
const LEEWAY: i64 = 60;
/// Most keys of a provider that are looked at.
const MOST_KEYS: usize = 64;
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// What a token must say.
#[derive(Clone, Copy)]
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a str,
    /// By the collector's clock.
    pub(super) now: DateTime<Utc>,
}

/// Why a token was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum TokenError {
    /// Its key is not among those that are known; the provider may have a new one.
    #[error("it is signed with a key that the provider does not publish")]
    UnknownKey,
    /// Anything else.
    #[error("{0}")]
    Wrong(String),
}

/// The keys in a provider's answer; those of kinds that nobody here knows are left out.
pub(super) fn keys(document: &Value) -> Vec<Jwk> {
    let all = document.get("keys").and_then(Value::as_array).into_iter().flatten().take(MOST_KEYS);
    all.filter_map(|key| serde_json::from_value(key.clone()).ok()).collect()
}

/// Verifies a token.
pub(super) fn verify(token: &str, keys: &[Jwk], expected: Expected<'_>) -> Result<Map<String, Value>, TokenError> {
    let wrong = |text: &str| TokenError::Wrong(text.to_owned());
    let header = decode_header(token).map_err(|_| wrong("it is no signed token"))?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err(TokenError::Wrong(format!("{:?} is not an algorithm of a private key", header.alg)));
    }
    let mut validation = Validation::new(header.alg);
    validation.set_issuer(&[expected.issuer]);
    validation.set_audience(&[expected.client_id]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    // The library would ask the machine's clock; the collector has one that is believed.
    validation.validate_exp = false;
    let signs = |key: &&Jwk| {
        let named = header.kid.is_none() || header.kid == key.common.key_id;
        named && !matches!(key.common.public_key_use, Some(PublicKeyUse::Encryption))
    };
    let mut refused = TokenError::UnknownKey;
    for key in keys.iter().filter(signs) {
        let Ok(key) = DecodingKey::from_jwk(key) else { continue };
        if key.family() != header.alg.family() {
            continue;
        }
        match decode::<Map<String, Value>>(token, &key, &validation) {
            Ok(token) => return judge(token.claims, expected),
            Err(error) => refused = TokenError::Wrong(reason(error.kind())),
        }
    }
    Err(refused)
}

/// What the library leaves to its caller.
fn judge(claims: Map<String, Value>, expected: Expected<'_>) -> Result<Map<String, Value>, TokenError> {
    let refuse = |text: &str| Err(TokenError::Wrong(text.to_owned()));
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let time = |name: &str| claims.get(name).and_then(Value::as_i64);
    let now = expected.now.timestamp();
    if text("iss") != Some(expected.issuer) {
        return refuse("it is of another issuer");
    }
    let audiences = claims.get("aud").and_then(Value::as_array).map_or(1, Vec::len);
    let party = claims.get("azp").map(|party| party.as_str() == Some(expected.client_id));
    if party == Some(false) || audiences > 1 && party.is_none() {
        return refuse("it was made for another client");
    }
    let Some(until) = time("exp") else { return refuse("its end is no time") };
    if now >= until.saturating_add(LEEWAY) {
        return refuse("it has expired");
    }
    let Some(from) = time("iat") else { return refuse("it does not say when it was made") };
    if from.max(time("nbf").unwrap_or(from)) > now.saturating_add(LEEWAY) {
        return refuse("it is from the future; compare the clocks of provider and collector");
    }
    let same: bool = text("nonce").unwrap_or_default().as_bytes().ct_eq(expected.nonce.as_bytes()).into();
    if !same {
        return refuse("it belongs to another login (nonce)");
    }
    if text("sub").is_none_or(|subject| subject.is_empty() || subject.len() > 255) {
        return refuse("it names nobody (sub)");
    }
    Ok(claims)
}

fn reason(kind: &ErrorKind) -> String {
    match kind {
        ErrorKind::InvalidSignature => "its signature is wrong".to_owned(),
        ErrorKind::InvalidIssuer => "it is of another issuer".to_owned(),
        ErrorKind::InvalidAudience => "it was made for another client".to_owned(),
        ErrorKind::MissingRequiredClaim(name) => format!("it has no claim {name}"),
        _ => "it is no signed token with claims".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonwebtoken::{EncodingKey, Header, encode};
    use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256};
    use serde_json::json;

    const NOW: i64 = 1_800_000_000;

    fn key(kid: &str) -> (EncodingKey, Value) {
        let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let point = pair.public_key_raw();
        let part = |range| data_encoding::BASE64URL_NOPAD.encode(&point[range]);
        let public = json!({"kty": "EC", "crv": "P-256", "x": part(1..33), "y": part(33..65), "kid": kid, "use": "sig"});
        (EncodingKey::from_ec_der(&pair.serialize_der()), public)
    }

    fn sign(key: &EncodingKey, kid: Option<&str>, claims: &Value) -> String {
        let header = Header { kid: kid.map(str::to_owned), ..Header::new(Algorithm::ES256) };
        encode(&header, claims, key).unwrap()
    }

    fn claims(change: &Value) -> Value {
        let mut claims = json!({
            "iss": "https://a.example", "aud": "muster", "sub": "1", "nonce": "n", "iat": NOW, "exp": NOW + 300
        });
        claims.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        claims
    }

    fn found(token: &str, keys: &[Jwk]) -> Result<(), String> {
        let now = DateTime::from_timestamp(NOW, 0).unwrap();
        let expected = Expected { issuer: "https://a.example", client_id: "muster", nonce: "n", now };
        verify(token, keys, expected).map(drop).map_err(|error| error.to_string())
    }

    #[test]
    fn only_what_was_asked_for_is_believed() {
        let (private, public) = key("k1");
        let keys = keys(&json!({"keys": [{"kty": "unheard-of", "kid": "k0"}, public]}));
        let check = |change: Value, expected: Result<(), &str>| {
            let found = found(&sign(&private, Some("k1"), &claims(&change)), &keys);
            match (&found, expected) {
                (Ok(()), Ok(())) => {}
                (Err(error), Err(part)) if error.contains(part) => {}
                other => panic!("{change}: {other:?}"),
            }
        };
        check(json!({}), Ok(()));
        check(json!({"aud": ["muster"]}), Ok(()));
        check(json!({"aud": ["muster", "other"], "azp": "muster"}), Ok(()));
        check(json!({"aud": ["muster", "other"]}), Err("another client"));
        check(json!({"azp": "other"}), Err("another client"));
        check(json!({"aud": "other"}), Err("another client"));
        check(json!({"aud": null}), Err("no claim aud"));
        check(json!({"iss": "https://b.example"}), Err("another issuer"));
        check(json!({"iss": ["https://a.example", "x"]}), Err("another issuer"));
        check(json!({"iss": null}), Err("no claim iss"));
        check(json!({"exp": NOW - LEEWAY + 1}), Ok(()));
        check(json!({"exp": NOW - LEEWAY}), Err("expired"));
        check(json!({"exp": null}), Err("no claim exp"));
        check(json!({"exp": "never"}), Err("no claim exp"));
        check(json!({"iat": NOW + LEEWAY + 1}), Err("future"));
        check(json!({"nbf": NOW + LEEWAY + 1}), Err("future"));
        check(json!({"iat": null}), Err("when it was made"));
        check(json!({"nonce": "m"}), Err("nonce"));
        check(json!({"nonce": null}), Err("nonce"));
        check(json!({"sub": null}), Err("no claim sub"));
        check(json!({"sub": ""}), Err("names nobody"));
        check(json!({"sub": 7}), Err("no claim sub"));
    }

    #[test]
    fn only_a_key_of_the_provider_signs() {
        let ((private, public), (other, _)) = (key("k1"), key("k1"));
        let known = keys(&json!({ "keys": [public.clone()] }));
        let good = claims(&json!({}));
        assert_eq!(found(&sign(&private, None, &good), &known), Ok(()), "a provider with one key need not name it");
        assert_eq!(found(&sign(&other, Some("k1"), &good), &known), Err("its signature is wrong".to_owned()));
        let unknown = Err(TokenError::UnknownKey.to_string());
        assert_eq!(found(&sign(&private, Some("k2"), &good), &known), unknown);
        assert_eq!(found(&sign(&private, Some("k1"), &good), &[]), unknown);
        let mut encrypts = public;
        encrypts["use"] = json!("enc");
        assert_eq!(found(&sign(&private, Some("k1"), &good), &keys(&json!({ "keys": [encrypts] }))), unknown);

        // What was signed is what counts.
        let token = sign(&private, Some("k1"), &good);
        let parts: Vec<&str> = token.split('.').collect();
        let text = |value: &Value| data_encoding::BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let changed = text(&claims(&json!({"sub": "2"})));
        assert_eq!(found(&[parts[0], &changed, parts[2]].join("."), &known), Err("its signature is wrong".to_owned()));
        // No signature, and one that whoever knows the public key can make.
        let unsigned = format!("{}.{}.", text(&json!({"alg": "none"})), parts[1]);
        assert!(found(&unsigned, &known).is_err());
        let header = Header { kid: Some("k1".to_owned()), ..Header::new(Algorithm::HS256) };
        let secret = EncodingKey::from_secret(b"muster");
        let error = found(&encode(&header, &good, &secret).unwrap(), &known).unwrap_err();
        assert!(error.contains("HS256"), "{error}");
        let shared = keys(&json!({"keys": [{"kty": "oct", "k": "bXVzdGVy", "kid": "k1"}]}));
        assert!(found(&encode(&header, &good, &secret).unwrap(), &shared).is_err());
        for nonsense in ["", ".", "..", "a.b.c", "a.b.c.d.e"] {
            assert!(found(nonsense, &known).is_err(), "{nonsense}");
        }
    }
}
