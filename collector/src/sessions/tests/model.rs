//! The comparison against a model: over any sequence of snapshots, ends and silence.

use crate::{
    sessions::{Liveliness, Seen, compare::compare, state::State},
    store::{
        conformance::fixtures::{agent_id, session},
        records::{ClosedSession, EndReason, Ending, SessionRecord},
    },
};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use muster_domain::ids::SessionId;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone)]
enum Step {
    /// What the agent lists, what it says has ended, and whether the list is whole.
    Report {
        listed: Vec<u128>,
        ended: Vec<u128>,
        whole: bool,
    },
    Administrator(u128),
    Silence,
}

fn step() -> impl Strategy<Value = Step> {
    let some = || prop::collection::vec(0_u128..6, 0..7);
    prop_oneof![
        6 => (some(), some(), prop::bool::weighted(0.8)).prop_map(|(listed, ended, whole)| Step::Report { listed, ended, whole }),
        2 => (0_u128..6).prop_map(Step::Administrator),
        1 => Just(Step::Silence),
    ]
}

fn at(step: usize) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::minutes(i64::try_from(step).unwrap())
}

fn record(number: u128, start: DateTime<Utc>) -> SessionRecord {
    SessionRecord { started_at: start, counted_from: start, ..session(number, 1) }
}

fn day(at: DateTime<Utc>) -> NaiveDate {
    at.date_naive()
}

/// How a session stands in the model: listed and live, or listed and ended by somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Live,
    Silent,
    Ended,
}

proptest! {
    #[test]
    fn each_life_begins_once_and_ends_once(steps in prop::collection::vec(step(), 1..40)) {
        let agent = agent_id(1);
        let mut state = State { today: day(at(0)), ..State::default() };
        let mut model: BTreeMap<u128, Standing> = BTreeMap::new();
        // Lives of each session, in the model and as the stage closed them.
        let mut lives: BTreeMap<u128, usize> = BTreeMap::new();
        for (number, step) in steps.into_iter().enumerate() {
            let now = at(number);
            match step {
                Step::Report { listed, ended, whole } => {
                    let lively = || Liveliness { state: "active", idle_seconds: None, groups: Vec::new() };
                    let passed = ended.iter().map(|id| {
                        let ending = Ending { at: now, reason: EndReason::Logout };
                        ClosedSession { session: SessionRecord { ended: Some(ending), ..record(*id, now) }, ending }
                    });
                    let seen = Seen {
                        agent,
                        rebooted: false,
                        at: now,
                        listed: listed.iter().map(|id| (record(*id, now), lively())).collect(),
                        whole,
                        passed: passed.collect(),
                    };
                    let nothing = BTreeMap::new();
                    let difference = compare(state.known(agent).unwrap_or(&nothing), seen);

                    let ended: BTreeSet<u128> = ended.into_iter().collect();
                    let listed: BTreeSet<u128> = listed.into_iter().filter(|id| !ended.contains(id)).collect();
                    let begun: BTreeSet<u128> =
                        listed.iter().copied().filter(|id| !matches!(model.get(id), Some(Standing::Live | Standing::Ended))).collect();
                    let started: Vec<u128> = difference.started.iter().map(|record| record.id.0).collect();
                    prop_assert_eq!(started.iter().copied().collect::<BTreeSet<_>>(), begun.clone(), "started");
                    prop_assert_eq!(started.len(), begun.len(), "twice");
                    let over: BTreeSet<u128> = model.keys().copied()
                        .filter(|id| ended.contains(id) || (whole && !listed.contains(id))).collect();
                    let unknown: BTreeSet<u128> = ended.iter().copied().filter(|id| !model.contains_key(id)).collect();
                    let gone: Vec<u128> = difference.ended.iter().map(|(id, _)| id.0).collect();
                    prop_assert_eq!(gone.iter().copied().collect::<BTreeSet<_>>(), over.clone(), "ended");
                    prop_assert_eq!(gone.len(), over.len(), "twice");
                    for id in over {
                        if model.remove(&id) == Some(Standing::Live) {
                            *lives.entry(id).or_default() += 1;
                        }
                    }
                    for id in unknown {
                        *lives.entry(id).or_default() += 1;
                    }
                    for id in begun {
                        model.insert(id, Standing::Live);
                    }
                    state.apply(difference, now, day);
                }
                Step::Administrator(id) => {
                    if model.get(&id) == Some(&Standing::Live) {
                        model.insert(id, Standing::Ended);
                        *lives.entry(id).or_default() += 1;
                    }
                    let ending = Ending { at: now, reason: EndReason::Administrator };
                    let live = state.find(SessionId(id)).is_some_and(|record| record.ended.is_none());
                    if live {
                        state.end(agent, SessionId(id), ending, true, day);
                    }
                }
                Step::Silence => {
                    let live: Vec<u128> = model.iter().filter(|(_, standing)| **standing == Standing::Live).map(|(id, _)| *id).collect();
                    for id in live {
                        model.insert(id, Standing::Silent);
                        *lives.entry(id).or_default() += 1;
                        state.end(agent, SessionId(id), Ending { at: now, reason: EndReason::Silent }, true, day);
                    }
                }
            }
            let found: BTreeMap<u128, Standing> = state.live().map(|session| {
                let standing = match session.record.ended.map(|ending| ending.reason) {
                    None => Standing::Live,
                    Some(EndReason::Silent) => Standing::Silent,
                    Some(_) => Standing::Ended,
                };
                (session.record.id.0, standing)
            }).collect();
            prop_assert_eq!(&found, &model, "after step {}", number);
            let mut closed: BTreeMap<u128, usize> = BTreeMap::new();
            for over in &state.closed {
                *closed.entry(over.0.id.0).or_default() += 1;
            }
            prop_assert_eq!(&closed, &lives, "after step {}", number);
        }
    }
}
