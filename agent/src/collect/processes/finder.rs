//! The patterns of all applications, and what they find.
//!
//! In: the policy, a `/proc`, the sessions. Out: the applications in use by session. Blocking: it reads files.

use super::{
    owner::{Whose, owner},
    pattern::Pattern,
    table,
};
use muster_wire::{policy::PolicyDocument, session::Session};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// Applications in use by session: its id and start, then names.
pub type Found = BTreeMap<(String, i64), BTreeSet<String>>;

/// The patterns.
#[derive(Debug, Clone, Default)]
pub struct Finder {
    applications: Vec<(String, Vec<Pattern>)>,
    with_paths: bool,
}

impl Finder {
    /// The patterns of a policy. One that cannot be read finds nothing.
    #[must_use]
    pub fn new(policy: &PolicyDocument) -> Self {
        let patterns = |texts: &[String]| texts.iter().filter_map(|text| Pattern::parse(text)).collect::<Vec<_>>();
        let applications =
            policy.applications.iter().map(|application| (application.name.clone(), patterns(&application.processes)));
        let applications: Vec<_> = applications.filter(|(_, patterns)| !patterns.is_empty()).collect();
        let with_paths = applications.iter().flat_map(|(_, patterns)| patterns).any(Pattern::needs_path);
        Self { applications, with_paths }
    }

    /// Whether nothing is asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.applications.is_empty()
    }

    /// Looks at the processes; `etc` has the accounts.
    #[must_use]
    pub fn look(&self, proc: &Path, etc: &Path, sessions: &[Session]) -> Found {
        let mut found = Found::new();
        if self.is_empty() || sessions.is_empty() {
            return found;
        }
        let mut passwd = None;
        for process in table::processes(proc, self.with_paths) {
            let mut names = self
                .applications
                .iter()
                .filter(|(_, patterns)| patterns.iter().any(|pattern| pattern.matches(&process)))
                .peekable();
            if names.peek().is_none() {
                continue;
            }
            let passwd: &String = passwd.get_or_insert_with(|| {
                std::fs::read(etc.join("passwd")).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
            });
            if let Some(session) = owner(&Whose::of(proc, process.pid), sessions, passwd) {
                found.entry(key(session)).or_default().extend(names.map(|(name, _)| name.clone()));
            }
        }
        found
    }
}

/// What names a session within a boot.
pub(super) fn key(session: &Session) -> (String, i64) {
    (session.id.clone(), session.started_at.timestamp_millis())
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests write accounts")]
mod tests {
    use super::{super::table::tests::put, *};
    use chrono::DateTime;
    use muster_wire::{policy::ApplicationPolicy, session::SessionState, verdict::Decision};

    #[test]
    fn sessions_use_what_runs_in_them() {
        let dir = tempfile::tempdir().unwrap();
        let (proc, etc) = (dir.path().join("proc"), dir.path().join("etc"));
        std::fs::create_dir_all(&etc).unwrap();
        std::fs::write(etc.join("passwd"), "alice:x:1000:1000::/:/bin/sh\n").unwrap();
        let session = |id: &str, user: &str| Session {
            id: id.to_owned(),
            user: user.to_owned(),
            client_ip: "10.0.0.1".to_owned(),
            client: "ssh".to_owned(),
            tty: None,
            state: SessionState::Active,
            started_at: DateTime::from_timestamp(1_700_000_000, 0).unwrap(),
            idle_seconds: None,
            groups: vec![],
            applications: vec![],
        };
        let application = |name: &str, processes: &[&str]| ApplicationPolicy {
            name: name.to_owned(),
            processes: processes.iter().map(|&pattern| pattern.to_owned()).collect(),
            offline: Decision::Allow,
            lease_seconds: 60,
        };
        let scope = |id: &str| format!("0::/user.slice/session-{id}.scope");
        put(&proc, 10, &["/opt/sm/smclient", "--module=incident"], "", &scope("1"), "");
        put(&proc, 11, &["/opt/sm/smclient", "--module=change"], "", &scope("1"), "");
        put(&proc, 12, &["/opt/cad/bin/cad"], "", &scope("2"), "");
        put(&proc, 13, &["/opt/cad/bin/cad"], "", "0::/system.slice/cad.service", "4294967294");
        put(&proc, 14, &["vi"], "", &scope("2"), "");
        put(&proc, 15, &["/opt/cad/bin/plot"], "", "", "1000");
        let policy = PolicyDocument {
            version: 1,
            applications: vec![
                application("Incident Management", &["cmd:*--module=incident*"]),
                application("Change Management", &["cmd:*smclient*--module=change*"]),
                application("CAD", &["path:/opt/cad/**", "nothing"]),
                application("Workstation login", &[]),
                application("Broken", &["name:"]),
            ],
        };
        let finder = Finder::new(&policy);
        let sessions = [session("1", "alice"), session("2", "bob")];
        let found = finder.look(&proc, &etc, &sessions);
        let names = |session: &Session| found.get(&key(session)).into_iter().flatten().cloned().collect::<Vec<_>>();
        assert_eq!(names(&sessions[0]), ["CAD", "Change Management", "Incident Management"]);
        assert_eq!(names(&sessions[1]), ["CAD"]);
        assert!(finder.look(&proc, &etc, &[]).is_empty());
        assert!(Finder::new(&PolicyDocument::default()).is_empty());
    }
}
