//! Who speaks in a request.

use super::console_sessions::ConsoleSession;
use crate::{admin::problem::Failure, store::records::Role};
use axum::extract::FromRequestParts;
use http::request::Parts;
use muster_wire::problem::Code;

/// How somebody showed who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// An API token, by its id.
    Token(String),
    /// A console session.
    Console(ConsoleSession),
}

/// Somebody who was recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// How.
    pub proof: Proof,
    /// What they may do.
    pub role: Role,
    /// The applications it is bound to, with the role of one.
    pub applications: Vec<String>,
    /// Must change the password before anything else.
    pub must_change: bool,
}

impl Principal {
    /// For audit entries: `user:NAME` or `token:ID`.
    #[must_use]
    pub fn actor(&self) -> String {
        match &self.proof {
            Proof::Token(id) => format!("token:{id}"),
            Proof::Console(session) => format!("user:{}", session.user),
        }
    }

    /// Whether it may take seats of an application: one with that role only of those it is bound to.
    #[must_use]
    pub fn may_take(&self, application: &str) -> bool {
        let name = application.trim().to_lowercase();
        self.role != Role::Application || self.applications.iter().any(|bound| bound.trim().to_lowercase() == name)
    }

    /// The console session, if it is one.
    #[must_use]
    pub fn console(&self) -> Option<&ConsoleSession> {
        match &self.proof {
            Proof::Console(session) => Some(session),
            Proof::Token(_) => None,
        }
    }
}

/// Who speaks; handlers of operations that need a login take it.
#[derive(Debug)]
pub struct Caller(pub Principal);

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        parts.extensions.get::<Principal>().cloned().map(Self).ok_or_else(unauthenticated)
    }
}

/// Who speaks, if they said so; for operations that are open to all.
#[derive(Debug)]
pub struct MaybeCaller(pub Option<Principal>);

impl<S: Send + Sync> FromRequestParts<S> for MaybeCaller {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(parts.extensions.get::<Principal>().cloned()))
    }
}

/// 401 for a request without a good token or session.
pub(crate) fn unauthenticated() -> Failure {
    Failure::new(Code::Unauthenticated, "log in at /login, or send an API token that is in force: Authorization: Bearer msa_...")
}
