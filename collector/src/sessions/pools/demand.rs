//! What was asked of each pool today: from the events of the pools, for the store.

use crate::store::records::DemandRecord;
use chrono::{NaiveDate, TimeDelta};
use muster_domain::session::{Denial, Event, Finish};
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
        let mut row = self.rows.get(&key).cloned().unwrap_or_else(|| DemandRecord::none(date, application));
        match event {
            Event::Granted { granted, waited, .. } => {
                row.granted += u64::from(!granted.shared);
                row.over_use += u64::from(granted.over_use && !granted.shared);
                if let Some(waited) = waited {
                    let waited = milliseconds(*waited);
                    row.served += 1;
                    row.waited_ms = row.waited_ms.saturating_add(waited);
                    row.longest_wait_ms = row.longest_wait_ms.max(waited);
                } else if granted.shared {
                    return None;
                }
            }
            Event::Denied { why: Denial::Exhausted, .. } => row.denied += 1,
            Event::Denied { why: Denial::NotAdmitted, .. } => row.not_admitted += 1,
            Event::Queued { length, .. } => {
                row.queued += 1;
                row.longest_queue = row.longest_queue.max(*length);
            }
            Event::Left { how: Finish::Expired | Finish::Released | Finish::Ended, .. } => row.gave_up += 1,
            Event::Denied { why: Denial::Closed | Denial::TooLong, .. } | Event::Finished { .. } => return None,
        }
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

fn milliseconds(time: TimeDelta) -> u64 {
    u64::try_from(time.num_milliseconds()).unwrap_or(0)
}
