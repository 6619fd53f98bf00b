//! Requests that must not be done twice.

use super::{
    codec,
    fault::Fault,
    store::RedbStore,
    tables::{KEYED_REQUESTS, KEYED_TIMES},
};
use crate::store::{
    StoreError,
    ports::IdempotencyStore,
    records::{KeptAnswer, KeyedRequest},
};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use redb::{ReadableTable as _, ReadableTableMetadata as _, WriteTransaction};

/// Most rows that one request takes away.
const AT_ONCE: usize = 1_000;

#[async_trait]
impl IdempotencyStore for RedbStore {
    async fn begin(&self, request: KeyedRequest, since: DateTime<Utc>, most: usize) -> Result<Option<KeyedRequest>, StoreError> {
        self.write("idempotency.begin", move |txn| {
            let known = codec::get::<_, KeyedRequest>(&txn.open_table(KEYED_REQUESTS)?, &request.key)?;
            if let Some(known) = known {
                if known.at >= since {
                    return Ok(Some(known));
                }
                remove(txn, &known)?;
            }
            forget(txn, since, most.saturating_sub(1))?;
            codec::put(&mut txn.open_table(KEYED_REQUESTS)?, &request.key, &request)?;
            txn.open_table(KEYED_TIMES)?.insert((request.at.timestamp_millis(), &request.key), ())?;
            Ok(None)
        })
        .await
    }

    async fn answered(&self, key: [u8; 32], answer: KeptAnswer) -> Result<(), StoreError> {
        self.write("idempotency.answered", move |txn| {
            let mut table = txn.open_table(KEYED_REQUESTS)?;
            // One that was taken away meanwhile is not missed.
            if let Some(mut known) = codec::get::<_, KeyedRequest>(&table, &key)? {
                known.answer = Some(answer.clone());
                codec::put(&mut table, &key, &known)?;
            }
            Ok(())
        })
        .await
    }

    async fn forget(&self, since: DateTime<Utc>) -> Result<usize, StoreError> {
        self.write("idempotency.forget", move |txn| forget(txn, since, usize::MAX)).await
    }

    async fn free(&self, key: [u8; 32]) -> Result<(), StoreError> {
        self.write("idempotency.free", move |txn| {
            let known = codec::get::<_, KeyedRequest>(&txn.open_table(KEYED_REQUESTS)?, &key)?;
            known.as_ref().map_or(Ok(()), |known| remove(txn, known))
        })
        .await
    }
}

/// Takes one away.
fn remove(txn: &WriteTransaction, known: &KeyedRequest) -> Result<(), Fault> {
    txn.open_table(KEYED_REQUESTS)?.remove(&known.key)?;
    txn.open_table(KEYED_TIMES)?.remove((known.at.timestamp_millis(), &known.key))?;
    Ok(())
}

/// Takes away what is older than `since`, and the oldest of more than `most`; how many.
fn forget(txn: &WriteTransaction, since: DateTime<Utc>, most: usize) -> Result<usize, Fault> {
    let mut times = txn.open_table(KEYED_TIMES)?;
    let excess = usize::try_from(times.len()?).unwrap_or(usize::MAX).saturating_sub(most);
    let mut gone = Vec::new();
    for row in times.iter()?.take(AT_ONCE) {
        let (at, key) = row.map(|(key, _)| (key.value().0, *key.value().1))?;
        if at >= since.timestamp_millis() && gone.len() >= excess {
            break;
        }
        gone.push((at, key));
    }
    let mut table = txn.open_table(KEYED_REQUESTS)?;
    for (at, key) in &gone {
        times.remove((*at, key))?;
        table.remove(key)?;
    }
    Ok(gone.len())
}
