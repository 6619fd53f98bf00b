//! Records beside installs: access, subscriptions, measured values, use over time.

use chrono::{DateTime, NaiveDate, Utc};

use super::estate::ModelIndex;
use super::estate::{DeviceIndex, UserIndex};
use super::model::MetricName;
use crate::decimal::Decimal;
use crate::metric::HourlyCount;

/// A client access record: who may access a server product.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClientAccess {
    /// Unique id.
    pub id: String,
    /// To which model.
    pub model: ModelIndex,
    /// The users.
    pub users: Clients<UserIndex>,
    /// The devices.
    pub devices: Clients<DeviceIndex>,
}

/// Clients by number or by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Clients<T> {
    /// So many, who are not named.
    Count(u64),
    /// These.
    Named(Vec<T>),
}

impl<T> Default for Clients<T> {
    fn default() -> Self {
        Self::Count(0)
    }
}

/// A user's subscription. Several of one user to one model count once.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subscription {
    /// Whose.
    pub user: UserIndex,
    /// To which model.
    pub model: ModelIndex,
    /// Whether it is active.
    pub active: bool,
    /// Its first day.
    pub start: Option<NaiveDate>,
    /// Its last day.
    pub end: Option<NaiveDate>,
    /// When it was last used, as far as that is known.
    pub last_used: Option<NaiveDate>,
}

impl Subscription {
    /// Whether it is active on a day; both ends are inside.
    #[must_use]
    pub fn is_active(&self, today: NaiveDate) -> bool {
        self.active && self.start.is_none_or(|start| start <= today) && self.end.is_none_or(|end| today <= end)
    }
}

/// A measured or declared value of a model.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ResourceValue {
    /// Unique id.
    pub id: String,
    /// Of which model.
    pub model: ModelIndex,
    /// For which metric; every one without it.
    pub metric: Option<MetricName>,
    /// What it counts.
    pub quantity: Quantity,
    /// How many; below zero counts as an error.
    pub units: Decimal,
    /// The device that consumes them, where that is known: whose units they are.
    pub device: Option<DeviceIndex>,
    /// The first day that it is for.
    pub start: Option<NaiveDate>,
    /// The last day.
    pub end: Option<NaiveDate>,
}

/// What a resource value counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quantity {
    /// Units consumed.
    #[default]
    Units,
    /// Users.
    Users,
    /// Employees.
    Employees,
    /// Activated cores.
    ActivatedCores,
}

/// Documents of one type that other systems created (SAP Digital Access).
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Documents {
    /// Unique id.
    pub id: String,
    /// Of which model.
    pub model: ModelIndex,
    /// The type of document.
    pub kind: String,
    /// How many.
    pub count: u64,
}

/// The most licences of a model that were out at the same time in a day, or users at the same time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConcurrentPeak {
    /// Of which model.
    pub model: ModelIndex,
    /// The day.
    pub date: NaiveDate,
    /// How many; of several for a day the highest counts.
    pub peak: u64,
}

/// Tokens taken out for a while.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CheckOut {
    /// Unique id.
    pub id: String,
    /// Of which model.
    pub model: ModelIndex,
    /// How many.
    pub tokens: u64,
    /// From when.
    pub start: DateTime<Utc>,
    /// Given back when; none while they are out.
    pub end: Option<DateTime<Utc>>,
}

/// Unique active endpoints of a model over time (CrowdStrike). A model has one of these.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EndpointCounts {
    /// Of which model.
    pub model: ModelIndex,
    /// By hour, the last 672.
    pub hourly: Vec<HourlyCount>,
    /// By week, the last four.
    pub weekly: Vec<u64>,
}
