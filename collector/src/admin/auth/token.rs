//! API tokens: `msa_<id>_<secret>`, the secret kept only as a digest.

use crate::store::records::{ApiTokenRecord, Role};
use chrono::{DateTime, Utc};
use data_encoding::{BASE32_NOPAD, Specification};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;
use subtle::ConstantTimeEq;

/// What an API token begins with.
pub(super) const PREFIX: &str = "msa_";
/// Characters of the public part.
pub(super) const ID_CHARS: usize = 8;

/// RFC 4648 base32 in lower case, without padding.
pub(crate) static BASE32: LazyLock<data_encoding::Encoding> = LazyLock::new(|| {
    let mut specification = Specification::new();
    specification.symbols.push_str("abcdefghijklmnopqrstuvwxyz234567");
    // The specification above is a constant of this file; the standard alphabet stands in only so that nothing can panic.
    specification.encoding().unwrap_or(BASE32_NOPAD)
});

/// What a new token is for.
#[derive(Debug, Clone)]
pub struct NewApiToken {
    /// What it is for, in the words of whoever made it.
    pub label: String,
    /// What it may do.
    pub role: Role,
    /// Applications it is bound to, with [`Role::Application`].
    pub applications: Vec<String>,
    /// Until when it is good; none = until it is revoked.
    pub expires_at: Option<DateTime<Utc>>,
}

/// A new token: what is stored, and the text that is shown once.
#[must_use]
pub fn new_api_token(new: NewApiToken, now: DateTime<Utc>) -> (ApiTokenRecord, String) {
    let id = BASE32.encode(&muster_runtime::random::bytes::<5>());
    let secret = BASE32.encode(&muster_runtime::random::bytes::<32>());
    let NewApiToken { label, role, applications, expires_at } = new;
    let record = ApiTokenRecord {
        id: id.clone(),
        secret_hash: digest(&secret),
        label,
        role,
        applications,
        created_at: now,
        expires_at,
        revoked: false,
    };
    (record, format!("{PREFIX}{id}_{secret}"))
}

/// Public part and secret of a token's text.
#[must_use]
pub(super) fn parse(text: &str) -> Option<(&str, &str)> {
    let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
    (id.len() == ID_CHARS && secret.len() == 52).then_some((id, secret))
}

/// Whether the secret is this token's, in constant time, and the token is good now.
#[must_use]
pub(super) fn accepts(record: &ApiTokenRecord, secret: &str, now: DateTime<Utc>) -> bool {
    let same: bool = record.secret_hash.ct_eq(&digest(secret)).into();
    same && !record.revoked && record.expires_at.is_none_or(|until| now < until)
}

/// SHA-256, the form in which random secrets are kept. Passwords are not random: they go through argon2id.
#[must_use]
pub(crate) fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    #[test]
    fn a_token_opens_with_its_own_secret_only() {
        let now = DateTime::UNIX_EPOCH;
        let new = NewApiToken {
            label: "ci".to_owned(),
            role: Role::Viewer,
            applications: Vec::new(),
            expires_at: Some(now + TimeDelta::hours(1)),
        };
        let (record, text) = new_api_token(new.clone(), now);
        let (_, other) = new_api_token(new, now);
        let (id, secret) = parse(&text).unwrap();
        assert_eq!(id, record.id);
        assert!(accepts(&record, secret, now));
        assert!(!accepts(&record, parse(&other).unwrap().1, now));
        assert!(!accepts(&record, secret, now + TimeDelta::hours(1)), "expired");
        assert!(!accepts(&ApiTokenRecord { revoked: true, ..record.clone() }, secret, now), "revoked");
        assert!(text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'));
        for wrong in ["", "msa_", "msa_abc_def", "mst_abcdefgh_x", &text[..text.len() - 1], &format!("{text}a")] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
