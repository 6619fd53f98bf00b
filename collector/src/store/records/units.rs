//! Subscription units: what was opted in and out, resource categories that differ from the published ones, and weekly reports.

use chrono::{DateTime, NaiveDate, Utc};
use muster_domain::units::{Choice, ResourceCategory};
use serde::{Deserialize, Serialize};

/// One act of opting in or out, with what it did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitChoiceRecord {
    /// The resource category, as the catalogue spells it.
    pub category: String,
    /// What was chosen.
    pub choice: Choice,
    /// When.
    pub at: DateTime<Utc>,
    /// By whom.
    pub by: String,
    /// Assets that counted before and after.
    pub assets: (u64, u64),
    /// Units before and after.
    pub units: (u64, u64),
}

/// A resource category that an administrator changed or added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceCategoryRecord {
    /// The whole row.
    pub category: ResourceCategory,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// A report on subscription units; there is one for a site date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitReportRecord {
    /// The site date that it is for.
    pub site_date: NaiveDate,
    /// When it was made.
    pub at: DateTime<Utc>,
    /// Units of all resource categories.
    pub consumed: u64,
    /// Units that were bought; none when there was no licence that says.
    pub entitled: Option<u64>,
    /// How parts of a unit were rounded.
    pub rounding: String,
    /// Resource categories that were opted in.
    pub rows: Vec<UnitRow>,
}

/// One resource category of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitRow {
    /// The resource category.
    pub category: String,
    /// The application that it was licensed under.
    pub application: Option<String>,
    /// Assets for one unit.
    pub ratio: u32,
    /// Assets.
    pub count: u64,
    /// Units; none where only the sum was rounded.
    pub units: Option<u64>,
}
