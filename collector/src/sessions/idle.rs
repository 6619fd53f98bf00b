//! Idleness: sessions that give the seat of an application back, and take it again when they are in use.

use super::registry::Sessions;
use crate::store::{
    StoreError,
    records::{Change, EndReason, IdleSpan, PauseReason},
};
use chrono::{DateTime, TimeDelta, Utc};
use muster_domain::ids::{AgentId, SessionId};

impl Sessions {
    /// Sessions that are idle beyond an application's timeout, and ones that are in use again.
    pub(super) fn idle_changes(&self) -> Vec<(AgentId, SessionId, IdleSpan)> {
        let realms = &self.settings.values().realms;
        let state = self.lock();
        let mut changes = Vec::new();
        for application in &state.applications {
            for session in state.live().filter(|session| session.record.ended.is_none()) {
                let record = &session.record;
                if !application.applies(&record.user, &record.applications, realms) {
                    continue;
                }
                // What went back because of a timeout that is no more is taken again.
                let timeout = application.idle_timeout(&record.user, realms).unwrap_or(u64::MAX);
                // Idleness that is not known never ends anything, and never revives anything.
                let Some((idle, looked_at)) = session.lively.idle_seconds.zip(session.looked_at) else { continue };
                let open = record.idle.iter().find(|span| span.is_open_for(&application.name));
                if open.is_some_and(|span| span.why == PauseReason::NotUsed) {
                    continue;
                }
                match open {
                    None if idle >= timeout => {
                        let since = before(looked_at, idle - timeout).max(record.counted_from);
                        let span = IdleSpan { application: application.name.clone(), since, until: None, why: PauseReason::Idle };
                        changes.push((record.agent, record.id, span));
                    }
                    Some(span) if idle < timeout => {
                        let until = Some(before(looked_at, idle).max(span.since));
                        changes.push((record.agent, record.id, IdleSpan { until, ..span.clone() }));
                    }
                    _ => {}
                }
            }
        }
        changes
    }

    pub(super) async fn note_idle(&self, agent: AgentId, session: SessionId, span: IdleSpan) -> Result<(), StoreError> {
        self.stores.reports.append(Change::Idle { session, span: span.clone() }, None).await?;
        self.with_pools(|state, gate| {
            state.idle(agent, session, &span);
            self.follow(state, agent, [(session, Some(EndReason::Idle))].into(), gate);
        });
        Ok(())
    }
}

fn before(at: DateTime<Utc>, seconds: u64) -> DateTime<Utc> {
    let delta = i64::try_from(seconds).ok().and_then(TimeDelta::try_seconds).unwrap_or(TimeDelta::MAX);
    at.checked_sub_signed(delta).unwrap_or(DateTime::<Utc>::MIN_UTC)
}
