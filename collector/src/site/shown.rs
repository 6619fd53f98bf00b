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
        counted(self.fleet.list().into_iter().map(|agent| (agent.record.status, agent.online)))
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

/// Agents by their status and by whether they are online.
fn counted(agents: impl Iterator<Item = (AgentStatus, bool)>) -> AgentCounts {
    let mut counts = AgentCounts::default();
    for (status, online) in agents {
        match status {
            AgentStatus::Revoked => continue,
            AgentStatus::Pending => counts.pending += 1,
            AgentStatus::Quarantined => counts.quarantined += 1,
            AgentStatus::Active => counts.silent += u64::from(!online),
        }
        counts.total += 1;
        counts.online += u64::from(online);
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_that_reports_hides_nobody_who_is_silent() {
        use AgentStatus::{Active, Pending, Quarantined, Revoked};
        let agents =
            [(Active, true), (Active, false), (Quarantined, true), (Quarantined, false), (Pending, false), (Revoked, false)];
        let expected = AgentCounts { total: 5, online: 2, pending: 1, quarantined: 2, silent: 1 };
        assert_eq!(counted(agents.into_iter()), expected);
    }
}
