//! Software models: what can be licensed, of which product, and which suites it makes.

use chrono::NaiveDate;

use super::estate::ModelIndex;
use crate::metric::Attributes;
use crate::reconcile::{Inference, Mandatory};

/// A software model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Model {
    /// Unique id.
    pub id: String,
    /// Who publishes it.
    pub publisher: String,
    /// The product: models of one publisher and product are reconciled together.
    pub product: String,
    /// The version; any without one.
    pub version: Option<String>,
    /// The edition; any without one.
    pub edition: Option<String>,
    /// Whether it is licensable and its licences are under management: others are not reconciled.
    pub managed: bool,
    /// The publisher's own name of what it is, where a metric asks for it: `WebLogic Standard`, `RHEL Server`, `VVEP`...
    pub family: Option<String>,
    /// What the model says about metrics.
    pub attributes: Vec<MetricAttributes>,
    /// What it is made of, if it is a suite.
    pub components: Vec<SuiteComponent>,
    /// Whether it is a suite that is subscribed to: it goes before those that are installed on premise.
    pub subscription_suite: bool,
    /// How many components make it; all without one.
    pub inference: Option<Inference>,
    /// What may be used in its place.
    pub downgrades: Vec<Downgrade>,
    /// Days without use after which it is of low usage; none is as the site says.
    pub low_usage_days: Option<u32>,
    /// Whether nobody may use it: its installs are restricted software.
    pub restricted: bool,
}

impl Model {
    /// What it is called where somebody reads of it: product, version and edition.
    #[must_use]
    pub fn called(&self) -> String {
        let parts = [Some(&self.product), self.version.as_ref(), self.edition.as_ref()];
        parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ")
    }

    /// The same of whatever version.
    #[must_use]
    pub fn edition_called(&self) -> String {
        Self { version: None, product: self.product.clone(), edition: self.edition.clone(), ..Self::default() }.called()
    }
}

/// A metric, by the names of its group and its own, in any case.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct MetricName {
    /// The group.
    pub group: String,
    /// The metric.
    pub metric: String,
}

/// What a model says about one metric.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MetricAttributes {
    /// Which metric; every one without it.
    pub metric: Option<MetricName>,
    /// Its attributes.
    pub attributes: Attributes,
}

/// A part of a suite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuiteComponent {
    /// Its model.
    pub model: ModelIndex,
    /// How much it matters.
    pub mandatory: Mandatory,
}

/// A right to use another model instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Downgrade {
    /// What may be used.
    pub target: ModelIndex,
    /// The lower is used first.
    pub order: u32,
    /// Whether it is switched on.
    pub active: bool,
    /// Its first day.
    pub start: Option<NaiveDate>,
    /// Its last day.
    pub end: Option<NaiveDate>,
}

impl Downgrade {
    /// Whether it may be used on a day; both ends are inside.
    #[must_use]
    pub fn is_open(&self, today: NaiveDate) -> bool {
        self.active && self.start.is_none_or(|start| start <= today) && self.end.is_none_or(|end| today <= end)
    }
}

impl Model {
    /// Whether it is a suite.
    #[must_use]
    pub fn is_suite(&self) -> bool {
        !self.components.is_empty()
    }
}
