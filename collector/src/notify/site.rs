//! What notifications ask of the site: the stages answer, and notifications know none of them.

use crate::publish::{ApplicationStatus, LicenseFacts};
use chrono::{DateTime, NaiveDate, Utc};
use muster_domain::{calendar::SiteZone, ids::AssetId};
use uuid::Uuid;

/// An agent that should report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reporter {
    /// Its id.
    pub id: Uuid,
    /// What its machine is called.
    pub hostname: String,
    /// The asset of its machine.
    pub asset: Option<AssetId>,
    /// When it was last heard; when it enrolled where it never was.
    pub heard_at: DateTime<Utc>,
}

/// A subscription, maintenance or contract with an end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// Its id.
    pub id: Uuid,
    /// The kind of record.
    pub kind: &'static str,
    /// What people call it.
    pub name: String,
    /// Its last day.
    pub last_day: NaiveDate,
}

/// The site.
pub trait Site: Send + Sync {
    /// The licence as of now.
    fn license(&self) -> LicenseFacts;
    /// Applications and their seats.
    fn applications(&self) -> Vec<ApplicationStatus>;
    /// Agents that should report. None while the collector itself has not been there for long enough to have heard them.
    fn reporters(&self) -> Option<Vec<Reporter>>;
    /// What an agent's machine is called.
    fn hostname(&self, agent: Uuid) -> Option<String>;
    /// What ends on a day from `from` to `to`.
    fn terms(&self, from: NaiveDate, to: NaiveDate) -> Vec<Term>;
    /// The site's time zone.
    fn zone(&self) -> SiteZone;
}
