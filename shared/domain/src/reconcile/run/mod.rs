//! The reconciliation run: a whole estate against everything that is owned (domain 6).
//!
//! In: an [`Estate`], read once. Out: results in three tiers, product, model and metric, each number with the rows behind it and a
//! sentence that explains it; what to do about it. It keeps nothing, asks no clock, and says the same whatever the order of its input.

mod alike;
mod allocate;
mod beside;
mod candidates;
mod channel;
mod choose;
mod conclude;
mod counted;
mod demand;
mod device;
mod engine;
mod estate;
mod facts;
mod fallback;
mod lack;
mod machine_names;
mod machines;
mod missing;
mod mix;
mod model;
mod money;
mod named;
mod owned;
mod packs;
mod purchase;
mod record;
mod records;
mod remedy;
mod result;
mod rights;
mod serve;
mod site;
mod suites;
mod tally;
mod unmodelled;
mod uses;
mod want;
mod warning;
mod why;

#[cfg(test)]
mod tests;

pub use device::{Device, DeviceKind, PartitionFacts, User};
pub use engine::reconcile;
pub use estate::{
    Crowded, DeviceIndex, EntitlementIndex, Estate, Install, ModelIndex, Progress, Settings, Unmodelled, UserIndex,
};
pub use model::{Downgrade, MetricAttributes, MetricName, Model, SuiteComponent};
pub use owned::{Allocation, ConsumptionRule, CustomMetric, Entitlement, Holder, OverrideCost};
pub use record::{
    CheckOut, ClientAccess, Clients, ConcurrentPeak, Documents, EndpointCounts, Quantity, ResourceValue, Subscription,
};
pub use remedy::{Candidate, CandidateState, Justification, NoSuchStep, Remedy, RemedyKind, RemedyState};
pub use result::{Disposition, Figures, Member, MetricResult, ModelResult, Money, Outcome, ProductResult, Status};
pub use warning::Warning;
