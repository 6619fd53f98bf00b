//! Licence metrics: how many licences a product needs, by the rules of its publisher.

pub mod adobe;
pub mod amount;
pub mod answer;
pub mod citrix;
pub mod common;
pub mod concurrent;
pub mod consumption;
pub mod cost_choice;
mod count;
pub mod crowdstrike;
pub mod edition;
pub mod edition_choice;
pub mod error;
pub mod factor;
mod factor_check;
pub mod ibm;
mod ibm_capacity;
pub mod ibm_tiers;
pub mod inputs;
pub mod machine;
pub mod microsoft;
mod microsoft_cloud;
mod microsoft_editions;
pub mod microsoft_legacy;
pub mod multitenant;
mod named;
pub mod oracle;
mod oracle_capacity;
mod oracle_named;
pub mod oracle_terms;
mod placement;
mod processors;
pub mod record;
pub mod red_hat;
pub mod registry;
pub mod sap;
pub mod subscription;
pub mod vmware;

#[cfg(test)]
mod edition_tests;
#[cfg(test)]
mod tests;

pub use amount::Amount;
pub use answer::{Answer, Denied, Detail, Object, Part, Position};
pub use edition::{called, is_same as is_same_edition, key as edition_key, names as edition_names};
pub use edition_choice::EditionChoice;
pub use error::MetricError;
pub use factor::{Factor, FactorError, Factors, Figures, Table};
pub use inputs::{Attributes, Inputs, Limit, Provider, Terms};
pub use machine::{Host, Partition, PartitionKind, Processor, Vm};
pub use record::{
    Allocation, Audience, Checkout, ClientAccess, DailyPeak, Holder, HourlyCount, Install, NamedUser, Subscription,
};
pub use registry::{Attribute, GROUPS, Group, Input, Metric, UnknownMetric, find};
