//! What was bought, who was given some of it, and at what price more can be had.

use chrono::NaiveDate;

use super::estate::{DeviceIndex, EntitlementIndex, ModelIndex, UserIndex};
use super::model::{Downgrade, MetricName};
use crate::asset::InstallStatus;
use crate::decimal::Decimal;
use crate::entitlement::LicenseType;
use crate::entitlement::SubscriptionPeriod;
use crate::reconcile::{Organisation, Unit};

/// An entitlement as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entitlement {
    /// Unique id; ties between entitlements are broken by it.
    pub id: String,
    /// What it is for.
    pub model: ModelIndex,
    /// Its state: only what is in use gives rights.
    pub state: InstallStatus,
    /// Its license type.
    pub license_type: LicenseType,
    /// Its agreement type; some keep everything compliant.
    pub agreement_type: String,
    /// By what it is counted: a metric of the registry, or a custom one.
    pub metric: MetricName,
    /// Whether there is no limit.
    pub unlimited: bool,
    /// Active rights, before upgrades move them.
    pub rights: u64,
    /// Purchased rights.
    pub purchased: u64,
    /// When it was bought.
    pub purchased_on: Option<NaiveDate>,
    /// Rights of a pack, where they were bought in packs.
    pub rights_per_pack: Option<u64>,
    /// The first day of its subscription or maintenance.
    pub start: Option<NaiveDate>,
    /// The last day.
    pub end: Option<NaiveDate>,
    /// How often it is paid.
    pub period: Option<SubscriptionPeriod>,
    /// The entitlements that it maintains, and how many rights of each.
    pub maintains: Vec<(EntitlementIndex, u64)>,
    /// Rights that it takes over: from which entitlement, and how many.
    pub upgrades: Vec<(EntitlementIndex, u64)>,
    /// Whose it is.
    pub owner: Organisation,
    /// Who may use it; anybody without a rule.
    pub rules: Vec<ConsumptionRule>,
    /// Whether others may use what is in no pool.
    pub unrestricted: bool,
    /// What may be used in its place, beside the downgrade rights of its model.
    pub downgrades: Vec<Downgrade>,
    /// What a right costs.
    pub unit_cost: Option<Decimal>,
    /// The currency of that; amounts of different currencies are never added.
    pub currency: String,
    /// The type of named user that it is for (SAP).
    pub user_type: Option<String>,
    /// Whether all of the host counts for machines that it is allocated to (IBM's full capacity).
    pub full_capacity: bool,
}

impl Default for Entitlement {
    /// An empty one that is new: it gives no rights.
    fn default() -> Self {
        Self {
            id: String::new(),
            model: 0,
            state: InstallStatus::Build,
            license_type: LicenseType::default(),
            agreement_type: String::new(),
            metric: MetricName::default(),
            unlimited: false,
            rights: 0,
            purchased: 0,
            purchased_on: None,
            rights_per_pack: None,
            start: None,
            end: None,
            period: None,
            maintains: Vec::new(),
            upgrades: Vec::new(),
            owner: Organisation::default(),
            rules: Vec::new(),
            unrestricted: false,
            downgrades: Vec::new(),
            unit_cost: None,
            currency: String::new(),
            user_type: None,
            full_capacity: false,
        }
    }
}

/// Who may use an entitlement, and how much of it is kept for them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConsumptionRule {
    /// The field of the organisation.
    pub unit: Unit,
    /// Its value.
    pub value: String,
    /// Whether what is below that value belongs to it.
    pub include_children: bool,
    /// Rights that are kept for these.
    pub pool: Option<u64>,
    /// Whether it is switched on.
    pub active: bool,
    /// Other fields that must be as these say, too; of them only field, value and children matter.
    pub and: Vec<Self>,
}

/// Rights given by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Allocation {
    /// Unique id.
    pub id: String,
    /// Of which entitlement.
    pub entitlement: EntitlementIndex,
    /// To whom.
    pub holder: Holder,
    /// How many.
    pub quantity: u64,
    /// Whether it meets the entitlement's Assigned and Allocated conditions; one that does not takes no part.
    pub meets_conditions: bool,
}

/// To whom rights are given.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holder {
    /// A user.
    User(UserIndex),
    /// A device: a machine, a host or a virtual machine.
    Device(DeviceIndex),
    /// A cluster: nothing there is in use by it (domain 6.6).
    Cluster(String),
}

/// A price that an administrator set.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct OverrideCost {
    /// Of which model.
    pub model: ModelIndex,
    /// By which metric.
    pub metric: MetricName,
    /// What a right costs; zero is none.
    pub license_cost: Decimal,
    /// What a right costs with maintenance; zero is none.
    pub license_and_maintenance_cost: Decimal,
    /// The currency.
    pub currency: String,
}

/// A metric that a site made: the units of its resource value are the rights that are needed.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct CustomMetric {
    /// Its names.
    pub name: MetricName,
    /// Its place among the metrics that serve allocations; the lower is first.
    pub rank_allocated: u32,
    /// Its place among the metrics that serve the rest.
    pub rank_unallocated: u32,
}
