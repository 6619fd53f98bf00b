//! `calc sessions`: licences in use by sessions, and a day's peak over a trace of events.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, SecondsFormat, Utc};
use muster_domain::ids::SessionId;
use muster_domain::session::{AtLimit, CountKey, DayMeter, DayPeak, KeyRules, NamedUsers, Seats};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::cases::{CaseError, read, whole, whole_or_null};

pub(super) fn answer(ask: &str, inputs: &Map<String, Value>) -> Result<Value, CaseError> {
    match ask {
        "live" => Ok(live(&read(inputs)?)),
        "trace" => Ok(trace(read(inputs)?)),
        other => Err(CaseError::UnknownAsk { ask: other.to_owned(), known: "live and trace" }),
    }
}

#[derive(Deserialize)]
struct Live {
    #[serde(default)]
    sessions: Vec<Session>,
    #[serde(default)]
    ended: BTreeSet<String>,
    #[serde(default)]
    named_users: Vec<String>,
}

#[derive(Deserialize)]
struct Session {
    id: String,
    user: String,
    client_ip: String,
}

#[derive(Deserialize)]
struct Trace {
    #[serde(default)]
    events: Vec<Event>,
    #[serde(default)]
    named_users: Vec<String>,
    #[serde(default, deserialize_with = "whole_or_null")]
    floating_limit: Option<u64>,
    #[serde(default)]
    at_limit: Limit,
    #[serde(default)]
    stored: Option<Stored>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Event {
    Start { at: DateTime<Utc>, session: String, user: String, client_ip: String },
    End { at: DateTime<Utc>, session: String },
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Limit {
    #[default]
    Warn,
    Refuse,
}

#[derive(Deserialize)]
struct Stored {
    #[serde(deserialize_with = "whole")]
    peak: u64,
    peak_at: DateTime<Utc>,
}

/// Gives the sessions of a case the ids that the rules know sessions by.
#[derive(Default)]
struct Ids<'a>(BTreeMap<&'a str, SessionId>);

impl<'a> Ids<'a> {
    fn of(&mut self, name: &'a str) -> SessionId {
        let next = SessionId(self.0.len() as u128);
        *self.0.entry(name).or_insert(next)
    }
}

fn named(users: &[String]) -> NamedUsers {
    NamedUsers::new(users.iter().map(String::as_str), &[])
}

fn live(case: &Live) -> Value {
    let named = named(&case.named_users);
    let mut seats = Seats::new(&named, None, AtLimit::Warn);
    let mut ids = Ids::default();
    for Session { id, user, client_ip } in case.sessions.iter().filter(|session| !case.ended.contains(&session.id)) {
        let id = ids.of(id);
        seats.start(id, &CountKey::new(id, user, client_ip, KeyRules::default()));
    }
    let (named_used, floating_used) = (seats.named_in_use(), seats.floating_in_use());
    json!({ "licenses": named_used + floating_used, "named_used": named_used, "floating_used": floating_used })
}

fn trace(case: Trace) -> Value {
    let named = named(&case.named_users);
    let at_limit = match case.at_limit {
        Limit::Warn => AtLimit::Warn,
        Limit::Refuse => AtLimit::Refuse,
    };
    let mut seats = Seats::new(&named, case.floating_limit, at_limit);
    let mut meter = DayMeter::default();
    let mut ids = Ids::default();
    for event in &case.events {
        let at = match event {
            Event::Start { at, session, user, client_ip } => {
                let id = ids.of(session);
                seats.start(id, &CountKey::new(id, user, client_ip, KeyRules::default()));
                at
            }
            Event::End { at, session } => {
                seats.end(ids.of(session));
                at
            }
        };
        meter.observe(*at, &seats);
    }
    let day = meter.finish(&seats);
    let stored = case.stored.map(|Stored { peak, peak_at }| DayPeak { peak, peak_at: Some(peak_at), ..DayPeak::default() });
    let shown = day.clone().merged_with(stored.unwrap_or_default());
    json!({
        "peak": shown.peak,
        "peak_at": shown.peak_at.map(|at| at.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
        "named_peak": day.named_peak,
        "floating_peak": day.floating_peak,
        "denied": day.denied,
        "over_use": day.over_use,
        "licenses": seats.named_in_use() + seats.floating_in_use(),
    })
}
