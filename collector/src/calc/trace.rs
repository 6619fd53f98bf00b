//! `calc sessions`, `"ask":"trace"`: a recorded trace of logins and check-outs against the rules of a pool.
//!
//! In: events in the order of time and the fields of an application. Out: licences over time, peaks, refusals, waits, and what
//! other numbers of seats would have denied. The pool of the running collector decides here, too.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use muster_domain::ids::{CheckoutId, SessionId};
use muster_domain::session::{
    Application, ApplicationPatch, Ask, ClaimId, Claimant, DayPeak, Demand, Denial, Event as PoolEvent, Finish, Origin, Outcome,
    PoolRules, Replay, Run, Sizing, Window, fold_user, wanted,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::cases::{CaseError, read, whole, whole_or_null};

/// Fields of an application that a trace may give.
const RULES: [&str; 7] = ["named_users", "at_limit", "sharing", "lease_seconds", "linger_seconds", "reservations", "access"];

/// A trace to begin with, for the help text: three designers, two seats, one lost lease.
pub const EXAMPLE: &str = r#"{"cases":[{"id":"cad","ask":"trace","inputs":{
  "floating_limit":2, "at_limit":"queue", "lease_seconds":300, "seats":3,
  "groups":{"design":["ann"]}, "reservations":[{"group":"design","seats":1}],
  "events":[
    {"at":"2026-06-17T09:00:00Z","type":"start","session":"s1","user":"ann","client_ip":"10.0.0.1"},
    {"at":"2026-06-17T09:01:00Z","type":"checkout","checkout":"c1","user":"bob","client_ip":"10.0.0.2"},
    {"at":"2026-06-17T09:02:00Z","type":"checkout","checkout":"c2","user":"cem","client_ip":"10.0.0.3"},
    {"at":"2026-06-17T09:04:00Z","type":"heartbeat","checkout":"c1"},
    {"at":"2026-06-17T09:06:00Z","type":"heartbeat","checkout":"c2"},
    {"at":"2026-06-17T09:10:00Z","type":"return","checkout":"c2"},
    {"at":"2026-06-17T10:00:00Z","type":"end","session":"s1"}]}}]}"#;

#[derive(Deserialize)]
struct Trace {
    #[serde(default)]
    events: Vec<Event>,
    #[serde(default, deserialize_with = "whole_or_null")]
    floating_limit: Option<u64>,
    #[serde(default)]
    groups: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    stored: Option<Stored>,
    #[serde(default, deserialize_with = "whole_or_null")]
    seats: Option<u64>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Event {
    Start {
        at: DateTime<Utc>,
        session: String,
        #[serde(flatten)]
        who: Who,
    },
    End {
        at: DateTime<Utc>,
        session: String,
    },
    Checkout {
        at: DateTime<Utc>,
        checkout: String,
        #[serde(flatten)]
        who: Who,
    },
    Heartbeat {
        at: DateTime<Utc>,
        checkout: String,
    },
    Return {
        at: DateTime<Utc>,
        checkout: String,
    },
}

#[derive(Deserialize)]
struct Who {
    user: String,
    client_ip: String,
    #[serde(default)]
    host: Option<String>,
    #[serde(default)]
    display: Option<String>,
    #[serde(default)]
    groups: Vec<String>,
}

#[derive(Deserialize)]
struct Stored {
    #[serde(deserialize_with = "whole")]
    peak: u64,
    peak_at: DateTime<Utc>,
}

impl Event {
    const fn at(&self) -> DateTime<Utc> {
        match self {
            Self::Start { at, .. }
            | Self::End { at, .. }
            | Self::Checkout { at, .. }
            | Self::Heartbeat { at, .. }
            | Self::Return { at, .. } => *at,
        }
    }
}

/// Gives the names of a trace the ids that the rules know claims by.
#[derive(Default)]
struct Ids<'a> {
    sessions: BTreeMap<&'a str, u128>,
    checkouts: BTreeMap<&'a str, u128>,
}

impl<'a> Ids<'a> {
    fn session(&mut self, name: &'a str) -> ClaimId {
        let next = self.sessions.len() as u128;
        ClaimId::Session(SessionId(*self.sessions.entry(name).or_insert(next)))
    }

    fn checkout(&mut self, name: &'a str) -> ClaimId {
        let next = self.checkouts.len() as u128;
        ClaimId::Checkout(CheckoutId(Uuid::from_u128(*self.checkouts.entry(name).or_insert(next))))
    }
}

pub(super) fn answer(inputs: &Map<String, Value>) -> Result<Value, CaseError> {
    let trace: Trace = read(inputs)?;
    for (place, pair) in trace.events.windows(2).enumerate() {
        if let [before, after] = pair
            && after.at() < before.at()
        {
            return Err(CaseError::Inputs(format!("events[{}] is earlier than the one before it; sort them by time", place + 1)));
        }
    }
    let rules = rules(inputs, trace.floating_limit)?;
    let mut run = Run::recorded(rules.clone());
    let denials = go_through(&trace, &mut run);
    let figures = run.figures().clone();
    let day = DayPeak { peak: figures.peak, peak_at: figures.peak_at, ..DayPeak::default() };
    let stored =
        trace.stored.as_ref().map(|stored| DayPeak { peak: stored.peak, peak_at: Some(stored.peak_at), ..DayPeak::default() });
    let shown = day.merged_with(stored.unwrap_or_default());
    let over_time: Vec<Value> = run
        .steps()
        .iter()
        .map(|step| json!({"at": time(step.at), "named": step.named, "floating": step.floating, "queued": step.queued}))
        .collect();
    Ok(json!({
        "peak": shown.peak,
        "peak_at": shown.peak_at.map(time),
        "named_peak": figures.named_peak,
        "floating_peak": figures.floating_peak,
        "denied": figures.asked.denied,
        "not_admitted": figures.asked.not_admitted,
        "over_use": figures.asked.over_use,
        "licenses": run.pool().named_in_use() + run.pool().floating_in_use(),
        "queued": figures.asked.queued,
        "longest_queue": figures.asked.longest_queue,
        "waited_seconds": figures.asked.waited_seconds(),
        "longest_wait_seconds": figures.asked.longest_wait_seconds(),
        "gave_up": figures.asked.gave_up,
        "waiting": run.pool().queued(),
        "expired": figures.expired,
        "denials": denials,
        "over_time": over_time,
        "sizing": trace.seats.map(|seats| sizing(&trace, &rules, seats)),
    }))
}

/// The rules of an application with the fields that were given.
fn rules(inputs: &Map<String, Value>, floating: Option<u64>) -> Result<PoolRules, CaseError> {
    let given = inputs.iter().filter(|(name, value)| RULES.contains(&name.as_str()) && !value.is_null());
    let mut given: Map<String, Value> = given.map(|(name, value)| (name.clone(), value.clone())).collect();
    given.insert("floating_limit".to_owned(), json!(floating));
    let patch: ApplicationPatch = read(&given)?;
    let wrong = |error: muster_domain::session::ApplicationError| CaseError::Inputs(error.to_string());
    let mut application = Application::new("trace").map_err(wrong)?;
    application.change(patch).map_err(wrong)?;
    Ok(application.pool_rules((None, None), &[]))
}

/// Every event at its instant; who was refused.
fn go_through(trace: &Trace, run: &mut Run) -> Vec<Value> {
    let mut ids = Ids::default();
    let mut denials = Vec::new();
    for event in &trace.events {
        let at = event.at();
        let (id, name, who) = match event {
            Event::Start { session, who, .. } => (ids.session(session), session, who),
            Event::Checkout { checkout, who, .. } => (ids.checkout(checkout), checkout, who),
            Event::End { session, .. } => {
                run.end(ids.session(session), Finish::Released, at);
                continue;
            }
            Event::Return { checkout, .. } => {
                run.end(ids.checkout(checkout), Finish::Released, at);
                continue;
            }
            Event::Heartbeat { checkout, .. } => {
                run.heartbeat(ids.checkout(checkout), at);
                continue;
            }
        };
        if let Outcome::Denied(why) = run.claim(Ask { id, claimant: claimant(who, &trace.groups), borrow: None }, at) {
            let why = if why == Denial::NotAdmitted { "not_admitted" } else { "exhausted" };
            denials.push(json!({"at": time(at), "id": name, "user": who.user, "client_ip": who.client_ip, "why": why}));
            // A session that was refused does not exist.
            run.end(id, Finish::Ended, at);
        }
    }
    denials
}

fn claimant(who: &Who, groups: &BTreeMap<String, Vec<String>>) -> Claimant {
    let Who { user, client_ip, host, display, groups: own } = who;
    let folded = fold_user(user, &[]);
    let member = |members: &Vec<String>| members.iter().any(|member| fold_user(member, &[]) == folded);
    let of = groups.iter().filter(|(_, members)| member(members)).map(|(group, _)| group.as_str());
    let origin = Origin { user, client: client_ip, host: host.as_deref(), display: display.as_deref() };
    Claimant::new(origin, of.chain(own.iter().map(String::as_str)))
}

/// What other numbers of seats would have denied, had everybody got a seat at once who wanted one.
fn sizing(trace: &Trace, rules: &PoolRules, seats: u64) -> Value {
    let mut run = Run::new(rules.clone().unlimited());
    go_through(trace, &mut run);
    let log: Vec<(DateTime<Utc>, PoolEvent)> = run.take_log();
    let demands = wanted(&log, run.pool());
    let mut sizing = Sizing::new(&demands, rules, Window::ALL);
    let Replay { refusals, figures, .. } = sizing.refusing(seats);
    let least = sizing.least_without_denial();
    let table: Vec<Value> = sizing
        .table(Sizing::numbers(seats, least, rules.floating()))
        .iter()
        .map(|row| json!({"seats": row.seats, "denied": row.denied}))
        .collect();
    let refused = refusals.iter().filter_map(|refusal| Some((refusal, demands.get(refusal.demand)?)));
    let denials: Vec<Value> = refused
        .map(|(refusal, Demand { claimant, .. })| {
            json!({"at": time(refusal.at), "user": claimant.user, "client_ip": claimant.client,
                "named": refusal.named, "floating": refusal.floating})
        })
        .collect();
    let queue = sizing.queueing(seats).figures.asked;
    json!({
        "seats": seats,
        "denied": figures.asked.denied,
        "denials": denials,
        "smallest_without_denial": least,
        "table": table,
        "queue": {"queued": queue.queued, "longest_queue": queue.longest_queue, "waited_seconds": queue.waited_seconds(),
            "longest_wait_seconds": queue.longest_wait_seconds()},
    })
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calc::{Kind, run as calc};

    fn result(case: &Value) -> Value {
        let answers: Value = serde_json::from_str(&calc(Kind::Sessions, &case.to_string()).unwrap()).unwrap();
        answers["cases"][0].clone()
    }

    fn inputs(inputs: Value) -> Value {
        result(&json!({"id": 1, "ask": "trace", "inputs": inputs}))
    }

    fn event(minute: u32, kind: &str, id: &str, user: &str) -> Value {
        let name = if matches!(kind, "start" | "end") { "session" } else { "checkout" };
        json!({"at": format!("2026-06-17T09:{minute:02}:00Z"), "type": kind, name: id, "user": user, "client_ip": "10.0.0.1"})
    }

    #[test]
    fn the_example_of_the_help_runs() {
        let example: Value = serde_json::from_str(EXAMPLE).unwrap();
        let result = result(&example["cases"][0])["result"].clone();
        // One general seat: bob has it until his lease runs out at 09:09, cem's place is kept until 09:11 and gone by then.
        let found = |name: &str| result[name].clone();
        let of = ["peak", "denied", "queued", "longest_queue", "longest_wait_seconds", "expired", "licenses"].map(found);
        assert_eq!(json!(of), json!([2, 0, 1, 1, 420, 1, 0]), "{result:#}");
        assert_eq!(result["over_time"][2], json!({"at": "2026-06-17T09:02:00Z", "named": 0, "floating": 2, "queued": 1}));
        assert_eq!((&result["sizing"]["denied"], &result["sizing"]["smallest_without_denial"]), (&json!(0), &json!(3)));
        let table = &result["sizing"]["table"];
        assert_eq!(table[0], json!({"seats": 1, "denied": 2}), "{table}");
    }

    #[test]
    fn queues_leases_and_linger() {
        let events = json!([
            event(0, "checkout", "c1", "a"),
            event(1, "checkout", "c2", "b"),
            event(2, "start", "s1", "c"),
            event(3, "return", "c1", "a"),
            event(20, "end", "s1", "c"),
        ]);
        let check = |rules: Value, expected: Value| {
            let mut all = json!({"events": events, "floating_limit": 1});
            all.as_object_mut().unwrap().extend(rules.as_object().unwrap().clone());
            let answer = inputs(all);
            let names = ["denied", "over_use", "queued", "longest_wait_seconds", "expired", "gave_up", "licenses"];
            assert_eq!(json!(names.map(|name| answer["result"][name].clone())), expected, "{rules}: {answer:#}");
        };
        check(json!({"at_limit": "queue", "lease_seconds": 600}), json!([1, 0, 1, 120, 1, 0, 0]));
        check(json!({"at_limit": "queue", "lease_seconds": 600, "linger_seconds": 60}), json!([1, 0, 1, 180, 1, 0, 0]));
        check(json!({"at_limit": "queue", "lease_seconds": 600, "linger_seconds": 900}), json!([1, 0, 1, 0, 0, 1, 0]));
        check(json!({"at_limit": "refuse", "lease_seconds": 600}), json!([2, 0, 0, 0, 0, 0, 0]));
        check(json!({"at_limit": "warn", "lease_seconds": 90}), json!([0, 2, 0, 0, 2, 0, 0]));
        check(json!({"at_limit": "refuse", "access": {"exclude": {"users": ["A", "b"]}}}), json!([0, 0, 0, 0, 0, 0, 0]));
    }

    #[test]
    fn what_does_not_fit_is_the_case_s_error() {
        let check = |wrong: Value, part: &str| {
            let answer = inputs(wrong.clone());
            let error = answer["error"].as_str().unwrap_or_else(|| panic!("{wrong}: {answer}"));
            assert!(error.contains(part), "{wrong}: {error}");
        };
        check(json!({"events": [event(2, "start", "s", "a"), event(1, "end", "s", "a")]}), "events[1] is earlier");
        check(json!({"floating_limit": 1, "reservations": [{"group": "g", "seats": 2}]}), "2 of 1 floating seats");
        check(json!({"lease_seconds": 0}), "lease_seconds");
        check(json!({"at_limit": "dance"}), "dance");
        check(json!({"events": [{"at": "2026-06-17T09:00:00Z", "type": "dance"}]}), "dance");
        check(json!({"seats": -1}), "-1 is not a whole number");
    }
}
