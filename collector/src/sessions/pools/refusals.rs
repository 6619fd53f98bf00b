//! Sessions that were refused a seat: as long as that lasts they used none, and no later count takes them for holders.
//!
//! In: what the pools decided. Out: times in which a session did not hold the seat of an application, to be stored with it.

use super::book::Book;
use crate::{
    sessions::{registry::Sessions, state::State},
    store::{
        StoreError,
        records::{Change, IdleSpan, PauseReason, SessionRecord},
    },
};
use chrono::{DateTime, Utc};
use muster_domain::{
    ids::{AgentId, SessionId},
    session::{ClaimId, Standing},
};
use std::{collections::BTreeSet, sync::Arc};

impl Book {
    /// Times that a session's record does not know yet: it is refused seats.
    pub(in crate::sessions) fn refusals(&self, record: &SessionRecord) -> Vec<IdleSpan> {
        let claim = ClaimId::Session(record.id);
        let rooms = self.rooms.values().filter(|room| {
            let refused = room.pool.entry(claim).is_some_and(|entry| entry.standing == Standing::Refused);
            refused && !record.idle.iter().any(|span| span.lasts_for(&room.application.name))
        });
        rooms
            .map(|room| {
                let application = room.application.name.clone();
                let since = record.in_use_since(&application);
                IdleSpan { application, since, until: None, why: PauseReason::Refused }
            })
            .collect()
    }

    /// Sessions that are refused a seat of any application.
    fn refused(&self) -> BTreeSet<SessionId> {
        let rooms = self.rooms.values().filter(|room| room.pool.rules().decide());
        let entries = rooms.flat_map(|room| room.pool.entries());
        let refused = entries.filter(|entry| entry.standing == Standing::Refused);
        refused.filter_map(|entry| if let ClaimId::Session(id) = entry.id { Some(id) } else { None }).collect()
    }

    /// Since when a session holds a seat of an application.
    fn seated(&self, session: SessionId, application: &str) -> Option<DateTime<Utc>> {
        let entry = self.pool(application)?.entry(ClaimId::Session(session))?;
        matches!(entry.standing, Standing::Held { .. }).then_some(entry.since)
    }
}

impl State {
    /// The sessions that live, each with the times in which it was refused a seat.
    pub(in crate::sessions) fn counted(&self) -> Vec<Arc<SessionRecord>> {
        let refused = self.pools.refused();
        let live = self.live().filter(|session| session.record.ended.is_none());
        live.map(|session| {
            let mut record = Arc::clone(&session.record);
            if refused.contains(&record.id) {
                let spans = self.pools.refusals(&record);
                Arc::make_mut(&mut record).idle.extend(spans);
            }
            record
        })
        .collect()
    }
}

impl Sessions {
    /// Sessions that were refused a seat, or have one by now, and whose records do not say so.
    pub(in crate::sessions) fn refusal_changes(&self) -> Vec<(AgentId, SessionId, IdleSpan)> {
        self.with_pools(|state, _| {
            let refused = state.pools.refused();
            let mut changes = Vec::new();
            for session in state.live().filter(|session| session.record.ended.is_none()) {
                let record = &session.record;
                if refused.contains(&record.id) {
                    changes.extend(state.pools.refusals(record).into_iter().map(|span| (record.agent, record.id, span)));
                }
                let open = record.idle.iter().filter(|span| span.until.is_none() && span.why == PauseReason::Refused);
                changes.extend(open.filter_map(|span| {
                    let until = state.pools.seated(record.id, &span.application)?.max(span.since);
                    Some((record.agent, record.id, IdleSpan { until: Some(until), ..span.clone() }))
                }));
            }
            changes
        })
    }

    pub(in crate::sessions) async fn note_refusal(
        &self,
        agent: AgentId,
        session: SessionId,
        span: IdleSpan,
    ) -> Result<(), StoreError> {
        self.stores.reports.append(Change::Idle { session, span: span.clone() }, None).await?;
        self.with_pools(|state, _| state.idle(agent, session, &span));
        Ok(())
    }
}
