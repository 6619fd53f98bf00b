//! Use without a seat, told afterwards: programs that ran while their agent could not ask.
//!
//! In: uses with their times. Out: check-outs that are over, in the store and in the peaks of their days. What was told before is
//! known by its id and counts once. What can count nowhere is kept until an administrator has seen
//! it, or until its application is there.

use crate::{
    sessions::registry::Sessions,
    store::{
        StoreError,
        records::{AuditEntry, CheckoutEnd, CheckoutFacts, ClosedCheckout, CountableUse, UncountedUse},
    },
};
use chrono::{DateTime, Utc};
use muster_domain::{
    ids::CheckoutId,
    session::{Claimant, SeatKind},
};
use std::collections::BTreeSet;

/// Most uses that count nowhere and are kept for an administrator; what is older is dropped, and the alert says how many.
const MOST_UNCOUNTED: usize = 10_000;

/// A use that had no seat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unseated {
    /// Made by the agent when it began.
    pub id: CheckoutId,
    /// Of which application.
    pub application: String,
    /// By whom, and where.
    pub claimant: Claimant,
    /// Who told of it, and the kind of client.
    pub facts: CheckoutFacts,
    /// Since when, by the collector's clock.
    pub from: DateTime<Utc>,
    /// Until when.
    pub to: DateTime<Utc>,
}

impl Unseated {
    /// What counted nowhere, if it may count with another application list.
    fn again(kept: UncountedUse) -> Option<Self> {
        let UncountedUse { id, application, from, to, countable, .. } = kept;
        let CountableUse { claimant, facts } = countable?;
        Some(Self { id, application, claimant, facts, from, to })
    }
}

impl Sessions {
    /// Takes in what was used without a seat; it is durable when this returns. Says which of the uses are not: they are of no
    /// application that is tracked.
    ///
    /// # Errors
    /// When the store cannot be read or written; then nothing is lost by telling it again.
    pub async fn used_unseated(&self, uses: Vec<Unseated>) -> Result<BTreeSet<CheckoutId>, StoreError> {
        let Some(from) = uses.iter().map(|used| used.from).min() else { return Ok(BTreeSet::new()) };
        let stored = self.stores.checkouts.closed(from, self.now() + chrono::TimeDelta::days(1)).await?;
        let known: BTreeSet<CheckoutId> = stored.into_iter().map(|closed| closed.id).collect();
        let zone = self.zone;
        let strangers = self.with_pools(|state, _| {
            let mut strangers = BTreeSet::new();
            for used in uses {
                let Unseated { id, application, claimant, facts, from, to } = used;
                let tracked = state.pools.rooms.get(&application.to_lowercase()).filter(|room| room.application.tracking);
                let Some(name) = tracked.map(|room| room.application.name.clone()) else {
                    strangers.insert(id);
                    continue;
                };
                if known.contains(&id) || state.pools.closed.iter().any(|closed| closed.id == id) {
                    continue;
                }
                let (since, until) = (from, to.max(from));
                let closed = ClosedCheckout {
                    id,
                    application: name,
                    facts,
                    claimant,
                    kind: SeatKind::Floating,
                    over: true,
                    asked_at: since,
                    since,
                    until,
                    end: CheckoutEnd::Returned,
                };
                state.amend(zone.site_date(since), Some(zone.site_date(until)));
                state.pools.pending.closed(closed.clone());
                if zone.site_date(until) >= state.today {
                    state.pools.closed.push(closed);
                }
                state.dirty = true;
            }
            strangers
        });
        self.settle().await?;
        Ok(strangers)
    }

    /// Keeps uses that count nowhere; they are durable when this returns.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn keep_uncounted(&self, uses: Vec<UncountedUse>) -> Result<(), StoreError> {
        if uses.is_empty() {
            return Ok(());
        }
        let dropped = self.stores.checkouts.keep_uncounted(uses, MOST_UNCOUNTED).await?;
        if dropped > 0 {
            tracing::warn!(uses = dropped, "more uses count nowhere than are kept; the oldest were dropped");
        }
        self.lock().uncounted_dropped += dropped;
        self.count_uncounted().await
    }

    /// Counts the uses that counted nowhere and are of an application that is tracked by now.
    pub(in crate::sessions) async fn count_uncounted_again(&self) -> Result<(), StoreError> {
        if self.lock().uncounted == 0 {
            return Ok(());
        }
        let kept = self.stores.checkouts.uncounted().await?;
        let uses: Vec<Unseated> = kept.into_iter().filter_map(Unseated::again).collect();
        let told: Vec<CheckoutId> = uses.iter().map(|used| used.id).collect();
        let strangers = self.used_unseated(uses).await?;
        let counted: Vec<CheckoutId> = told.into_iter().filter(|id| !strangers.contains(id)).collect();
        if counted.is_empty() {
            return Ok(());
        }
        tracing::info!(uses = counted.len(), "uses that counted nowhere are of an application that is tracked by now");
        let audit = AuditEntry {
            at: self.now(),
            actor: "collector".to_owned(),
            action: "offline_use.count".to_owned(),
            subject: counted.len().to_string(),
            detail: serde_json::json!({"ids": counted.iter().map(ToString::to_string).collect::<Vec<_>>()}),
        };
        self.stores.checkouts.now_counted(counted, audit).await?;
        self.count_uncounted().await
    }

    /// Uses that count nowhere, in the order in which they were told.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn uncounted(&self) -> Result<Vec<UncountedUse>, StoreError> {
        self.stores.checkouts.uncounted().await
    }

    /// An administrator has seen one of them.
    ///
    /// # Errors
    /// When there is none of this id, or the store cannot be written.
    pub async fn dismiss_uncounted(&self, id: CheckoutId, audit: AuditEntry) -> Result<(), StoreError> {
        self.stores.checkouts.dismiss_uncounted(id, audit).await?;
        self.count_uncounted().await
    }

    /// How many there are, for the alert.
    async fn count_uncounted(&self) -> Result<(), StoreError> {
        let count = self.stores.checkouts.uncounted().await?.len();
        let mut state = self.lock();
        state.uncounted = count;
        if count == 0 {
            state.uncounted_dropped = 0;
        }
        Ok(())
    }
}
