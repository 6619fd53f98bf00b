//! What reconciliation runs found: runs, positions, the rows behind them, what may go and what can be done.

use chrono::{DateTime, NaiveDate, Utc};
use muster_domain::{
    decimal::Decimal,
    reconcile::run::{CandidateState, Disposition, Figures, Justification, Money, RemedyKind, RemedyState, Status},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReconciliationState {
    /// It goes on, or its collector ended in the middle of it.
    Running,
    /// It is over, and its positions are there.
    Done,
    /// It could not be done.
    Failed,
}

/// One run of the reconciliation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReconciliationRecord {
    /// Ascending; 0 before it is stored.
    pub id: u64,
    /// Who asked for it.
    pub by: String,
    /// The Sunday that a weekly run is for.
    pub week: Option<NaiveDate>,
    /// Of which publisher; none for all of them.
    pub publisher: Option<String>,
    /// The site date that it judged by.
    pub site_date: NaiveDate,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it was over.
    pub ended_at: Option<DateTime<Utc>>,
    /// How far it is.
    pub state: ReconciliationState,
    /// What it counted.
    pub counts: ReconciliationCounts,
    /// What the missing rights of all products cost.
    pub true_up: Money,
    /// What could not be taken as it is.
    pub warnings: Vec<String>,
    /// Why it failed.
    pub error: Option<String>,
}

/// What a run counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReconciliationCounts {
    /// Machines that it looked at.
    pub devices: u64,
    /// Installs that it looked at.
    pub installs: u64,
    /// Entitlements that it looked at.
    pub entitlements: u64,
    /// Products with a result.
    pub products: u64,
    /// Products that are not compliant.
    pub not_compliant: u64,
    /// Products that could not be reconciled.
    pub not_reconciled: u64,
    /// Positions of all tiers.
    pub positions: u64,
    /// Rows behind them.
    pub members: u64,
    /// Removal candidates that it found.
    pub candidates: u64,
}

/// Which tier a position is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// A product: the sum of its models.
    Product,
    /// A software model: the sum of its metrics, and what none of them counts.
    Model,
    /// A metric of a model.
    Metric,
}

/// One position of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PositionRecord {
    /// The run.
    pub run: u64,
    /// Its number in the run, from 0: a product, then each of its models followed by its metrics.
    pub number: u32,
    /// The number of the position that it is part of.
    pub parent: Option<u32>,
    /// The number of the last position that is part of it; its own where none is.
    pub last: u32,
    /// When the run judged.
    pub at: DateTime<Utc>,
    /// Which tier.
    pub tier: Tier,
    /// Who publishes it.
    pub publisher: String,
    /// The product.
    pub product: String,
    /// The values of the fields by which results are grouped.
    pub grouping: Vec<String>,
    /// The model; none of a product.
    pub model: Option<Uuid>,
    /// What the model was called.
    pub model_name: Option<String>,
    /// The metric group; none above a metric.
    pub metric_group: Option<String>,
    /// The metric.
    pub metric: Option<String>,
    /// Whether the rights have active maintenance.
    pub maintenance: bool,
    /// Whether the rights are subscribed to, not bought for good.
    pub subscription: bool,
    /// Whether there is no limit.
    pub unlimited: bool,
    /// How it stands.
    pub status: Status,
    /// Its numbers.
    pub figures: Figures,
    /// Average price of a right with its currency.
    pub average_price: Option<(String, Decimal)>,
    /// What is spent in the current subscription period.
    pub spend: Money,
    /// The sentence that explains the numbers.
    pub why: String,
    /// What kept the numbers from being sure.
    pub warnings: Vec<String>,
    /// Entitlements that are counted.
    pub entitlements: Vec<Uuid>,
    /// Rows behind it that are behind none of its parts.
    pub members: u64,
    /// Rows behind it and its parts.
    pub all_members: u64,
}

/// One row behind a position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberRecord {
    /// The device: an asset, or the record of a host that is none.
    pub device: Option<Uuid>,
    /// The user.
    pub user: Option<Uuid>,
    /// What is installed or subscribed to; none where no model is about it.
    pub model: Option<Uuid>,
    /// How it is licensed.
    pub disposition: Disposition,
    /// By which entitlement.
    pub entitlement: Option<Uuid>,
    /// Rights that are used.
    pub rights: u64,
    /// How many are meant, where only their number is known; none where another row counts the same.
    pub count: u64,
    /// Facts of its machine that an administrator corrected.
    pub corrections: Vec<CorrectionRecord>,
}

/// A fact that was counted as an administrator entered it, and not as it is reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorrectionRecord {
    /// Of which machine: the device itself, or the host that it runs on.
    pub machine: Uuid,
    /// Which fact, by the field of the host.
    pub field: String,
    /// What is reported.
    pub reported: String,
    /// What was entered.
    pub entered: String,
    /// Why, as the administrator says.
    pub reason: Option<String>,
}

/// Rows behind a position, some at a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MembersRecord {
    /// The rows.
    pub rows: Vec<MemberRecord>,
}

/// Something that may go; it is the same one in every run that finds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CandidateRecord {
    /// From what it is: model, device, user and justification.
    pub id: Uuid,
    /// Counts its changes, from 1.
    pub revision: u64,
    /// From which device: an asset, or the record of a host that is none.
    pub device: Option<Uuid>,
    /// From which user.
    pub user: Option<Uuid>,
    /// What.
    pub model: Uuid,
    /// What the model was called.
    pub model_name: String,
    /// Who publishes it.
    pub publisher: String,
    /// The product.
    pub product: String,
    /// Why.
    pub justification: Justification,
    /// Rights that it would set free, or that need not be bought.
    pub rights: u64,
    /// How far it is.
    pub state: CandidateState,
    /// The last run that found it.
    pub run: u64,
    /// Whether the run of its publisher after that found it no more.
    pub gone: bool,
    /// When it was first found.
    pub found_at: DateTime<Utc>,
    /// What happened to it, oldest first.
    pub steps: Vec<StepRecord<CandidateState>>,
}

/// One change of a state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRecord<S> {
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub by: String,
    /// The new state.
    pub to: S,
}

/// Something that can be done; it is the same one in every run that finds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemedyRecord {
    /// From what it is: model, group of results, kind and metric.
    pub id: Uuid,
    /// Counts its changes, from 1.
    pub revision: u64,
    /// Of which model.
    pub model: Uuid,
    /// Who publishes it.
    pub publisher: String,
    /// The product.
    pub product: String,
    /// The group of results.
    pub grouping: Vec<String>,
    /// What.
    pub kind: RemedyKind,
    /// By which metric group.
    pub metric_group: String,
    /// By which metric.
    pub metric: String,
    /// Whether with active maintenance.
    pub maintenance: bool,
    /// Whether subscribed to, not bought for good.
    pub subscription: bool,
    /// Rights to buy, to allocate or to take back, or installs.
    pub count: u64,
    /// What a purchase costs.
    pub cost: Money,
    /// How far it is.
    pub state: RemedyState,
    /// The last run that found it.
    pub run: u64,
    /// Whether the run of its publisher after that found it no more.
    pub gone: bool,
    /// What happened to it, oldest first.
    pub steps: Vec<StepRecord<RemedyState>>,
}
