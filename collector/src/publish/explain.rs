//! Why a number is what it is: the rule in one sentence, its inputs with their values, where they come from, how to see the rows.
//!
//! In: the status as everybody sees it, the run that counted, the forecast. Out: an explanation for the id of a number. The rules are
//! data in [`super::rules`]; a number of the status without one fails a test.

use super::{
    Status,
    rules::{self, Rule},
};
use crate::store::records::RunRecord;
use serde::Serialize;
use serde_json::{Map, Value};
use std::fmt::Write as _;
use utoipa::ToSchema;

/// A number that can be explained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Explainable {
    /// Its id: the place in the status, an application by its name.
    pub id: String,
    /// The rule in one sentence.
    pub rule: &'static str,
}

/// An explanation.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Explanation {
    /// The number's id.
    pub id: String,
    /// Its value; null when there is none now.
    pub value: Value,
    /// The rule in one sentence.
    pub rule: &'static str,
    /// What was found by it, in a sentence; null where there is no more to say.
    pub why: Option<String>,
    /// What the rule was given, in its order.
    pub inputs: Vec<Input>,
    /// Where the numbers come from.
    pub source: Source,
    /// How to see the rows behind it.
    pub rows: Vec<Rows>,
}

/// One input of a rule.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Input {
    /// Its name, which can be explained in turn where it is a number of the status.
    pub name: String,
    /// Its value.
    pub value: Value,
}

/// Where the numbers come from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Source {
    /// The compliance run that counted.
    pub run: Option<u64>,
    /// The serial of the licence in force then.
    pub license_serial: Option<u64>,
    /// The query that counted.
    pub query: Option<String>,
    /// What its negative conditions did with empty fields.
    pub null_mode: Option<String>,
    /// The reconciliation that found it.
    pub reconciliation: Option<u64>,
}

/// How to see rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Rows {
    /// The command.
    pub command: String,
    /// The path of the API.
    pub path: String,
}

/// Everything there is to explain from.
pub struct Facts {
    document: Value,
    source: Source,
}

impl Facts {
    /// From what is published; `forecast` is the document that the API gives for it.
    #[must_use]
    pub fn new(status: &Status, run: Option<&RunRecord>, forecast: Option<Value>) -> Self {
        let mut document = match serde_json::to_value(status) {
            Ok(Value::Object(members)) => members,
            _ => Map::new(),
        };
        document.insert("run".to_owned(), run.and_then(|run| serde_json::to_value(run).ok()).unwrap_or_default());
        document.insert("forecast".to_owned(), forecast.unwrap_or_default());
        let source = run.map(|run| Source {
            run: Some(run.id),
            license_serial: run.license_serial,
            query: run.query.clone(),
            null_mode: Some(run.null_mode.clone()),
            reconciliation: None,
        });
        Self { document: Value::Object(document), source: source.unwrap_or_default() }
    }

    /// Every number that can be explained.
    #[must_use]
    pub fn ids(&self) -> Vec<Explainable> {
        let mut ids: Vec<Explainable> =
            rules::RULES.iter().map(|rule| Explainable { id: rule.id.to_owned(), rule: rule.rule }).collect();
        for name in self.applications() {
            let of = |rule: &Rule| Explainable { id: format!("applications.{name}.{}", rule.id), rule: rule.rule };
            ids.extend(rules::APPLICATION_RULES.iter().map(of));
        }
        ids
    }

    /// The explanation of a number; its last part is enough where only one number is called so.
    #[must_use]
    pub fn explain(&self, id: &str) -> Option<Explanation> {
        if let Some((name, field)) = id.strip_prefix("applications.").and_then(|rest| rest.rsplit_once('.')) {
            let rule = rules::APPLICATION_RULES.iter().find(|rule| rule.id == field)?;
            let list = self.document.get("applications")?.as_array()?;
            let application = list.iter().find(|application| application.get("name").and_then(Value::as_str) == Some(name))?;
            return Some(self.explained(format!("applications.{name}.{field}"), rule, Some(application)));
        }
        let named = |rule: &&Rule| rule.id == id || rule.id.rsplit('.').next() == Some(id);
        let rule = rules::RULES.iter().find(|rule| rule.id == id).or_else(|| rules::RULES.iter().find(named))?;
        Some(self.explained(rule.id.to_owned(), rule, None))
    }

    fn explained(&self, id: String, rule: &Rule, application: Option<&Value>) -> Explanation {
        let within = |path: &str| match path.strip_prefix("application.") {
            Some(member) => application.and_then(|application| application.get(member)).cloned().unwrap_or_default(),
            None => walk(&self.document, path),
        };
        let value = match application {
            Some(application) => application.get(rule.id).cloned().unwrap_or_default(),
            None => walk(&self.document, rule.id),
        };
        let name = application.and_then(|application| application.get("name")).and_then(Value::as_str).unwrap_or_default();
        let input = |path: &&str| Input {
            name: path.replacen("application.", &format!("applications.{name}."), usize::from(application.is_some())),
            value: within(path),
        };
        let query = self.source.query.as_deref().unwrap_or_default();
        let fill = |template: &str, quote: &dyn Fn(&str) -> String| {
            template.replace("{query}", &quote(query)).replace("{name}", &quote(name))
        };
        Explanation {
            id,
            value,
            rule: rule.rule,
            why: None,
            inputs: rule.inputs.iter().map(input).collect(),
            source: if rule.of_run { self.source.clone() } else { Source::default() },
            rows: rule
                .rows
                .iter()
                .map(|(command, path)| Rows {
                    command: format!("muster-collector {}", fill(command, &shell_quoted)),
                    path: fill(path, &url_encoded),
                })
                .collect(),
        }
    }

    fn applications(&self) -> impl Iterator<Item = &str> {
        let list = self.document.get("applications").and_then(Value::as_array);
        list.into_iter().flatten().filter_map(|application| application.get("name").and_then(Value::as_str))
    }
}

fn walk(document: &Value, path: &str) -> Value {
    path.split('.').try_fold(document, |value, name| value.get(name)).cloned().unwrap_or_default()
}

/// A text as one word of a shell.
#[must_use]
pub fn shell_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// A text as a part of an address.
#[must_use]
pub fn url_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}
