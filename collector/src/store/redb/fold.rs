//! Folding: what the journal says becomes rows.
//!
//! In: changes in the order they were committed. Out: rows of progress, live sessions and closed sessions; the folded changes are
//! removed in the same transaction, so that a crash repeats nothing. Each row is read and written once, however many changes
//! of a batch touch it.

use super::{
    codec::{self, Row},
    fault::Fault,
    tables::{CLOSED_SESSIONS, JOURNAL, LIVE_SESSIONS, PROGRESS},
};
use crate::store::records::{AgentProgress, Change, ClosedSession, DIGESTS_KEPT, Ending, ReportMark, SessionRecord};
use chrono::{DateTime, Utc};
use muster_domain::ids::{AgentId, SessionId};
use redb::{Table, WriteTransaction};
use std::collections::BTreeMap;

/// Folds at most `limit` changes; returns how many there were.
pub(super) fn fold(txn: &WriteTransaction, limit: usize) -> Result<usize, Fault> {
    let mut journal = txn.open_table(JOURNAL)?;
    let mut rows = Rows {
        progress: Cached::new(txn.open_table(PROGRESS)?),
        live: Cached::new(txn.open_table(LIVE_SESSIONS)?),
        closed: Vec::new(),
    };
    let mut count = 0;
    while count < limit {
        let Some((_, row)) = journal.pop_first()? else { break };
        rows.apply(codec::decode(row.value())?)?;
        count += 1;
    }
    let Rows { progress, live, closed } = rows;
    progress.write()?;
    live.write()?;
    let mut table = txn.open_table(CLOSED_SESSIONS)?;
    for session in closed {
        codec::put(&mut table, (session.ending.at.timestamp_millis(), session.session.id.0), &session)?;
    }
    Ok(count)
}

struct Rows<'t> {
    progress: Cached<'t, AgentProgress>,
    live: Cached<'t, SessionRecord>,
    closed: Vec<ClosedSession>,
}

impl Rows<'_> {
    fn apply(&mut self, change: Change) -> Result<(), Fault> {
        match change {
            Change::Report {
                agent,
                mark,
                boot_id,
                received_at,
                agent_version,
                hardware_digest,
                started,
                ended,
                passed,
                dropped,
            } => {
                let mut progress = self.progress(agent, received_at)?;
                if !advance(&mut progress, mark) {
                    return Ok(());
                }
                progress.boot_id = Some(boot_id);
                progress.last_seen = received_at;
                progress.agent_version = agent_version;
                progress.dropped = progress.dropped.saturating_add(dropped);
                if hardware_digest.is_some() {
                    progress.hardware_digest = hardware_digest;
                }
                self.progress.set(agent.0.as_u128(), Some(progress));
                for session in started {
                    self.start(session)?;
                }
                for (id, ending) in ended {
                    self.end(id, ending, false)?;
                }
                for session in passed {
                    self.close(session.session, session.ending);
                }
            }
            Change::Resync { agent, epoch } => {
                let mut progress = self.progress(agent, DateTime::UNIX_EPOCH)?;
                progress.resync_to = Some(epoch);
                self.progress.set(agent.0.as_u128(), Some(progress));
            }
            Change::Idle { session, span } => {
                if let Some(mut row) = self.live.get(session.0)? {
                    row.note_idle(&span);
                    self.live.set(session.0, Some(row));
                }
            }
            Change::Ended { sessions, keep } => {
                for (id, ending) in sessions {
                    self.end(id, ending, keep)?;
                }
            }
        }
        Ok(())
    }

    fn progress(&self, agent: AgentId, last_seen: DateTime<Utc>) -> Result<AgentProgress, Fault> {
        Ok(self.progress.get(agent.0.as_u128())?.unwrap_or_else(|| AgentProgress {
            agent,
            epoch: 1,
            seq: 0,
            resync_to: None,
            recent: Vec::new(),
            hardware_digest: None,
            boot_id: None,
            last_seen,
            agent_version: String::new(),
            dropped: 0,
        }))
    }

    fn start(&mut self, mut session: SessionRecord) -> Result<(), Fault> {
        // A session that was ended stays ended for as long as its agent lists it.
        if let Some(stored) = self.live.get(session.id.0)? {
            session = session.on_top_of(&stored);
        }
        self.live.set(session.id.0, Some(session));
        Ok(())
    }

    fn end(&mut self, id: SessionId, ending: Ending, keep: bool) -> Result<(), Fault> {
        let Some(mut session) = self.live.get(id.0)? else { return Ok(()) };
        // Its first end is the one that counts; its closed row has been written then.
        if session.ended.is_none() {
            self.close(session.clone(), ending);
            session.ended = Some(ending);
        }
        self.live.set(id.0, keep.then_some(session));
        Ok(())
    }

    fn close(&mut self, mut session: SessionRecord, ending: Ending) {
        session.ended = Some(ending);
        self.closed.push(ClosedSession { session, ending });
    }
}

/// Notes a report; false if it is noted already, because it was sent again after a commit whose answer was lost.
fn advance(progress: &mut AgentProgress, mark: ReportMark) -> bool {
    let ReportMark { epoch, seq, digest } = mark;
    if progress.epoch != epoch {
        progress.epoch = epoch;
        progress.seq = 0;
        progress.resync_to = None;
        progress.recent.clear();
    }
    if progress.recent.contains(&(seq, digest)) {
        return false;
    }
    progress.seq = progress.seq.max(seq);
    progress.recent.push((seq, digest));
    let surplus = progress.recent.len().saturating_sub(DIGESTS_KEPT);
    progress.recent.drain(..surplus);
    true
}

/// Rows of a table that are kept in memory until all changes are applied.
struct Cached<'t, R> {
    table: Table<'t, u128, &'static [u8]>,
    rows: BTreeMap<u128, Option<R>>,
}

impl<'t, R: Row + Clone> Cached<'t, R> {
    fn new(table: Table<'t, u128, &'static [u8]>) -> Self {
        Self { table, rows: BTreeMap::new() }
    }

    fn get(&self, key: u128) -> Result<Option<R>, Fault> {
        if let Some(row) = self.rows.get(&key) {
            return Ok(row.clone());
        }
        codec::get(&self.table, key)
    }

    fn set(&mut self, key: u128, row: Option<R>) {
        self.rows.insert(key, row);
    }

    fn write(mut self) -> Result<(), Fault> {
        for (key, row) in self.rows {
            match row {
                Some(row) => codec::put(&mut self.table, key, &row)?,
                None => drop(self.table.remove(key)?),
            }
        }
        Ok(())
    }
}
