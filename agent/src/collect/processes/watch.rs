//! Watching for applications that begin and end.
//!
//! In: the policy as it changes, the sessions. Out: the applications of each, and a wake-up when they are others. The kernel tells
//! of processes only to root, so they are looked at every two seconds; while no application asks for processes, never.

use super::finder::{Finder, Found, key};
use muster_wire::{policy::PolicyDocument, session::Session};
use std::{path::PathBuf, sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    time::{Interval, MissedTickBehavior},
};

/// Between two looks: with the debounce of 2 s a change is reported within the 5 s of contract 2.1.
const EVERY: Duration = Duration::from_secs(2);

/// The watch.
#[derive(Debug)]
pub struct ProcessWatch {
    policy: watch::Receiver<Arc<PolicyDocument>>,
    finder: Arc<Finder>,
    proc: PathBuf,
    etc: PathBuf,
    tick: Interval,
    last: Found,
}

impl ProcessWatch {
    /// Follows a policy; `proc` and `etc` are the machine's directories.
    #[must_use]
    pub fn new(mut policy: watch::Receiver<Arc<PolicyDocument>>, proc: PathBuf, etc: PathBuf) -> Self {
        let finder = Arc::new(Finder::new(&policy.borrow_and_update()));
        let mut tick = tokio::time::interval(EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { policy, finder, proc, etc, tick, last: Found::new() }
    }

    /// Says for each session which applications run in it.
    pub async fn fill(&mut self, sessions: &mut [Session]) {
        self.follow_policy();
        let found = self.look(sessions).await;
        for session in sessions.iter_mut() {
            session.applications = found.get(&key(session)).into_iter().flatten().cloned().collect();
        }
        self.last = found;
    }

    /// Returns when other applications run in these sessions than [`Self::fill`] said last. Can be dropped and called again.
    pub async fn changed(&mut self, sessions: &[Session]) {
        loop {
            if self.finder.is_empty() || sessions.is_empty() {
                // Without a sender the policy never changes again.
                if self.policy.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
                self.policy.mark_changed();
            } else {
                self.tick.tick().await;
            }
            self.follow_policy();
            if self.look(sessions).await != self.last {
                return;
            }
        }
    }

    fn follow_policy(&mut self) {
        if self.policy.has_changed().unwrap_or(false) {
            self.finder = Arc::new(Finder::new(&self.policy.borrow_and_update()));
        }
    }

    async fn look(&self, sessions: &[Session]) -> Found {
        if self.finder.is_empty() || sessions.is_empty() {
            return Found::new();
        }
        let (finder, proc, etc, sessions) = (Arc::clone(&self.finder), self.proc.clone(), self.etc.clone(), sessions.to_vec());
        let look = tokio::task::spawn_blocking(move || finder.look(&proc, &etc, &sessions));
        // A look that failed finds what the last one found: nobody's use ends because of it.
        look.await.unwrap_or_else(|_| self.last.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::{super::table::tests::put, *};
    use chrono::DateTime;
    use muster_wire::{policy::ApplicationPolicy, session::SessionState, verdict::Decision};

    #[tokio::test(start_paused = true)]
    async fn a_policy_that_comes_later_and_a_program_that_begins_wake_it() {
        let dir = tempfile::tempdir().unwrap();
        let (proc, etc) = (dir.path().join("proc"), dir.path().join("etc"));
        std::fs::create_dir_all(&etc).unwrap();
        std::fs::create_dir_all(&proc).unwrap();
        let session = Session {
            id: "1".to_owned(),
            user: "alice".to_owned(),
            client_ip: "10.0.0.1".to_owned(),
            client: "ssh".to_owned(),
            tty: None,
            state: SessionState::Active,
            started_at: DateTime::from_timestamp(1_700_000_000, 0).unwrap(),
            idle_seconds: None,
            groups: vec![],
            applications: vec![],
        };
        let mut sessions = [session];
        put(&proc, 10, &["/opt/cad/cad"], "", "0::/user.slice/session-1.scope", "");
        let (sender, policy) = watch::channel(Arc::default());
        let mut watch = ProcessWatch::new(policy, proc.clone(), etc);
        watch.fill(&mut sessions).await;
        assert!(sessions[0].applications.is_empty());
        let application = ApplicationPolicy {
            name: "CAD".to_owned(),
            processes: vec!["cad".to_owned()],
            offline: Decision::Allow,
            lease_seconds: 60,
        };
        let waiting = tokio::spawn(async move {
            watch.changed(&sessions).await;
            watch.fill(&mut sessions).await;
            let found = sessions[0].applications.clone();
            std::fs::remove_dir_all(proc.join("10")).unwrap();
            watch.changed(&sessions).await;
            watch.fill(&mut sessions).await;
            (found, sessions[0].applications.clone())
        });
        tokio::task::yield_now().await;
        sender.send_replace(Arc::new(PolicyDocument { version: 1, applications: vec![application] }));
        let (found, after) = waiting.await.unwrap();
        assert_eq!((found, after), (vec!["CAD".to_owned()], vec![]));
    }
}
