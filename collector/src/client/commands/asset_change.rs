//! `asset change`: the same fields of all assets that a query finds, changed as they were seen.

use crate::client::{error::ClientError, http::Api, show::Printer};
use reqwest::Method;
use serde_json::{Value, json};
use std::fmt::Write as _;

const PATH: &str = "/api/v1/assets/change";

/// What is asked for.
pub(super) struct Wish {
    pub(super) query: String,
    /// Fields by name, as the API takes them.
    pub(super) set: Value,
    pub(super) dry_run: bool,
    /// What a dry run found: `COUNT:DIGEST`.
    pub(super) found: Option<String>,
}

/// Changes them, or says what would come of it.
pub(super) async fn change(wish: Wish, api: &Api, printer: Printer) -> Result<(), ClientError> {
    let Wish { query, set, dry_run, found } = wish;
    let ask = |expected: Value, dry_run: bool| json!({"query": query, "set": set, "dry_run": dry_run, "expected": expected});
    let expected = match (&found, dry_run) {
        (Some(found), _) => seen(found)?,
        (None, true) => Value::Null,
        (None, false) => {
            let looked = api.change(Method::POST, PATH, Some(&ask(Value::Null, true))).await?;
            looked.get("found").cloned().unwrap_or_default()
        }
    };
    let answer = api.change(Method::POST, PATH, Some(&ask(expected, dry_run))).await?;
    printer.told(&answer, &told(&answer))?;
    let refused: u64 = reasons(&answer).map(|(_, count)| count).sum();
    match refused {
        0 => Ok(()),
        refused => Err(ClientError::Failed(format!("the rules refused it for {refused} assets; they are as they were"))),
    }
}

fn seen(found: &str) -> Result<Value, ClientError> {
    let parts = found.split_once(':').and_then(|(count, digest)| Some((count.parse::<u64>().ok()?, digest)));
    let (count, digest) = parts.ok_or_else(|| {
        ClientError::Usage(format!("--found is {found:?}; it must be COUNT:DIGEST as asset change --dry-run said"))
    })?;
    Ok(json!({"count": count, "digest": digest}))
}

fn reasons(answer: &Value) -> impl Iterator<Item = (&str, u64)> {
    let refused = answer.get("refused").and_then(Value::as_array).into_iter().flatten();
    refused.filter_map(|one| Some((one.get("reason")?.as_str()?, one.get("count")?.as_u64()?)))
}

fn told(answer: &Value) -> String {
    let count = |name: &str| answer.pointer(name).and_then(Value::as_u64).unwrap_or_default();
    let dry_run = answer.get("dry_run").and_then(Value::as_bool).unwrap_or_default();
    let mut text = format!(
        "{} assets found; {} {}, {} are so already",
        count("/found/count"),
        count("/changed"),
        if dry_run { "would change" } else { "changed" },
        count("/unchanged")
    );
    if count("/missing") > 0 {
        let _ = write!(text, ", {} are gone", count("/missing"));
    }
    text.push('.');
    for (reason, count) in reasons(answer) {
        let _ = write!(text, "\n{count} refused: {reason}");
    }
    for warning in answer.get("warnings").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        let _ = write!(text, "\nMind: {warning}");
    }
    if dry_run {
        let digest = answer.pointer("/found/digest").and_then(Value::as_str).unwrap_or_default();
        let _ = write!(
            text,
            "\nThis was a dry run: nothing was changed. To change exactly these, repeat it with --found {}:{digest} in place of --dry-run.",
            count("/found/count")
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_is_given_back_as_it_was_told() {
        assert_eq!(seen("3:ab").unwrap(), json!({"count": 3, "digest": "ab"}));
        for wrong in ["", "3", "x:ab", "-1:ab"] {
            assert!(seen(wrong).is_err(), "{wrong}");
        }
        let answer = json!({
            "dry_run": true, "found": {"count": 5, "digest": "ab"}, "changed": 3, "unchanged": 1, "missing": 0,
            "refused": [{"reason": "it is consumed", "count": 1}], "warnings": ["odd"],
        });
        let text = told(&answer);
        for part in
            ["5 assets found; 3 would change, 1 are so already.", "1 refused: it is consumed", "Mind: odd", "--found 5:ab"]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}
