//! What was asked of each pool today: from the events of the pools, for the store.

use crate::store::records::DemandRecord;
use chrono::NaiveDate;
use muster_domain::session::Event;
use std::collections::BTreeMap;

/// The rows of the last days that were touched, by date and application.
#[derive(Debug, Default)]
pub(super) struct Demand {
    rows: BTreeMap<(NaiveDate, String), DemandRecord>,
}

impl Demand {
    /// The rows that are stored already.
    pub(super) fn of(stored: Vec<DemandRecord>) -> Self {
        Self { rows: stored.into_iter().map(|row| ((row.date, row.application.to_lowercase()), row)).collect() }
    }

    /// Counts an event; the row, if it changed.
    pub(super) fn count(&mut self, date: NaiveDate, application: &str, event: &Event) -> Option<DemandRecord> {
        let key = (date, application.to_lowercase());
        let mut asked = self.rows.get(&key).map(DemandRecord::asked).unwrap_or_default();
        if !asked.count(event) {
            return None;
        }
        let row = DemandRecord::of(date, application, asked);
        self.rows.insert(key, row.clone());
        Some(row)
    }

    /// What was asked of an application on a date.
    pub(super) fn of_day(&self, date: NaiveDate, application: &str) -> Option<&DemandRecord> {
        self.rows.get(&(date, application.to_lowercase()))
    }

    /// Forgets the rows of days before this one; they are stored.
    pub(super) fn forget(&mut self, before: NaiveDate) {
        self.rows.retain(|(date, _), _| *date >= before);
    }
}
