//! The peaks that a pool keeps while it goes on are those that its grants give when they are replayed.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::fixtures::*;
use crate::ids::SessionId;
use crate::session::pool::*;
use crate::session::{AtLimit, CountKey, DayPeak, Interval, KeyRules, NamedUsers, SeatKind, day_peak};

#[derive(Debug, Clone)]
enum Step {
    Login(u8, u8, u8),
    CheckOut(u8, u8, u8),
    Over(bool, u8),
    Heartbeat(u8),
    Wait,
    Limit(Option<u64>, &'static str),
}

fn steps() -> impl Strategy<Value = Vec<(i64, Step)>> {
    let who = || (0_u8..8, 0_u8..5, 0_u8..2);
    let mode = prop_oneof![Just("refuse"), Just("warn"), Just("queue")];
    let step = prop_oneof![
        4 => who().prop_map(|(id, user, client)| Step::Login(id, user, client)),
        5 => who().prop_map(|(id, user, client)| Step::CheckOut(id, user, client)),
        4 => (any::<bool>(), 0_u8..8).prop_map(|(session, id)| Step::Over(session, id)),
        2 => (0_u8..8).prop_map(Step::Heartbeat),
        2 => Just(Step::Wait),
        1 => (prop::option::of(0_u64..5), mode).prop_map(|(limit, mode)| Step::Limit(limit, mode)),
    ];
    prop::collection::vec((1_i64..9, step), 0..80)
}

fn terms(limit: Option<u64>, mode: &str) -> PoolRules {
    let json = serde_json::json!({"floating_limit": limit, "at_limit": mode, "lease_seconds": 20, "named_users": ["u0", "u1"]});
    rules(&json.to_string())
}

fn request(id: ClaimId, user: u8, client: u8) -> Ask {
    ask(id, &format!("u{user}"), &format!("10.0.0.{client}"), &[])
}

/// What was granted, as a list of times.
#[derive(Default)]
struct Grants {
    open: BTreeMap<ClaimId, Interval>,
    over: Vec<Interval>,
    count: u128,
}

impl Grants {
    fn note(&mut self, pool: &mut Pool, now: DateTime<Utc>) {
        for event in pool.take_events() {
            match event {
                Event::Granted { id, .. } => {
                    let claimant = &pool.entry(id).unwrap().claimant;
                    self.count += 1;
                    let number = SessionId(self.count);
                    let key = CountKey::new(number, &claimant.user, &claimant.client, KeyRules::default());
                    self.open.insert(id, Interval { id: number, key, start: now, end: None });
                }
                Event::Finished { entry, .. } => {
                    let interval = self.open.remove(&entry.id).unwrap();
                    self.over.push(Interval { end: Some(now), ..interval });
                }
                _ => {}
            }
        }
    }

    fn replayed(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> DayPeak {
        let all: Vec<Interval> = self.open.values().chain(&self.over).cloned().collect();
        let named = NamedUsers::new(["u0", "u1"], &[]);
        let day = day_peak(&all, &named, None, AtLimit::Warn, from, at(1_000_000), until);
        DayPeak { denied: 0, over_use: 0, ..day }
    }
}

/// A day without the kinds of its seats.
fn whole(day: DayPeak) -> DayPeak {
    let holders_at_peak = day.holders_at_peak.into_iter().map(|(key, _)| (key, SeatKind::Floating)).collect();
    DayPeak { peak: day.peak, peak_at: day.peak_at, holders_at_peak, ..DayPeak::default() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn what_is_kept_is_what_a_replay_gives(limit in prop::option::of(0_u64..5), steps in steps(), midnight in 0_usize..80) {
        let mut pool = Pool::new(terms(limit, "refuse"));
        pool.open(at(0));
        let (mut grants, mut now, mut began) = (Grants::default(), at(0), at(0));
        for (place, (passed, step)) in steps.into_iter().enumerate() {
            // Every step has a fraction of a second of its own, so that nothing ends by itself in the instant in which somebody comes or
            // goes: a list of times does not say whether who came and left in one instant met the others of that instant.
            now += TimeDelta::milliseconds(passed * 1_000 + 1);
            while let Some(due) = pool.next_due().filter(|due| *due < now) {
                pool.expire(due);
                grants.note(&mut pool, due);
            }
            match step {
                Step::Login(id, user, client) => drop(pool.claim(request(session(id.into()), user, client), now)),
                Step::CheckOut(id, user, client) => drop(pool.claim(request(checkout(id.into()), user, client), now)),
                Step::Over(true, id) => drop(pool.end(session(id.into()), Finish::Released, now)),
                Step::Over(false, id) => drop(pool.end(checkout(id.into()), Finish::Released, now)),
                Step::Heartbeat(id) => drop(pool.heartbeat(checkout(id.into()), now)),
                Step::Wait => pool.expire(now),
                Step::Limit(limit, mode) => pool.reconfigure(terms(limit, mode), now),
            }
            grants.note(&mut pool, now);
            if place == midnight {
                let before = pool.begin_day(now + TimeDelta::milliseconds(1));
                prop_assert_eq!(before, grants.replayed(began, now));
                now += TimeDelta::milliseconds(1);
                began = now;
            }
            let (mut found, mut expected) = (pool.day(), grants.replayed(began, now));
            prop_assert_eq!(found.holders_at_peak.len() as u64, found.peak);
            if began > at(0) {
                // A replay seats those who are there at midnight anew; the pool knows who had which seat before.
                found = whole(found);
                expected = whole(expected);
            }
            prop_assert_eq!(found, expected, "after step {}", place);
        }
    }
}

#[test]
fn a_session_that_was_refused_stands_in_no_peak() {
    let mut pool = pool(r#"{"floating_limit":1,"at_limit":"refuse","access":{"exclude":{"users":["mallory"]}}}"#);
    pool.begin_day(at(0));
    for (id, user, second) in [(1, "mallory", 1), (2, "alice", 2), (3, "bob", 3)] {
        pool.claim(ask(session(id), user, "10.0.0.1", &[]), at(second));
    }
    pool.end(session(2), Finish::Released, at(10));
    // Bob goes on without a seat; a higher limit gives him none.
    pool.reconfigure(rules(r#"{"floating_limit":5,"at_limit":"refuse"}"#), at(11));
    let day = pool.take_risen().unwrap();
    assert_eq!((day.peak, day.peak_at), (1, Some(at(2))));
    assert_eq!(day.holders_at_peak.iter().map(|(key, _)| key.user()).collect::<Vec<_>>(), [Some("alice")]);
    assert!(pool.take_risen().is_none());
}

#[test]
fn the_time_of_a_peak_is_when_the_last_of_them_came() {
    let mut pool = pool("{}");
    pool.begin_day(at(0));
    for (id, user, began, told, expected) in [
        (1, "a", 10, 12, (1, 10)),
        (2, "b", 30, 32, (2, 30)),
        // Told late: the other two were there by then.
        (3, "c", 20, 34, (3, 30)),
        // Yesterday's login is of today's first instant.
        (4, "d", -50, 36, (4, 30)),
        (5, "e", 99, 38, (5, 38)),
    ] {
        pool.claim_begun(ask(session(id), user, "10.0.0.1", &[]), at(began), at(told));
        assert_eq!(pool.highest(), (expected.0, Some(at(expected.1))), "{user}");
    }
    let before = pool.begin_day(at(86_400));
    assert_eq!((before.peak, before.holders_at_peak.len()), (5, 5));
    assert_eq!(pool.highest(), (5, Some(at(86_400))), "who is there at midnight starts the new day");
    pool.close(at(86_500));
    pool.begin_day(at(172_800));
    assert_eq!(pool.highest(), (0, None));
    pool.open(at(172_900));
    pool.claim_begun(ask(session(1), "a", "10.0.0.1", &[]), at(10), at(172_900));
    assert_eq!(pool.highest(), (1, Some(at(172_900))), "nothing counts from before the product was opened for use");
}

#[test]
fn no_seat_is_in_use_while_the_product_may_not_be_used() {
    let mut pool = pool(r#"{"lease_seconds":86400}"#);
    pool.begin_day(at(0));
    pool.claim(ask(checkout(1), "a", "10.0.0.1", &[]), at(10));
    pool.claim(ask(checkout(2), "b", "10.0.0.1", &[]), at(20));
    pool.close(at(80_000));
    // Both keep their seats; no day of these is one of use, whatever becomes of the rules.
    for (day, restored) in [(1, false), (2, true)] {
        pool.begin_day(at(day * 86_400));
        if restored {
            pool = Pool::restore(pool.rules().clone(), pool.entries().cloned().collect::<Vec<_>>(), at(day * 86_400 + 1));
        }
        pool.reconfigure(rules(&format!(r#"{{"floating_limit":{day},"lease_seconds":86400}}"#)), at(day * 86_400 + 5));
        assert_eq!((pool.floating_in_use(), pool.highest(), pool.take_risen()), (2, (0, None), None), "day {day}");
    }
    pool.open(at(180_000));
    assert_eq!(pool.highest(), (2, Some(at(180_000))), "they are used from when they may be");
}

#[test]
fn a_pool_that_closes_seats_nobody_who_waited() {
    let mut pool = pool(r#"{"floating_limit":1,"at_limit":"queue","lease_seconds":60}"#);
    pool.claim(ask(checkout(1), "a", "10.0.0.1", &[]), at(0));
    pool.claim(ask(checkout(2), "b", "10.0.0.1", &[]), at(30));
    pool.close(at(60));
    assert_eq!((pool.floating_in_use(), pool.queued()), (0, 1));
}
