//! What the collector tells its agents about applications: how their use is found, and what holds while the collector is away.

use crate::verdict::Decision;
use serde::{Deserialize, Serialize};

/// 200 of `GET /agent/v1/policy`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyDocument {
    /// As a report's answer names it. The same content has the same version, on every collector of a site and after a restart;
    /// 0 is no policy at all.
    pub version: u64,
    /// The applications whose use is counted, by name.
    #[serde(default)]
    pub applications: Vec<ApplicationPolicy>,
}

/// One application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicationPolicy {
    /// Its name.
    pub name: String,
    /// Patterns of the processes that use it; empty when no process tells.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub processes: Vec<String>,
    /// Whether it may be started while the collector cannot be reached or the verdict is too old.
    pub offline: Decision,
    /// Seconds that a check-out lasts without a heartbeat.
    pub lease_seconds: u64,
}

impl PolicyDocument {
    /// The application of this name; case makes no difference.
    #[must_use]
    pub fn application(&self, name: &str) -> Option<&ApplicationPolicy> {
        let name = name.trim().to_lowercase();
        self.applications.iter().find(|application| application.name.to_lowercase() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes_and_what_is_new() {
        let text = r#"{"version":7,"applications":[{"name":"CAD","processes":["name:cad"],"offline":"deny","lease_seconds":60,"x":1},
            {"name":"Incident Management","offline":"allow","lease_seconds":120}],"y":2}"#;
        let policy: PolicyDocument = serde_json::from_str(text).unwrap();
        assert_eq!(policy.application(" cad ").map(|found| (found.offline, found.lease_seconds)), Some((Decision::Deny, 60)));
        assert!(policy.application("incident management").is_some_and(|found| found.processes.is_empty()));
        assert_eq!(policy.application("CA"), None);
        let again: PolicyDocument = serde_json::from_str(&serde_json::to_string(&policy).unwrap()).unwrap();
        assert_eq!(again, policy);
    }
}
