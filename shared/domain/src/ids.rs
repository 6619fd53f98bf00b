//! Identifiers of the things that are kept: agents, assets, sessions, model categories.
//!
//! Each has a type of its own, so that one can never stand for another. They are text in JSON and raw bytes in binary
//! encodings. Making a new one is the caller's business: this crate has no source of randomness.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// A text that is not an identifier of the expected form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not {what}")]
pub struct IdError {
    what: &'static str,
    text: String,
}

impl IdError {
    fn new(what: &'static str, text: &str) -> Self {
        Self { what, text: text.chars().take(64).collect() }
    }
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Uuid::try_parse(text).map(Self).map_err(|_| IdError::new($what, text))
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

uuid_id!(
    /// An enrolled agent.
    AgentId,
    "an agent id (a UUID)"
);
uuid_id!(
    /// An asset record; its `sys_id`.
    AssetId,
    "an asset id (a UUID)"
);
uuid_id!(
    /// A model category.
    CategoryId,
    "a model category id (a UUID)"
);
uuid_id!(
    /// A check-out.
    CheckoutId,
    "a check-out id (a UUID)"
);

/// One session, over all agents and restarts: 32 lower-case hexadecimal digits.
///
/// The collector derives it from the agent, the boot, the session manager's id and the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u128);

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for SessionId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let error = || IdError::new("a session id (32 hexadecimal digits)", text);
        if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(error());
        }
        u128::from_str_radix(text, 16).map(Self).map_err(|_| error())
    }
}

impl Serialize for SessionId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { self.0.to_be_bytes().serialize(serializer) }
    }
}

impl<'de> Deserialize<'de> for SessionId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
            text.parse().map_err(serde::de::Error::custom)
        } else {
            Ok(Self(u128::from_be_bytes(<[u8; 16]>::deserialize(deserializer)?)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_id_is_32_hex_digits() {
        let check = |text: &str, good: bool| assert_eq!(text.parse::<SessionId>().is_ok(), good, "{text:?}");
        check("000000000000000000000000000000ff", true);
        check("000000000000000000000000000000FF", true);
        check("", false);
        check("ff", false);
        check("+00000000000000000000000000000ff", false);
        check("0000000000000000000000000000000g", false);
        check("000000000000000000000000000000ff0", false);
        assert_eq!(SessionId(255).to_string(), "000000000000000000000000000000ff");
    }

    #[test]
    fn ids_are_text_in_json_and_come_back() {
        let session = SessionId(u128::MAX - 7);
        let json = serde_json::to_string(&session).unwrap();
        assert_eq!(json, format!("\"{session}\""));
        assert_eq!(serde_json::from_str::<SessionId>(&json).unwrap(), session);
        let agent: AgentId = "67e55044-10b1-426f-9247-bb680e5fe0c8".parse().unwrap();
        assert_eq!(serde_json::from_str::<AgentId>(&serde_json::to_string(&agent).unwrap()).unwrap(), agent);
        assert_eq!(agent.to_string(), "67e55044-10b1-426f-9247-bb680e5fe0c8");
        assert!("67e55044-10b1".parse::<AgentId>().unwrap_err().to_string().contains("agent id"));
    }
}
