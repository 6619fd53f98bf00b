//! Reads files of cases, hands each to its adapter, and writes the answers.
//!
//! A case that fits no question is answered by its own error; the others go on. Only a file that is no JSON at all, or holds no cases,
//! fails as a whole.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::{compliance, metric, query, reconcile, sessions, units};

/// Which rules a file asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// Licence consumption by sessions.
    Sessions,
    /// A licence's life.
    Compliance,
    /// Encoded queries over records.
    Query,
    /// Subscription units of hardware.
    Units,
    /// Entitlements, allocations, coverage and prices of software.
    Reconcile,
    /// Licences required by a publisher's metric.
    Metric,
}

/// Why a whole file cannot be answered.
#[derive(Debug, thiserror::Error)]
pub enum CalcError {
    /// The text is no JSON.
    #[error("the input is no JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The JSON holds no cases.
    #[error("the input holds no cases; give {{\"cases\":[...]}}, an array of cases, or one case")]
    NoCases,
}

/// Why one case cannot be answered.
#[derive(Debug, thiserror::Error)]
pub(super) enum CaseError {
    #[error("a case is an object with \"id\", \"ask\" and \"inputs\"")]
    NoObject,
    #[error("{0} is missing or has the wrong type")]
    Member(&'static str),
    #[error("there is no ask {ask:?}; known are {known}")]
    UnknownAsk { ask: String, known: &'static str },
    #[error("inputs: {0}")]
    Inputs(String),
}

/// Answers every case of a file.
///
/// # Errors
/// When the text is no JSON or holds no cases. What is wrong with one case is that case's answer.
pub fn run(kind: Kind, input: &str) -> Result<String, CalcError> {
    let answers: Vec<Value> = match kind {
        Kind::Query => {
            let shared = query::Shared::read(&serde_json::from_str(input)?);
            let one = |case: &&RawValue| Ok(shared.answer(&serde_json::from_str(case.get())?));
            cases(input)?.iter().map(one).collect::<Result<_, CalcError>>()?
        }
        _ => cases(input)?.iter().map(|case| answer(kind, case)).collect::<Result<_, CalcError>>()?,
    };
    let mut text = serde_json::to_string_pretty(&json!({ "cases": answers }))?;
    text.push('\n');
    Ok(text)
}

/// The text of each case, so that its numbers can be read by their digits.
fn cases(input: &str) -> Result<Vec<&RawValue>, CalcError> {
    let input: &RawValue = serde_json::from_str(input)?;
    let array = |raw: &&RawValue| raw.get().starts_with('[');
    if array(&input) {
        return Ok(serde_json::from_str(input.get())?);
    }
    if !input.get().starts_with('{') {
        return Err(CalcError::NoCases);
    }
    let members: BTreeMap<String, &RawValue> = serde_json::from_str(input.get())?;
    match members.get("cases") {
        Some(cases) if array(cases) => Ok(serde_json::from_str(cases.get())?),
        None if ["ask", "inputs", "query"].iter().any(|member| members.contains_key(*member)) => Ok(vec![input]),
        _ => Err(CalcError::NoCases),
    }
}

fn answer(kind: Kind, text: &RawValue) -> Result<Value, CalcError> {
    let case: Value = serde_json::from_str(text.get())?;
    let id = case.get("id").cloned().unwrap_or(Value::Null);
    Ok(match result(kind, &case, text) {
        Ok(result) => json!({ "id": id, "result": result }),
        Err(error) => json!({ "id": id, "error": error.to_string() }),
    })
}

fn result(kind: Kind, case: &Value, text: &RawValue) -> Result<Value, CaseError> {
    let case = case.as_object().ok_or(CaseError::NoObject)?;
    if !case.get("id").is_some_and(|id| id.is_string() || id.is_number()) {
        return Err(CaseError::Member("\"id\""));
    }
    let ask = case.get("ask").and_then(Value::as_str).ok_or(CaseError::Member("\"ask\""))?;
    let inputs = case.get("inputs").and_then(Value::as_object).ok_or(CaseError::Member("\"inputs\""))?;
    match kind {
        Kind::Sessions => sessions::answer(ask, inputs),
        Kind::Compliance => compliance::answer(ask, inputs),
        Kind::Units => units::answer(ask, inputs),
        Kind::Reconcile => reconcile::answer(ask, inputs_of(text)?),
        Kind::Metric => metric::answer(case, ask, inputs_of(text)?),
        Kind::Query => Err(CaseError::Member("\"query\"")),
    }
}

/// Reads the inputs of a case.
pub(super) fn read<T: DeserializeOwned>(inputs: &Map<String, Value>) -> Result<T, CaseError> {
    T::deserialize(Value::Object(inputs.clone())).map_err(|error| CaseError::Inputs(error.to_string()))
}

/// The text of a case's inputs.
fn inputs_of(case: &RawValue) -> Result<&RawValue, CaseError> {
    #[derive(Deserialize)]
    struct Case<'a> {
        #[serde(borrow)]
        inputs: &'a RawValue,
    }

    let case: Case<'_> = serde_json::from_str(case.get()).map_err(|error| CaseError::Inputs(error.to_string()))?;
    Ok(case.inputs)
}

/// Reads the inputs of a case from their text: [`super::exact::Exact`] numbers are read by their digits.
pub(super) fn read_exactly<'a, T: Deserialize<'a>>(inputs: &'a RawValue) -> Result<T, CaseError> {
    serde_json::from_str(inputs.get()).map_err(|error| CaseError::Inputs(error.to_string()))
}

/// A whole number that may be written as `5.0`; never negative.
pub(super) fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let number = serde_json::Number::deserialize(deserializer)?;
    number_as_whole(&number).ok_or_else(|| serde::de::Error::custom(format!("{number} is not a whole number from 0 up")))
}

/// The same, where null is "none".
pub(super) fn whole_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let number = Option::<serde_json::Number>::deserialize(deserializer)?;
    let number = number.map(|number| {
        number_as_whole(&number).ok_or_else(|| serde::de::Error::custom(format!("{number} is not a whole number from 0 up")))
    });
    number.transpose()
}

fn number_as_whole(number: &serde_json::Number) -> Option<u64> {
    if let Some(whole) = number.as_u64() {
        return Some(whole);
    }
    let text = number.to_string();
    let (whole, places) = text.split_once('.')?;
    if places.bytes().all(|byte| byte == b'0') { whole.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_case_an_array_and_a_file() {
        let case = r#"{"id":"a","ask":"live","inputs":{"sessions":[]},"title":"x"}"#;
        let check = |input: &str, count: usize| {
            let answers: Value = serde_json::from_str(&run(Kind::Sessions, input).unwrap()).unwrap();
            let answers = answers["cases"].as_array().unwrap();
            assert_eq!(answers.len(), count, "{input}");
            assert!(answers.iter().all(|answer| answer["result"]["licenses"] == 0), "{answers:?}");
        };
        check(case, 1);
        check(&format!("[{case},{case}]"), 2);
        check(&format!(r#"{{"about":"x","cases":[{case}]}}"#), 1);
        check("[]", 0);
        for wrong in ["", "{", "7", "{}", r#"{"cases":7}"#] {
            assert!(run(Kind::Sessions, wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_wrong_case_leaves_the_others_alone() {
        let check = |case: &str, part: &str| {
            let file = format!(r#"[{{"id":1,"ask":"live","inputs":{{}}}},{case}]"#);
            let answers: Value = serde_json::from_str(&run(Kind::Sessions, &file).unwrap()).unwrap();
            assert_eq!(answers["cases"][0]["result"]["licenses"], 0);
            let error = answers["cases"][1]["error"].as_str().unwrap_or_else(|| panic!("{case}: {answers}"));
            assert!(error.contains(part), "{case}: {error}");
            assert!(answers["cases"][1].get("result").is_none());
        };
        check("7", "an object");
        check(r#"{"ask":"live","inputs":{}}"#, "\"id\"");
        check(r#"{"id":"x","inputs":{}}"#, "\"ask\"");
        check(r#"{"id":"x","ask":"live"}"#, "\"inputs\"");
        check(r#"{"id":"x","ask":"dance","inputs":{}}"#, "no ask \"dance\"");
        check(r#"{"id":"x","ask":"live","inputs":{"sessions":7}}"#, "inputs");
        check(r#"{"id":"x","ask":"trace","inputs":{"events":[],"floating_limit":-1}}"#, "-1 is not a whole number");
        check(r#"{"id":"x","ask":"trace","inputs":{"events":[],"floating_limit":2.5}}"#, "2.5 is not a whole number");
    }
}
