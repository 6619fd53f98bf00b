//! `calc compliance`: runs of a licence in site dates, a new key, and the count of a compliance query.

use chrono::NaiveDate;
use muster_domain::compliance::{DisabledReason, Facts, Standing, State, Tally, Terms, View, apply_key, judge, view};
use muster_domain::query::{NullMode, compile};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

use super::cases::{CaseError, read, whole};
use super::query::Asking;
use super::records::{Records, Schema};
use super::run;

pub(super) fn answer(ask: &str, inputs: &Map<String, Value>) -> Result<Value, CaseError> {
    match ask {
        "nightly" => Ok(nightly(&read(inputs)?)),
        "judge" => judged(&read(inputs)?),
        "new_key" => new_key(&read(inputs)?),
        "count" => count(read(inputs)?),
        "run" => count(read(&run::compliance(inputs)?)?),
        other => Err(CaseError::UnknownAsk { ask: other.to_owned(), known: "nightly, judge, new_key, count and run" }),
    }
}

#[derive(Deserialize)]
struct Key {
    #[serde(deserialize_with = "whole")]
    limit: u64,
    #[serde(default = "sixty", deserialize_with = "days")]
    grace_days: u32,
    #[serde(default)]
    expires: Option<NaiveDate>,
}

const fn sixty() -> u32 {
    Terms::GRACE_DAYS
}

fn days<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    u32::try_from(whole(deserializer)?).map_err(|_| serde::de::Error::custom("grace_days is too large"))
}

impl Key {
    fn terms(&self) -> Terms {
        // A case without an expiry asks about a licence whose end is out of the picture.
        Terms { grace_days: self.grace_days, ..Terms::new(self.limit, self.expires.unwrap_or(NaiveDate::MAX)) }
    }
}

#[derive(Deserialize)]
struct Nightly {
    #[serde(flatten)]
    key: Key,
    #[serde(default)]
    runs: Vec<Run>,
}

#[derive(Deserialize)]
struct Run {
    date: NaiveDate,
    #[serde(deserialize_with = "whole")]
    count: u64,
}

#[derive(Deserialize)]
struct Judge {
    #[serde(flatten)]
    key: Key,
    stored: Stored,
    today: NaiveDate,
    #[serde(deserialize_with = "whole")]
    count: u64,
}

#[derive(Deserialize)]
struct Stored {
    state: State,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    grace_start: Option<NaiveDate>,
}

#[derive(Deserialize)]
struct Count {
    #[serde(deserialize_with = "whole")]
    limit: u64,
    query: String,
    #[serde(default = "hardware")]
    table: String,
    #[serde(default)]
    null_mode: NullMode,
    #[serde(default)]
    records: Vec<Map<String, Value>>,
    #[serde(default)]
    context: Asking,
    #[serde(flatten)]
    schema: Schema,
}

fn hardware() -> String {
    muster_domain::asset::class::HARDWARE.to_owned()
}

fn nightly(case: &Nightly) -> Value {
    let terms = case.key.terms();
    let mut standing = Standing::Compliant;
    for run in &case.runs {
        standing = judge(&standing, &terms, facts(run.count), run.date).0;
    }
    // Without a run the licence is fresh, and its view needs no date.
    let (date, count) = case.runs.last().map_or((NaiveDate::default(), 0), |last| (last.date, last.count));
    shown(view(&standing, &terms, date, count))
}

fn judged(case: &Judge) -> Result<Value, CaseError> {
    let terms = case.key.terms();
    let (standing, _) = judge(&case.stored.standing()?, &terms, facts(case.count), case.today);
    Ok(shown(view(&standing, &terms, case.today, case.count)))
}

fn new_key(case: &Judge) -> Result<Value, CaseError> {
    let terms = case.key.terms();
    let stored = case.stored.standing()?;
    let (standing, error) = match apply_key(&stored, &terms, facts(case.count), case.today) {
        Ok((standing, _)) => (standing, None),
        Err(muster_domain::compliance::KeyRefused::Expired(_)) => (stored, Some("expired")),
    };
    let mut result = shown(view(&standing, &terms, case.today, case.count));
    if let Some(members) = result.as_object_mut() {
        members.insert("applied".to_owned(), json!(error.is_none()));
        members.insert("error".to_owned(), json!(error));
    }
    Ok(result)
}

fn count(case: Count) -> Result<Value, CaseError> {
    let Count { limit, query, table, null_mode, records, context, schema } = case;
    let records = Records::new(records, schema);
    let context = context.context(&query)?;
    let mut checked = compile(&query, &records, &context).map_err(|error| CaseError::Inputs(format!("query: {error}")))?;
    if checked.needs_related() {
        records.all().for_each(|row| checked.observe(&row, null_mode));
    }
    let mut tally = Tally::default();
    for row in records.rows(&table) {
        tally.add(&checked, &row, row.has_state(), null_mode);
    }
    // A first run: any date will do, and no end is in the picture.
    let terms = Terms::new(limit, NaiveDate::MAX);
    let today = NaiveDate::default();
    let (standing, _) = judge(&Standing::Compliant, &terms, facts(tally.count), today);
    let View { state, over_by, .. } = view(&standing, &terms, today, tally.count);
    Ok(json!({
        "count": tally.count,
        "uncounted_empty_state": tally.uncounted_empty_state,
        "over_by": over_by,
        "state": state,
    }))
}

impl Stored {
    fn standing(&self) -> Result<Standing, CaseError> {
        let start = || self.grace_start.ok_or_else(|| CaseError::Inputs("stored: grace_start is missing".to_owned()));
        match self.state {
            State::Unlicensed => Ok(Standing::Unlicensed),
            State::Compliant => Ok(Standing::Compliant),
            State::Grace => Ok(Standing::Grace { start: start()? }),
            State::Disabled => {
                let reason = match self.reason.as_deref() {
                    Some("grace_elapsed") => DisabledReason::GraceElapsed { start: start()? },
                    Some("expired") => DisabledReason::Expired,
                    Some("wrong_machine") => DisabledReason::WrongMachine,
                    Some("invalid_license") => DisabledReason::InvalidLicense,
                    other => return Err(CaseError::Inputs(format!("stored: {other:?} is no reason of a disabled licence"))),
                };
                Ok(Standing::Disabled { reason })
            }
        }
    }
}

const fn facts(count: u64) -> Facts {
    Facts { count, user_count: 0 }
}

fn shown(view: View) -> Value {
    let View { state, reason, over_by, grace_start, grace_end, days_left } = view;
    json!({
        "state": state,
        "reason": reason,
        "over_by": over_by,
        "grace_start": grace_start,
        "grace_end": grace_end,
        "days_left": days_left,
    })
}
