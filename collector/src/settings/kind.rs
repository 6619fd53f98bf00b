//! The types of settings: how a value is written, checked, stored and shown.

use super::network::Network;
use muster_domain::units::Version;
use serde_json::Value;
use std::collections::BTreeMap;

/// Most entries of a map.
const MAX_ENTRIES: usize = 200;
/// Longest part of a map's entry, in characters.
const MAX_TEXT: usize = 200;

/// The type of a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A whole number within these bounds, both inside.
    Whole(u64, u64),
    /// Ids with a value each, written as `id=value;id=value` or as an object.
    Map,
    /// Names, written as `a,b` or as an array; compared without regard to case.
    Names,
    /// Some of these words, written as names are.
    Some(&'static [&'static str]),
    /// A version, such as `10.1.0`.
    Version,
    /// Mail addresses, written as names are.
    Addresses,
    /// Networks, written as names are.
    Networks,
}

/// Why a value cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// Not one of the words.
    #[error("{value:?} is not one of {}", .allowed.join(", "))]
    Choice {
        /// What was given.
        value: String,
        /// What is known.
        allowed: &'static [&'static str],
    },
    /// Not a number within the bounds.
    #[error("{value:?} is not a whole number from {least} to {most}")]
    Whole {
        /// What was given.
        value: String,
        /// The lowest.
        least: u64,
        /// The highest.
        most: u64,
    },
    /// Not a list of names.
    #[error("{0}; write them as NAME,NAME, or as a JSON array of texts")]
    Names(String),
    /// Not a version.
    #[error("{0}")]
    Version(String),
    /// Not an address.
    #[error("{0:?} is not a mail address such as it@example.com")]
    Address(String),
    /// Not a network.
    #[error(transparent)]
    Network(#[from] super::network::NotANetwork),
    /// Not a map.
    #[error("{0}; write it as ID=VALUE;ID=VALUE, or as a JSON object of texts")]
    Map(String),
}

impl Kind {
    /// The value as it is stored, from text or JSON.
    ///
    /// # Errors
    /// What is wrong with it, and what would be right.
    pub fn canonical(self, value: &Value) -> Result<String, ValueError> {
        let text = match value {
            Value::String(text) => text.trim().to_owned(),
            other => other.to_string(),
        };
        match self {
            Self::Choice(allowed) => match allowed.iter().find(|word| **word == text.to_ascii_lowercase()) {
                Some(word) => Ok((*word).to_owned()),
                None => Err(ValueError::Choice { value: short(&text), allowed }),
            },
            Self::Whole(least, most) => match text.parse::<u64>() {
                Ok(number) if (least..=most).contains(&number) => Ok(number.to_string()),
                _ => Err(ValueError::Whole { value: short(&text), least, most }),
            },
            Self::Names => names(value, &text),
            Self::Some(allowed) => {
                let known = |name: String| match allowed.iter().find(|word| word.eq_ignore_ascii_case(&name)) {
                    Some(word) => Ok(*word),
                    None => Err(ValueError::Choice { value: short(&name), allowed }),
                };
                list(&names(value, &text)?).into_iter().map(known).collect::<Result<Vec<_>, _>>().map(|words| words.join(","))
            }
            Self::Addresses => {
                let given = names(value, &text)?;
                match list(&given).iter().find(|address| address.parse::<lettre::Address>().is_err()) {
                    Some(wrong) => Err(ValueError::Address(short(wrong))),
                    None => Ok(given),
                }
            }
            Self::Networks => {
                let given = list(&names(value, &text)?);
                let networks = given.iter().map(|network| network.parse::<Network>()).collect::<Result<Vec<_>, _>>()?;
                Ok(networks.iter().map(Network::to_string).collect::<Vec<_>>().join(","))
            }
            Self::Version => match text.parse::<Version>() {
                Ok(_) => Ok(text),
                Err(error) => Err(ValueError::Version(error.to_string())),
            },
            Self::Map => {
                let entries = match value {
                    Value::Object(members) => members
                        .iter()
                        .map(|(id, value)| match value {
                            Value::String(text) => Ok((id.clone(), text.clone())),
                            _ => Err(ValueError::Map(format!("the value of {:?} is no text", short(id)))),
                        })
                        .collect::<Result<Vec<_>, _>>()?,
                    _ => pairs(&text)?,
                };
                check(entries).map(|entries| join(&entries))
            }
        }
    }

    /// A stored value as JSON.
    #[must_use]
    pub fn json(self, stored: &str) -> Value {
        match self {
            Self::Choice(_) | Self::Version => stored.into(),
            Self::Whole(..) => stored.parse::<u64>().map_or_else(|_| stored.into(), Into::into),
            Self::Names | Self::Some(_) | Self::Addresses | Self::Networks => {
                list(stored).into_iter().map(Value::String).collect()
            }
            Self::Map => split(stored).into_iter().map(|(id, value)| (id, Value::String(value))).collect(),
        }
    }

    /// The type in a word or two.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Choice(allowed) => allowed.join("|"),
            Self::Whole(least, most) => format!("{least}..{most}"),
            Self::Map => "ID=VALUE;...".to_owned(),
            Self::Names => "NAME,...".to_owned(),
            Self::Some(allowed) => format!("some of {}", allowed.join(",")),
            Self::Version => "N.N.N".to_owned(),
            Self::Addresses => "NAME@HOST,...".to_owned(),
            Self::Networks => "NETWORK,...".to_owned(),
        }
    }
}

/// The names of a stored list.
pub(super) fn list(stored: &str) -> Vec<String> {
    stored.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn names(value: &Value, text: &str) -> Result<String, ValueError> {
    let given = match value {
        Value::Array(members) => members
            .iter()
            .map(|name| name.as_str().map(|name| name.trim().to_owned()))
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| ValueError::Names("one of them is no text".to_owned()))?,
        Value::String(_) => list(text),
        _ => return Err(ValueError::Names(format!("{:?} is no list", short(text)))),
    };
    if given.len() > MAX_ENTRIES {
        return Err(ValueError::Names(format!("there are more than {MAX_ENTRIES}")));
    }
    let bad = |name: &str| name.is_empty() || name.chars().count() > MAX_TEXT || name.chars().any(|c| c.is_control() || c == ',');
    if let Some(name) = given.iter().find(|name| bad(name)) {
        return Err(ValueError::Names(format!("{:?} is empty, too long, or holds a comma", short(name))));
    }
    let mut seen = std::collections::BTreeSet::new();
    let names: Vec<String> = given.into_iter().filter(|name| seen.insert(name.to_lowercase())).collect();
    Ok(names.join(","))
}

/// The entries of a stored map.
pub(super) fn split(stored: &str) -> BTreeMap<String, String> {
    pairs(stored).unwrap_or_default().into_iter().collect()
}

fn pairs(text: &str) -> Result<Vec<(String, String)>, ValueError> {
    text.split(';')
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
        .map(|entry| match entry.split_once('=') {
            Some((id, value)) => Ok((id.trim().to_owned(), value.trim().to_owned())),
            None => Err(ValueError::Map(format!("{:?} has no =", short(entry)))),
        })
        .collect()
}

fn check(entries: Vec<(String, String)>) -> Result<BTreeMap<String, String>, ValueError> {
    if entries.len() > MAX_ENTRIES {
        return Err(ValueError::Map(format!("there are more than {MAX_ENTRIES} entries")));
    }
    let bad = |text: &str| text.is_empty() || text.chars().count() > MAX_TEXT || text.chars().any(|c| c.is_control() || c == ';');
    let mut map = BTreeMap::new();
    for (id, value) in entries {
        if bad(&id) || bad(&value) || id.contains('=') {
            return Err(ValueError::Map(format!("{:?} is empty, too long, or holds ; or =", short(&id))));
        }
        if map.insert(id.clone(), value).is_some() {
            return Err(ValueError::Map(format!("{:?} stands twice", short(&id))));
        }
    }
    Ok(map)
}

fn join(entries: &BTreeMap<String, String>) -> String {
    entries.iter().map(|(id, value)| format!("{id}={value}")).collect::<Vec<_>>().join(";")
}

fn short(text: &str) -> String {
    text.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_taken_as_text_and_as_json_and_kept_in_one_form() {
        const MODE: Kind = Kind::Choice(&["sql", "inclusive"]);
        let check = |kind: Kind, value: Value, expected: Option<&str>| {
            assert_eq!(kind.canonical(&value).ok().as_deref(), expected, "{value}");
            if let Some(stored) = expected {
                assert_eq!(kind.canonical(&kind.json(stored)).as_deref(), Ok(stored), "what is shown can be set");
            }
        };
        check(MODE, json!("SQL"), Some("sql"));
        check(MODE, json!(" inclusive "), Some("inclusive"));
        check(MODE, json!("both"), None);
        check(MODE, json!(null), None);
        check(Kind::Whole(400, 4000), json!(400), Some("400"));
        check(Kind::Whole(400, 4000), json!("0999"), Some("999"));
        for wrong in [json!(399), json!(4001), json!(-1), json!(400.5), json!("x"), json!(""), json!([400])] {
            check(Kind::Whole(400, 4000), wrong, None);
        }
        check(Kind::Names, json!(" CORP, corp.example,corp"), Some("CORP,corp.example"));
        check(Kind::Names, json!(["CORP", "b"]), Some("CORP,b"));
        check(Kind::Names, json!(""), Some(""));
        for wrong in [json!(7), json!(["a,b"]), json!([1]), json!([""]), json!(["a\u{7}"]), json!({"a": "b"})] {
            check(Kind::Names, wrong, None);
        }
        const WORDS: Kind = Kind::Some(&["HAM", "TNI"]);
        check(WORDS, json!("tni, ham,HAM"), Some("TNI,HAM"));
        check(WORDS, json!(["HAM"]), Some("HAM"));
        check(WORDS, json!(""), Some(""));
        check(WORDS, json!("HAM,SAM"), None);
        check(Kind::Addresses, json!("it@example.com, a.b+c@example.org"), Some("it@example.com,a.b+c@example.org"));
        check(Kind::Addresses, json!([]), Some(""));
        for wrong in [json!("it"), json!("it@example.com,boss"), json!("It <it@example.com>"), json!("a@b\r\nBcc: c@d")] {
            check(Kind::Addresses, wrong, None);
        }
        check(Kind::Networks, json!("10.1.0.0/16, 127.0.0.1"), Some("10.1.0.0/16,127.0.0.1/32"));
        check(Kind::Networks, json!(["10.1.0.0/40"]), None);
        check(Kind::Version, json!(" 10.1.0"), Some("10.1.0"));
        check(Kind::Version, json!("ten"), None);
        check(Kind::Map, json!("b=2; a=1;"), Some("a=1;b=2"));
        check(Kind::Map, json!({"b": "x = y", "a": "1"}), Some("a=1;b=x = y"));
        check(Kind::Map, json!(""), Some(""));
        for wrong in [json!("a"), json!("a=1;a=2"), json!({"a": 1}), json!({"a": "1;2"}), json!("=1"), json!({"a": ""}), json!(7)]
        {
            check(Kind::Map, wrong, None);
        }
    }
}
