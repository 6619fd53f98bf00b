//! The board: where stages put their facts and readers find one status.

use super::{
    AgentCounts, Alerts, ApplicationStatus, ComplianceStatus, LicenseStatus, NotificationStatus, SessionCounts, State, Status,
    UnitsStatus,
};
use arc_swap::ArcSwap;
use muster_runtime::clock::SharedClock;
use std::sync::Arc;
use uuid::Uuid;

/// What is known of the licence, published after each judgement and derived again on each read.
#[derive(Debug, Clone)]
pub struct LicenseFacts {
    /// The state of the product.
    pub state: State,
    /// Its reason.
    pub reason: Option<String>,
    /// The licence in force.
    pub license: Option<LicenseStatus>,
    /// The last count and what follows from it.
    pub compliance: ComplianceStatus,
}

/// Whether the product may be used (contract section 4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gate {
    /// It may.
    Open,
    /// It may not, for this reason.
    Closed {
        /// `unlicensed`, or the reason of the disabled state.
        reason: String,
    },
}

/// Where the status comes from: each stage answers from memory.
pub trait StatusSource: Send + Sync {
    /// The licence as of now: expiry is derived here, on every read.
    fn license(&self) -> LicenseFacts;
    /// Agents.
    fn agents(&self) -> AgentCounts;
    /// Sessions.
    fn sessions(&self) -> SessionCounts;
    /// Applications.
    fn applications(&self) -> Vec<ApplicationStatus>;
    /// Subscription units; none until they are computed.
    fn units(&self) -> Option<UnitsStatus> {
        None
    }
    /// Messages to administrators.
    fn notifications(&self) -> NotificationStatus {
        NotificationStatus::default()
    }
}

/// One status out of the stages' facts.
pub struct Board {
    collector_id: Uuid,
    machine_key_id: String,
    time_zone: String,
    clock: SharedClock,
    alerts: Arc<Alerts>,
    source: ArcSwap<Option<Arc<dyn StatusSource>>>,
}

impl Board {
    /// A board of this collector; it has nothing to say until [`Board::connect`].
    #[must_use]
    pub fn new(collector_id: Uuid, machine_key_id: String, time_zone: String, clock: SharedClock, alerts: Arc<Alerts>) -> Self {
        Self { collector_id, machine_key_id, time_zone, clock, alerts, source: ArcSwap::from_pointee(None) }
    }

    /// Connects the stages.
    pub fn connect(&self, source: Arc<dyn StatusSource>) {
        self.source.store(Arc::new(Some(source)));
    }

    /// The status as of now.
    #[must_use]
    pub fn status(&self) -> Status {
        let source = self.source.load();
        let facts = source.as_ref().as_ref().map(|source| source.license());
        let facts = facts.unwrap_or(LicenseFacts {
            state: State::Unlicensed,
            reason: None,
            license: None,
            compliance: ComplianceStatus::default(),
        });
        let source = source.as_ref().as_ref();
        Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            collector_id: self.collector_id,
            machine_key_id: self.machine_key_id.clone(),
            now: self.clock.now(),
            time_zone: self.time_zone.clone(),
            state: facts.state,
            reason: facts.reason,
            license: facts.license,
            compliance: facts.compliance,
            agents: source.map(|source| source.agents()).unwrap_or_default(),
            sessions: source.map(|source| source.sessions()).unwrap_or_default(),
            applications: source.map(|source| source.applications()).unwrap_or_default(),
            units: source.and_then(|source| source.units()),
            notifications: source.map(|source| source.notifications()).unwrap_or_default(),
            alerts: self.alerts.list(),
        }
    }

    /// Whether the product may be used now.
    #[must_use]
    pub fn gate(&self) -> Gate {
        let source = self.source.load();
        let Some(source) = source.as_ref() else { return Gate::Closed { reason: "unlicensed".to_owned() } };
        let facts = source.license();
        match facts.state {
            State::Compliant | State::Grace => Gate::Open,
            State::Unlicensed => Gate::Closed { reason: "unlicensed".to_owned() },
            State::Disabled => Gate::Closed { reason: facts.reason.unwrap_or_else(|| "disabled".to_owned()) },
        }
    }

    /// The alerts.
    #[must_use]
    pub fn alerts(&self) -> &Arc<Alerts> {
        &self.alerts
    }

    /// Which collector this is.
    #[must_use]
    pub fn collector_id(&self) -> Uuid {
        self.collector_id
    }
}
