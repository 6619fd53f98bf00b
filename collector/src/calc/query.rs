//! `calc query`: encoded queries over the records of a file.
//!
//! The records, their types and who asks stand beside the cases; a case may bring its own instead. Out: the ids that match, or what
//! is wrong with the query and where.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDateTime, Utc, Weekday};
use muster_domain::calendar::SiteZone;
use muster_domain::query::{Catalogue as _, Context, Invalid, NullMode, QueryError, compile};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::cases::{CaseError, read};
use super::records::{Record, Records, Schema};

/// Who asks, when and where.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asking {
    now: Option<String>,
    #[serde(alias = "timezone")]
    session_timezone: Option<String>,
    user_id: Option<String>,
    first_day_of_week: Option<String>,
    dynamic: BTreeMap<String, String>,
}

/// What every case of a file shares.
pub(super) struct Shared {
    members: Map<String, Value>,
    setting: Result<Setting, CaseError>,
}

struct Setting {
    records: Records,
    asking: Asking,
    options: Options,
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    records: Vec<Map<String, Value>>,
    #[serde(default)]
    context: Value,
    #[serde(default)]
    defaults: Options,
    #[serde(flatten)]
    schema: Schema,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default)]
struct Options {
    null_mode: Option<NullMode>,
    invalid: Option<Invalid>,
}

#[derive(Deserialize)]
struct Case {
    query: String,
    table: String,
    #[serde(default)]
    options: Options,
}

/// What a file shares, by the names of its members.
const SHARED: [&str; 6] = ["records", "context", "field_types", "classes", "reference_display", "defaults"];

impl Shared {
    pub(super) fn read(file: &Value) -> Self {
        let shared = |(name, value): (&String, &Value)| {
            let is_shared = SHARED.contains(&name.as_str()) && !value.is_null();
            is_shared.then(|| (name.clone(), value.clone()))
        };
        let members: Map<String, Value> = file.as_object().into_iter().flatten().filter_map(shared).collect();
        Self { setting: Setting::read(&members), members }
    }

    pub(super) fn answer(&self, case: &Value) -> Value {
        let id = case.get("id").cloned().unwrap_or(Value::Null);
        match self.result(case) {
            Ok(mut answer) => {
                answer.insert("id".to_owned(), id);
                Value::Object(answer)
            }
            Err(error) => json!({ "id": id, "error": error.to_string() }),
        }
    }

    fn result(&self, case: &Value) -> Result<Map<String, Value>, CaseError> {
        let members = case.as_object().ok_or(CaseError::NoObject)?;
        let brings_its_own = SHARED.iter().any(|name| members.contains_key(*name));
        let own;
        let setting = if brings_its_own {
            let mut all = self.members.clone();
            all.extend(
                members
                    .iter()
                    .filter(|(name, _)| SHARED.contains(&name.as_str()))
                    .map(|(name, value)| (name.clone(), value.clone())),
            );
            own = Setting::read(&all);
            &own
        } else {
            &self.setting
        };
        match setting {
            Ok(setting) => setting.answer(&read(members)?),
            Err(error) => Err(CaseError::Inputs(error.to_string())),
        }
    }
}

impl Setting {
    fn read(members: &Map<String, Value>) -> Result<Self, CaseError> {
        let File { records, context, defaults, schema } = read(members)?;
        let asking = match context {
            Value::Object(context) => read(&without_double_zone(context))?,
            _ => Asking::default(),
        };
        Ok(Self { records: Records::new(records, schema), asking, options: defaults })
    }

    fn answer(&self, case: &Case) -> Result<Map<String, Value>, CaseError> {
        let null_mode = case.options.null_mode.or(self.options.null_mode).unwrap_or_default();
        let invalid = case.options.invalid.or(self.options.invalid).unwrap_or_default();
        if !self.records.has_table(&case.table) {
            return Err(CaseError::Inputs(format!("there is no table {:?}", case.table)));
        }
        let context = Context { invalid, ..self.asking.context(&case.query)? };
        let mut checked = match compile(&case.query, &self.records, &context) {
            Ok(checked) => checked,
            Err(error) => return Ok(refused(&error, &case.query)),
        };
        if checked.needs_related() {
            self.records.all().for_each(|row| checked.observe(&row, null_mode));
        }
        let mut found: Vec<Record<'_>> = self.records.rows(&case.table).filter(|row| checked.matches(row, null_mode)).collect();
        found.sort_by(|a, b| checked.order(a, b));
        let warnings: Vec<&str> = checked.warnings().iter().map(|warning| warning.text.as_str()).collect();
        let mut answer = Map::new();
        answer.insert("matches".to_owned(), found.iter().map(Record::sys_id).collect());
        answer.insert("warnings".to_owned(), json!(warnings));
        Ok(answer)
    }
}

fn refused(error: &QueryError, query: &str) -> Map<String, Value> {
    let mut answer = Map::new();
    answer.insert("error".to_owned(), json!(error.render(query)));
    answer.insert("position".to_owned(), json!(error.position));
    answer
}

/// The zone may be given under either name; the session's own goes first.
fn without_double_zone(mut context: Map<String, Value>) -> Map<String, Value> {
    if context.contains_key("session_timezone") {
        context.remove("timezone");
    }
    context
}

impl Asking {
    /// The context of a query. The rules know no clock: a query that speaks of now needs to be told when that is.
    pub(super) fn context(&self, query: &str) -> Result<Context, CaseError> {
        let wrong = |what: String| CaseError::Inputs(format!("context: {what}"));
        let now = match &self.now {
            Some(text) => read_instant(text).ok_or_else(|| wrong(format!("now: {text:?} is not 2026-06-17 12:00:00")))?,
            None if query.contains("javascript:") || query.contains("RELATIVE") => {
                return Err(wrong("the query asks for dates as of now, and now is missing".to_owned()));
            }
            None => DateTime::UNIX_EPOCH,
        };
        let zone = self.session_timezone.as_deref().map(str::parse::<SiteZone>).transpose();
        let zone = zone.map_err(|error| wrong(error.to_string()))?.unwrap_or(SiteZone::UTC);
        let mut context = Context::new(now, zone);
        context.user_id.clone_from(&self.user_id);
        if let Some(day) = &self.first_day_of_week {
            context.first_day_of_week =
                day.parse::<Weekday>().map_err(|_| wrong(format!("first_day_of_week: {day:?} is no day of the week")))?;
        }
        context.dynamic.extend(self.dynamic.clone());
        Ok(context)
    }
}

fn read_instant(text: &str) -> Option<DateTime<Utc>> {
    let plain = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").ok().map(|naive| naive.and_utc());
    plain.or_else(|| DateTime::parse_from_rfc3339(text).ok().map(|instant| instant.with_timezone(&Utc)))
}
