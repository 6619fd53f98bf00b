//! What was asked of each pool today: from the events of the pools, for the store.

use crate::store::records::DemandRecord;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use muster_domain::{
    ids::CheckoutId,
    session::{ClaimId, Event},
};
use std::collections::BTreeMap;

/// A check-out that is asked for again within this time is the same wait.
const SAME_WAIT: TimeDelta = TimeDelta::seconds(120);
/// Refused check-outs that are remembered before old ones are looked for.
const LOOK_THROUGH: usize = 1_024;

/// The rows of the last days that were touched, by date and application.
#[derive(Debug, Default)]
pub(super) struct Demand {
    rows: BTreeMap<(NaiveDate, String), DemandRecord>,
    refused: Refused,
}

/// Check-outs that were refused a little while ago, and when they asked last: where there is no queue, who waits asks again and
/// again under the same id, and was denied once.
#[derive(Debug, Default)]
struct Refused {
    asked: BTreeMap<CheckoutId, DateTime<Utc>>,
    look_through: usize,
}

impl Refused {
    fn again(&mut self, id: ClaimId, now: DateTime<Utc>) -> bool {
        let ClaimId::Checkout(id) = id else { return false };
        let same = |asked: DateTime<Utc>| (now - asked).abs() < SAME_WAIT;
        if self.asked.len() >= self.look_through.max(LOOK_THROUGH) {
            self.asked.retain(|_, asked| same(*asked));
            self.look_through = self.asked.len().saturating_mul(2);
        }
        self.asked.insert(id, now).is_some_and(same)
    }
}

impl Demand {
    /// The rows that are stored already.
    pub(super) fn of(stored: Vec<DemandRecord>) -> Self {
        let rows = stored.into_iter().map(|row| ((row.date, row.application.to_lowercase()), row)).collect();
        Self { rows, refused: Refused::default() }
    }

    /// Counts an event; the row, if it changed.
    pub(super) fn count(
        &mut self,
        (date, now): (NaiveDate, DateTime<Utc>),
        application: &str,
        event: &Event,
    ) -> Option<DemandRecord> {
        if let Event::Denied { id, .. } = event
            && self.refused.again(*id, now)
        {
            return None;
        }
        let key = (date, application.to_lowercase());
        let mut asked = self.rows.get(&key).map(|row| row.asked).unwrap_or_default();
        if !asked.count(event) {
            return None;
        }
        let row = DemandRecord { date, application: application.to_owned(), asked };
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
