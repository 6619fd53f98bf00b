//! Daily peaks and the sessions behind them.

use super::{
    codec,
    store::RedbStore,
    tables::{CLOSED_SESSIONS, DEMAND, USAGE, day, folded},
};
use crate::store::{
    StoreError,
    ports::UsageStore,
    records::{ClosedSession, UsageKind, UsageRecord},
};
use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};

#[async_trait]
impl UsageStore for RedbStore {
    async fn raise(&self, records: Vec<UsageRecord>) -> Result<(), StoreError> {
        self.write("usage.raise", move |txn| {
            let mut table = txn.open_table(USAGE)?;
            for record in &records {
                let application = folded(&record.application);
                let key = (day(record.date), application.as_str(), number(record.kind));
                let stored = codec::get::<_, UsageRecord>(&table, key)?;
                if stored.is_none_or(|stored| record.peak > stored.peak) {
                    codec::put(&mut table, key, record)?;
                }
            }
            Ok(())
        })
        .await
    }

    async fn peaks(&self, application: Option<&str>, from: NaiveDate, to: NaiveDate) -> Result<Vec<UsageRecord>, StoreError> {
        let application = application.map(folded);
        self.read("usage.peaks", move |txn| {
            let mut peaks = Vec::new();
            if from > to {
                return Ok(peaks);
            }
            let end = day(to).saturating_add(1);
            for row in txn.open_table(USAGE)?.range((day(from), "", 0)..(end, "", 0))? {
                let (key, row) = row?;
                if application.as_deref().is_none_or(|application| application == key.value().1) {
                    peaks.push(codec::decode(row.value())?);
                }
            }
            Ok(peaks)
        })
        .await
    }

    async fn forget_days(&self, before: NaiveDate, limit: usize) -> Result<usize, StoreError> {
        self.write("usage.forget_days", move |txn| {
            let mut count = 0;
            for row in txn.open_table(USAGE)?.extract_from_if(..(day(before), "", 0), |_, _| true)?.take(limit) {
                row?;
                count += 1;
            }
            let left = limit.saturating_sub(count);
            for row in txn.open_table(DEMAND)?.extract_from_if(..(day(before), ""), |_, _| true)?.take(left) {
                row?;
                count += 1;
            }
            Ok(count)
        })
        .await
    }

    async fn closed(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<ClosedSession>, StoreError> {
        self.read("usage.closed", move |txn| {
            let mut closed = Vec::new();
            for row in txn.open_table(CLOSED_SESSIONS)?.range((from.timestamp_millis(), 0)..)? {
                let session: ClosedSession = codec::decode(row?.1.value())?;
                if session.session.started_at < to {
                    closed.push(session);
                }
            }
            Ok(closed)
        })
        .await
    }

    async fn ended(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<ClosedSession>, StoreError> {
        self.read("usage.ended", move |txn| codec::ended(&txn.open_table(CLOSED_SESSIONS)?, from, to)).await
    }

    async fn forget(&self, before: DateTime<Utc>, limit: usize) -> Result<usize, StoreError> {
        self.write("usage.forget", move |txn| codec::forget_ended(&mut txn.open_table(CLOSED_SESSIONS)?, before, limit)).await
    }
}

/// The number of a kind in keys; it must never change.
const fn number(kind: UsageKind) -> u8 {
    match kind {
        UsageKind::Total => 0,
        UsageKind::Named => 1,
        UsageKind::Floating => 2,
    }
}
