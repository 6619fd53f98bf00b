//! Looking into JSON answers. In: a document and an RFC 6901 pointer. Out: the value, or an error that shows the
//! document, so that a failed test says what came instead.

use anyhow::{Context, Result};
use serde_json::Value;

/// The value at `pointer`, null counting as one.
///
/// # Errors
/// Nothing is there.
pub fn at<'a>(document: &'a Value, pointer: &str) -> Result<&'a Value> {
    document.pointer(pointer).with_context(|| format!("nothing at {pointer} in {document:#}"))
}

/// The string at `pointer`.
///
/// # Errors
/// Nothing or something else is there.
pub fn text<'a>(document: &'a Value, pointer: &str) -> Result<&'a str> {
    at(document, pointer)?.as_str().with_context(|| format!("no string at {pointer} in {document:#}"))
}

/// The whole number at `pointer`.
///
/// # Errors
/// Nothing or something else is there.
pub fn number(document: &Value, pointer: &str) -> Result<i64> {
    at(document, pointer)?.as_i64().with_context(|| format!("no whole number at {pointer} in {document:#}"))
}

/// The list at `pointer`.
///
/// # Errors
/// Nothing or something else is there.
pub fn list<'a>(document: &'a Value, pointer: &str) -> Result<&'a [Value]> {
    at(document, pointer)?.as_array().map(Vec::as_slice).with_context(|| format!("no list at {pointer} in {document:#}"))
}

/// The element of the list at `pointer` whose `key` is `value`.
///
/// # Errors
/// There is no list or no such element.
pub fn find<'a>(document: &'a Value, pointer: &str, key: &str, value: &str) -> Result<&'a Value> {
    list(document, pointer)?
        .iter()
        .find(|element| element.get(key).and_then(Value::as_str) == Some(value))
        .with_context(|| format!("nothing with {key} = {value:?} at {pointer} in {document:#}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_found_and_what_is_missing_is_shown() {
        let status = json!({"state": "grace", "compliance": {"days_left": 41, "last_error": null},
            "applications": [{"name": "A", "peak_today": 1}, {"name": "B", "peak_today": 2}]});
        assert_eq!(text(&status, "/state").unwrap(), "grace");
        assert_eq!(number(&status, "/compliance/days_left").unwrap(), 41);
        assert!(at(&status, "/compliance/last_error").unwrap().is_null());
        assert_eq!(number(find(&status, "/applications", "name", "B").unwrap(), "/peak_today").unwrap(), 2);
        for error in [
            text(&status, "/reason").unwrap_err(),
            number(&status, "/state").unwrap_err(),
            list(&status, "/state").unwrap_err(),
            find(&status, "/applications", "name", "C").unwrap_err(),
        ] {
            assert!(error.to_string().contains("\"days_left\": 41"), "{error}");
        }
    }
}
