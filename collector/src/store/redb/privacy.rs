//! Names of people in the history of use.

use super::{
    audit,
    codec::{self, Row},
    fault::Fault,
    store::RedbStore,
    tables::{CLOSED_CHECKOUTS, CLOSED_SESSIONS, MASKED_BEFORE, MASKED_UNTIL, META, UNCOUNTED, USAGE, date, day},
};
use crate::store::{
    StoreError,
    ports::{Mask, MaskedRows, PrivacyStore, UsePlace, UseSpan},
    records::{AuditEntry, ClosedCheckout, ClosedSession, UncountedUse, UsageRecord},
};
use async_trait::async_trait;
use chrono::NaiveDate;
use muster_domain::session::Claimant;
use redb::{ReadTransaction, ReadableTable, Table, WriteTransaction};

#[async_trait]
impl PrivacyStore for RedbStore {
    async fn look(
        &self,
        place: UsePlace,
        span: UseSpan,
        after: Option<String>,
        limit: usize,
        mask: Mask,
    ) -> Result<MaskedRows, StoreError> {
        self.read("privacy.look", move |txn| looked(txn, place, span, after.as_deref(), limit, &mask)).await
    }

    async fn mask(
        &self,
        place: UsePlace,
        span: UseSpan,
        after: Option<String>,
        limit: usize,
        mask: Mask,
    ) -> Result<MaskedRows, StoreError> {
        self.write("privacy.mask", move |txn| masked(txn, place, span, after.as_deref(), limit, &mask)).await
    }

    async fn masked_before(&self) -> Result<Option<NaiveDate>, StoreError> {
        self.read("privacy.masked_before", |txn| kept_date(&txn.open_table(META)?, MASKED_BEFORE)).await
    }

    async fn set_masked_before(&self, date: NaiveDate, audit: Option<AuditEntry>) -> Result<(), StoreError> {
        self.write("privacy.set_masked_before", move |txn| {
            raise_date(&mut txn.open_table(META)?, MASKED_BEFORE, date)?;
            audit.as_ref().map_or(Ok(()), |audit| audit::append_in(txn, audit))
        })
        .await
    }

    async fn masked_until(&self) -> Result<Option<NaiveDate>, StoreError> {
        self.read("privacy.masked_until", |txn| kept_date(&txn.open_table(META)?, MASKED_UNTIL)).await
    }

    async fn set_masked_until(&self, date: NaiveDate, audit: AuditEntry) -> Result<(), StoreError> {
        self.write("privacy.set_masked_until", move |txn| {
            let mut meta = txn.open_table(META)?;
            raise_date(&mut meta, MASKED_UNTIL, date)?;
            raise_date(&mut meta, MASKED_BEFORE, date)?;
            drop(meta);
            audit::append_in(txn, &audit)
        })
        .await
    }
}

fn kept_date(meta: &impl ReadableTable<&'static str, &'static [u8]>, key: &'static str) -> Result<Option<NaiveDate>, Fault> {
    let stored = meta.get(key)?;
    let number = stored.and_then(|bytes| <[u8; 4]>::try_from(bytes.value()).ok()).map(i32::from_be_bytes);
    Ok(number.and_then(date))
}

/// A date that never goes back.
fn raise_date(meta: &mut Table<'_, &'static str, &'static [u8]>, key: &'static str, date: NaiveDate) -> Result<(), Fault> {
    if kept_date(meta, key)?.is_none_or(|kept| kept < date) {
        meta.insert(key, day(date).to_be_bytes().as_slice())?;
    }
    Ok(())
}

fn looked(
    txn: &ReadTransaction,
    place: UsePlace,
    span: UseSpan,
    after: Option<&str>,
    limit: usize,
    mask: &Mask,
) -> Result<MaskedRows, Fault> {
    Ok(match place {
        UsePlace::Sessions => ended(&txn.open_table(CLOSED_SESSIONS)?, span, after, limit, |row| session(row, mask))?.counted(),
        UsePlace::Checkouts => {
            ended(&txn.open_table(CLOSED_CHECKOUTS)?, span, after, limit, |row| checkout(row, mask))?.counted()
        }
        UsePlace::Peaks => peaks(&txn.open_table(USAGE)?, span, after, limit, mask)?.counted(),
        UsePlace::OfflineUses => told(&txn.open_table(UNCOUNTED)?, span, mask)?.counted(),
    })
}

fn masked(
    txn: &WriteTransaction,
    place: UsePlace,
    span: UseSpan,
    after: Option<&str>,
    limit: usize,
    mask: &Mask,
) -> Result<MaskedRows, Fault> {
    Ok(match place {
        UsePlace::Sessions => {
            let mut table = txn.open_table(CLOSED_SESSIONS)?;
            let found = ended(&table, span, after, limit, |row| session(row, mask))?;
            found.changed.iter().try_for_each(|(key, row)| codec::put(&mut table, *key, row))?;
            found.counted()
        }
        UsePlace::Checkouts => {
            let mut table = txn.open_table(CLOSED_CHECKOUTS)?;
            let found = ended(&table, span, after, limit, |row| checkout(row, mask))?;
            found.changed.iter().try_for_each(|(key, row)| codec::put(&mut table, *key, row))?;
            found.counted()
        }
        UsePlace::Peaks => {
            let mut table = txn.open_table(USAGE)?;
            let found = peaks(&table, span, after, limit, mask)?;
            let put = |((day, name, kind), row): &((i32, String, u8), UsageRecord)| {
                codec::put(&mut table, (*day, name.as_str(), *kind), row)
            };
            found.changed.iter().try_for_each(put)?;
            found.counted()
        }
        UsePlace::OfflineUses => {
            let mut table = txn.open_table(UNCOUNTED)?;
            let found = told(&table, span, mask)?;
            found.changed.iter().try_for_each(|(key, row)| codec::put(&mut table, *key, row))?;
            found.counted()
        }
    })
}

/// Rows that change, as they are then, and the key behind which to go on.
struct Found<K, R> {
    changed: Vec<(K, R)>,
    next: Option<String>,
}

impl<K, R> Found<K, R> {
    fn counted(self) -> MaskedRows {
        MaskedRows { masked: u64::try_from(self.changed.len()).unwrap_or(u64::MAX), next: self.next }
    }
}

/// Of a table whose keys begin with the millisecond of an end.
fn ended<R: Row>(
    table: &impl ReadableTable<(i64, u128), &'static [u8]>,
    span: UseSpan,
    after: Option<&str>,
    limit: usize,
    change: impl Fn(&mut R) -> bool,
) -> Result<Found<(i64, u128), R>, Fault> {
    let begin = match after {
        Some(after) => {
            let key = after.split_once(' ').and_then(|(end, id)| Some((end.parse().ok()?, id.parse::<u128>().ok()?)));
            let (end, id): (i64, u128) = key.ok_or_else(|| strange(after))?;
            (end, id.saturating_add(1))
        }
        None => (span.from.timestamp_millis(), 0),
    };
    let end = (span.until.timestamp_millis(), 0);
    let mut found = Found { changed: Vec::new(), next: None };
    if begin >= end {
        return Ok(found);
    }
    for (count, row) in table.range(begin..end)?.enumerate() {
        let (key, row) = row?;
        let mut record: R = codec::decode(row.value())?;
        if change(&mut record) {
            found.changed.push((key.value(), record));
        }
        if count + 1 >= limit {
            found.next = Some(format!("{} {}", key.value().0, key.value().1));
            break;
        }
    }
    Ok(found)
}

/// Of the daily peaks, whole days at a time.
fn peaks(
    table: &impl ReadableTable<(i32, &'static str, u8), &'static [u8]>,
    span: UseSpan,
    after: Option<&str>,
    limit: usize,
    mask: &Mask,
) -> Result<Found<(i32, String, u8), UsageRecord>, Fault> {
    let begin = match after {
        Some(after) => after.parse::<i32>().map_err(|_| strange(after))?.saturating_add(1),
        None => day(span.first),
    };
    let end = day(span.end);
    let mut found = Found { changed: Vec::new(), next: None };
    let mut last: Option<i32> = None;
    if begin >= end {
        return Ok(found);
    }
    for (count, row) in table.range((begin, "", 0)..(end, "", 0))?.enumerate() {
        let (key, row) = row?;
        let (day, name, kind) = key.value();
        if count >= limit && last.is_some_and(|last| last != day) {
            found.next = last.map(|last| last.to_string());
            break;
        }
        last = Some(day);
        let mut record: UsageRecord = codec::decode(row.value())?;
        let mut changed = false;
        for holder in &mut record.holders {
            if let Some(other) = mask(&holder.0, &holder.1) {
                *holder = other;
                changed = true;
            }
        }
        if changed {
            record.holders.sort();
            found.changed.push(((day, name.to_owned(), kind), record));
        }
    }
    Ok(found)
}

/// Of the uses that were told of in the span; there are few.
fn told(table: &impl ReadableTable<u128, &'static [u8]>, span: UseSpan, mask: &Mask) -> Result<Found<u128, UncountedUse>, Fault> {
    let mut found = Found { changed: Vec::new(), next: None };
    for row in table.iter()? {
        let (key, row) = row?;
        let mut record: UncountedUse = codec::decode(row.value())?;
        if record.told_at < span.from || record.told_at >= span.until {
            continue;
        }
        let Some((user, client)) = mask(&record.user, &record.client_ip) else { continue };
        (record.user, record.client_ip) = (user, client);
        if let Some(countable) = &mut record.countable {
            claimant(&mut countable.claimant, mask);
            owner(&mut countable.facts.owner, mask);
        }
        found.changed.push((key.value(), record));
    }
    Ok(found)
}

fn session(row: &mut ClosedSession, mask: &Mask) -> bool {
    let Some((user, client)) = mask(&row.session.user, &row.session.client_ip) else { return false };
    (row.session.user, row.session.client_ip) = (user, client);
    true
}

fn checkout(row: &mut ClosedCheckout, mask: &Mask) -> bool {
    // Whoever made it need not be who it is for.
    owner(&mut row.facts.owner, mask) | claimant(&mut row.claimant, mask)
}

fn claimant(claimant: &mut Claimant, mask: &Mask) -> bool {
    let Some((user, client)) = mask(&claimant.user, &claimant.client) else { return false };
    (claimant.user, claimant.client) = (user, client);
    true
}

fn owner(owner: &mut String, mask: &Mask) -> bool {
    let Some((user, _)) = owner.strip_prefix("user:").and_then(|name| mask(name, "")) else { return false };
    *owner = format!("user:{user}");
    true
}

fn strange(after: &str) -> Fault {
    StoreError::Rule(format!("{after:?} is no place to go on from")).into()
}
