//! Whether this collector can do its work: the store takes a commit, the certificates are valid.

use crate::store::ports::SystemStore;
use muster_runtime::clock::SharedClock;
use serde::Serialize;
use std::{path::Path, sync::Arc, time::Duration};
use tokio::sync::Mutex;
use utoipa::ToSchema;

/// How long one answer is good: whoever asks often must not cause commits.
pub(super) const FRESH: Duration = Duration::from_secs(1);
/// A commit that takes longer is as good as none.
const PROBE: Duration = Duration::from_secs(5);

/// Says what is wrong with the certificates in use, or with the disk, if anything.
pub type Check = Box<dyn Fn() -> Result<(), String> + Send + Sync>;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Ready {
    /// Everything below is fine.
    pub ready: bool,
    /// What is wrong with the store; null = it takes commits.
    pub store: Option<String>,
    /// What is wrong with the certificates; null = valid.
    pub certificates: Option<String>,
    /// What is wrong with the disk; null = there is room.
    pub disk: Option<String>,
    /// The collector is shutting down.
    pub draining: bool,
}

/// Finds out, at most once a second.
pub struct Readiness {
    store: Arc<dyn SystemStore>,
    certificates: Check,
    disk: Check,
    shutdown: muster_runtime::shutdown::Shutdown,
    clock: SharedClock,
    last: Mutex<Option<(Duration, Ready)>>,
}

impl Readiness {
    /// Readiness of this store and these certificates, until the shutdown.
    #[must_use]
    pub fn new(
        store: Arc<dyn SystemStore>,
        certificates: Check,
        disk: Check,
        shutdown: muster_runtime::shutdown::Shutdown,
        clock: SharedClock,
    ) -> Self {
        Self { store, certificates, disk, shutdown, clock, last: Mutex::new(None) }
    }

    /// The answer of now, or of less than [`FRESH`] ago.
    pub async fn check(&self) -> Ready {
        let draining = self.shutdown.is_triggered();
        let mut last = self.last.lock().await;
        let at = self.clock.boottime();
        if let Some((then, ready)) = last.as_ref()
            && at.saturating_sub(*then) < FRESH
            && ready.draining == draining
        {
            return ready.clone();
        }
        let store = match tokio::time::timeout(PROBE, self.store.probe()).await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => Some(format!("a commit took longer than {} s", PROBE.as_secs())),
        };
        let certificates = (self.certificates)().err();
        let disk = (self.disk)().err();
        let fine = store.is_none() && certificates.is_none() && disk.is_none() && !draining;
        let ready = Ready { ready: fine, store, certificates, disk, draining };
        *last = Some((at, ready.clone()));
        ready
    }
}

/// Less than 5 % of the file system left is too little to promise that reports are kept.
///
/// # Errors
/// What is wrong with the disk, in words.
pub fn disk_has_room(dir: &Path) -> Result<(), String> {
    let disk = rustix::fs::statvfs(dir).map_err(|error| format!("{}: {error}", dir.display()))?;
    if disk.f_bavail.saturating_mul(20) < disk.f_blocks {
        let left = disk.f_bavail.saturating_mul(disk.f_frsize) / (1024 * 1024);
        return Err(format!("less than 5 % of the disk of {} is free ({left} MiB); make room", dir.display()));
    }
    Ok(())
}
