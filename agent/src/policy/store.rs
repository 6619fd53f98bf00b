//! The policy in force, over restarts.
//!
//! In: documents that came over the agent's own connection. Out: the newest, in `policy.json` of the state directory, and a
//! signal when there is another. A file that cannot be read is as good as none: the collector gives it again.

use muster_runtime::durable;
use muster_wire::policy::PolicyDocument;
use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::sync::watch;

/// Its name in the state directory.
pub const FILE: &str = "policy.json";

/// The policy in force.
#[derive(Debug)]
pub struct Policies {
    file: PathBuf,
    current: watch::Sender<Arc<PolicyDocument>>,
}

impl Policies {
    /// Reads what is stored in the state directory.
    #[must_use]
    pub fn open(state: &Path) -> Self {
        let file = state.join(FILE);
        let stored = match std::fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_else(|error| {
                tracing::warn!(%error, file = FILE, "the stored policy is damaged; the collector gives it again");
                PolicyDocument::default()
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => PolicyDocument::default(),
            Err(error) => {
                tracing::warn!(%error, file = FILE, "the stored policy cannot be read");
                PolicyDocument::default()
            }
        };
        Self { file, current: watch::Sender::new(Arc::new(stored)) }
    }

    /// The one in force; of version 0 while there is none.
    #[must_use]
    pub fn current(&self) -> Arc<PolicyDocument> {
        Arc::clone(&self.current.borrow())
    }

    /// Follows it.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<Arc<PolicyDocument>> {
        self.current.subscribe()
    }

    /// Takes a document over. Says whether it is another one.
    ///
    /// # Errors
    /// When it cannot be stored; it is in force all the same.
    pub fn accept(&self, document: PolicyDocument) -> io::Result<bool> {
        if *self.current() == document {
            return Ok(false);
        }
        let bytes = serde_json::to_vec(&document)?;
        self.current.send_replace(Arc::new(document));
        durable::write(&self.file, &bytes, 0o600)?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use muster_wire::{policy::ApplicationPolicy, verdict::Decision};

    fn document(version: u64) -> PolicyDocument {
        let application = ApplicationPolicy {
            name: "CAD".to_owned(),
            processes: vec!["cad".to_owned()],
            offline: Decision::Deny,
            lease_seconds: 60,
        };
        PolicyDocument { version, applications: vec![application] }
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test damages the file on purpose")]
    fn survives_a_restart_and_damage() {
        let dir = tempfile::tempdir().unwrap();
        let policies = Policies::open(dir.path());
        let follower = policies.subscribe();
        assert_eq!(policies.current().version, 0);
        assert!(policies.accept(document(7)).unwrap());
        assert!(!policies.accept(document(7)).unwrap());
        assert!(follower.has_changed().unwrap());
        assert_eq!(*Policies::open(dir.path()).current(), document(7));
        // A collector that was restored speaks of an earlier one: its word counts.
        assert!(policies.accept(document(3)).unwrap());
        std::fs::write(dir.path().join(FILE), b"{").unwrap();
        assert_eq!(Policies::open(dir.path()).current().version, 0);
    }
}
