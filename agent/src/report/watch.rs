//! The agent's eyes: what the machine is, who is logged in, who came and went, what runs in the sessions.
//!
//! In: the collectors of hardware, software, sessions and processes, what was remembered over a restart. Out: the facts of the next report.
//! Each look has a budget; what could not be seen in time keeps its last value and is named in the report. It decides
//! neither when to look nor when to report.

use super::{progress::Progress, software::SoftwareWatch};
use crate::collect::{
    hardware::{self, Collected, Roots},
    processes::ProcessWatch,
    sessions::{Options, Sessions, Tracker},
};
use muster_runtime::clock::SharedClock;
use muster_wire::{
    hardware::Hardware,
    policy::PolicyDocument,
    session::{EndedSession, Session},
    software::Package,
};
use std::{path::PathBuf, sync::Arc, time::Duration};
use tokio::sync::watch;
use uuid::Uuid;

const BUDGET: Duration = Duration::from_secs(5);
const HARDWARE_EVERY: Duration = Duration::from_secs(24 * 3600);
/// For a single report there is time for a whole look at the software.
const PATIENCE: Duration = Duration::from_secs(60);
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
    software: SoftwareWatch,
    software_budget: Duration,
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
            software: SoftwareWatch::new(options.software.clone()),
            software_budget: BUDGET,
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

    /// Looks at the installed software, if there may be something new; for so long, and then beside the reports.
    pub async fn look_at_software(&mut self) {
        let (now, budget) = (self.options.clock.boottime(), self.software_budget);
        self.software.look(now, budget).await;
    }

    /// A look at the software may take as long as it needs: nothing else is to be done meanwhile.
    pub fn be_patient(&mut self) {
        self.software_budget = PATIENCE;
    }

    /// The installed software and its digest; nothing before the first look is over.
    #[must_use]
    pub fn software(&self) -> Option<(&[Package], &str)> {
        self.software.list()
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
        self.hardware_gaps.iter().chain(&self.session_gap).chain(self.software.gaps()).cloned().collect()
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
