//! The agent's eye on installed software: the last list, and what could not be seen of it.
//!
//! In: a root directory, the time. Out: the list with its digest, and the gaps for a report's `incomplete`. What a source had stays in
//! the list while that source cannot be read: otherwise its packages would look removed. A look goes on beside the reports however
//! long it takes, also one that hangs.

use crate::collect::software::{self, Installed, Stamp};
use muster_wire::software::Package;
use std::{path::PathBuf, time::Duration};
use tokio::task::JoinHandle;

/// What the stamp does not tell of is found after so long.
const EVERY: Duration = Duration::from_secs(24 * 3600);
/// After a look that missed something the next one comes so soon.
const AGAIN: Duration = Duration::from_secs(600);

/// What a look found; no list where nothing changed since the stamp that is known.
type Found = (Stamp, Option<Installed>);

/// What was seen last.
#[derive(Debug)]
pub(super) struct SoftwareWatch {
    root: PathBuf,
    list: Option<(Vec<Package>, String)>,
    gaps: Vec<String>,
    look: Option<JoinHandle<Found>>,
    seen: Option<Seen>,
}

/// The last look that came to its end.
#[derive(Debug, Clone, Copy)]
struct Seen {
    stamp: Stamp,
    at: Duration,
    whole: bool,
}

impl SoftwareWatch {
    pub(super) const fn new(root: PathBuf) -> Self {
        Self { root, list: None, gaps: Vec::new(), look: None, seen: None }
    }

    /// Looks, if package managers did something since the last look or it is long ago. What takes longer than `budget` goes on, and the
    /// next call takes what it found.
    pub(super) async fn look(&mut self, now: Duration, budget: Duration) {
        if self.look.is_none() {
            let fresh = |seen: &Seen| now.saturating_sub(seen.at) < if seen.whole { EVERY } else { AGAIN };
            let known = self.seen.filter(fresh).map(|seen| seen.stamp);
            self.look = Some(tokio::spawn(found(self.root.clone(), known)));
        }
        let Some(look) = &mut self.look else { return };
        match tokio::time::timeout(budget, look).await {
            Ok(found) => {
                self.look = None;
                match found {
                    Ok((stamp, Some(installed))) => self.take(stamp, installed, now),
                    Ok((_, None)) => {}
                    Err(error) => {
                        tracing::error!(%error, "the look at the installed software failed");
                        self.gaps = vec!["software: the look at it failed".to_owned()];
                    }
                }
            }
            Err(_) => self.gaps = vec![format!("software: no answer within {} s", budget.as_secs())],
        }
    }

    /// The last list and its digest; nothing before the first look is over.
    pub(super) fn list(&self) -> Option<(&[Package], &str)> {
        self.list.as_ref().map(|(packages, digest)| (packages.as_slice(), digest.as_str()))
    }

    /// What could not be seen.
    pub(super) fn gaps(&self) -> &[String] {
        &self.gaps
    }

    fn take(&mut self, stamp: Stamp, installed: Installed, now: Duration) {
        let before = self.list.as_ref().map(|(packages, _)| packages.as_slice()).unwrap_or_default();
        let installed = installed.keeping(before);
        self.gaps = installed.gaps();
        let whole = installed.failed.is_empty();
        let digest = software::digest(&installed.packages);
        self.list = Some((installed.packages, digest));
        self.seen = Some(Seen { stamp, at: now, whole });
    }
}

async fn found(root: PathBuf, known: Option<Stamp>) -> Found {
    let from = root.clone();
    let stamp = tokio::task::spawn_blocking(move || software::stamp(&from)).await.ok();
    match stamp {
        Some(stamp) if Some(stamp) == known => (stamp, None),
        Some(stamp) => (stamp, Some(software::collect(&root).await)),
        None => (Stamp::unknown(), Some(software::collect(&root).await)),
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests make a machine's files")]
mod tests {
    use super::*;

    const BUDGET: Duration = Duration::from_secs(30);

    #[tokio::test]
    async fn a_list_with_a_missing_part_removes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let dpkg = dir.path().join("var/lib/dpkg");
        std::fs::create_dir_all(&dpkg).unwrap();
        std::fs::write(dpkg.join("status"), "Package: bash\nStatus: install ok installed\nVersion: 5\n").unwrap();
        let mut watch = SoftwareWatch::new(dir.path().to_owned());
        watch.look(Duration::ZERO, BUDGET).await;
        let (list, digest) = watch.list().map(|(list, digest)| (list.to_vec(), digest.to_owned())).unwrap();
        assert_eq!((list.len(), watch.gaps()), (1, &[] as &[String]));

        // Something else stands where the status file was.
        std::fs::remove_file(dpkg.join("status")).unwrap();
        std::fs::create_dir(dpkg.join("status")).unwrap();
        watch.look(Duration::from_secs(60), BUDGET).await;
        assert_eq!(watch.list(), Some((list.as_slice(), digest.as_str())), "what cannot be read is not gone");
        assert!(watch.gaps()[0].starts_with("software: dpkg: "), "{:?}", watch.gaps());

        // Soon it is looked at again, although nothing tells of a change.
        std::fs::remove_dir(dpkg.join("status")).unwrap();
        std::fs::write(dpkg.join("status"), "Package: zsh\nStatus: install ok installed\nVersion: 5\n").unwrap();
        watch.look(Duration::from_secs(60) + AGAIN, BUDGET).await;
        assert_eq!(watch.list().map(|(list, _)| list[0].name.clone()).as_deref(), Some("zsh"));
        assert_eq!(watch.gaps(), &[] as &[String]);
    }

    #[tokio::test]
    async fn a_look_that_is_not_over_is_named_and_taken_later() {
        let dir = tempfile::tempdir().unwrap();
        let mut watch = SoftwareWatch::new(dir.path().to_owned());
        watch.look(Duration::ZERO, Duration::ZERO).await;
        if watch.list().is_none() {
            assert_eq!(watch.gaps(), ["software: no answer within 0 s"]);
        }
        watch.look(Duration::ZERO, BUDGET).await;
        assert_eq!((watch.list().map(|(list, _)| list.len()), watch.gaps()), (Some(0), &[] as &[String]));
    }
}
