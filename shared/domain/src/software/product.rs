//! What can be installed, as its source names it.

use serde::{Deserialize, Serialize};

/// One version of one package. Two machines with the same text have the same software.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Software {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: Option<String>,
    /// Who publishes or maintains it, as it says itself.
    pub publisher: Option<String>,
    /// What installed it: `dpkg`, `rpm`, `flatpak`, `snap`...
    pub source: String,
    /// The architecture it was built for.
    pub architecture: Option<String>,
}

impl Software {
    /// What stays the same when it is updated.
    pub(super) fn line(&self) -> (&str, &str, Option<&str>) {
        (&self.source, &self.name, self.architecture.as_deref())
    }
}
