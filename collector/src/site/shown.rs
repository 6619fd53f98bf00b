//! The site as the status shows it: what each stage answers from memory.

use crate::{
    compliance::Compliance,
    ingest::Fleet,
    notify::Notifications,
    publish::{AgentCounts, ApplicationStatus, LicenseFacts, NotificationStatus, SessionCounts, StatusSource, UnitsStatus},
    sessions::Sessions,
    store::records::AgentStatus,
    units::Units,
};
use std::sync::Arc;

/// What the board reads.
pub struct ShownSite {
    /// The licence.
    pub compliance: Arc<Compliance>,
    /// Sessions and applications.
    pub sessions: Arc<Sessions>,
    /// Agents.
    pub fleet: Arc<Fleet>,
    /// Subscription units.
    pub units: Arc<Units>,
    /// Messages to administrators.
    pub notifications: Arc<Notifications>,
}

impl StatusSource for ShownSite {
    fn license(&self) -> LicenseFacts {
        self.compliance.facts()
    }

    fn agents(&self) -> AgentCounts {
        let mut counts = AgentCounts::default();
        for agent in self.fleet.list() {
            match agent.record.status {
                AgentStatus::Revoked => continue,
                AgentStatus::Pending => counts.pending += 1,
                AgentStatus::Quarantined => counts.quarantined += 1,
                AgentStatus::Active => {}
            }
            counts.total += 1;
            counts.online += u64::from(agent.online);
        }
        counts
    }

    fn sessions(&self) -> SessionCounts {
        SessionCounts { active: self.sessions.active() }
    }

    fn applications(&self) -> Vec<ApplicationStatus> {
        self.sessions.applications()
    }

    fn units(&self) -> Option<UnitsStatus> {
        self.units.status()
    }

    fn notifications(&self) -> NotificationStatus {
        self.notifications.status()
    }
}
