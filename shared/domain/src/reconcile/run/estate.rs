//! Everything that a run looks at.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::device::{Device, User};
use super::model::Model;
use super::owned::{Allocation, CustomMetric, Entitlement, OverrideCost};
use super::record::{CheckOut, ClientAccess, ConcurrentPeak, Documents, EndpointCounts, ResourceValue, Subscription};
use crate::metric::Factors;
use crate::metric::inputs::{AggregationLevel, NupMinimum};
use crate::reconcile::Unit;

/// A place in [`Estate::devices`].
pub type DeviceIndex = u32;
/// A place in [`Estate::users`].
pub type UserIndex = u32;
/// A place in [`Estate::models`].
pub type ModelIndex = u32;
/// A place in [`Estate::entitlements`].
pub type EntitlementIndex = u32;

/// A site's records, as they are on one day. The order of the lists means nothing. What is said twice counts once: records are the
/// same by their `id`, installs by device and title. An index that points beyond its list is as if it were not there.
#[derive(Debug, Clone, Default)]
pub struct Estate {
    /// The site's date.
    pub today: NaiveDate,
    /// How to reconcile.
    pub settings: Settings,
    /// Machines that are in use, whatever is on them; also hosts without an install, since virtual machines name them.
    pub devices: Vec<Device>,
    /// People.
    pub users: Vec<User>,
    /// The model of each normalised title; none where no model under management matches, which costs nothing.
    pub titles: Vec<Option<ModelIndex>>,
    /// What is installed where.
    pub installs: Vec<Install>,
    /// Oracle's databases with more pluggable databases than any option allows.
    pub crowded: Vec<Crowded>,
    /// Software that needs a licence and that no model is about.
    pub unmodelled: Vec<Unmodelled>,
    /// Software models.
    pub models: Vec<Model>,
    /// Entitlements in whatever state: which of them give rights is decided by the run.
    pub entitlements: Vec<Entitlement>,
    /// Rights given by name.
    pub allocations: Vec<Allocation>,
    /// Who may access server products.
    pub client_access: Vec<ClientAccess>,
    /// Subscriptions of users.
    pub subscriptions: Vec<Subscription>,
    /// Measured and declared values.
    pub resource_values: Vec<ResourceValue>,
    /// Documents that were created.
    pub documents: Vec<Documents>,
    /// The most licences out at the same time, by day.
    pub peaks: Vec<ConcurrentPeak>,
    /// Tokens that were taken out.
    pub checkouts: Vec<CheckOut>,
    /// Endpoints by hour and week.
    pub endpoints: Vec<EndpointCounts>,
    /// Prices that an administrator set.
    pub override_costs: Vec<OverrideCost>,
    /// Metrics that the site made.
    pub custom_metrics: Vec<CustomMetric>,
    /// Publisher packs that are on, by [`crate::metric::Group::pack`]. A group whose pack is not here is not reconciled.
    pub packs: BTreeSet<String>,
    /// The value above another in the organisation, by field and value: the parent company, department or cost centre.
    pub parents: BTreeMap<(Unit, String), String>,
    /// What metrics are computed with.
    pub factors: Factors,
}

/// One title on one machine: 20 bytes, since there are millions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Install {
    /// On which device.
    pub device: DeviceIndex,
    /// What: a place in [`Estate::titles`].
    pub title: u32,
    /// Whose install it is; none means the device's assigned user.
    pub user: Option<UserIndex>,
    /// When it was last used, as far as that is known.
    pub last_used: Option<NaiveDate>,
}

/// A title on a machine with a database of more pluggable databases than Oracle allows it whatever is bought (domain 5.9).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Crowded {
    /// On which device.
    pub device: DeviceIndex,
    /// What: a place in [`Estate::titles`].
    pub title: u32,
    /// The most pluggable databases of one of its instances.
    pub databases: u64,
}

/// A product that needs a licence, as far as no software model is about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unmodelled {
    /// Who publishes it.
    pub publisher: String,
    /// The product.
    pub product: String,
    /// Where it is installed.
    pub devices: Vec<DeviceIndex>,
}

/// How a site reconciles (domain 6.7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The field of the organisation by which results are shown; none shows them together. It changes no licensing.
    pub grouping: Option<Unit>,
    /// A second field below the first.
    pub subgrouping: Option<Unit>,
    /// Which hosts count for Oracle on VMware.
    pub oracle_level: AggregationLevel,
    /// Of what Oracle's minimum of named users is taken.
    pub nup_minimum: NupMinimum,
    /// Whether Oracle's vCenter level counts only the hosts on which its machines are kept.
    pub host_affinity: bool,
    /// Days that concurrent metrics look back.
    pub peak_days: u32,
    /// Days that Citrix counts the use of published applications.
    pub citrix_days: u32,
    /// Days without use after which an install is of low usage, unless its model says otherwise.
    pub low_usage_days: u32,
    /// Whether components fall back on their own licences where a suite's have run out.
    pub components_when_suites_run_out: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            grouping: None,
            subgrouping: None,
            oracle_level: AggregationLevel::default(),
            nup_minimum: NupMinimum::default(),
            host_affinity: false,
            peak_days: 30,
            citrix_days: 90,
            low_usage_days: 90,
            components_when_suites_run_out: false,
        }
    }
}

/// How far a run is; told before each product and once at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress<'a> {
    /// The publisher of the product that comes next; empty at the end.
    pub publisher: &'a str,
    /// The product; empty at the end.
    pub product: &'a str,
    /// Products that are done.
    pub done: usize,
    /// Products in all.
    pub total: usize,
}
