//! Random traces of logins, logouts, check-outs, heartbeats, crashes, changes of limits and restarts: the pool is what the paper
//! says at every step, and nothing of it is left when everybody is gone.

use proptest::prelude::*;

use super::fixtures::*;
use super::reference::{Mode, Paper, State, Terms, groups_of};
use crate::session::SeatKind;
use crate::session::pool::*;

#[derive(Debug, Clone)]
enum Step {
    Login(u8, u8, u8),
    Logout(u8),
    CheckOut(u8, u8, u8),
    GiveBack(u8),
    Heartbeat(u8),
    Poll(u8),
    Wait(i64),
    Terms(Terms),
    Restart,
    Outage(i64),
}

fn terms() -> impl Strategy<Value = Terms> {
    let mode = prop_oneof![Just(Mode::Refuse), Just(Mode::Warn), Just(Mode::Queue), Just(Mode::Queue)];
    (
        prop_oneof![1 => Just(None), 9 => (0_u64..5).prop_map(Some)],
        mode,
        5_i64..30,
        prop_oneof![Just(0_i64), 1_i64..20],
        [0_u64..3, 0_u64..2],
        any::<bool>(),
    )
        .prop_map(|(limit, mode, lease, linger, reserved, named)| {
            let reserved = if limit.is_some_and(|limit| limit < reserved.iter().sum()) { [0, 0] } else { reserved };
            Terms { limit, mode, lease, linger, reserved, named }
        })
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let who = || (0_u8..8, 0_u8..5, 0_u8..2);
    let step = prop_oneof![
        4 => who().prop_map(|(id, user, client)| Step::Login(id, user, client)),
        3 => (0_u8..8).prop_map(Step::Logout),
        6 => who().prop_map(|(id, user, client)| Step::CheckOut(id, user, client)),
        3 => (0_u8..8).prop_map(Step::GiveBack),
        5 => (0_u8..8).prop_map(Step::Heartbeat),
        4 => (0_u8..8).prop_map(Step::Poll),
        5 => (1_i64..12).prop_map(Step::Wait),
        1 => terms().prop_map(Step::Terms),
        1 => Just(Step::Restart),
        1 => (1_i64..100).prop_map(Step::Outage),
    ];
    prop::collection::vec(step, 0..80)
}

fn rules_of(terms: Terms) -> PoolRules {
    let Terms { limit, mode, lease, linger, reserved, named } = terms;
    let mode = match mode {
        Mode::Refuse => "refuse",
        Mode::Warn => "warn",
        Mode::Queue => "queue",
    };
    let json = serde_json::json!({
        "floating_limit": limit, "at_limit": mode, "lease_seconds": lease, "linger_seconds": linger,
        "named_users": if named { vec!["U0", "u1"] } else { vec![] },
        "reservations": [{"group": "G0", "seats": reserved[0]}, {"group": "g1", "seats": reserved[1]}],
    });
    rules(&json.to_string())
}

fn request(id: ClaimId, user: u8, client: u8) -> Ask {
    let groups: Vec<String> = groups_of(user).iter().map(|group| format!("g{group}")).collect();
    let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
    ask(id, &format!("u{user}"), &format!("10.0.0.{client}"), &groups)
}

fn same(pool: &Pool, paper: &Paper) -> Result<(), TestCaseError> {
    let of = |line_state: State| {
        let mut ids: Vec<_> = paper.lines.iter().filter(|line| line.state == line_state).map(|line| line.id).collect();
        ids.sort();
        ids
    };
    let standing =
        |wanted: fn(&Standing) -> bool| pool.entries().filter(|e| wanted(&e.standing)).map(|e| e.id).collect::<Vec<_>>();
    prop_assert_eq!(standing(|s| matches!(s, Standing::Held { .. })), of(State::Held));
    prop_assert_eq!(standing(|s| matches!(s, Standing::Waiting { .. })), of(State::Waiting));
    prop_assert_eq!(standing(|s| matches!(s, Standing::Refused)), of(State::Refused));
    prop_assert_eq!(standing(|s| matches!(s, Standing::Lingering { .. })), of(State::Lingering));
    let seats = paper.seats();
    let count = |kind| seats.iter().filter(|seat| seat.2 == kind).count() as u64;
    prop_assert_eq!(pool.named_in_use(), count(SeatKind::Named));
    prop_assert_eq!(pool.floating_in_use(), count(SeatKind::Floating));
    // Every total opens to its rows, and each row is the seat the paper has.
    let held = pool.held();
    prop_assert_eq!(held.iter().filter(|seat| !seat.shared).count(), seats.len());
    for seat in held {
        let line = paper.lines.iter().find(|line| line.id == seat.entry.id).unwrap();
        prop_assert_eq!(line.kind, Some(seat.kind));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_pool_is_what_the_paper_says(first in terms(), steps in steps()) {
        let mut pool = Pool::new(rules_of(first));
        let mut paper = Paper::new(first);
        let mut now = 0;
        pool.open(at(now));
        for step in steps {
            let queue: Vec<_> = pool.waiting().map(|entry| entry.id).collect();
            // Who is no longer named has a floating seat: nobody loses one.
            let moved = if matches!(step, Step::Terms(_)) { pool.named_in_use() } else { 0 };
            let before = pool.floating_in_use() + moved;
            match step {
                Step::Login(id, user, client) => {
                    pool.claim(request(session(id.into()), user, client), at(now));
                    paper.claim(session(id.into()), user, client, now);
                }
                Step::CheckOut(id, user, client) => {
                    pool.claim(request(checkout(id.into()), user, client), at(now));
                    paper.claim(checkout(id.into()), user, client, now);
                }
                Step::Logout(id) => {
                    pool.end(session(id.into()), Finish::Released, at(now));
                    paper.end(session(id.into()), now);
                }
                Step::GiveBack(id) => {
                    pool.end(checkout(id.into()), Finish::Released, at(now));
                    paper.end(checkout(id.into()), now);
                }
                Step::Heartbeat(id) => {
                    pool.heartbeat(checkout(id.into()), at(now));
                    paper.heard(checkout(id.into()), false, now);
                }
                Step::Poll(id) => {
                    pool.poll(checkout(id.into()), at(now));
                    paper.heard(checkout(id.into()), true, now);
                }
                Step::Wait(seconds) => {
                    now += seconds;
                    pool.expire(at(now));
                    paper.pass(now);
                }
                Step::Terms(terms) => {
                    pool.reconfigure(rules_of(terms), at(now));
                    paper.change(terms, now);
                }
                Step::Restart => {
                    now += 1000;
                    pool = restarted(&pool, at(now));
                    paper.restart(now);
                }
                Step::Outage(length) => {
                    now += length;
                    pool.postpone(seconds(length));
                    paper.shift(length);
                    pool.expire(at(now));
                    paper.pass(now);
                }
            }
            same(&pool, &paper)?;
            if let (Some(limit), false) = (paper.terms.limit, paper.terms.mode == Mode::Warn) {
                prop_assert!(pool.floating_in_use() <= limit.max(before), "a seat beyond the limit");
            }
            let queue_now: Vec<_> = pool.waiting().map(|entry| entry.id).collect();
            let stayed: Vec<_> = queue.iter().filter(|id| queue_now.contains(id)).collect();
            let kept: Vec<_> = queue_now.iter().filter(|id| queue.contains(id)).collect();
            prop_assert_eq!(stayed, kept, "the order of the queue");
        }
        for id in 0..8 {
            pool.end(session(id), Finish::Ended, at(now));
        }
        now += 100;
        // Somebody may have got a seat only when another's lease ran out.
        for _ in 0..20 {
            pool.expire(at(now));
            now += 100;
        }
        prop_assert_eq!(pool.entries().count(), 0);
        prop_assert_eq!((pool.named_in_use(), pool.floating_in_use(), pool.next_due()), (0, 0, None));
    }
}
