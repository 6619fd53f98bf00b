//! The controls of the form of an application: what they are called, what they mean, and how their text is read (contract 2.4).
//!
//! In: an application, or a form as it was sent. Out: what stands in the controls, and the document that the API takes. Whether values
//! fit each other is the domain's business. Pure.

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What stands in the controls, by name: one text, or one for each box that is ticked.
pub(super) type Typed = BTreeMap<String, Vec<String>>;

/// How a control is shown and read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A whole number; whether nothing may stand there.
    Number(bool),
    /// One entry on each line.
    Lines,
    /// On each line a name, `=` and a number: the members are called so.
    Pairs(&'static str, &'static str),
    /// One of these: value and meaning.
    Choice(&'static [(&'static str, &'static str)]),
    /// Any of these.
    Ticks(&'static [(&'static str, &'static str)]),
    /// Yes or no.
    Tick,
}

/// A control.
#[derive(Debug, Clone, Copy)]
pub(super) struct Control {
    /// Its path in the document of an application.
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) hint: &'static str,
    pub(super) shape: Shape,
}

/// Controls that belong together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Group {
    pub(super) title: &'static str,
    pub(super) controls: &'static [Control],
}

const fn control(name: &'static str, label: &'static str, hint: &'static str, shape: Shape) -> Control {
    Control { name, label, hint, shape }
}

/// Every control.
pub(super) const GROUPS: [Group; 5] = [
    Group {
        title: "Seats",
        controls: &[
            control("tracking", "Its use is tracked", "", Shape::Tick),
            control("floating_limit", "Floating seats", "Empty: no limit. 0: none.", Shape::Number(true)),
            control("named_limit", "Named seats", "Empty: no limit. 0: none.", Shape::Number(true)),
            control("named_users", "Users with a named seat", "One on each line.", Shape::Lines),
            control(
                "at_limit",
                "When no seat is free",
                "",
                Shape::Choice(&[("warn", "let them in and warn"), ("refuse", "refuse"), ("queue", "let them wait for a seat")]),
            ),
            control(
                "reservations",
                "Seats kept for groups",
                "On each line GROUP=SEATS, such as Support=5.",
                Shape::Pairs("group", "seats"),
            ),
        ],
    },
    Group {
        title: "What is one seat",
        controls: &[control(
            "sharing",
            "Claims share a seat that have the same",
            "Nothing ticked: each has its own.",
            Shape::Ticks(&[("user", "user"), ("client_ip", "client address"), ("host", "machine"), ("display", "display")]),
        )],
    },
    Group {
        title: "What uses it",
        controls: &[
            control("used_by.login", "Every login", "", Shape::Tick),
            control("used_by.processes", "Sessions in which one of these processes runs", "One on each line.", Shape::Lines),
            control("used_by.users", "Only these users", "One on each line; * is everybody.", Shape::Lines),
        ],
    },
    Group {
        title: "How long a seat stays taken",
        controls: &[
            control("idle_timeout_seconds", "Seconds without input, then the seat is free", "0: never.", Shape::Number(false)),
            control(
                "idle_timeout_users",
                "Users with a timeout of their own",
                "On each line USER=SECONDS, such as anna=900; 0: never.",
                Shape::Pairs("user", "seconds"),
            ),
            control(
                "idle_timeout_except",
                "Users who keep their seat however long they are idle",
                "One on each line.",
                Shape::Lines,
            ),
            control(
                "lease_seconds",
                "Seconds after the last heartbeat, then a check-out ends",
                "At least 1.",
                Shape::Number(false),
            ),
            control("linger_seconds", "Seconds that a seat stays taken after its end", "", Shape::Number(false)),
            control("borrow_max_hours", "Hours that a seat may be borrowed at most", "0: never.", Shape::Number(false)),
            control(
                "offline",
                "What an agent answers without a valid verdict",
                "",
                Shape::Choice(&[("allow", "allow"), ("deny", "deny")]),
            ),
        ],
    },
    Group {
        title: "Who may take a seat",
        controls: &[
            control("access.include.users", "Only these users", "All four empty: everybody may.", Shape::Lines),
            control("access.include.groups", "Only these groups", "", Shape::Lines),
            control("access.include.hosts", "Only on these machines", "", Shape::Lines),
            control("access.include.networks", "Only from these networks", "Such as 10.1.0.0/16.", Shape::Lines),
            control("access.exclude.users", "Never these users", "", Shape::Lines),
            control("access.exclude.groups", "Never these groups", "", Shape::Lines),
            control("access.exclude.hosts", "Never on these machines", "", Shape::Lines),
            control("access.exclude.networks", "Never from these networks", "", Shape::Lines),
        ],
    },
];

fn controls() -> impl Iterator<Item = &'static Control> {
    GROUPS.iter().flat_map(|group| group.controls)
}

/// What stands in the controls for an application, given as the API's document of it.
pub(super) fn typed(document: &Value) -> Typed {
    let mut typed = Typed::new();
    for control in controls() {
        let pointer = format!("/{}", control.name.replace('.', "/"));
        let value = document.pointer(&pointer).unwrap_or(&Value::Null);
        let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let items = || value.as_array().into_iter().flatten();
        let texts = match control.shape {
            Shape::Tick => value.as_bool().filter(|yes| *yes).map(|_| "1".to_owned()).into_iter().collect(),
            Shape::Ticks(_) => items().map(plain).collect(),
            Shape::Lines => vec![items().map(plain).collect::<Vec<_>>().join("\n")],
            Shape::Pairs(name, number) => {
                let member = |item: &Value, name: &str| item.get(name).map(plain).unwrap_or_default();
                vec![
                    items().map(|item| format!("{}={}", member(item, name), member(item, number))).collect::<Vec<_>>().join("\n"),
                ]
            }
            Shape::Number(_) | Shape::Choice(_) if value.is_null() => vec![String::new()],
            Shape::Number(_) | Shape::Choice(_) => vec![plain(value)],
        };
        typed.insert(control.name.to_owned(), texts);
    }
    typed
}

/// The document out of a form; every control of it is said.
///
/// # Errors
/// Which control cannot be read, and what would be right.
pub(super) fn document(typed: &Typed) -> Result<Value, String> {
    let mut document = Map::new();
    for control in controls() {
        let texts = typed.get(control.name).map(Vec::as_slice).unwrap_or_default();
        let text = texts.first().map(|text| text.trim()).unwrap_or_default();
        let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
        let value = match control.shape {
            Shape::Tick => json!(!texts.is_empty()),
            Shape::Ticks(_) => json!(texts),
            Shape::Lines => json!(lines().collect::<Vec<_>>()),
            Shape::Pairs(name, number) => {
                let pair = |line: &str| {
                    let parts =
                        line.rsplit_once('=').and_then(|(key, value)| Some((key.trim(), value.trim().parse::<u64>().ok()?)));
                    parts
                        .map(|(key, value)| json!({name: key, number: value}))
                        .ok_or_else(|| format!("{}: {line:?} is not a {name}, =, and a whole number of {number}", control.label))
                };
                Value::Array(lines().map(pair).collect::<Result<_, _>>()?)
            }
            Shape::Number(true) if text.is_empty() => Value::Null,
            Shape::Number(_) => match text.parse::<i64>() {
                Ok(number) => json!(number),
                Err(_) => return Err(format!("{}: {text:?} is not a whole number", control.label)),
            },
            Shape::Choice(choices) => match choices.iter().find(|(value, _)| *value == text) {
                Some((value, _)) => json!(value),
                None => return Err(format!("{}: choose one", control.label)),
            },
        };
        put(&mut document, control.name, value);
    }
    Ok(Value::Object(document))
}

/// Puts a value at a path of members.
fn put(document: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => drop(document.insert(path.to_owned(), value)),
        Some((first, rest)) => {
            let inner = document.entry(first).or_insert_with(|| json!({}));
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use muster_domain::session::{Application, ApplicationPatch};

    fn changed(typed: &Typed) -> Application {
        let patch: ApplicationPatch = serde_json::from_value(document(typed).unwrap()).unwrap();
        let mut application = Application::new("CAD").unwrap();
        application.change(patch).unwrap();
        application
    }

    #[test]
    fn every_field_is_on_the_form_and_comes_back() {
        let patch = json!({
            "tracking": false, "named_limit": 3, "named_users": ["anna", "bob"], "floating_limit": 25, "at_limit": "queue",
            "sharing": ["user", "host"], "idle_timeout_seconds": 900, "idle_timeout_users": [{"user": "an=na", "seconds": 60}],
            "idle_timeout_except": ["carl"], "lease_seconds": 60, "linger_seconds": 5, "borrow_max_hours": 48, "offline": "deny",
            "reservations": [{"group": "Support", "seats": 5}],
            "used_by": {"login": true, "processes": ["cad.exe"], "users": ["*"]},
            "access": {"include": {"users": ["u"], "groups": ["g"], "hosts": ["h"], "networks": ["10.1.0.0/16"]},
                "exclude": {"users": ["v"], "groups": ["i"], "hosts": ["j"], "networks": ["10.2.0.0/16"]}},
        });
        let mut full = Application::new("CAD").unwrap();
        full.change(serde_json::from_value(patch).unwrap()).unwrap();
        for application in [Application::new("CAD").unwrap(), full] {
            let shown = serde_json::to_value(&application).unwrap();
            let typed = typed(&shown);
            assert_eq!(changed(&typed), application, "{typed:?}");
            // Nothing of it is left out of the form but its name.
            let mut written = document(&typed).unwrap();
            written["name"] = json!("CAD");
            assert_eq!(written, shown);
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_by_its_label() {
        let good = typed(&serde_json::to_value(Application::new("CAD").unwrap()).unwrap());
        let check = |name: &str, text: &str, part: &str| {
            let typed = Typed::from_iter(good.clone().into_iter().chain([(name.to_owned(), vec![text.to_owned()])]));
            let error = document(&typed).unwrap_err();
            assert!(error.contains(part), "{error}");
        };
        check("floating_limit", "ten", "Floating seats: \"ten\" is not a whole number");
        check("lease_seconds", "", "a check-out ends: \"\" is not a whole number");
        check("reservations", "Support", "Seats kept for groups: \"Support\" is not a group, =,");
        check("idle_timeout_users", "a=-1", "whole number of seconds");
        check("at_limit", "shout", "When no seat is free: choose one");
    }
}
