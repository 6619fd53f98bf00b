//! A run as a row.

use super::behind::signed;
use crate::{
    admin::AdminContext,
    compliance::kind_name,
    console::render::{When, number, who},
    store::records::RunRecord,
};

/// A run in a table.
pub(super) struct RunRow {
    pub(super) id: u64,
    pub(super) date: String,
    pub(super) at: When,
    pub(super) kind: &'static str,
    pub(super) by: String,
    pub(super) count: String,
    pub(super) limit: String,
    /// Against the nightly run before.
    pub(super) since: String,
    pub(super) over: bool,
    pub(super) state: String,
    pub(super) tone: &'static str,
    pub(super) error: Option<String>,
}

impl RunRow {
    pub(super) fn of(run: &RunRecord, context: &AdminContext) -> Self {
        let text = |count: Option<u64>| count.map_or_else(|| "–".to_owned(), number);
        let over = run.asset_count.zip(run.asset_limit).is_some_and(|(count, limit)| count > limit);
        Self {
            id: run.id,
            date: run.site_date.to_string(),
            at: When::of(run.started_at, context.now(), context.tz()),
            kind: kind_name(run.kind),
            by: who(&run.by),
            count: text(run.asset_count),
            limit: text(run.asset_limit),
            since: run.since.as_ref().map(|since| signed(since.asset_count)).unwrap_or_default(),
            over,
            tone: match run.state_after.as_str() {
                "compliant" => "good",
                "disabled" => "bad",
                _ => "warn",
            },
            state: run.state_after.clone(),
            error: run.error.clone(),
        }
    }
}
