//! The agent's eyes: what the machine is, who is logged in, who came and went, what runs in the sessions.
//!
//! In: the collectors of hardware, software, sessions and processes, what was remembered over a restart. Out: the facts of the next report.
//! Each look has a budget; what could not be seen in time keeps its last value and is named in the report. It decides
//! neither when to look nor when to report.

use super::progress::Progress;
use crate::collect::{
    hardware::{self, Collected, Roots},
    processes::ProcessWatch,
    sessions::{Options, Sessions, Tracker},
    software::{self, Installed, Stamp},
};
use muster_runtime::clock::SharedClock;
use muster_wire::{
    hardware::Hardware,
    policy::PolicyDocument,
    session::{EndedSession, Session},
    software::Package,
};
use std::{path::PathBuf, sync::Arc, time::Duration};
use tokio::{sync::watch, task::JoinHandle};
use uuid::Uuid;

const BUDGET: Duration = Duration::from_secs(5);
const HARDWARE_EVERY: Duration = Duration::from_secs(24 * 3600);
/// What the stamp does not tell of is found after so long.
const SOFTWARE_EVERY: Duration = Duration::from_secs(24 * 3600);
/// Without a session source, it is looked for again this often.
const SOURCE_EVERY: Duration = Duration::from_secs(60);

/// Where to look.
#[derive(Debug)]
pub struct WatchOptions {
    /// The platform's files.
    pub roots: Roots,
    /// The root directory under which packages are looked for.
    pub software: PathBuf,
    /// Where sessions come from.
    pub sessions: Options,
    /// Which processes tell of an application.
    pub policy: watch::Receiver<Arc<PolicyDocument>>,
    /// The key that the machine id is hashed with.
    pub fingerprint_key: [u8; 32],
    /// The machine's boot.
    pub boot_id: Uuid,
    /// The clock.
    pub clock: SharedClock,
}

/// What was seen last.
#[derive(Debug)]
pub struct Watch {
    options: WatchOptions,
    sessions: Option<Sessions>,
    processes: ProcessWatch,
    tracker: Tracker,
    live: Vec<Session>,
    ended: Vec<EndedSession>,
    hardware: Hardware,
    hardware_digest: String,
    hardware_gaps: Vec<String>,
    hardware_at: Option<Duration>,
    session_gap: Option<String>,
    software: Option<(Installed, String)>,
    software_look: Option<(Stamp, JoinHandle<Installed>)>,
    software_at: Option<(Stamp, Duration)>,
}

impl Watch {
    /// Opens the eyes, without a look yet.
    #[must_use]
    pub fn new(options: WatchOptions, remembered: &Progress) -> Self {
        let (live, ended) = remembered.resume(options.boot_id);
        let roots = &options.roots;
        Self {
            processes: ProcessWatch::new(options.policy.clone(), roots.proc.clone(), roots.etc.clone()),
            tracker: Tracker::restore(live.clone()),
            live,
            ended,
            sessions: None,
            hardware: Hardware::default(),
            hardware_digest: String::new(),
            hardware_gaps: Vec::new(),
            hardware_at: None,
            session_gap: None,
            software: None,
            software_look: None,
            software_at: None,
            options,
        }
    }

    /// Looks who is logged in and what runs there. Says whether anybody or any application came or went since the last look.
    pub async fn look(&mut self) -> bool {
        let before = self.ended.len();
        match tokio::time::timeout(BUDGET, self.snapshot()).await {
            Ok(Ok(now_live)) => {
                self.session_gap = None;
                self.ended.extend(self.tracker.observe(&now_live, self.options.clock.now()));
                let logins = logins(&now_live) != logins(&self.live);
                self.live = now_live;
                logins || self.ended.len() > before
            }
            Ok(Err(reason)) => self.cannot_see(reason),
            Err(_) => self.cannot_see(format!("no answer within {} s", BUDGET.as_secs())),
        }
    }

    /// Waits for a sign that somebody or an application came or went, or for a minute. Can be dropped and called again at any
    /// time.
    pub async fn changed(&mut self) {
        let Self { sessions, processes, live, .. } = self;
        let people = async {
            match sessions {
                Some(sessions) => sessions.changed().await,
                None => tokio::time::sleep(SOURCE_EVERY).await,
            }
        };
        tokio::select! {
            () = people => {}
            () = processes.changed(live) => {}
        }
    }

    /// Looks at the hardware, if a day has passed since the last whole look.
    pub async fn look_at_hardware(&mut self) {
        let now = self.options.clock.boottime();
        if self.hardware_at.is_some_and(|at| now.saturating_sub(at) < HARDWARE_EVERY) {
            return;
        }
        let (roots, key) = (self.options.roots.clone(), self.options.fingerprint_key);
        let look = tokio::task::spawn_blocking(move || hardware::collect(&roots, &key));
        match tokio::time::timeout(BUDGET, look).await {
            Ok(Ok(Collected { hardware, incomplete })) => {
                self.hardware = hardware;
                self.hardware_gaps = incomplete;
                self.hardware_at = Some(now);
            }
            Ok(Err(_)) => self.hardware_gaps = vec!["hardware: the look at it failed".to_owned()],
            Err(_) => self.hardware_gaps = vec![format!("hardware: no answer within {} s", BUDGET.as_secs())],
        }
        self.hardware_digest = hardware::digest(&self.hardware);
    }

    /// Looks at the installed software, if package managers did something since the last look, or a day has passed. A look that takes
    /// longer than its budget goes on beside the reports; the next call takes what it found.
    pub async fn look_at_software(&mut self) {
        let now = self.options.clock.boottime();
        let mut look = match self.software_look.take() {
            Some(look) => look,
            None => {
                let root = self.options.software.clone();
                let Ok(stamp) = tokio::task::spawn_blocking(move || software::stamp(&root)).await else { return };
                let known = self.software_at.is_some_and(|(seen, at)| seen == stamp && now.saturating_sub(at) < SOFTWARE_EVERY);
                if known {
                    return;
                }
                let root = self.options.software.clone();
                (stamp, tokio::spawn(async move { software::collect(&root).await }))
            }
        };
        match tokio::time::timeout(BUDGET, &mut look.1).await {
            Ok(Ok(installed)) => {
                let digest = software::digest(&installed.packages);
                self.software = Some((installed, digest));
                self.software_at = Some((look.0, now));
            }
            Ok(Err(error)) => tracing::error!(%error, "the look at the installed software failed"),
            Err(_) => self.software_look = Some(look),
        }
    }

    /// The installed software and its digest; nothing before the first look is over.
    #[must_use]
    pub fn software(&self) -> Option<(&[Package], &str)> {
        self.software.as_ref().map(|(installed, digest)| (installed.packages.as_slice(), digest.as_str()))
    }

    /// The endpoint's own address, for console sessions.
    pub fn set_local_address(&mut self, address: Option<String>) {
        self.options.sessions.local_address.clone_from(&address);
        if let Some(sessions) = &mut self.sessions {
            sessions.set_local_address(address);
        }
    }

    /// The machine.
    #[must_use]
    pub fn hardware(&self) -> (&Hardware, &str) {
        (&self.hardware, &self.hardware_digest)
    }

    /// All live sessions.
    #[must_use]
    pub fn live(&self) -> &[Session] {
        &self.live
    }

    /// Takes the sessions that ended since this was last called.
    pub fn take_ended(&mut self) -> Vec<EndedSession> {
        std::mem::take(&mut self.ended)
    }

    /// Gives back ended sessions that did not fit a report.
    pub fn give_back(&mut self, ended: Vec<EndedSession>) {
        self.ended.splice(0..0, ended);
    }

    /// Whether ended sessions wait for a report.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        !self.ended.is_empty()
    }

    /// What could not be seen.
    #[must_use]
    pub fn gaps(&self) -> Vec<String> {
        let software = self.software.iter().flat_map(|(installed, _)| &installed.incomplete);
        self.hardware_gaps.iter().chain(&self.session_gap).chain(software).cloned().collect()
    }

    /// The machine's boot.
    #[must_use]
    pub fn boot_id(&self) -> Uuid {
        self.options.boot_id
    }

    async fn snapshot(&mut self) -> Result<Vec<Session>, String> {
        let sessions = match &mut self.sessions {
            Some(sessions) => sessions,
            none => {
                let opened = Sessions::open(self.options.sessions.clone(), self.options.clock.clone()).await;
                let opened = opened.map_err(|error| error.to_string())?;
                tracing::info!(source = opened.source(), "sessions are read");
                none.insert(opened)
            }
        };
        let mut live = sessions.snapshot().await.map_err(|error| error.to_string())?;
        self.processes.fill(&mut live).await;
        Ok(live)
    }

    /// The last list stays: an empty one would end everybody's session.
    fn cannot_see(&mut self, reason: String) -> bool {
        let gap = format!("sessions: {reason}");
        if self.session_gap.as_ref() != Some(&gap) {
            tracing::warn!(reason, "sessions cannot be read; the last list stays");
            self.session_gap = Some(gap);
        }
        false
    }
}

/// The machine's boot id; where the kernel has none, one for this process.
#[must_use]
pub fn boot_id() -> Uuid {
    muster_runtime::clock::boot_id().and_then(|id| id.parse().ok()).unwrap_or_else(Uuid::new_v4)
}

/// What makes a login, and what runs in it: the rest of a session changes while it lives.
fn logins(sessions: &[Session]) -> Vec<(&str, i64, &str, &str, &[String])> {
    let login = |session: &'_ Session| session.started_at.timestamp_millis();
    let mut logins: Vec<_> = sessions
        .iter()
        .map(|session| {
            let Session { id, user, client_ip, applications, .. } = session;
            (id.as_str(), login(session), user.as_str(), client_ip.as_str(), applications.as_slice())
        })
        .collect();
    logins.sort_unstable();
    logins
}
