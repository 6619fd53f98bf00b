//! What a metric counts besides machines: installs, allocations, access, subscriptions, use over time.
//!
//! The records borrow their names: those of a whole site are read once and looked at by many metrics.

use chrono::{DateTime, NaiveDate, Utc};

use crate::decimal::Decimal;

/// Software found somewhere.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Install<'a> {
    /// On which device; none where it is not known, then each install is taken to be on one of its own.
    pub device: Option<&'a str>,
    /// To whom the device is assigned; none where to nobody.
    pub user: Option<&'a str>,
    /// In which operating system environment; none where that is the device.
    pub ose: Option<&'a str>,
    /// On which physical server; none where that is the device.
    pub host: Option<&'a str>,
    /// How many installs like this one.
    pub count: u64,
}

/// To whom rights are given by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holder<'a> {
    /// A user.
    User(&'a str),
    /// A device.
    Device(&'a str),
    /// Whatever the metric licenses.
    Any(&'a str),
}

/// Rights given to somebody by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allocation<'a> {
    /// To whom.
    pub to: Holder<'a>,
    /// How many.
    pub quantity: u64,
}

/// Who may access a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience<'a> {
    /// So many, who are not named.
    Count(u64),
    /// These.
    Names(Vec<&'a str>),
}

impl Default for Audience<'_> {
    fn default() -> Self {
        Self::Count(0)
    }
}

/// A client access record: who may access a server product.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientAccess<'a> {
    /// The users.
    pub users: Audience<'a>,
    /// The devices.
    pub devices: Audience<'a>,
}

/// A user's subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subscription<'a> {
    /// Whose.
    pub user: &'a str,
    /// Whether it is active.
    pub active: bool,
}

/// The most that was out at the same time in a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DailyPeak {
    /// The day.
    pub date: NaiveDate,
    /// Licences.
    pub peak: u64,
}

/// Tokens taken out for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkout {
    /// How many.
    pub tokens: u64,
    /// From when.
    pub start: DateTime<Utc>,
    /// Given back when: from this moment on they are no longer out. None while they are out.
    pub end: Option<DateTime<Utc>>,
}

/// Clock-hours with the same number of unique active endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HourlyCount {
    /// Unique active endpoints in each of the hours.
    pub endpoint_count: u64,
    /// How many such hours.
    pub hours: u64,
}

/// A user of a system, by the type that the contract names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct NamedUser<'a> {
    /// The type.
    pub kind: &'a str,
    /// The user.
    pub user: &'a str,
}

/// Rights bought for a subscription period, and what each costs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Purchase {
    /// Rights for each period.
    pub rights: u64,
    /// The price of a right for one period; none where it is not known.
    pub unit_cost: Option<Decimal>,
    /// How long a period is; none is one period for all.
    pub period: Option<crate::entitlement::SubscriptionPeriod>,
    /// The first day.
    pub start: Option<NaiveDate>,
    /// The last day.
    pub end: Option<NaiveDate>,
}
