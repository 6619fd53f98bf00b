//! What administrators are told: notices by number, deliveries by id with those that wait by time, keys of occurrences, webhooks.

use super::{
    audit, codec,
    fault::Fault,
    store::RedbStore,
    tables::{AUDIT_READ, DELIVERIES, META, NOTICE_KEYS, NOTICES, WAITING_DELIVERIES, WEBHOOKS},
};
use crate::store::{
    StoreError,
    ports::{Found, NotificationStore},
    records::{AuditEntry, DeliveryRecord, DeliveryState, NewNotice, NoticeRecord, WebhookRecord},
};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use redb::{ReadableTable, ReadableTableMetadata as _, WriteTransaction};
use std::collections::BTreeSet;
use uuid::Uuid;

#[async_trait]
impl NotificationStore for RedbStore {
    async fn read_to(&self) -> Result<Option<u64>, StoreError> {
        self.read("notifications.read_to", |txn| read_to(&txn.open_table(META)?)).await
    }

    async fn keep(&self, found: Found, now: DateTime<Utc>) -> Result<Vec<NoticeRecord>, StoreError> {
        self.write("notifications.keep", move |txn| {
            if let Some((before, to)) = found.read {
                let mut meta = txn.open_table(META)?;
                if read_to(&meta)? != before {
                    return Err(StoreError::Conflict("somebody else read on in the audit log".to_owned()).into());
                }
                meta.insert(AUDIT_READ, to.to_be_bytes().as_slice())?;
            }
            let mut keys = txn.open_table(NOTICE_KEYS)?;
            for key in &found.over {
                keys.remove(key.as_str())?;
            }
            drop(keys);
            let kept = found.notices.iter().map(|new| keep(txn, new, now));
            kept.filter_map(Result::transpose).collect()
        })
        .await
    }

    async fn told(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let prefix = prefix.to_owned();
        self.read("notifications.told", move |txn| {
            let table = txn.open_table(NOTICE_KEYS)?;
            let mut told = Vec::new();
            for row in table.range(prefix.as_str()..)? {
                let (key, _) = row?;
                if !key.value().starts_with(&prefix) {
                    break;
                }
                told.push(key.value().to_owned());
            }
            Ok(told)
        })
        .await
    }

    async fn notices(&self, before: Option<u64>, limit: usize) -> Result<Vec<NoticeRecord>, StoreError> {
        self.read("notifications.notices", move |txn| {
            let table = txn.open_table(NOTICES)?;
            let rows = table.range(..before.unwrap_or(u64::MAX))?.rev().take(limit);
            rows.map(|row| codec::decode(row?.1.value())).collect()
        })
        .await
    }

    async fn notices_of(&self, numbers: &[u64]) -> Result<Vec<NoticeRecord>, StoreError> {
        let numbers = numbers.to_vec();
        self.read("notifications.notices_of", move |txn| {
            let table = txn.open_table(NOTICES)?;
            numbers.iter().filter_map(|number| codec::get(&table, *number).transpose()).collect()
        })
        .await
    }

    async fn deliveries_of(&self, ids: &[Uuid]) -> Result<Vec<DeliveryRecord>, StoreError> {
        let ids = ids.to_vec();
        self.read("notifications.deliveries_of", move |txn| {
            let table = txn.open_table(DELIVERIES)?;
            ids.iter().filter_map(|id| codec::get(&table, id.as_u128()).transpose()).collect()
        })
        .await
    }

    async fn deliveries(&self, before: Option<Uuid>, limit: usize) -> Result<Vec<DeliveryRecord>, StoreError> {
        let before = before.map_or(u128::MAX, |before| before.as_u128());
        self.read("notifications.deliveries", move |txn| {
            let table = txn.open_table(DELIVERIES)?;
            let rows = table.range(..before)?.rev().take(limit);
            rows.map(|row| codec::decode(row?.1.value())).collect()
        })
        .await
    }

    async fn first_waiting(&self) -> Result<Vec<DeliveryRecord>, StoreError> {
        self.read("notifications.first_waiting", move |txn| {
            let (waiting, table) = (txn.open_table(WAITING_DELIVERIES)?, txn.open_table(DELIVERIES)?);
            let mut channels = BTreeSet::new();
            let mut first: Vec<DeliveryRecord> = Vec::new();
            for row in waiting.iter()? {
                let found: Option<DeliveryRecord> = codec::get(&table, row?.0.value().1)?;
                first.extend(found.filter(|found| channels.insert(found.channel.clone())));
            }
            Ok(first)
        })
        .await
    }

    async fn count_waiting(&self) -> Result<u64, StoreError> {
        self.read("notifications.count_waiting", |txn| Ok(txn.open_table(WAITING_DELIVERIES)?.len()?)).await
    }

    async fn settle(&self, delivery: DeliveryRecord, attempts: u32) -> Result<bool, StoreError> {
        self.write("notifications.settle", move |txn| {
            let stored: Option<DeliveryRecord> = codec::get(&txn.open_table(DELIVERIES)?, delivery.id.as_u128())?;
            let fits = |stored: &DeliveryRecord| stored.attempts == attempts && stored.state == DeliveryState::Waiting;
            let Some(stored) = stored.filter(fits) else { return Ok(false) };
            // Notices that joined meanwhile were not sent: it goes on waiting for them, and carries the others again.
            let joined = delivery.state == DeliveryState::Sent && stored.notices != delivery.notices;
            let state = if joined { DeliveryState::Waiting } else { delivery.state };
            let until = stored.until.max(delivery.until);
            put(txn, Some(&stored), &DeliveryRecord { notices: stored.notices.clone(), state, until, ..delivery.clone() })?;
            Ok(true)
        })
        .await
    }

    async fn retry(&self, id: Uuid, until: DateTime<Utc>, audit: AuditEntry) -> Result<Option<DeliveryRecord>, StoreError> {
        self.write("notifications.retry", move |txn| {
            let stored: Option<DeliveryRecord> = codec::get(&txn.open_table(DELIVERIES)?, id.as_u128())?;
            let Some(stored) = stored else { return Ok(None) };
            if stored.state == DeliveryState::Sent {
                return Err(StoreError::Conflict(format!("delivery {id} was taken; there is nothing to try again")).into());
            }
            let again =
                DeliveryRecord { state: DeliveryState::Waiting, next_at: audit.at, until, digest: false, ..stored.clone() };
            put(txn, Some(&stored), &again)?;
            audit::append_in(txn, &audit)?;
            Ok(Some(again))
        })
        .await
    }

    async fn forget(&self, before: DateTime<Utc>, told_before: DateTime<Utc>, limit: usize) -> Result<usize, StoreError> {
        self.write("notifications.forget", move |txn| {
            let mut keys = txn.open_table(NOTICE_KEYS)?;
            let until = told_before.timestamp_millis();
            for row in keys.extract_if(|_, at| at < until)?.take(limit) {
                row?;
            }
            drop(keys);
            forget_notices(txn, before, limit)
        })
        .await
    }

    async fn webhooks(&self) -> Result<Vec<WebhookRecord>, StoreError> {
        self.read("notifications.webhooks", |txn| codec::all(&txn.open_table(WEBHOOKS)?)).await
    }

    async fn put_webhook(&self, webhook: WebhookRecord, audit: AuditEntry) -> Result<(), StoreError> {
        self.write("notifications.put_webhook", move |txn| {
            codec::put(&mut txn.open_table(WEBHOOKS)?, webhook.id.as_u128(), &webhook)?;
            audit::append_in(txn, &audit)
        })
        .await
    }

    async fn remove_webhook(&self, id: Uuid, audit: AuditEntry) -> Result<bool, StoreError> {
        self.write("notifications.remove_webhook", move |txn| {
            let was = txn.open_table(WEBHOOKS)?.remove(id.as_u128())?.is_some();
            if was {
                audit::append_in(txn, &audit)?;
            }
            Ok(was)
        })
        .await
    }
}

fn read_to(meta: &impl ReadableTable<&'static str, &'static [u8]>) -> Result<Option<u64>, Fault> {
    let wrong = |_| StoreError::Corrupt { table: "meta", reason: "the place in the audit log is no number".to_owned() };
    Ok(meta.get(AUDIT_READ)?.map(|row| row.value().try_into().map(u64::from_be_bytes)).transpose().map_err(wrong)?)
}

/// Keeps a notice and its deliveries, unless it was told.
fn keep(txn: &WriteTransaction, new: &NewNotice, now: DateTime<Utc>) -> Result<Option<NoticeRecord>, Fault> {
    let NewNotice { notice, once, deliveries, audit } = new;
    let mut keys = txn.open_table(NOTICE_KEYS)?;
    let mut fresh = once.is_empty();
    for key in once {
        fresh |= keys.insert(key.as_str(), now.timestamp_millis())?.is_none();
    }
    if !fresh {
        return Ok(None);
    }
    let mut notices = txn.open_table(NOTICES)?;
    let number = notices.last()?.map_or(0, |(number, _)| number.value()).saturating_add(1);
    let mut ids = Vec::with_capacity(deliveries.len());
    for delivery in deliveries {
        let joined = if delivery.digest { open_digest(txn, delivery)? } else { None };
        let mut carrying = joined.clone().unwrap_or_else(|| delivery.clone());
        carrying.notices.push(number);
        ids.push(carrying.id);
        put(txn, joined.as_ref(), &carrying)?;
    }
    let notice = NoticeRecord { number, deliveries: ids, ..notice.clone() };
    codec::put(&mut notices, number, &notice)?;
    if let Some(audit) = audit {
        audit::append_in(txn, audit)?;
    }
    Ok(Some(notice))
}

/// The delivery that a digest's notice joins.
fn open_digest(txn: &WriteTransaction, wanted: &DeliveryRecord) -> Result<Option<DeliveryRecord>, Fault> {
    let at = wanted.next_at.timestamp_millis();
    let table = txn.open_table(DELIVERIES)?;
    for row in txn.open_table(WAITING_DELIVERIES)?.range((at, u128::MIN)..=(at, u128::MAX))? {
        let found: Option<DeliveryRecord> = codec::get(&table, row?.0.value().1)?;
        let fits = |found: &DeliveryRecord| found.digest && found.attempts == 0 && found.channel == wanted.channel;
        if let Some(found) = found.filter(fits) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Stores a delivery in the place of what was stored of it, and keeps the list of those that wait.
fn put(txn: &WriteTransaction, before: Option<&DeliveryRecord>, after: &DeliveryRecord) -> Result<(), Fault> {
    let mut waiting = txn.open_table(WAITING_DELIVERIES)?;
    let key = |delivery: &DeliveryRecord| (delivery.next_at.timestamp_millis(), delivery.id.as_u128());
    if let Some(before) = before {
        waiting.remove(key(before))?;
    }
    if after.state == DeliveryState::Waiting {
        waiting.insert(key(after), ())?;
    }
    codec::put(&mut txn.open_table(DELIVERIES)?, after.id.as_u128(), after)
}

/// Forgets the oldest notices. A delivery goes with the last of its notices, and every notice of a waiting one stays.
fn forget_notices(txn: &WriteTransaction, before: DateTime<Utc>, limit: usize) -> Result<usize, Fault> {
    let mut notices = txn.open_table(NOTICES)?;
    let mut deliveries = txn.open_table(DELIVERIES)?;
    let waiting: BTreeSet<u128> =
        txn.open_table(WAITING_DELIVERIES)?.iter()?.map(|row| Ok(row?.0.value().1)).collect::<Result<_, Fault>>()?;
    let newest = notices.last()?.map(|(number, _)| number.value());
    let mut old = Vec::new();
    for row in notices.iter()?.take(limit) {
        let notice: NoticeRecord = codec::decode(row?.1.value())?;
        // The newest stays, so that no number is given twice.
        let held = notice.deliveries.iter().any(|id| waiting.contains(&id.as_u128())) || Some(notice.number) == newest;
        if notice.at < before && !held {
            old.push(notice);
        }
    }
    for notice in &old {
        notices.remove(notice.number)?;
        for id in &notice.deliveries {
            let carried: Option<DeliveryRecord> = codec::get(&deliveries, id.as_u128())?;
            if carried.is_some_and(|carried| carried.notices.iter().all(|number| *number <= notice.number)) {
                deliveries.remove(id.as_u128())?;
            }
        }
    }
    Ok(old.len())
}
