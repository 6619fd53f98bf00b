//! Join tokens: `mst1_<id>_<secret>_<pin>`, the last part the SHA-256 of the root's public key, so that an agent can check whom it
//! talks to before it trusts anything.

use super::Authority;
use crate::store::{
    StoreError, Stores,
    records::{Approval, AuditEntry, TokenRecord},
};
use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::{BASE32_NOPAD, Encoding};
use sha2::{Digest as _, Sha256};
use std::time::Duration;

const PREFIX: &str = "mst1";
const MAX_USES: u32 = 100_000;
const MAX_TTL_SINGLE: Duration = Duration::from_secs(30 * 24 * 3600);
const MAX_TTL_MULTI: Duration = Duration::from_secs(7 * 24 * 3600);

/// What an administrator wants.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// How many machines may enrol with it.
    pub uses: u32,
    /// For how long.
    pub ttl: Duration,
    /// Approval of what enrols; by default automatic for one use, manual for more.
    pub approval: Option<Approval>,
    /// Group of what enrols.
    pub group: Option<String>,
}

/// A token as it is shown once.
#[derive(Clone)]
pub struct Created {
    /// Its public part.
    pub id: String,
    /// The whole token.
    pub token: String,
    /// Until when it is good.
    pub expires_at: DateTime<Utc>,
}

/// A token as an agent presents it.
#[derive(Clone, PartialEq, Eq)]
pub struct Presented {
    /// Its public part.
    pub id: String,
    /// SHA-256 of its secret.
    pub secret_hash: [u8; 32],
}

/// Makes a token and stores its digest.
///
/// # Errors
/// When a wish breaks a rule ([`StoreError::Rule`]) or the store cannot take it.
pub async fn create(
    stores: &Stores,
    authority: &Authority,
    new: NewToken,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<Created, StoreError> {
    if !(1..=MAX_USES).contains(&new.uses) {
        return Err(StoreError::Rule(format!("uses must be between 1 and {MAX_USES}")));
    }
    let longest = if new.uses == 1 { MAX_TTL_SINGLE } else { MAX_TTL_MULTI };
    if new.ttl.is_zero() || new.ttl > longest {
        let days = longest.as_secs() / 86_400;
        return Err(StoreError::Rule(format!(
            "ttl_seconds must be above 0 and at most {days} days for a token of {} use(s)",
            new.uses
        )));
    }
    let id = encode(&muster_runtime::random::bytes::<5>());
    let secret: [u8; 32] = muster_runtime::random::bytes();
    let expires_at = now + TimeDelta::from_std(new.ttl).unwrap_or_default();
    let approval = new.approval.unwrap_or(if new.uses == 1 { Approval::Auto } else { Approval::Manual });
    let record = TokenRecord {
        id: id.clone(),
        secret_hash: Sha256::digest(secret).into(),
        max_uses: new.uses,
        used_by: Vec::new(),
        expires_at,
        approval,
        group: new.group.clone(),
        created_by: actor.to_owned(),
        created_at: now,
        revoked: false,
    };
    let audit = AuditEntry {
        at: now,
        actor: actor.to_owned(),
        action: "join-token.create".to_owned(),
        subject: id.clone(),
        detail: serde_json::json!({"uses": new.uses, "expires_at": expires_at, "approval": approval, "group": new.group}),
    };
    stores.tokens.create(record, audit).await?;
    let token = format!("{PREFIX}_{id}_{}_{}", encode(&secret), encode(&authority.root_key_hash()));
    Ok(Created { id, token, expires_at })
}

/// Takes a presented token apart; none when it has not the form of one.
#[must_use]
pub fn parse(token: &str) -> Option<Presented> {
    let mut parts = token.trim().split('_');
    let (prefix, id, secret, pin) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    if prefix != PREFIX || parts.next().is_some() || id.len() != 8 || !id.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let secret = decode(secret).filter(|secret| secret.len() == 32)?;
    decode(pin).filter(|pin| pin.len() == 32)?;
    Some(Presented { id: id.to_owned(), secret_hash: Sha256::digest(secret).into() })
}

fn encode(bytes: &[u8]) -> String {
    let encoding: &Encoding = &BASE32_NOPAD;
    encoding.encode(bytes).to_ascii_lowercase()
}

fn decode(text: &str) -> Option<Vec<u8>> {
    BASE32_NOPAD.decode(text.to_ascii_uppercase().as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_only_whole_tokens() {
        let secret = [7; 32];
        let good = format!("mst1_abcd2345_{}_{}", encode(&secret), encode(&[9; 32]));
        let parsed = parse(&good).unwrap();
        assert_eq!((parsed.id.as_str(), parsed.secret_hash), ("abcd2345", Sha256::digest(secret).into()));
        for bad in [
            "",
            "mst1",
            "mst1_abcd2345",
            &good[..good.len() - 1],
            &good.replace("mst1", "mst2"),
            &format!("{good}_x"),
            &good.replace("abcd2345", "../../et"),
        ] {
            assert!(parse(bad).is_none(), "{bad}");
        }
    }
}
