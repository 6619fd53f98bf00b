//! Problem documents (RFC 9457) and their stable codes.

use serde::{Deserialize, Serialize};

/// The stable last part of a problem's `type`; the collector serves a page for each under `/problems/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Code {
    /// 401: no valid certificate, token or console session.
    Unauthenticated,
    /// 403: authenticated, but the role or state does not allow it.
    Forbidden,
    /// 403: the product is disabled or unlicensed (contract section 4).
    LicenseDisabled,
    /// 403: the join token is wrong, used up, revoked or too old.
    JoinTokenInvalid,
    /// 403: the agent waits for an administrator's approval.
    AgentPending,
    /// 403: the agent was revoked.
    AgentRevoked,
    /// 404: no such resource.
    NotFound,
    /// 405: the resource does not know this method.
    MethodNotAllowed,
    /// 400: the body is not well-formed JSON of the expected shape.
    InvalidBody,
    /// 400: an encoded query that cannot be read; carries `position`.
    InvalidQuery,
    /// 422: well-formed, but a value breaks a rule.
    InvalidValue,
    /// 422: a licence key that cannot be applied.
    InvalidLicense,
    /// 409: conflicts with what is stored.
    Conflict,
    /// 409: an agent must go on with a new epoch; carries `epoch`.
    Resync,
    /// 409: no seat is free.
    PoolExhausted,
    /// 413: over a limit of the protocol.
    TooLarge,
    /// 415: a content type or encoding that is not spoken here.
    UnsupportedMedia,
    /// 421: the `Host` is not one of this server's names.
    Misdirected,
    /// 429: too many attempts; carries `Retry-After`.
    TooMany,
    /// 500: an error inside the collector; the log has the details under the request id.
    Internal,
    /// 503: the store cannot be written or the queue is full; carries `Retry-After`.
    Unavailable,
}

impl Code {
    /// Every code, in the order of the documentation.
    pub const ALL: [Self; 21] = [
        Self::Unauthenticated,
        Self::Forbidden,
        Self::LicenseDisabled,
        Self::JoinTokenInvalid,
        Self::AgentPending,
        Self::AgentRevoked,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::InvalidBody,
        Self::InvalidQuery,
        Self::InvalidValue,
        Self::InvalidLicense,
        Self::Conflict,
        Self::Resync,
        Self::PoolExhausted,
        Self::TooLarge,
        Self::UnsupportedMedia,
        Self::Misdirected,
        Self::TooMany,
        Self::Internal,
        Self::Unavailable,
    ];

    /// The stable name, the last part of `type`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::LicenseDisabled => "license-disabled",
            Self::JoinTokenInvalid => "join-token-invalid",
            Self::AgentPending => "agent-pending",
            Self::AgentRevoked => "agent-revoked",
            Self::NotFound => "not-found",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::InvalidBody => "invalid-body",
            Self::InvalidQuery => "invalid-query",
            Self::InvalidValue => "invalid-value",
            Self::InvalidLicense => "invalid-license",
            Self::Conflict => "conflict",
            Self::Resync => "resync",
            Self::PoolExhausted => "pool-exhausted",
            Self::TooLarge => "too-large",
            Self::UnsupportedMedia => "unsupported-media",
            Self::Misdirected => "misdirected",
            Self::TooMany => "too-many",
            Self::Internal => "internal",
            Self::Unavailable => "unavailable",
        }
    }

    /// The HTTP status that goes with it.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::InvalidBody | Self::InvalidQuery => 400,
            Self::Unauthenticated => 401,
            Self::Forbidden | Self::LicenseDisabled | Self::JoinTokenInvalid | Self::AgentPending | Self::AgentRevoked => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::Conflict | Self::Resync | Self::PoolExhausted => 409,
            Self::TooLarge => 413,
            Self::UnsupportedMedia => 415,
            Self::Misdirected => 421,
            Self::InvalidValue | Self::InvalidLicense => 422,
            Self::TooMany => 429,
            Self::Internal => 500,
            Self::Unavailable => 503,
        }
    }

    /// A short human title.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Unauthenticated => "Not authenticated",
            Self::Forbidden => "Not allowed",
            Self::LicenseDisabled => "The product is disabled",
            Self::JoinTokenInvalid => "The join token is not valid",
            Self::AgentPending => "The agent waits for approval",
            Self::AgentRevoked => "The agent was revoked",
            Self::NotFound => "Not found",
            Self::MethodNotAllowed => "Method not allowed",
            Self::InvalidBody => "The body cannot be read",
            Self::InvalidQuery => "The encoded query cannot be read",
            Self::InvalidValue => "A value breaks a rule",
            Self::InvalidLicense => "The licence key cannot be applied",
            Self::Conflict => "Conflict with what is stored",
            Self::Resync => "Go on with a new epoch",
            Self::PoolExhausted => "No seat is free",
            Self::TooLarge => "Over a limit of the protocol",
            Self::UnsupportedMedia => "Content type or encoding not supported",
            Self::Misdirected => "This server does not answer for that name",
            Self::TooMany => "Too many attempts",
            Self::Internal => "Internal error",
            Self::Unavailable => "Try again later",
        }
    }

    /// The code with this stable name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.name() == name)
    }
}

/// A problem document as it is sent (`application/problem+json`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// `/problems/<code>` on the collector that answers.
    #[serde(rename = "type")]
    pub kind: String,
    /// A short human title, the same for every problem of this type.
    #[serde(default)]
    pub title: String,
    /// The HTTP status.
    #[serde(default)]
    pub status: u16,
    /// What was wrong here, where, and what to do.
    #[serde(default)]
    pub detail: String,
    /// Further members (`epoch`, `position`, `holders`...).
    #[serde(flatten)]
    pub extra: serde_json::Map<String, serde_json::Value>,
}

impl Problem {
    /// A problem of this code with its detail.
    #[must_use]
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("/problems/{}", code.name()),
            title: code.title().to_owned(),
            status: code.status(),
            detail: detail.into(),
            extra: serde_json::Map::new(),
        }
    }

    /// The same with one more member.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<serde_json::Value>) -> Self {
        self.extra.insert(name.to_owned(), value.into());
        self
    }

    /// The code, if it is one this build knows.
    #[must_use]
    pub fn code(&self) -> Option<Code> {
        Code::from_name(self.kind.rsplit('/').next()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_read_back() {
        for code in Code::ALL {
            assert_eq!(Code::from_name(code.name()), Some(code));
            let sent = serde_json::to_string(&Problem::new(code, "x").with("epoch", 2)).unwrap();
            let read: Problem = serde_json::from_str(&sent).unwrap();
            assert_eq!(read.code(), Some(code));
            assert_eq!(read.extra.get("epoch"), Some(&serde_json::json!(2)));
        }
    }
}
