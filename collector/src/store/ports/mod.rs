//! The ports of the store. Each is small, each method is one unit of work, and two backends can stand behind it.

mod agents;
mod applications;
mod assets;
mod audit;
mod license;
mod people;
mod reports;
mod system;
mod usage;

pub use agents::{AgentStore, Enrollment, Issued, TokenRefusal, TokenStore};
pub use applications::ApplicationStore;
pub use assets::{AssetChange, AssetStore, Observation, Visit};
pub use audit::AuditStore;
pub use license::{Judgement, LicenseStore};
pub use people::PeopleStore;
pub use reports::{Live, ReportStore};
pub use system::{JobLease, SystemStore};
pub use usage::UsageStore;

use std::sync::Arc;

/// All ports of one backend.
#[derive(Clone)]
pub struct Stores {
    /// Agents.
    pub agents: Arc<dyn AgentStore>,
    /// Join tokens.
    pub tokens: Arc<dyn TokenStore>,
    /// Applications.
    pub applications: Arc<dyn ApplicationStore>,
    /// Assets.
    pub assets: Arc<dyn AssetStore>,
    /// The audit log.
    pub audit: Arc<dyn AuditStore>,
    /// Licence keys, ledger and runs.
    pub license: Arc<dyn LicenseStore>,
    /// Accounts and API tokens.
    pub people: Arc<dyn PeopleStore>,
    /// Reports and sessions.
    pub reports: Arc<dyn ReportStore>,
    /// Identity of the store, settings, job leases, health.
    pub system: Arc<dyn SystemStore>,
    /// Daily peaks and session history.
    pub usage: Arc<dyn UsageStore>,
}
