//! Subscription units.

use super::{
    audit, codec,
    store::RedbStore,
    tables::{RESOURCE_CATEGORIES, UNIT_CHOICES, UNIT_REPORTS, day, folded},
};
use crate::store::{
    StoreError,
    ports::UnitStore,
    records::{AuditEntry, ResourceCategoryRecord, UnitChoiceRecord, UnitReportRecord},
};
use async_trait::async_trait;
use chrono::NaiveDate;
use muster_domain::units::Choice;
use redb::ReadableTable;

#[async_trait]
impl UnitStore for RedbStore {
    async fn choices(&self) -> Result<Vec<UnitChoiceRecord>, StoreError> {
        self.read("units.choices", |txn| codec::all(&txn.open_table(UNIT_CHOICES)?)).await
    }

    async fn choose(&self, choice: UnitChoiceRecord, audit: AuditEntry) -> Result<(), StoreError> {
        self.write("units.choose", move |txn| {
            let mut table = txn.open_table(UNIT_CHOICES)?;
            let name = folded(&choice.category);
            let last = codec::all::<_, UnitChoiceRecord>(&table)?.into_iter().rfind(|before| folded(&before.category) == name);
            if last.is_some_and(|last| last.choice == choice.choice) {
                let way = if choice.choice == Choice::OptedIn { "in" } else { "out" };
                return Err(StoreError::Conflict(format!("{} is opted {way} already", choice.category)).into());
            }
            let number = table.last()?.map_or(1, |(number, _)| number.value() + 1);
            codec::put(&mut table, number, &choice)?;
            audit::append_in(txn, &audit)
        })
        .await
    }

    async fn categories(&self) -> Result<Vec<ResourceCategoryRecord>, StoreError> {
        self.read("units.categories", |txn| codec::all(&txn.open_table(RESOURCE_CATEGORIES)?)).await
    }

    async fn put_category(&self, category: ResourceCategoryRecord, audit: AuditEntry) -> Result<(), StoreError> {
        self.write("units.put_category", move |txn| {
            let name = folded(&category.category.name);
            codec::put(&mut txn.open_table(RESOURCE_CATEGORIES)?, name.as_str(), &category)?;
            audit::append_in(txn, &audit)
        })
        .await
    }

    async fn remove_category(&self, name: &str, audit: AuditEntry) -> Result<bool, StoreError> {
        let name = folded(name);
        self.write("units.remove_category", move |txn| {
            if txn.open_table(RESOURCE_CATEGORIES)?.remove(name.as_str())?.is_none() {
                return Ok(false);
            }
            audit::append_in(txn, &audit)?;
            Ok(true)
        })
        .await
    }

    async fn keep_report(&self, report: UnitReportRecord) -> Result<bool, StoreError> {
        self.write("units.keep_report", move |txn| {
            let mut table = txn.open_table(UNIT_REPORTS)?;
            if table.get(day(report.site_date))?.is_some() {
                return Ok(false);
            }
            codec::put(&mut table, day(report.site_date), &report)?;
            Ok(true)
        })
        .await
    }

    async fn reports(&self, before: Option<NaiveDate>, limit: usize) -> Result<Vec<UnitReportRecord>, StoreError> {
        self.read("units.reports", move |txn| {
            let table = txn.open_table(UNIT_REPORTS)?;
            let rows = table.range(..before.map_or(i32::MAX, day))?.rev().take(limit);
            rows.map(|row| codec::decode(row?.1.value())).collect()
        })
        .await
    }
}
