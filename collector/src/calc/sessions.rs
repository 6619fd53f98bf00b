//! `calc sessions`: licences in use by sessions; what a trace of events comes to is in [`super::trace`].

use std::collections::{BTreeMap, BTreeSet};

use muster_domain::ids::SessionId;
use muster_domain::session::{AtLimit, CountKey, KeyRules, NamedUsers, Seats};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::cases::{CaseError, read};
use super::{run, trace};

pub(super) fn answer(ask: &str, inputs: &Map<String, Value>) -> Result<Value, CaseError> {
    match ask {
        "live" => Ok(live(&read(inputs)?)),
        "trace" => trace::answer(inputs),
        "run" => {
            let of = |(name, inputs): (String, Map<String, Value>)| Ok((name, live(&read(&inputs)?)));
            let applications = run::sessions(inputs)?.into_iter().map(of).collect::<Result<Map<_, _>, CaseError>>()?;
            Ok(json!({ "applications": applications }))
        }
        other => Err(CaseError::UnknownAsk { ask: other.to_owned(), known: "live, trace and run" }),
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

/// Gives the sessions of a case the ids that the rules know sessions by.
#[derive(Default)]
struct Ids<'a>(BTreeMap<&'a str, SessionId>);

impl<'a> Ids<'a> {
    fn of(&mut self, name: &'a str) -> SessionId {
        let next = SessionId(self.0.len() as u128);
        *self.0.entry(name).or_insert(next)
    }
}

fn live(case: &Live) -> Value {
    let named = NamedUsers::new(case.named_users.iter().map(String::as_str), &[]);
    let mut seats = Seats::new(&named, None, AtLimit::Warn);
    let mut ids = Ids::default();
    for Session { id, user, client_ip } in case.sessions.iter().filter(|session| !case.ended.contains(&session.id)) {
        let id = ids.of(id);
        seats.start(id, &CountKey::new(id, user, client_ip, KeyRules::default()));
    }
    let (named_used, floating_used) = (seats.named_in_use(), seats.floating_in_use());
    json!({ "licenses": named_used + floating_used, "named_used": named_used, "floating_used": floating_used })
}
