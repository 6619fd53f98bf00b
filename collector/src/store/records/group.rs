//! Groups of users that administrators keep.

use serde::{Deserialize, Serialize};

/// A group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupRecord {
    /// Its name; compared without regard to case.
    pub name: String,
    /// Login users, as an administrator wrote them.
    pub members: Vec<String>,
}
