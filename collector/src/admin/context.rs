//! What the handlers of admin and console share: the services of the stages, and nothing of how they work.

use super::{
    auth::{Directory, Logins},
    hosts::Hosts,
    idempotency::InFlight,
    ready::Readiness,
};
use crate::{
    assets::{Importer, ReferenceTables},
    backup::Backups,
    compliance::Compliance,
    ingest::Fleet,
    notify::Notifications,
    privacy::Privacy,
    publish::{Board, Metrics},
    reconcile::Reconciliations,
    records::{Imports, Records},
    sessions::Sessions,
    settings::Settings,
    sso::SingleSignOn,
    store::Stores,
    trust::{Authority, interop::InteropCredentials},
    units::Units,
};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use muster_domain::calendar::SiteZone;
use muster_runtime::clock::SharedClock;
use std::{net::SocketAddr, sync::Arc, time::Duration};

/// The state of every handler.
pub type Ctx = Arc<AdminContext>;

/// Everything a handler may call.
pub struct AdminContext {
    /// The status and the gate.
    pub board: Arc<Board>,
    /// Counters and gauges.
    pub metrics: Arc<Metrics>,
    /// The ports of the store.
    pub stores: Stores,
    /// What reference fields point to.
    pub references: Arc<ReferenceTables>,
    /// Licence and compliance runs.
    pub compliance: Arc<Compliance>,
    /// Agents.
    pub fleet: Arc<Fleet>,
    /// Sessions, seats and peaks.
    pub sessions: Arc<Sessions>,
    /// Records of software asset management.
    pub records: Arc<Records>,
    /// The reconciliation of what is owned against what is used.
    pub reconciliations: Arc<Reconciliations>,
    /// Subscription units.
    pub units: Arc<Units>,
    /// Personal data.
    pub privacy: Arc<Privacy>,
    /// What administrators are told.
    pub notifications: Arc<Notifications>,
    /// Imports of records of software asset management.
    pub record_imports: Imports,
    /// Imports of assets.
    pub imports: Importer,
    /// What administrators set.
    pub settings: Arc<Settings>,
    /// The certificate authority, for join tokens.
    pub authority: Arc<Authority>,
    /// What agents of another make log in with.
    pub interop: Arc<InteropCredentials>,
    /// Accounts and API tokens.
    pub directory: Arc<Directory>,
    /// Console logins.
    pub logins: Logins,
    /// Logins through a provider; none while it is not configured.
    pub sso: Option<Arc<SingleSignOn>>,
    /// Requests with idempotency keys that are worked on.
    pub in_flight: InFlight,
    /// Backups of the store.
    pub backups: Arc<Backups>,
    /// Whether this collector is ready.
    pub readiness: Readiness,
    /// The names this listener answers for.
    pub hosts: Hosts,
    /// The address of the listener of agents.
    pub agents_on: SocketAddr,
    /// The address of the interop listener; none while it is off.
    pub interop_on: Option<SocketAddr>,
    /// Whether the listener speaks TLS: decides on the cookie.
    pub tls: bool,
    /// The site's time zone.
    pub zone: SiteZone,
    /// The clock.
    pub clock: SharedClock,
    /// Time since boot at which this process started.
    pub started: Duration,
}

impl AdminContext {
    /// Today's site date.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        self.zone.site_date(self.compliance.time())
    }

    /// The site's time zone, to show times in.
    #[must_use]
    pub fn tz(&self) -> Tz {
        self.zone.to_string().parse().unwrap_or(Tz::UTC)
    }

    /// The collector's time.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }
}
