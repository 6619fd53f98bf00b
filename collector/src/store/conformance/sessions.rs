//! Sessions: how they begin, end and are found again.

use super::{
    fixtures::{agent_id, at, ending, entry, mark, report, session},
    reports::append,
};
use crate::store::{
    Stores,
    records::{Change, ClosedSession, EndReason, Ending, SessionRecord},
};
use muster_domain::ids::SessionId;

async fn all_closed(stores: &Stores) -> Vec<ClosedSession> {
    while stores.reports.fold(100).await.unwrap() > 0 {}
    stores.usage.closed(at(-1_000_000), at(1_000_000)).await.unwrap()
}

fn closed(session: SessionRecord, ending: Ending) -> ClosedSession {
    ClosedSession { session: SessionRecord { ended: Some(ending), ..session }, ending }
}

pub(crate) async fn a_session_that_ends_is_closed_once(stores: &Stores) {
    append(stores, report(1, mark(1, 1), vec![session(1, 1), session(2, 1)], vec![])).await;
    append(stores, report(1, mark(1, 2), vec![], vec![(SessionId(1), ending(20)), (SessionId(7), ending(20))])).await;
    append(stores, report(1, mark(1, 3), vec![], vec![(SessionId(1), ending(30))])).await;
    let mut passing = report(1, mark(1, 4), vec![], vec![]);
    if let Change::Report { passed, .. } = &mut passing {
        passed.push(ClosedSession { session: session(3, 1), ending: ending(12) });
    }
    append(stores, passing).await;
    let expected = [closed(session(3, 1), ending(12)), closed(session(1, 1), ending(20))];
    assert_eq!(all_closed(stores).await, expected);
    assert_eq!(stores.reports.load().await.unwrap().sessions, [session(2, 1)]);
}

pub(crate) async fn a_session_ended_by_the_collector_stays_ended(stores: &Stores) {
    let by_hand = Ending { at: at(20), reason: EndReason::Administrator };
    let ended = |number| SessionRecord { ended: Some(by_hand), ..session(number, 1) };
    append(stores, report(1, mark(1, 1), vec![session(1, 1), session(2, 1), session(3, 1)], vec![])).await;
    append(stores, Change::Ended { sessions: vec![(SessionId(1), by_hand), (SessionId(9), by_hand)], keep: true }).await;
    append(stores, Change::Ended { sessions: vec![(SessionId(2), by_hand)], keep: false }).await;
    assert_eq!(stores.reports.load().await.unwrap().sessions, [ended(1), session(3, 1)]);

    // Neither a second end nor a second start changes what was decided.
    append(stores, Change::Ended { sessions: vec![(SessionId(1), ending(25))], keep: true }).await;
    append(stores, report(1, mark(1, 2), vec![session(1, 1)], vec![])).await;
    assert_eq!(stores.reports.load().await.unwrap().sessions, [ended(1), session(3, 1)]);

    append(stores, report(1, mark(1, 3), vec![], vec![(SessionId(1), ending(30))])).await;
    assert_eq!(all_closed(stores).await, [closed(session(1, 1), by_hand), closed(session(2, 1), by_hand)]);
    assert_eq!(stores.reports.load().await.unwrap().sessions, [session(3, 1)]);
}

pub(crate) async fn an_audited_change_carries_its_entry(stores: &Stores) {
    append(stores, report(1, mark(1, 1), vec![session(1, 1)], vec![])).await;
    let by_hand = Ending { at: at(20), reason: EndReason::Administrator };
    let change = Change::Ended { sessions: vec![(SessionId(1), by_hand)], keep: true };
    stores.reports.append_audited(change, entry("session.end")).await.unwrap();
    assert_eq!(all_closed(stores).await, [closed(session(1, 1), by_hand)]);
    let entries = stores.audit.page(None, 10).await.unwrap();
    assert_eq!(entries.iter().map(|record| record.entry.action.as_str()).collect::<Vec<_>>(), ["session.end"]);
}

pub(crate) async fn closed_sessions_are_found_by_the_time_they_touch(stores: &Stores) {
    for (number, start, end) in [(1_u8, 0, 100), (2, 10, 20), (3, 30, 40), (4, 50, 60)] {
        let session = SessionRecord { started_at: at(start), ..session(u128::from(number), 1) };
        let seq = u64::from(number);
        append(stores, report(1, mark(1, seq), vec![session], vec![(SessionId(u128::from(number)), ending(end))])).await;
    }
    assert_eq!(all_closed(stores).await.len(), 4);
    for (from, to, expected) in
        [(0, 1000, &[2_u128, 3, 4, 1][..]), (25, 35, &[3, 1]), (20, 30, &[2, 1]), (41, 50, &[1]), (101, 200, &[])]
    {
        let found = stores.usage.closed(at(from), at(to)).await.unwrap();
        let ids: Vec<u128> = found.iter().map(|closed| closed.session.id.0).collect();
        assert_eq!(ids, expected, "{from}..{to}");
    }
    for (from, to, expected) in
        [(0, 1000, &[2_u128, 3, 4, 1][..]), (20, 60, &[2, 3]), (60, 101, &[4, 1]), (40, 40, &[]), (50, 20, &[])]
    {
        let found = stores.usage.ended(at(from), at(to)).await.unwrap();
        let ids: Vec<u128> = found.iter().map(|closed| closed.session.id.0).collect();
        assert_eq!(ids, expected, "ended in {from}..{to}");
    }
}

pub(crate) async fn folding_in_any_portions_gives_the_same_rows(stores: &Stores) {
    // Each agent of a round lives through the same changes; only how they are portioned differs.
    let mut rounds = Vec::new();
    for (agent, portion) in [(1_u128, 1), (2, 2), (3, 3), (4, 100)] {
        let id = |number: u128| agent * 100 + number;
        let start = |numbers: &[u128]| numbers.iter().map(|number| session(id(*number), agent)).collect::<Vec<_>>();
        let end = |numbers: &[u128], at| numbers.iter().map(|number| (SessionId(id(*number)), ending(at))).collect::<Vec<_>>();
        for change in [
            report(agent, mark(1, 1), start(&[1, 2, 3]), vec![]),
            report(agent, mark(1, 2), start(&[4]), end(&[1], 20)),
            Change::Ended { sessions: end(&[2], 21), keep: true },
            Change::Resync { agent: agent_id(agent), epoch: 2 },
            report(agent, mark(2, 1), start(&[5]), end(&[2, 3], 22)),
            Change::Ended { sessions: end(&[4], 23), keep: false },
        ] {
            append(stores, change).await;
        }
        while stores.reports.fold(portion).await.unwrap() > 0 {}
        let live = stores.reports.load().await.unwrap();
        let progress = live.progress.into_iter().find(|progress| progress.agent == agent_id(agent)).unwrap();
        let sessions: Vec<u128> =
            live.sessions.iter().filter(|s| s.agent == agent_id(agent)).map(|s| s.id.0 - agent * 100).collect();
        let ended: Vec<_> = all_closed(stores)
            .await
            .into_iter()
            .filter(|closed| closed.session.agent == agent_id(agent))
            .map(|closed| (closed.session.id.0 - agent * 100, closed.ending.at))
            .collect();
        rounds.push((progress.epoch, progress.seq, progress.resync_to, progress.recent, sessions, ended));
    }
    let expected = (2, 1, None, vec![(1, mark(2, 1).digest)], vec![5], vec![(1, at(20)), (2, at(21)), (3, at(22)), (4, at(23))]);
    for round in rounds {
        assert_eq!(round, expected);
    }
}
