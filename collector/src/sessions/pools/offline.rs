//! Use without a seat, told afterwards: programs that ran while their agent could not ask.
//!
//! In: uses with their times. Out: check-outs that are over, in the store and in the peaks of their days. What was told before is
//! known by its id and counts once.

use crate::{
    sessions::registry::Sessions,
    store::{
        StoreError,
        records::{CheckoutEnd, CheckoutFacts, ClosedCheckout},
    },
};
use chrono::{DateTime, Utc};
use muster_domain::{
    ids::CheckoutId,
    session::{Claimant, SeatKind},
};
use std::collections::BTreeSet;

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

impl Sessions {
    /// Takes in what was used without a seat; it is durable when this returns. Says how many of the uses are stored now; the
    /// others are of no application that is tracked.
    ///
    /// # Errors
    /// When the store cannot be read or written; then nothing is lost by telling it again.
    pub async fn used_unseated(&self, uses: Vec<Unseated>) -> Result<usize, StoreError> {
        let Some(from) = uses.iter().map(|used| used.from).min() else { return Ok(0) };
        let stored = self.stores.checkouts.closed(from, self.now() + chrono::TimeDelta::days(1)).await?;
        let known: BTreeSet<CheckoutId> = stored.into_iter().map(|closed| closed.id).collect();
        let zone = self.zone;
        let taken = self.with_pools(|state, _| {
            let mut taken = 0;
            for used in uses {
                let Unseated { id, application, claimant, facts, from, to } = used;
                let tracked = state.pools.rooms.get(&application.to_lowercase()).filter(|room| room.application.tracking);
                let Some(name) = tracked.map(|room| room.application.name.clone()) else { continue };
                taken += 1;
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
            taken
        });
        self.settle().await?;
        Ok(taken)
    }
}
