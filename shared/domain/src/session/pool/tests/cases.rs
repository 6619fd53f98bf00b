//! The rules of a pool, one by one.

use super::fixtures::*;
use crate::session::pool::*;
use crate::session::{Origin, SeatKind};

const REFUSE_TWO: &str = r#"{"floating_limit":2,"at_limit":"refuse","lease_seconds":60}"#;
const QUEUE_ONE: &str = r#"{"floating_limit":1,"at_limit":"queue","lease_seconds":60}"#;

fn told(outcome: Outcome) -> String {
    match outcome {
        Outcome::Granted(Granted { kind, shared, over_use, borrowed, .. }) => {
            let kind = if kind == SeatKind::Named { "named" } else { "floating" };
            [
                kind,
                if shared { " shared" } else { "" },
                if over_use { " over" } else { "" },
                if borrowed { " borrowed" } else { "" },
            ]
            .concat()
        }
        Outcome::Queued { position } => format!("place {position}"),
        Outcome::Denied(why) => format!("{why:?}"),
    }
}

#[track_caller]
fn check(pool: &mut Pool, asks: &[(u128, &str, &str, &[&str], &str)], second: i64) {
    for (id, user, client, groups, expected) in asks {
        let outcome = pool.claim(ask(checkout(*id), user, client, groups), at(second));
        assert_eq!(told(outcome), *expected, "check-out {id} of {user} at {client}");
    }
}

#[test]
fn a_named_user_takes_the_named_seat_first_and_floating_ones_next() {
    let mut pool = pool(r#"{"named_users":["Falcon"],"floating_limit":1,"at_limit":"refuse"}"#);
    check(
        &mut pool,
        &[
            (1, "CORP\\falcon", "10.0.0.1", &[], "named"),
            (2, "FALCON", "::ffff:10.0.0.1", &[], "named shared"),
            (3, "falcon", "10.0.0.2", &[], "floating"),
            (4, "eagle", "10.0.0.3", &[], "Exhausted"),
        ],
        0,
    );
    assert!(pool.end(checkout(1), Finish::Released, at(1)));
    assert!(!pool.end(checkout(1), Finish::Released, at(1)), "given back once");
    check(&mut pool, &[(4, "eagle", "10.0.0.3", &[], "Exhausted")], 1);
    assert!(pool.end(checkout(2), Finish::Released, at(1)));
    check(&mut pool, &[(4, "eagle", "10.0.0.3", &[], "Exhausted"), (5, "falcon", "10.0.0.4", &[], "named")], 2);
    assert_eq!((pool.named_in_use(), pool.floating_in_use()), (1, 1));
}

#[test]
fn sessions_and_check_outs_of_one_key_share_a_seat() {
    let mut pool = pool(REFUSE_TWO);
    assert_eq!(told(pool.claim(ask(session(1), "alice", "10.0.0.1", &[]), at(0))), "floating");
    check(&mut pool, &[(1, "Alice", "10.0.0.1", &[], "floating shared")], 1);
    assert!(pool.end(session(1), Finish::Released, at(2)));
    assert_eq!((pool.floating_in_use(), pool.held().len()), (1, 1));
    assert!(!pool.held()[0].shared);
    // A check-out that is not heard of is over; a session is not.
    assert_eq!(told(pool.claim(ask(session(2), "bob", "10.0.0.2", &[]), at(2))), "floating");
    pool.expire(at(62));
    assert_eq!(pool.held().iter().map(|seat| seat.entry.id).collect::<Vec<_>>(), [session(2)]);
}

#[test]
fn a_refused_session_holds_nothing_later_either() {
    let mut pool = pool(r#"{"floating_limit":0,"at_limit":"queue"}"#);
    let refused = ask(session(1), "alice", "10.0.0.1", &[]);
    assert_eq!(told(pool.claim(refused.clone(), at(0))), "Exhausted");
    pool.reconfigure(rules(REFUSE_TWO), at(1));
    let mut pool = restarted(&pool, at(2));
    assert_eq!(told(pool.claim(refused.clone(), at(2))), "Exhausted");
    assert_eq!(pool.floating_in_use(), 0);
    assert!(pool.end(session(1), Finish::Released, at(3)));
    assert_eq!(told(pool.claim(refused, at(4))), "floating");
}

#[test]
fn the_queue_serves_in_order_and_forgets_who_does_not_ask() {
    let mut pool = pool(QUEUE_ONE);
    check(
        &mut pool,
        &[
            (1, "a", "1", &[], "floating"),
            (2, "b", "1", &[], "place 1"),
            (3, "c", "1", &[], "place 2"),
            (4, "d", "1", &[], "place 3"),
        ],
        0,
    );
    assert!(pool.heartbeat(checkout(1), at(50)).is_some());
    for id in [3, 4] {
        assert!(pool.poll(checkout(id), at(50)).is_some());
    }
    pool.expire(at(61));
    assert_eq!(pool.poll(checkout(2), at(61)), None, "its place was not kept");
    pool = restarted(&pool, at(70));
    assert_eq!(pool.waiting().map(|entry| entry.id).collect::<Vec<_>>(), [checkout(3), checkout(4)]);
    assert!(pool.end(checkout(1), Finish::Released, at(71)));
    assert_eq!(pool.poll(checkout(3), at(72)).map(told).as_deref(), Some("floating"));
    assert_eq!(pool.poll(checkout(4), at(72)).map(told).as_deref(), Some("place 1"));
    let waited = pool.take_events().into_iter().find_map(|event| match event {
        Event::Granted { id, waited, .. } if id == checkout(3) => waited,
        _ => None,
    });
    assert_eq!(waited, Some(seconds(71)));
}

#[test]
fn a_seat_of_the_key_of_somebody_who_waits_is_shared() {
    let mut pool = pool(QUEUE_ONE);
    check(&mut pool, &[(1, "a", "1", &[], "floating"), (2, "b", "1", &[], "place 1"), (3, "c", "1", &[], "place 2")], 0);
    check(&mut pool, &[(4, "b", "1", &[], "place 3")], 1);
    assert!(pool.end(checkout(1), Finish::Released, at(2)));
    assert_eq!(pool.poll(checkout(4), at(2)).map(told).as_deref(), Some("floating shared"));
    assert_eq!(pool.poll(checkout(3), at(2)).map(told).as_deref(), Some("place 1"));
}

#[test]
fn reserved_seats_are_for_members_who_take_them_first() {
    let mut pool = pool(
        r#"{"floating_limit":3,"at_limit":"queue","reservations":[{"group":"Design","seats":1},{"group":"test","seats":1}]}"#,
    );
    check(
        &mut pool,
        &[
            (1, "m1", "1", &["DESIGN"], "floating"),
            (2, "x1", "1", &[], "floating"),
            (3, "x2", "1", &["other"], "place 1"),
            (4, "m2", "1", &["design"], "place 2"),
            // The seat kept for its group is no seat for those who wait before.
            (5, "t1", "1", &["test"], "floating"),
            (6, "t2", "1", &["test"], "place 3"),
        ],
        0,
    );
    assert!(pool.end(checkout(1), Finish::Released, at(1)));
    // A reserved seat: the first in the queue may not have it, the second may.
    assert_eq!(pool.poll(checkout(3), at(1)).map(told).as_deref(), Some("place 1"));
    assert_eq!(pool.poll(checkout(4), at(1)).map(told).as_deref(), Some("floating"));
    assert!(pool.end(checkout(2), Finish::Released, at(2)));
    assert_eq!(pool.poll(checkout(3), at(2)).map(told).as_deref(), Some("floating"));
    assert_eq!(pool.poll(checkout(6), at(2)).map(told).as_deref(), Some("place 1"));
}

#[test]
fn a_member_moves_to_a_reserved_seat_that_becomes_free() {
    let mut pool = pool(r#"{"floating_limit":2,"at_limit":"refuse","reservations":[{"group":"design","seats":1}]}"#);
    check(
        &mut pool,
        &[(1, "m1", "1", &["design"], "floating"), (2, "m2", "1", &["design"], "floating"), (3, "x", "1", &[], "Exhausted")],
        0,
    );
    assert!(pool.end(checkout(1), Finish::Released, at(1)));
    check(&mut pool, &[(4, "m3", "1", &["x"], "floating"), (5, "m4", "1", &["design"], "Exhausted")], 1);
}

#[test]
fn access_lists_keep_out_and_let_in() {
    let json = r#"{"access":{"include":{"groups":["Design"],"networks":["10.1.0.0/16"]},"exclude":{"users":["Mallory"],"hosts":["kiosk"]}}}"#;
    let mut pool = pool(json);
    check(
        &mut pool,
        &[
            (1, "a", "10.1.2.3", &[], "floating"),
            (2, "a", "10.2.2.3", &[], "NotAdmitted"),
            (3, "a", "host.example", &["design"], "floating"),
            (4, "CORP\\mallory", "10.1.2.3", &["design"], "NotAdmitted"),
        ],
        0,
    );
    let origin = Origin { user: "a", client: "10.1.2.3", host: Some("KIOSK."), display: None };
    let kiosk = Ask { id: checkout(5), claimant: Claimant::new(origin, []), borrow: None };
    assert_eq!(told(pool.claim(kiosk, at(1))), "NotAdmitted");
}

#[test]
fn a_seat_lingers_with_its_key() {
    let mut pool = pool(r#"{"floating_limit":1,"at_limit":"queue","linger_seconds":10,"lease_seconds":60}"#);
    check(&mut pool, &[(1, "a", "1", &[], "floating"), (2, "b", "1", &[], "place 1")], 0);
    assert!(pool.end(checkout(1), Finish::Released, at(5)));
    assert_eq!((pool.floating_in_use(), pool.queued(), pool.standing(checkout(1))), (1, 1, None));
    // Its key takes it up again, and gives it back once more; a restart keeps it.
    check(&mut pool, &[(3, "a", "1", &[], "floating")], 9);
    assert!(pool.end(checkout(3), Finish::Released, at(10)));
    assert!(pool.entry(checkout(1)).is_none());
    let mut pool = restarted(&pool, at(12));
    pool.expire(at(21));
    assert_eq!(pool.poll(checkout(2), at(21)).map(told).as_deref(), Some("place 1"));
    pool.expire(at(22));
    assert_eq!(pool.poll(checkout(2), at(22)).map(told).as_deref(), Some("floating"));
    // A claim that somebody else ends, or that is not heard of, leaves nothing behind.
    assert!(pool.end(checkout(2), Finish::Ended, at(23)));
    assert_eq!(pool.floating_in_use(), 0);
}

#[test]
fn a_borrowed_seat_needs_no_heartbeat_and_ends_at_its_time() {
    let mut pool = pool(r#"{"floating_limit":1,"at_limit":"refuse","lease_seconds":60,"borrow_max_hours":1}"#);
    let borrow = |id, time| Ask { borrow: Some(seconds(time)), ..ask(checkout(id), "a", "1", &[]) };
    assert_eq!(told(pool.claim(borrow(1, 3601), at(0))), "TooLong");
    assert_eq!(told(pool.claim(borrow(1, 3600), at(0))), "floating borrowed");
    assert!(pool.heartbeat(checkout(1), at(100)).is_some());
    pool.postpone(seconds(500));
    let mut pool = restarted(&pool, at(200));
    assert_eq!(pool.until(checkout(1)), Some(at(3600)));
    pool.expire(at(3599));
    assert_eq!(pool.floating_in_use(), 1);
    pool.expire(at(3600));
    assert_eq!(pool.floating_in_use(), 0);
    assert_eq!(told(pool.claim(borrow(2, 60), at(3601))), "floating borrowed");
    assert!(pool.end(checkout(2), Finish::Released, at(3602)), "given back early");
    assert_eq!(pool.floating_in_use(), 0);
}

#[test]
fn an_outage_runs_down_no_lease() {
    let mut pool = pool(QUEUE_ONE);
    check(&mut pool, &[(1, "a", "1", &[], "floating"), (2, "b", "1", &[], "place 1")], 0);
    pool.postpone(seconds(1000));
    pool.expire(at(1059));
    assert_eq!((pool.floating_in_use(), pool.queued()), (1, 1));
    pool.expire(at(1060));
    assert_eq!(pool.standing(checkout(1)), None);
    assert_eq!((pool.floating_in_use(), pool.queued()), (1, 0), "the seat goes to who waited for it");
    pool.expire(at(1120));
    assert_eq!(pool.entries().count(), 0);
}

#[test]
fn limits_that_change_take_nothing_away() {
    let mut pool = pool(REFUSE_TWO);
    check(&mut pool, &[(1, "a", "1", &[], "floating"), (2, "b", "1", &[], "floating")], 0);
    pool.reconfigure(rules(QUEUE_ONE), at(1));
    check(&mut pool, &[(3, "c", "1", &[], "place 1"), (1, "a", "1", &[], "floating")], 1);
    assert!(pool.end(checkout(2), Finish::Released, at(2)));
    assert_eq!((pool.floating_in_use(), pool.queued()), (1, 1), "still at the lower limit");
    pool.reconfigure(rules(r#"{"floating_limit":1,"at_limit":"warn","lease_seconds":60}"#), at(3));
    assert_eq!(pool.poll(checkout(3), at(3)).map(told).as_deref(), Some("floating over"));
    // Counted by user alone, two places of one user are one; counted apart, each is one.
    check(&mut pool, &[(4, "a", "2", &[], "floating over")], 4);
    pool.reconfigure(rules(r#"{"floating_limit":1,"at_limit":"warn","sharing":["user"]}"#), at(5));
    assert_eq!((pool.floating_in_use(), pool.held().len()), (2, 3));
    pool.reconfigure(rules(r#"{"floating_limit":1,"at_limit":"warn","sharing":[]}"#), at(6));
    assert_eq!((pool.floating_in_use(), pool.held().len()), (3, 3));
}

#[test]
fn a_closed_pool_gives_nothing_and_takes_back() {
    let mut pool = pool(QUEUE_ONE);
    assert_eq!(told(pool.claim(ask(session(1), "a", "1", &[]), at(0))), "floating");
    check(&mut pool, &[(1, "b", "1", &[], "place 1")], 0);
    pool.close(at(1));
    assert_eq!((pool.floating_in_use(), pool.queued()), (0, 1));
    check(&mut pool, &[(2, "c", "1", &[], "Closed")], 2);
    pool.open(at(3));
    assert_eq!(pool.poll(checkout(1), at(3)).map(told).as_deref(), Some("floating"));
    pool.close(at(4));
    assert!(pool.heartbeat(checkout(1), at(5)).is_some(), "what is held goes on");
    assert!(pool.end(checkout(1), Finish::Released, at(6)));
    assert_eq!(pool.entries().count(), 0);
}

#[test]
fn what_changed_is_told_once() {
    let mut pool = pool(QUEUE_ONE);
    check(&mut pool, &[(1, "a", "1", &[], "floating"), (2, "b", "1", &[], "place 1")], 0);
    let told = |pool: &mut Pool| pool.take_changes().into_iter().map(|(id, entry)| (id, entry.is_some())).collect::<Vec<_>>();
    assert_eq!(told(&mut pool), [(checkout(1), true), (checkout(2), true)]);
    pool.heartbeat(checkout(1), at(1));
    assert_eq!(told(&mut pool), []);
    pool.end(checkout(1), Finish::Released, at(2));
    assert_eq!(told(&mut pool), [(checkout(1), false), (checkout(2), true)]);
}

#[test]
fn who_becomes_named_has_the_oldest_seat_as_the_named_one() {
    let mut pool = pool(r#"{"floating_limit":2,"at_limit":"queue"}"#);
    check(
        &mut pool,
        &[(1, "falcon", "1", &[], "floating"), (2, "falcon", "2", &[], "floating"), (3, "eagle", "1", &[], "place 1")],
        0,
    );
    pool.reconfigure(rules(r#"{"floating_limit":2,"at_limit":"queue","named_users":["Falcon"]}"#), at(1));
    for (id, expected) in [(1, "named"), (2, "floating"), (3, "floating")] {
        assert_eq!(pool.poll(checkout(id), at(1)).map(told).as_deref(), Some(expected), "{id}");
    }
    let mut pool = restarted(&pool, at(2));
    assert_eq!((pool.named_in_use(), pool.floating_in_use()), (1, 2));
    pool.reconfigure(rules(r#"{"floating_limit":2,"at_limit":"queue"}"#), at(3));
    assert_eq!((pool.named_in_use(), pool.floating_in_use()), (0, 3), "nobody loses a seat");
}
