//! Sessions that the collector ends: an administrator, silence, a revocation.

use super::{pools::Endings, registry::Sessions};
use crate::store::{
    StoreError,
    records::{AuditEntry, Change, EndReason, Ending, SessionRecord},
};
use muster_domain::ids::{AgentId, SessionId};
use std::collections::BTreeMap;

/// Sessions that one change ends when many agents fall silent together.
const ENDED_AT_ONCE: usize = 1_000;

impl Sessions {
    /// An administrator ends a session; it stays ended until its agent no longer lists it.
    ///
    /// # Errors
    /// When there is no such live session or the change cannot be stored.
    pub async fn end(&self, id: SessionId, actor: &str) -> Result<(), StoreError> {
        let known = self.lock().find(id).filter(|record| record.ended.is_none()).map(|record| (record.agent, id));
        let Some(session) = known else {
            return Err(StoreError::NotFound { what: "live session", id: id.to_string() });
        };
        let entry = AuditEntry {
            at: self.now(),
            actor: actor.to_owned(),
            action: "session.end".to_owned(),
            subject: id.to_string(),
            detail: serde_json::Value::Null,
        };
        self.end_all(vec![session], EndReason::Administrator, true, Some(entry)).await?;
        self.settle().await
    }

    /// Forgets the sessions of an agent that will never list any again; those that live end.
    ///
    /// # Errors
    /// When the change cannot be stored.
    pub async fn end_of_agent(&self, agent: AgentId, reason: EndReason) -> Result<usize, StoreError> {
        let sessions: Vec<_> =
            self.lock().known(agent).map_or_else(Vec::new, |sessions| sessions.keys().map(|id| (agent, *id)).collect());
        let count = sessions.len();
        self.end_all(sessions, reason, false, None).await?;
        Ok(count)
    }

    /// Ends every live session of agents that are silent, until they are heard of again.
    ///
    /// # Errors
    /// When the change cannot be stored.
    pub async fn end_silent(&self, agents: &[AgentId]) -> Result<usize, StoreError> {
        let sessions: Vec<(AgentId, SessionId)> = {
            let state = self.lock();
            let known = agents.iter().filter_map(|agent| state.known(*agent)).flat_map(BTreeMap::values);
            known.map(|session| &session.record).filter(|record| record.ended.is_none()).map(|r| (r.agent, r.id)).collect()
        };
        let count = sessions.len();
        for some in sessions.chunks(ENDED_AT_ONCE) {
            self.end_all(some.to_vec(), EndReason::Silent, true, None).await?;
        }
        Ok(count)
    }

    async fn end_all(
        &self,
        ids: Vec<(AgentId, SessionId)>,
        reason: EndReason,
        keep: bool,
        audit: Option<AuditEntry>,
    ) -> Result<(), StoreError> {
        if ids.is_empty() {
            return Ok(());
        }
        let at = self.now();
        let ending = |record: &SessionRecord| Ending { at: at.max(record.counted_from), reason };
        let sessions: Vec<(AgentId, SessionId, Ending)> = {
            let state = self.lock();
            let known = |(agent, id): &(AgentId, SessionId)| Some((*agent, *id, ending(&state.known(*agent)?.get(id)?.record)));
            ids.iter().filter_map(known).collect()
        };
        let ended = sessions.iter().map(|(_, id, ending)| (*id, *ending)).collect();
        let change = Change::Ended { sessions: ended, keep };
        match audit {
            Some(audit) => self.stores.reports.append_audited(change, audit).await?,
            None => self.stores.reports.append(change, None).await?,
        }
        let zone = self.zone;
        self.with_pools(|state, gate| {
            let mut touched: BTreeMap<AgentId, Endings> = BTreeMap::new();
            for (agent, id, ending) in sessions {
                state.end(agent, id, ending, keep, |at| zone.site_date(at));
                touched.entry(agent).or_default().insert(id, Some(ending.reason));
            }
            for (agent, touched) in touched {
                self.follow(state, agent, touched, gate);
            }
        });
        Ok(())
    }
}
