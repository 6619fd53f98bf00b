//! How an application was used in one hour.

use chrono::{DateTime, Utc};
use muster_domain::session::HourFigures;
use serde::{Deserialize, Serialize};

/// How an application was used in one hour of the site's clocks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HourRecord {
    /// The first instant of the hour.
    #[serde(with = "chrono::serde::ts_seconds")]
    pub start: DateTime<Utc>,
    /// Application.
    pub application: String,
    /// Its figures.
    pub figures: HourFigures,
}
