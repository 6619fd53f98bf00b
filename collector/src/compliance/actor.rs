//! Who asks for something.

use std::ops::Deref;

/// `user:NAME`, `token:ID`, `agent:ID` or `collector`, as it stands in the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor(pub String);

impl Deref for Actor {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}
