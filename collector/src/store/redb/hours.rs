//! Hourly use of applications.

use super::{
    codec,
    store::RedbStore,
    tables::{HOURS, folded},
};
use crate::store::{StoreError, ports::HourStore, records::HourRecord};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use std::ops::Bound;

#[async_trait]
impl HourStore for RedbStore {
    async fn page(
        &self,
        application: Option<&str>,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        after: Option<(DateTime<Utc>, String)>,
        limit: usize,
    ) -> Result<Vec<HourRecord>, StoreError> {
        let application = application.map(folded);
        let (from, to) = (from.timestamp(), to.timestamp());
        let after =
            after.map(|(start, application)| (start.timestamp(), folded(&application))).filter(|(start, _)| *start >= from);
        self.read("hours.page", move |txn| {
            let mut hours = Vec::new();
            let begin = match &after {
                Some((start, application)) => Bound::Excluded((*start, application.as_str())),
                None => Bound::Included((from, "")),
            };
            if after.as_ref().map_or(from, |(start, _)| *start) >= to {
                return Ok(hours);
            }
            let table = txn.open_table(HOURS)?;
            for row in table.range::<(i64, &str)>((begin, Bound::Excluded((to, ""))))? {
                if hours.len() >= limit {
                    break;
                }
                let (key, row) = row?;
                if application.as_deref().is_none_or(|application| application == key.value().1) {
                    hours.push(codec::decode(row.value())?);
                }
            }
            Ok(hours)
        })
        .await
    }

    async fn forget(&self, before: DateTime<Utc>, limit: usize) -> Result<usize, StoreError> {
        self.write("hours.forget", move |txn| {
            let mut table = txn.open_table(HOURS)?;
            let mut count = 0;
            for row in table.extract_from_if(..(before.timestamp(), ""), |_, _| true)?.take(limit) {
                row?;
                count += 1;
            }
            Ok(count)
        })
        .await
    }
}
