//! Pools and their check-outs.

use super::{
    audit, codec,
    store::RedbStore,
    tables::{CLAIMS, CLOSED_CHECKOUTS, DEMAND, HOURS, UNCOUNTED, day, folded},
};
use crate::store::{
    StoreError,
    ports::{CheckoutStore, Decisions},
    records::{AuditEntry, ClaimChange, ClaimRecord, ClosedCheckout, DemandRecord, UncountedUse},
};
use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use muster_domain::{ids::CheckoutId, session::ClaimId};
use redb::ReadableTableMetadata as _;

#[async_trait]
impl CheckoutStore for RedbStore {
    async fn commit(&self, decisions: Decisions) -> Result<(), StoreError> {
        self.write("checkouts.commit", move |txn| {
            let Decisions { claims, closed, demand, hours, audit } = &decisions;
            let mut table = txn.open_table(CLAIMS)?;
            for ClaimChange { application, id, row } in claims {
                let application = folded(application);
                let (kind, number) = number(*id);
                match row {
                    Some(row) => codec::put(&mut table, (application.as_str(), kind, number), row)?,
                    None => drop(table.remove((application.as_str(), kind, number))?),
                }
            }
            let mut table = txn.open_table(CLOSED_CHECKOUTS)?;
            for row in closed {
                codec::put(&mut table, (row.until.timestamp_millis(), row.id.0.as_u128()), row)?;
            }
            let mut table = txn.open_table(DEMAND)?;
            for row in demand {
                codec::put(&mut table, (day(row.date), folded(&row.application).as_str()), row)?;
            }
            let mut table = txn.open_table(HOURS)?;
            for row in hours {
                codec::put(&mut table, (row.start.timestamp(), folded(&row.application).as_str()), row)?;
            }
            audit.iter().try_for_each(|entry| audit::append_in(txn, entry))
        })
        .await
    }

    async fn claims(&self) -> Result<Vec<ClaimRecord>, StoreError> {
        self.read("checkouts.claims", |txn| codec::all(&txn.open_table(CLAIMS)?)).await
    }

    async fn closed(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<ClosedCheckout>, StoreError> {
        self.read("checkouts.closed", move |txn| {
            let mut closed = Vec::new();
            for row in txn.open_table(CLOSED_CHECKOUTS)?.range((from.timestamp_millis(), 0)..)? {
                let checkout: ClosedCheckout = codec::decode(row?.1.value())?;
                if checkout.since < to {
                    closed.push(checkout);
                }
            }
            Ok(closed)
        })
        .await
    }

    async fn ended(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<ClosedCheckout>, StoreError> {
        self.read("checkouts.ended", move |txn| codec::ended(&txn.open_table(CLOSED_CHECKOUTS)?, from, to)).await
    }

    async fn forget(&self, before: DateTime<Utc>, limit: usize) -> Result<usize, StoreError> {
        self.write("checkouts.forget", move |txn| codec::forget_ended(&mut txn.open_table(CLOSED_CHECKOUTS)?, before, limit))
            .await
    }

    async fn demand(&self, application: Option<&str>, from: NaiveDate, to: NaiveDate) -> Result<Vec<DemandRecord>, StoreError> {
        let application = application.map(folded);
        self.read("checkouts.demand", move |txn| {
            let mut demand = Vec::new();
            if from > to {
                return Ok(demand);
            }
            let end = day(to).saturating_add(1);
            for row in txn.open_table(DEMAND)?.range((day(from), "")..(end, ""))? {
                let (key, row) = row?;
                if application.as_deref().is_none_or(|application| application == key.value().1) {
                    demand.push(codec::decode(row.value())?);
                }
            }
            Ok(demand)
        })
        .await
    }

    async fn keep_uncounted(&self, uses: Vec<UncountedUse>, most: usize) -> Result<usize, StoreError> {
        self.write("checkouts.keep_uncounted", move |txn| {
            let mut table = txn.open_table(UNCOUNTED)?;
            for used in &uses {
                let key = used.id.0.as_u128();
                if codec::get::<_, UncountedUse>(&table, key)?.is_none() {
                    codec::put(&mut table, key, used)?;
                }
            }
            let excess = usize::try_from(table.len()?).unwrap_or(usize::MAX).saturating_sub(most);
            if excess > 0 {
                let mut all: Vec<UncountedUse> = codec::all(&table)?;
                all.sort_by_key(|used| (used.told_at, used.id));
                for used in all.iter().take(excess) {
                    table.remove(used.id.0.as_u128())?;
                }
            }
            Ok(excess)
        })
        .await
    }

    async fn uncounted(&self) -> Result<Vec<UncountedUse>, StoreError> {
        self.read("checkouts.uncounted", |txn| {
            let mut uses: Vec<UncountedUse> = codec::all(&txn.open_table(UNCOUNTED)?)?;
            uses.sort_by_key(|used| (used.told_at, used.id));
            Ok(uses)
        })
        .await
    }

    async fn now_counted(&self, ids: Vec<CheckoutId>, audit: AuditEntry) -> Result<(), StoreError> {
        self.write("checkouts.now_counted", move |txn| {
            let mut table = txn.open_table(UNCOUNTED)?;
            for id in &ids {
                table.remove(id.0.as_u128())?;
            }
            audit::append_in(txn, &audit)
        })
        .await
    }

    async fn dismiss_uncounted(&self, id: CheckoutId, audit: AuditEntry) -> Result<(), StoreError> {
        self.write("checkouts.dismiss_uncounted", move |txn| {
            if txn.open_table(UNCOUNTED)?.remove(id.0.as_u128())?.is_none() {
                return Err(StoreError::NotFound { what: "offline use", id: id.to_string() }.into());
            }
            audit::append_in(txn, &audit)
        })
        .await
    }
}

/// A claim in keys; it must never change.
const fn number(id: ClaimId) -> (u8, u128) {
    match id {
        ClaimId::Session(id) => (0, id.0),
        ClaimId::Checkout(id) => (1, id.0.as_u128()),
    }
}
