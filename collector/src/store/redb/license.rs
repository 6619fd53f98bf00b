//! Licence keys, the ledger, and compliance runs.

use super::{
    audit, codec,
    fault::Fault,
    store::RedbStore,
    tables::{self, LICENSE_KEYS, LICENSE_LEDGER, LICENSE_TRUST, RUN_DATES, RUNS},
};
use crate::store::{
    StoreError,
    ports::{Judgement, LicenseStore},
    records::{AuditEntry, KeyRecord, RunKind, RunRecord, SealedRow},
};
use async_trait::async_trait;
use chrono::NaiveDate;
use redb::{ReadableTable, WriteTransaction};

#[async_trait]
impl LicenseStore for RedbStore {
    async fn keys(&self) -> Result<Vec<KeyRecord>, StoreError> {
        self.read("license.keys", |txn| codec::all(&txn.open_table(LICENSE_KEYS)?)).await
    }

    async fn ledger(&self) -> Result<Option<SealedRow>, StoreError> {
        self.read("license.ledger", |txn| codec::get(&txn.open_table(LICENSE_LEDGER)?, ())).await
    }

    async fn trust(&self) -> Result<Vec<SealedRow>, StoreError> {
        self.read("license.trust", |txn| codec::all(&txn.open_table(LICENSE_TRUST)?)).await
    }

    async fn add_trust(&self, row: SealedRow, audit: AuditEntry) -> Result<(), StoreError> {
        self.write("license.add_trust", move |txn| {
            let mut table = txn.open_table(LICENSE_TRUST)?;
            let number = table.last()?.map_or(0, |(number, _)| number.value()).saturating_add(1);
            codec::put(&mut table, number, &row)?;
            audit::append_in(txn, &audit)?;
            Ok(())
        })
        .await
    }

    async fn judge(&self, judgement: Judgement) -> Result<Option<RunRecord>, StoreError> {
        self.write("license.judge", move |txn| {
            let Judgement { ledger, expected, key, run, audit } = &judgement;
            let mut ledgers = txn.open_table(LICENSE_LEDGER)?;
            if codec::get::<_, SealedRow>(&ledgers, ())?.as_ref() != expected.as_ref() {
                return Err(StoreError::Conflict("the licence's state was changed meanwhile; judge again".to_owned()).into());
            }
            codec::put(&mut ledgers, (), ledger)?;
            if let Some(key) = key {
                let mut keys = txn.open_table(LICENSE_KEYS)?;
                let number = keys.last()?.map_or(0, |(number, _)| number.value()).saturating_add(1);
                codec::put(&mut keys, number, key)?;
            }
            let run = run.as_ref().map(|run| store_run(txn, run)).transpose()?;
            for entry in audit {
                audit::append_in(txn, entry)?;
            }
            Ok(run)
        })
        .await
    }

    async fn runs(&self, before: Option<u64>, limit: usize) -> Result<Vec<RunRecord>, StoreError> {
        self.read("license.runs", move |txn| {
            let table = txn.open_table(RUNS)?;
            let rows = table.range(..before.unwrap_or(u64::MAX))?.rev().take(limit);
            rows.map(|row| codec::decode(row?.1.value())).collect()
        })
        .await
    }

    async fn run(&self, id: u64) -> Result<Option<RunRecord>, StoreError> {
        self.read("license.run", move |txn| codec::get(&txn.open_table(RUNS)?, id)).await
    }

    async fn last_date(&self, kind: RunKind, until: NaiveDate) -> Result<Option<NaiveDate>, StoreError> {
        self.read("license.last_date", move |txn| {
            let table = txn.open_table(RUN_DATES)?;
            let last = table.range((number(kind), i32::MIN)..=(number(kind), tables::day(until)))?.next_back().transpose()?;
            Ok(last.and_then(|(key, _)| tables::date(key.value().1)))
        })
        .await
    }

    async fn newest_night(&self, place: usize) -> Result<Option<NaiveDate>, StoreError> {
        self.read("license.newest_night", move |txn| {
            let Some(newer) = place.checked_sub(1) else { return Ok(None) };
            let night = number(RunKind::Nightly);
            let table = txn.open_table(RUN_DATES)?;
            let row = table.range((night, i32::MIN)..=(night, i32::MAX))?.rev().nth(newer).transpose()?;
            Ok(row.and_then(|(key, _)| tables::date(key.value().1)))
        })
        .await
    }

    async fn forget_runs(&self, before: NaiveDate) -> Result<usize, StoreError> {
        self.write("license.forget_runs", move |txn| {
            let mut dates = txn.open_table(RUN_DATES)?;
            let mut runs = txn.open_table(RUNS)?;
            let night = number(RunKind::Nightly);
            let last_night = dates.range((night, i32::MIN)..=(night, i32::MAX))?.next_back().transpose()?;
            let last_night = last_night.map(|(_, id)| id.value());
            let newest = runs.last()?.map(|(id, _)| id.value());
            let mut old = Vec::new();
            for row in runs.iter()? {
                let (id, row) = row?;
                let run: RunRecord = codec::decode(row.value())?;
                if run.site_date < before && ![last_night, newest].contains(&Some(id.value())) {
                    old.push((id.value(), (number(run.kind), tables::day(run.site_date))));
                }
            }
            for (id, date) in &old {
                runs.remove(id)?;
                // The date may name a later run of the same day.
                if dates.get(date)?.is_some_and(|named| named.value() == *id) {
                    dates.remove(date)?;
                }
            }
            Ok(old.len())
        })
        .await
    }
}

/// Stores a run under the next id. A night that could not be judged may be tried again; one that was judged is final.
fn store_run(txn: &WriteTransaction, run: &RunRecord) -> Result<RunRecord, Fault> {
    let mut dates = txn.open_table(RUN_DATES)?;
    let date = (number(run.kind), tables::day(run.site_date));
    if run.kind == RunKind::Nightly && dates.get(date)?.is_some() {
        return Err(StoreError::Conflict(format!("the night of {} was judged already", run.site_date)).into());
    }
    let mut runs = txn.open_table(RUNS)?;
    let id = runs.last()?.map_or(0, |(id, _)| id.value()).saturating_add(1);
    let run = RunRecord { id, ..run.clone() };
    codec::put(&mut runs, id, &run)?;
    if run.error.is_none() {
        dates.insert(date, id)?;
    }
    Ok(run)
}

/// The number of a kind in keys; it must never change.
const fn number(kind: RunKind) -> u8 {
    match kind {
        RunKind::Nightly => 0,
        RunKind::Key => 1,
        RunKind::Manual => 2,
    }
}
