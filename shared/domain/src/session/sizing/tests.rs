//! Replays against a naive reference, and what is true of every size.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::*;
use crate::ids::{CheckoutId, SessionId};
use crate::session::pool::{ClaimId, Claimant, Finish, PoolRules};
use crate::session::{Application, ApplicationPatch, Origin};
use uuid::Uuid;

fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap() + TimeDelta::minutes(minutes)
}

fn rules(json: &str) -> PoolRules {
    let mut application = Application::new("CAD").unwrap();
    let patch: ApplicationPatch = serde_json::from_str(json).unwrap();
    application.change(patch).unwrap();
    application.pool_rules((None, None), &[])
}

/// `user@client` or `user@client/group`, from a minute to another; check-outs have the ids from 100 on.
fn demand(id: u128, who: &str, from: i64, to: Option<i64>) -> Demand {
    let (who, group) = who.split_once('/').unwrap_or((who, ""));
    let (user, client) = who.split_once('@').unwrap();
    let id = if id < 100 { ClaimId::Session(SessionId(id)) } else { ClaimId::Checkout(CheckoutId(Uuid::from_u128(id))) };
    let claimant =
        Claimant::new(Origin { user, client, host: None, display: None }, [group].into_iter().filter(|g| !g.is_empty()));
    Demand { id, claimant, at: at(from), held: to.map(|to| TimeDelta::minutes(to - from)), finish: Finish::Released }
}

fn trace(rows: &[(&str, i64, Option<i64>)]) -> Vec<Demand> {
    rows.iter().zip(1..).map(|((who, from, to), id)| demand(id, who, *from, *to)).collect()
}

fn minutes(at_: DateTime<Utc>) -> i64 {
    (at_ - at(0)).num_minutes()
}

#[test]
fn who_would_have_been_refused_and_how_many_seats_are_enough() {
    let demands = trace(&[
        ("a@1", 0, Some(100)),
        ("b@1", 10, Some(30)),
        ("c@1", 20, Some(25)),
        ("d@1", 22, Some(60)),
        ("e@1", 30, None),
        ("falcon@1", 5, None),
        ("falcon@2", 40, Some(50)),
    ]);
    let rules = rules(r#"{"named_users": ["Falcon"], "floating_limit": 1, "at_limit": "warn"}"#);
    let mut sizing = Sizing::new(&demands, &rules, Window::ALL);
    let wanted = sizing.unlimited();
    assert_eq!((wanted.peak, wanted.peak_at, wanted.named_peak, wanted.floating_peak), (5, Some(at(22)), 1, 4));
    assert_eq!(sizing.least_without_denial(), 4);
    let two = sizing.refusing(2);
    // At 30 the one ends in whose place the next begins.
    let refused: Vec<_> =
        two.refusals.iter().map(|refusal| (refusal.demand, minutes(refusal.at), refusal.named, refusal.floating)).collect();
    assert_eq!(refused, [(2, 20, 1, 2), (3, 22, 1, 2), (6, 40, 1, 2)]);
    assert_eq!((two.figures.asked.denied, two.figures.floating_peak), (3, 2));
    let table: Vec<_> = sizing.table([0, 1, 3, 4, 5]).iter().map(|row| (row.seats, row.denied)).collect();
    assert_eq!(table, [(0, 6), (1, 5), (3, 1), (4, 0), (5, 0)]);
}

#[test]
fn a_window_begins_with_those_who_are_there() {
    let demands = trace(&[
        ("old@1", -500, Some(-200)),
        ("b@1", -50, None),
        ("a@1", -100, Some(30)),
        ("gone@1", -60, Some(0)),
        ("c@1", 20, Some(25)),
        ("late@1", 60, None),
    ]);
    let rules = rules("{}");
    let mut sizing = Sizing::new(&demands, &rules, Window { from: at(0), to: at(60) });
    let found: Vec<_> = sizing.refusing(1).refusals.iter().map(|refusal| (refusal.demand, minutes(refusal.at))).collect();
    assert_eq!(found, [(1, 0), (4, 20)], "a was there before b, and the others are not in it");
    let peak = sizing.unlimited();
    assert_eq!((peak.peak, peak.peak_at, sizing.least_without_denial()), (3, Some(at(20)), 3));
}

#[test]
fn a_queue_is_measured() {
    let demands = [
        demand(100, "a@1", 0, Some(10)),
        demand(101, "b@1", 2, Some(12)),
        demand(102, "c@1", 3, Some(4)),
        demand(3, "s@1", 5, None),
    ];
    let rules = rules(r#"{"linger_seconds": 60}"#);
    let found = Sizing::new(&demands, &rules, Window::ALL).queueing(1);
    // a until 10, its seat lingers until 11; b from 11 to 21 and the minute after it; c from 22. A session does not wait.
    let asked = found.figures.asked;
    assert_eq!((asked.granted, asked.queued, asked.longest_queue, asked.served), (3, 2, 2, 2));
    assert_eq!((asked.waited_ms, asked.longest_wait_ms), ((9 + 19) * 60_000, 19 * 60_000));
    assert_eq!((found.refusals.len(), asked.denied, found.turned_away), (1, 1, 0));
    let crowd: Vec<Demand> = (0..1100).map(|place| demand(200 + place, &format!("u{place}@1"), 1, None)).collect();
    let crowded = Sizing::new(&crowd, &rules, Window::ALL).queueing(10);
    let asked = crowded.figures.asked;
    assert_eq!((crowded.turned_away, asked.served), (1100 - 10 - MOST_WAITING, 0));
    assert_eq!((asked.queued, asked.longest_queue, asked.gave_up), (MOST_WAITING, MOST_WAITING, 0));
}

#[test]
fn seats_kept_for_a_group_come_on_top() {
    let demands = trace(&[("a@1", 0, None), ("b@1", 1, None), ("c@1/design", 2, None)]);
    let check = |reserved: u64, least: u64| {
        let rules = rules(&format!(r#"{{"reservations": [{{"group": "design", "seats": {reserved}}}]}}"#));
        assert_eq!(Sizing::new(&demands, &rules, Window::ALL).least_without_denial(), least, "{reserved}");
    };
    check(0, 3);
    check(1, 3);
    check(2, 4);
    check(5, 7);
}

#[test]
fn numbers_to_choose_from() {
    let check = |asked, least, limit, expected: &[u64]| {
        assert_eq!(Sizing::numbers(asked, least, limit).into_iter().collect::<Vec<_>>(), expected);
    };
    check(20, 23, None, &[18, 19, 20, 21, 22, 23]);
    check(0, 1, Some(5), &[0, 1, 2, 5]);
    check(20, 100, Some(25), &[18, 19, 20, 21, 22, 25, 40, 60, 80, 99, 100]);
    check(30, 10, None, &[9, 10, 15, 20, 25, 28, 29, 30, 31, 32]);
    check(u64::MAX, 0, None, &[0, u64::MAX / 4, u64::MAX / 4 * 2, u64::MAX / 4 * 3, u64::MAX - 2, u64::MAX - 1, u64::MAX]);
}

/// More seats are not always better for those who share one: a@1 is refused with one seat, comes again later while its second
/// demand lasts, and so leaves the single seat sooner than it leaves one of two.
#[test]
fn a_shared_seat_may_turn_the_tables() {
    let demands = trace(&[
        ("x@1", 0, Some(5)),
        ("a@1", 1, Some(100)),
        ("a@1", 6, Some(8)),
        ("l@1", 7, Some(100)),
        ("z@1", 9, Some(10)),
        ("z@1", 11, Some(12)),
        ("z@1", 13, Some(14)),
    ]);
    let rules = rules("{}");
    let mut sizing = Sizing::new(&demands, &rules, Window::ALL);
    let table: Vec<_> = sizing.table([1, 2, 3]).iter().map(|row| row.denied).collect();
    assert_eq!((table, sizing.least_without_denial()), (vec![2, 3, 0], 3));
}

/// A list that is searched anew for every start.
fn on_paper(demands: &[Demand], seats: u64, named: &[&str]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..demands.len()).collect();
    order.sort_by_key(|place| (demands[*place].at, *place));
    let mut seated: Vec<(usize, bool)> = Vec::new();
    let mut refused = Vec::new();
    let key = |place: usize| (demands[place].claimant.user.clone(), demands[place].claimant.client.clone());
    for place in order {
        let now = demands[place].at;
        seated.retain(|(other, _)| {
            let Demand { at, held, .. } = &demands[*other];
            held.is_none_or(|held| *at + held > now || (held <= TimeDelta::zero() && *at == now))
        });
        let shared = seated.iter().find(|(other, _)| key(*other) == key(place)).map(|(_, named)| *named);
        let user = &demands[place].claimant.user;
        let taken = seated.iter().any(|(other, named)| *named && demands[*other].claimant.user == *user);
        let floating: BTreeSet<_> = seated.iter().filter(|(_, named)| !named).map(|(other, _)| key(*other)).collect();
        if let Some(kind) = shared {
            seated.push((place, kind));
        } else if named.contains(&user.as_str()) && !taken {
            seated.push((place, true));
        } else if (floating.len() as u64) < seats {
            seated.push((place, false));
        } else {
            refused.push(place);
        }
    }
    refused
}

prop_compose! {
    fn any_demand()(user in 0_u8..5, client in 0_u8..2, from in 0_i64..60, length in prop_oneof![9 => (0_i64..40).prop_map(Some), 1 => Just(None)]) -> (String, i64, Option<i64>) {
        (format!("u{user}@c{client}"), from, length.map(|length| from + length))
    }
}

fn demands(rows: &[(String, i64, Option<i64>)]) -> Vec<Demand> {
    rows.iter().zip(1..).map(|((who, from, to), id)| demand(id, who, *from, *to)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn it_is_what_the_paper_says(rows in prop::collection::vec(any_demand(), 0..25), seats in 0_u64..5, named: bool) {
        let demands = demands(&rows);
        let rules = rules(if named { r#"{"named_users": ["u0", "u1"]}"# } else { "{}" });
        let mut sizing = Sizing::new(&demands, &rules, Window::ALL);
        let refused: Vec<usize> = sizing.refusing(seats).refusals.iter().map(|refusal| refusal.demand).collect();
        let names: &[&str] = if named { &["u0", "u1"] } else { &[] };
        prop_assert_eq!(refused, on_paper(&demands, seats, names));
        // The highest use is enough, and nothing less is.
        let least = sizing.least_without_denial();
        prop_assert_eq!(on_paper(&demands, least, names), Vec::<usize>::new());
        prop_assert!(least == 0 || !on_paper(&demands, least - 1, names).is_empty());
        prop_assert_eq!(sizing.refusing(least).figures.floating_peak, least);
    }

    #[test]
    fn more_seats_never_deny_more_where_nobody_shares(rows in prop::collection::vec(any_demand(), 0..40)) {
        let demands = demands(&rows);
        let rules = rules(r#"{"sharing": []}"#);
        let mut sizing = Sizing::new(&demands, &rules, Window::ALL);
        let denied: Vec<u64> = sizing.table(0..=40).iter().map(|row| row.denied).collect();
        prop_assert!(denied.is_sorted_by(|more, less| more >= less), "{:?}", denied);
        prop_assert_eq!((denied[0], denied[40]), (demands.len() as u64, 0));
        let mut refused = |seats| sizing.refusing(seats).refusals.iter().map(|refusal| refusal.demand).collect::<BTreeSet<_>>();
        prop_assert!(refused(2).is_subset(&refused(1)));
    }

    /// Everybody who waits is served in the end when everybody ends, and the pool is never beyond its size.
    #[test]
    fn a_queue_serves_everybody(rows in prop::collection::vec(any_demand(), 0..30), seats in 1_u64..4) {
        let mut demands: Vec<Demand> = rows.iter().zip(100..).map(|((who, from, to), id)| demand(id, who, *from, *to)).collect();
        for demand in &mut demands {
            demand.held.get_or_insert(TimeDelta::minutes(7));
        }
        let rules = rules("{}");
        let mut sizing = Sizing::new(&demands, &rules, Window::ALL);
        let Replay { figures, refusals, turned_away } = sizing.queueing(seats);
        prop_assert_eq!((refusals.len(), turned_away, figures.asked.served), (0, 0, figures.asked.queued));
        prop_assert!(figures.floating_peak <= seats);
        prop_assert_eq!(figures.asked.queued == 0, sizing.refusing(seats).refusals.is_empty());
    }
}
