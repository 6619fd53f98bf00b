//! All ports of one backend, handed around together.

use super::{
    AgentStore, ApplicationStore, AssetStore, AuditStore, CheckoutStore, GroupStore, HourStore, IdempotencyStore, ImportStore,
    InteropStore, LicenseStore, NotificationStore, PeopleStore, PrivacyStore, ReconcileStore, RecordStore, ReferenceStore,
    ReportStore, SoftwareStore, SystemStore, TokenStore, UnitStore, UsageStore,
};
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
    /// Pools and check-outs.
    pub checkouts: Arc<dyn CheckoutStore>,
    /// Groups of users.
    pub groups: Arc<dyn GroupStore>,
    /// Hourly use of applications.
    pub hours: Arc<dyn HourStore>,
    /// Requests that must not be done twice.
    pub idempotency: Arc<dyn IdempotencyStore>,
    /// Imports of files that were run.
    pub imports: Arc<dyn ImportStore>,
    /// Credentials of agents of another make.
    pub interop: Arc<dyn InteropStore>,
    /// Licence keys, ledger and runs.
    pub license: Arc<dyn LicenseStore>,
    /// Notices, deliveries and webhooks.
    pub notifications: Arc<dyn NotificationStore>,
    /// Accounts and API tokens.
    pub people: Arc<dyn PeopleStore>,
    /// Names of people in the history of use.
    pub privacy: Arc<dyn PrivacyStore>,
    /// What reconciliation runs found.
    pub reconcile: Arc<dyn ReconcileStore>,
    /// Records of software asset management.
    pub records: Arc<dyn RecordStore>,
    /// What reference fields point to.
    pub references: Arc<dyn ReferenceStore>,
    /// Reports and sessions.
    pub reports: Arc<dyn ReportStore>,
    /// Installed software.
    pub software: Arc<dyn SoftwareStore>,
    /// Identity of the store, settings, job leases, health.
    pub system: Arc<dyn SystemStore>,
    /// Subscription units.
    pub units: Arc<dyn UnitStore>,
    /// Daily peaks and session history.
    pub usage: Arc<dyn UsageStore>,
}
