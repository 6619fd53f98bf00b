//! What a run says: products, their models, their metrics; and behind each number the rows that it counts.

use std::collections::BTreeMap;

use super::estate::{DeviceIndex, EntitlementIndex, ModelIndex, UserIndex};
use super::remedy::{Candidate, Remedy};
use super::warning::Warning;
use crate::decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Money by currency: amounts of different currencies are never added.
pub type Money = BTreeMap<String, Decimal>;

/// What a run says, by publisher, product and group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// A result for each product, with grouping for each owner of rights and each entity with something unlicensed.
    pub products: Vec<ProductResult>,
}

/// How a position stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Nothing is missing, or an agreement says that it does not matter.
    #[default]
    Compliant,
    /// Rights are needed, or something is unlicensed.
    NotCompliant,
    /// Not reconciled, or what is needed is not known: the warnings say why, and what to do.
    NotReconciled,
}

/// One product.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProductResult {
    /// Who publishes it.
    pub publisher: String,
    /// The product.
    pub product: String,
    /// The values of the fields by which results are grouped; empty without grouping, an empty text where a record has none.
    pub group: Vec<String>,
    /// Sums over its models.
    pub figures: Figures,
    /// How it stands.
    pub status: Status,
    /// Its models, by id.
    pub models: Vec<ModelResult>,
    /// What is there and not licensed, and of no model.
    pub members: Vec<Member>,
    /// What kept the numbers from being sure.
    pub warnings: Vec<Warning>,
}

/// One software model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModelResult {
    /// Which.
    pub model: ModelIndex,
    /// Sums over its metrics, and what no metric counts.
    pub figures: Figures,
    /// How it stands.
    pub status: Status,
    /// One for each metric, maintenance, kind of licence and limit of its entitlements.
    pub metrics: Vec<MetricResult>,
    /// What is there and not licensed, and behind no metric; also what a suite licenses.
    pub members: Vec<Member>,
    /// What can be done.
    pub remedies: Vec<Remedy>,
    /// Installs that may go.
    pub candidates: Vec<Candidate>,
    /// What kept its numbers from being sure.
    pub warnings: Vec<Warning>,
    /// The sentence that explains what is needed.
    pub why: String,
}

/// One metric of a model: entitlements that are counted together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MetricResult {
    /// The metric group.
    pub group: String,
    /// The metric.
    pub metric: String,
    /// Whether the rights have active maintenance.
    pub maintenance: bool,
    /// Whether the rights are subscribed to, not bought for good.
    pub subscription: bool,
    /// Whether there is no limit.
    pub unlimited: bool,
    /// Its numbers.
    pub figures: Figures,
    /// The metric's average price of a right, rounded to four places; none without one, or where currencies differ.
    pub average_price: Option<(String, Decimal)>,
    /// What is spent in the current subscription period (SaaS Consumption).
    pub spend: Money,
    /// How it stands.
    pub status: Status,
    /// What kept its numbers from being sure.
    pub warnings: Vec<Warning>,
    /// The sentence that explains the numbers.
    pub why: String,
    /// Who has which rights, and who lacks them.
    pub members: Vec<Member>,
    /// Its entitlements.
    pub entitlements: Vec<EntitlementIndex>,
    /// Rights that are kept in pools, and that none of those that they are kept for uses.
    pub reserved: u64,
}

/// Numbers of a position.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// Whether what is needed is not known. What is needed, what is over and what either costs are then no numbers to show: they hold
    /// what is certain of them.
    #[serde(default)]
    pub unsure: bool,
    /// Active rights; unlimited ones have no number.
    pub owned: u64,
    /// Allocated to somebody who uses it.
    pub allocated_in_use: u64,
    /// Allocated to somebody who does not.
    pub allocated_not_in_use: u64,
    /// Used without an allocation.
    pub not_allocated_in_use: u64,
    /// Rights used that have no limit: they take none of those that are owned.
    #[serde(default)]
    pub without_limit: u64,
    /// Rights owned that are not allocated; below zero where more are allocated than there are.
    pub not_allocated: i64,
    /// Users and devices that need an allocation (named metrics).
    pub allocations_needed: u64,
    /// Rights that are missing.
    pub needed: u64,
    /// Rights left of a pack, too few for anything that they could license (Microsoft's cores); they are not used.
    pub nontransferable: u64,
    /// Installs, subscriptions and clients that are not licensed.
    pub unlicensed: u64,
    /// Distinct users without a licence.
    pub unlicensed_users: u64,
    /// What the missing rights cost by the cheapest way to buy them.
    pub true_up: Money,
    /// What the unused rights cost.
    pub over_licensed: Money,
    /// What removing the candidates would save.
    pub potential_savings: Money,
    /// What the entitlements cost over all their periods.
    pub total_cost: Money,
    /// Whether its parts count unlike things, such as users and cores: their rights are not added then, and the numbers of rights here
    /// are no numbers to show.
    #[serde(default)]
    pub mixed: bool,
}

/// How something is licensed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Disposition {
    /// By rights of its own model.
    Own,
    /// By a downgrade right.
    Downgrade,
    /// By the suite that it is part of: the rows of the suite's model say by which rights.
    Suite,
    /// By rights that are allocated to it.
    Allocated,
    /// By rights without a limit.
    Unlimited,
    /// It is counted by its use, not by where it is installed: the metric result licenses it.
    Counted,
    /// Rights are allocated, and nobody uses them.
    AllocatedNotInUse,
    /// Not at all.
    Unlicensed,
}

/// One row behind a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// The device.
    pub device: Option<DeviceIndex>,
    /// The user.
    pub user: Option<UserIndex>,
    /// What is installed or subscribed to; none where no model is about it.
    pub model: Option<ModelIndex>,
    /// How it is licensed.
    pub disposition: Disposition,
    /// By which entitlement.
    pub entitlement: Option<EntitlementIndex>,
    /// Rights that are used; zero where another row of the same device, host or user has them, and of what is unlicensed.
    pub rights: u64,
    /// How many are meant: more than one where only their number is known, none where another row has the same with other rights.
    pub count: u64,
}

impl Figures {
    /// Rights used, as the form counts them: whatever is allocated is used up.
    #[must_use]
    pub const fn used(&self) -> u64 {
        self.used_in_report().saturating_add(self.allocated_not_in_use)
    }

    /// Rights used, as the position report counts them: in use only.
    #[must_use]
    pub const fn used_in_report(&self) -> u64 {
        self.allocated_in_use.saturating_add(self.not_allocated_in_use)
    }

    /// Rights owned that are not used; those without a limit are neither owned by number nor used up.
    #[must_use]
    pub const fn available(&self) -> u64 {
        self.owned.saturating_sub(self.used().saturating_sub(self.without_limit))
    }

    /// A number of rights; none where rights of unlike things would be added. Nothing is nothing of anything.
    pub fn alike<N: Default + PartialEq>(&self, rights: N) -> Option<N> {
        (!self.mixed || rights == N::default()).then_some(rights)
    }

    /// Something that follows from what is needed; none where that is not known.
    pub fn sure<T>(&self, value: T) -> Option<T> {
        (!self.unsure).then_some(value)
    }
}
