//! `application ...`

use crate::client::{
    args::{ApplicationCommand, ApplicationFields, AtLimit, Counted, Limit, Named, Offline, ReadyMade, SharingKey},
    error::ClientError,
    http::{Api, part},
    show::{Kind, List, Printer},
};
use muster_runtime::exit::Exit;
use reqwest::Method;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const PATH: &str = "/api/v1/applications";

pub(super) async fn run(command: ApplicationCommand, api: &Api, printer: Printer) -> Result<(), ClientError> {
    match command {
        ApplicationCommand::List => {
            let items = api.list(PATH, &[], usize::MAX).await?;
            let columns = [
                ("NAME", "name", Kind::Text),
                ("TRACKING", "tracking", Kind::Text),
                ("NAMED", "named_limit", Kind::Number),
                ("FLOATING", "floating_limit", Kind::Number),
                ("AT LIMIT", "at_limit", Kind::Text),
                ("NAMED USERS", "named_users", Kind::Text),
                ("IDLE (S)", "idle_timeout_seconds", Kind::Number),
                ("OFFLINE", "offline", Kind::Text),
            ];
            let empty = "No applications. Make one: muster-collector application set NAME --floating-limit 25";
            printer.list(List { items, columns: &columns, empty })
        }
        ApplicationCommand::Show { name } => printer.record(&api.get(&format!("{PATH}/{}", part(&name)), &[]).await?),
        ApplicationCommand::Set { name, fields } => {
            let (path, mut body) = (format!("{PATH}/{}", part(&name)), body(*fields));
            for parts in ["used_by", "access"] {
                keep(parts, &mut body, &path, api).await?;
            }
            let application = api.change(Method::PUT, &path, Some(&Value::Object(body))).await?;
            printer.record(&application)
        }
        ApplicationCommand::Import { set, apply, overwrite } => import(set, apply, overwrite, api, printer).await,
        ApplicationCommand::Delete { name } => {
            api.change(Method::DELETE, &format!("{PATH}/{}", part(&name)), None).await?;
            printer.done(&format!("The application {name} was deleted; its history stays."))
        }
    }
}

async fn import(set: ReadyMade, apply: bool, overwrite: bool, api: &Api, printer: Printer) -> Result<(), ClientError> {
    let name = match set {
        ReadyMade::ServiceManager => "service-manager",
    };
    let path = format!("/api/v1/application-sets/{name}?apply={apply}&overwrite={overwrite}");
    let mut page = api.change(Method::POST, &path, None).await?;
    let items = match page.get_mut("items").map(Value::take) {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    };
    let to_do = items.iter().filter(|item| item.get("action").is_some_and(|action| action != "leave")).count();
    let columns = [
        ("APPLICATION", "name", Kind::Text),
        ("ACTION", "action", Kind::Text),
        ("DONE", "done", Kind::Text),
        ("DIFFERS IN", "differs", Kind::Text),
    ];
    printer.list(List { items, columns: &columns, empty: "The set is empty." })?;
    printer.aside(&match (apply, to_do) {
        (true, _) => "Set their limits with muster-collector application set NAME --floating-limit N".to_owned(),
        (false, 0) => "There is nothing to do.".to_owned(),
        (false, _) => format!("Nothing was changed. Do it: muster-collector application import {name} --apply"),
    })
}

/// The collector takes `used_by` and `access` as a whole: what was not given of it is taken from the application as it is now.
async fn keep(parts: &str, body: &mut Map<String, Value>, path: &str, api: &Api) -> Result<(), ClientError> {
    let Some(Value::Object(given)) = body.get_mut(parts) else { return Ok(()) };
    match api.get(path, &[]).await {
        Ok(now) => {
            for (name, value) in now.get(parts).and_then(Value::as_object).into_iter().flatten() {
                given.entry(name).or_insert_with(|| value.clone());
            }
            Ok(())
        }
        Err(error) if matches!(error.exit(), Exit::NotFound) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Only what was given: the rest stays as it is.
fn body(fields: ApplicationFields) -> Map<String, Value> {
    let ApplicationFields {
        tracking,
        named_limit,
        named_users,
        floating_limit,
        at_limit,
        sharing,
        idle_timeout_seconds,
        idle_timeout_users,
        idle_timeout_except,
        reservations,
        include,
        exclude,
        lease_seconds,
        linger_seconds,
        borrow_max_hours,
        offline,
        used_by_login,
        used_by_processes,
        used_by_users,
    } = fields;
    let mut body = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            body.insert(name.to_owned(), value);
        }
    };
    put("tracking", tracking.map(Value::from));
    put("named_limit", named_limit.map(|Limit(limit)| json!(limit)));
    put("named_users", names(named_users));
    put("floating_limit", floating_limit.map(|Limit(limit)| json!(limit)));
    put(
        "at_limit",
        at_limit.map(|at_limit| {
            json!(match at_limit {
                AtLimit::Refuse => "refuse",
                AtLimit::Warn => "warn",
                AtLimit::Queue => "queue",
            })
        }),
    );
    let sharing: Vec<&str> = sharing
        .iter()
        .map(|key| match key {
            SharingKey::User => "user",
            SharingKey::ClientIp => "client_ip",
            SharingKey::Host => "host",
            SharingKey::Display => "display",
        })
        .collect();
    put("sharing", (!sharing.is_empty()).then(|| json!(sharing)));
    put("idle_timeout_seconds", idle_timeout_seconds.map(Value::from));
    put("idle_timeout_users", counted(idle_timeout_users, "user", "seconds"));
    put("idle_timeout_except", names(idle_timeout_except));
    put("reservations", counted(reservations, "group", "seats"));
    put("lease_seconds", lease_seconds.map(Value::from));
    put("linger_seconds", linger_seconds.map(Value::from));
    put("borrow_max_hours", borrow_max_hours.map(Value::from));
    put(
        "offline",
        offline.map(|offline| {
            json!(match offline {
                Offline::Allow => "allow",
                Offline::Deny => "deny",
            })
        }),
    );
    let mut access = Map::new();
    for (side, entries) in [("include", include), ("exclude", exclude)] {
        if !entries.is_empty() {
            access.insert(side.to_owned(), access_list(entries));
        }
    }
    if !access.is_empty() {
        body.insert("access".to_owned(), Value::Object(access));
    }
    let mut used_by = Map::new();
    let parts =
        [("login", used_by_login.map(Value::from)), ("processes", names(used_by_processes)), ("users", names(used_by_users))];
    for (name, value) in parts {
        if let Some(value) = value {
            used_by.insert(name.to_owned(), value);
        }
    }
    if !used_by.is_empty() {
        body.insert("used_by".to_owned(), Value::Object(used_by));
    }
    body
}

/// Names with numbers; the word `none` adds nothing, so that alone it empties the list.
fn counted(entries: Vec<Counted>, name: &str, number: &str) -> Option<Value> {
    let given = !entries.is_empty();
    let entries = entries.into_iter().filter_map(|Counted(entry)| entry);
    let list: Vec<Value> = entries.map(|(who, count)| json!({name: who, number: count})).collect();
    given.then(|| json!(list))
}

/// The four lists of one side of the access rules, as a whole.
fn access_list(entries: Vec<Named>) -> Value {
    let mut lists: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (list, name) in entries.into_iter().filter_map(|Named(entry)| entry) {
        lists.entry(list).or_default().push(name);
    }
    json!(lists)
}

/// A list of names; the single name `none` empties it.
fn names(names: Vec<String>) -> Option<Value> {
    match names.as_slice() {
        [] => None,
        [only] if only.eq_ignore_ascii_case("none") => Some(json!([])),
        _ => Some(json!(names)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_given_is_sent() {
        assert_eq!(Value::Object(body(ApplicationFields::default())), json!({}));
        let fields = ApplicationFields {
            named_limit: Some(Limit(None)),
            floating_limit: Some(Limit(Some(25))),
            named_users: vec!["falcon".to_owned()],
            used_by_users: vec!["none".to_owned()],
            sharing: vec![SharingKey::User, SharingKey::ClientIp],
            at_limit: Some(AtLimit::Queue),
            reservations: vec![Counted(Some(("design".to_owned(), 5)))],
            idle_timeout_users: vec![Counted(None)],
            exclude: vec![Named(Some(("users", "mallory".to_owned()))), Named(Some(("networks", "10.0.0.0/8".to_owned())))],
            include: vec![Named(None)],
            ..ApplicationFields::default()
        };
        let expected = json!({"named_limit": null, "floating_limit": 25, "named_users": ["falcon"], "used_by": {"users": []},
            "sharing": ["user", "client_ip"], "at_limit": "queue", "reservations": [{"group": "design", "seats": 5}],
            "idle_timeout_users": [], "access": {"include": {}, "exclude": {"users": ["mallory"], "networks": ["10.0.0.0/8"]}}});
        assert_eq!(Value::Object(body(fields)), expected);
    }
}
