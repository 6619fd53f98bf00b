//! The import of a file, of assets or of any kind of record: the upload, what is heard of it, and the file of refused lines.

use crate::client::{error::ClientError, http::Api, show::Printer};
use muster_runtime::{durable, output::printable};
use serde_json::Value;
use std::{
    fmt::Write as _,
    io::{IsTerminal as _, Write as _},
    path::{Path, PathBuf},
};

/// Reasons that are told on the terminal; the file of refused lines has all.
const TOLD: usize = 10;

/// How to import.
#[derive(Debug, Default)]
pub(super) struct How {
    /// Where refused lines go.
    pub(super) errors: Option<PathBuf>,
    /// What the collector is asked for with `=true`.
    pub(super) flags: Vec<&'static str>,
    /// The collector keeps the run and wants to know what the file is called.
    pub(super) named: bool,
}

/// The names of what was asked for.
pub(super) fn chosen(flags: &[(&'static str, bool)]) -> Vec<&'static str> {
    flags.iter().filter(|(_, set)| *set).map(|(name, _)| *name).collect()
}

/// Imports a file at this path of the API and tells what came of it.
pub(super) async fn import(path: &str, file: &Path, how: &How, api: &Api, printer: Printer) -> Result<(), ClientError> {
    let mut query: Vec<(&str, &str)> = how.flags.iter().map(|name| (*name, "true")).collect();
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if how.named {
        query.push(("file", &name));
    }
    let mut response = api.upload(path, &query, "text/csv", file).await?;
    let (mut import, mut rest) = (Import::default(), Vec::new());
    while let Some(piece) = api.piece(&mut response).await? {
        rest.extend(piece);
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = rest.drain(..=end).collect();
            import.hear(&line)?;
        }
    }
    import.progress.end();
    // They come by portions, and within one by what was wrong first.
    import.refused.sort_by_key(|refused| refused.line);
    import.finish(how, printer)
}

/// A line that was refused.
struct Refused {
    line: u64,
    /// The column that is wrong; empty where it is the line as a whole.
    column: String,
    cells: Vec<String>,
    reason: String,
}

/// What was heard of an import.
#[derive(Default)]
struct Import {
    header: Vec<String>,
    delimiter: u8,
    refused: Vec<Refused>,
    outcome: Option<Result<Value, (String, Value)>>,
    progress: Progress,
}

impl Import {
    fn hear(&mut self, line: &[u8]) -> Result<(), ClientError> {
        let event: Value = serde_json::from_slice(line)
            .map_err(|error| ClientError::Failed(format!("the collector's answer cannot be read: {error}")))?;
        let Some((kind, body)) = event.as_object().and_then(|event| event.iter().next()) else { return Ok(()) };
        let number = |name: &str| body.get(name).and_then(Value::as_u64).unwrap_or_default();
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let cells = || {
            let cells = body.get("cells").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            cells.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        match kind.as_str() {
            "header" => {
                self.header = cells();
                self.delimiter = text("delimiter").bytes().next().unwrap_or(b',');
            }
            "refused" => self.refused.push(Refused {
                line: number("line"),
                column: text("column"),
                cells: cells(),
                reason: text("reason"),
            }),
            "progress" => self.progress.tell(number("bytes"), number("of"), number("lines")),
            "done" => self.outcome = Some(Ok(body.clone())),
            "failed" => self.outcome = Some(Err((text("reason"), body.get("stored").cloned().unwrap_or_default()))),
            _ => {}
        }
        Ok(())
    }

    fn finish(self, how: &How, printer: Printer) -> Result<(), ClientError> {
        if let Some(file) = &how.errors {
            let written = durable::write(file, &self.errors_file(), 0o644);
            written.map_err(|error| ClientError::Local { what: file.display().to_string(), error })?;
        }
        let (summary, broken) = match self.outcome {
            Some(Ok(summary)) => (summary, None),
            Some(Err((reason, stored))) => (stored, Some(reason)),
            None => {
                return Err(ClientError::Failed(
                    "the collector broke off the import; what it stored stays. Import the file again: no line is stored twice"
                        .to_owned(),
                ));
            }
        };
        printer.told(&summary, &told(&summary))?;
        if let Some(reason) = broken {
            return Err(ClientError::Failed(format!(
                "the import broke off: {reason}. Import the file again: no line is stored twice"
            )));
        }
        let untold = summary.get("untold").and_then(Value::as_u64).unwrap_or_default();
        if self.refused.is_empty() && untold == 0 {
            return Ok(());
        }
        let mut text = format!(
            "{} of {} lines {} refused",
            self.refused.len(),
            summary.get("lines").unwrap_or(&Value::Null),
            if self.refused.len() == 1 { "was" } else { "were" }
        );
        match &how.errors {
            Some(file) => {
                let _ = write!(text, "; they are in {} with the reasons. Mend them there and import that file", file.display());
            }
            None => {
                for Refused { line, column, reason, .. } in self.refused.iter().take(TOLD) {
                    let column = if column.is_empty() { String::new() } else { format!(", column {column}") };
                    let _ = write!(text, "\n  line {line}{}: {}", printable(&column), printable(reason));
                }
                if self.refused.len() > TOLD {
                    let _ =
                        write!(text, "\n  and {} more; --errors FILE writes all of them to a file", self.refused.len() - TOLD);
                }
            }
        }
        Err(ClientError::Lines(text))
    }

    /// The refused lines as a file of the same form, with number and reason behind.
    fn errors_file(&self) -> Vec<u8> {
        let kept: Vec<usize> = (0..self.header.len())
            .filter(|place| {
                let name = self.header.get(*place).map(|name| name.trim().to_lowercase());
                !matches!(name.as_deref(), Some("line" | "reason"))
            })
            .collect();
        let row = |cells: &[String], line: String, reason: &str| {
            let mut row: Vec<String> = kept.iter().map(|place| cells.get(*place).cloned().unwrap_or_default()).collect();
            row.extend([line, reason.to_owned()]);
            row
        };
        let mut writer = csv::WriterBuilder::new().delimiter(self.delimiter).from_writer(Vec::new());
        // Writing to memory does not fail: every row has as many cells as the header.
        drop(writer.write_record(row(&self.header, "line".to_owned(), "reason")));
        for Refused { line, cells, reason, .. } in &self.refused {
            drop(writer.write_record(row(cells, line.to_string(), reason)));
        }
        writer.into_inner().unwrap_or_default()
    }
}

fn told(summary: &Value) -> String {
    let number = |name: &str| summary.get(name).and_then(Value::as_u64).unwrap_or_default();
    let text_of = |name: &str| summary.get(name).and_then(Value::as_str);
    let dry_run = summary.get("dry_run").and_then(Value::as_bool).unwrap_or_default();
    let mut text = format!(
        "{} lines: {} new, {} changed, {} as they were, {} refused.",
        number("lines"),
        number("created"),
        number("updated"),
        number("unchanged"),
        number("refused")
    );
    if dry_run {
        text.push_str(" This was a dry run: nothing was stored.");
    }
    if let Some(sentence) = crate::publish::uncounted(number("uncounted_empty_state")) {
        let _ = write!(text, "\n{sentence}");
    }
    for made in summary.get("new_references").and_then(Value::as_array).into_iter().flatten() {
        let count = made.get("count").and_then(Value::as_u64).unwrap_or_default();
        let table = made.get("table").and_then(Value::as_str).unwrap_or_default();
        let names = made.get("names").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let names: Vec<_> = names.iter().filter_map(Value::as_str).map(|name| printable(name)).collect();
        let _ = write!(text, "\nNew in {table}: {count} ({}", names.join(", "));
        let more = count.saturating_sub(u64::try_from(names.len()).unwrap_or(u64::MAX));
        text.push_str(&if more > 0 { format!(" and {more} more).") } else { ").".to_owned() });
    }
    let warnings = summary.pointer("/warnings/first").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for warning in warnings.iter().filter_map(Value::as_str) {
        let _ = write!(text, "\nwarning: {}", printable(warning));
    }
    let more = summary.pointer("/warnings/count").and_then(Value::as_u64).unwrap_or_default();
    let more = more.saturating_sub(u64::try_from(warnings.len()).unwrap_or(u64::MAX));
    if more > 0 {
        let _ = write!(text, "\nand {more} more warnings.");
    }
    if let (Some(import), true) = (text_of("import"), number("refused") > 0) {
        let _ = write!(
            text,
            "\nThe refused lines are kept: muster-collector import show {import}. What can be done with one: muster-collector import set-line \
             {import} LINE again|create-contract|skip-contract|create-duplicate|fixed"
        );
    }
    let ignored = summary.get("ignored_columns").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let ignored: Vec<&str> = ignored.iter().filter_map(Value::as_str).collect();
    if !ignored.is_empty() {
        let _ = write!(text, "\nColumns that nobody can enter were not looked at: {}.", ignored.join(", "));
    }
    text
}

/// How far it is, on a terminal.
#[derive(Default)]
struct Progress {
    shown: bool,
}

impl Progress {
    fn tell(&mut self, bytes: u64, of: u64, lines: u64) {
        let mut out = std::io::stderr().lock();
        if !out.is_terminal() {
            return;
        }
        let percent = bytes.saturating_mul(100).checked_div(of).unwrap_or(100).min(100);
        let full = usize::try_from(percent / 4).unwrap_or_default();
        self.shown = true;
        let _ = write!(out, "\r[{:<25}] {percent:>3} %  {lines} lines", "#".repeat(full));
        let _ = out.flush();
    }

    /// Takes the bar away.
    fn end(&mut self) {
        if std::mem::take(&mut self.shown) {
            let _ = write!(std::io::stderr().lock(), "\r{:<60}\r", "");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn refused_lines_are_a_file_to_mend() {
        let mut import = Import::default();
        for event in [
            json!({"header": {"cells": ["Asset tag", "reason", "comments"], "delimiter": ";"}}),
            json!({"progress": {"bytes": 1, "of": 2, "lines": 3}}),
            json!({"refused": {"line": 3, "column": "comments", "cells": ["P1", "old", "a;\"b\""], "reason": "cost: \"x\" is not a decimal number"}}),
            json!({"refused": {"line": 9, "column": null, "cells": ["P2"], "reason": "it has 1 cells, the header has 3"}}),
            json!({"done": {"lines": 9, "refused": 2}}),
        ] {
            import.hear(event.to_string().as_bytes()).unwrap();
        }
        assert_eq!(
            String::from_utf8(import.errors_file()).unwrap(),
            "Asset tag;comments;line;reason\nP1;\"a;\"\"b\"\"\";3;\"cost: \"\"x\"\" is not a decimal number\"\n\
             P2;;9;it has 1 cells, the header has 3\n"
        );
        assert!(matches!(import.outcome, Some(Ok(_))));
        assert!(import.hear(b"<html>").is_err());
    }
}
