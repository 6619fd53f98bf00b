//! What an import, or its dry run, says on a page: sums, refused lines with their reasons, and what is worth knowing.
//!
//! In: the events of the import. Out: what the page shows. It imports nothing.

use super::render::number;
use crate::{
    admin::api::imports::errors_file,
    sheet::{Event, Summary},
    store::records::{LineState, RefusedLine},
};
use tokio::sync::mpsc;

/// Events that wait.
const WAITING: usize = 1_000;
/// Refused lines that are kept for the page and the file.
const LINES: usize = 50_000;
/// Refused lines on the page.
const SHOWN: usize = 50;

/// What was told of an import.
#[derive(Default)]
pub(super) struct Told {
    pub(super) header: Vec<String>,
    pub(super) delimiter: Option<char>,
    pub(super) lines: Vec<RefusedLine>,
    pub(super) summary: Summary,
    pub(super) failed: Option<String>,
}

/// What was done, or would be.
pub(super) struct Outcome {
    pub(super) facts: Vec<(&'static str, String)>,
    pub(super) lines: Vec<RefusedLine>,
    pub(super) more: usize,
    pub(super) notes: Vec<String>,
    pub(super) failed: Option<String>,
    pub(super) good: bool,
    /// Not one line is taken.
    pub(super) nothing: bool,
    pub(super) dry_run: bool,
}

impl Told {
    /// Of an import that `begin` starts in a task of its own, heard to its end: a browser that goes away must not end it half-way.
    pub(super) async fn of<F: Future<Output = ()> + Send + 'static>(begin: impl FnOnce(mpsc::Sender<Event>) -> F) -> Self {
        let (events, mut heard) = mpsc::channel(WAITING);
        tokio::spawn(begin(events));
        let mut told = Self::default();
        let mut over = false;
        while let Some(event) = heard.recv().await {
            over |= matches!(event, Event::Done(_) | Event::Failed { .. });
            told.take(event);
        }
        if !over {
            told.failed = Some("The import ended early; look which lines were taken, and import the file again.".to_owned());
        }
        told
    }

    /// Why the refused lines are no file: it would not have all of them.
    pub(super) fn no_file(&self) -> Option<String> {
        let all = usize::try_from(self.summary.refused).is_ok_and(|refused| refused <= self.lines.len());
        let count = number(self.summary.refused);
        (!all).then(|| {
            format!("{count} lines are refused, more than the page can give as a file; the command does: --errors FILE.")
        })
    }

    /// The refused lines as a file of the same form.
    pub(super) fn errors_file(&self) -> Vec<u8> {
        errors_file(&self.header, self.delimiter.unwrap_or(','), &self.lines)
    }

    /// One event more.
    fn take(&mut self, event: Event) {
        match event {
            Event::Header { cells, delimiter } => (self.header, self.delimiter) = (cells, Some(delimiter)),
            Event::Refused { line, column, cells, reason } if self.lines.len() < LINES => {
                let state = LineState::NeedsReview;
                self.lines.push(RefusedLine { line, column, cells, reason, state, state_by: None });
            }
            Event::Refused { .. } | Event::Progress { .. } => {}
            Event::Done(summary) => self.summary = summary,
            Event::Failed { reason, stored } => (self.failed, self.summary) = (Some(reason), stored),
        }
    }
}

impl Outcome {
    /// Of an import that is over.
    pub(super) fn of(told: Told) -> Self {
        let Told { header: _, delimiter: _, mut lines, summary, failed } = told;
        let refused = usize::try_from(summary.refused).unwrap_or(usize::MAX);
        lines.truncate(SHOWN);
        for line in &mut lines {
            line.reason = beside(line.column.as_deref(), &line.reason).to_owned();
        }
        let mut notes = Vec::new();
        if !summary.ignored_columns.is_empty() {
            notes.push(format!("Not looked at, because nobody can enter them: {}.", summary.ignored_columns.join(", ")));
        }
        for made in &summary.new_references {
            notes.push(format!("{} new {}: {}", number(made.count), made.table, made.names.join(", ")));
        }
        if summary.uncounted_empty_state > 0 {
            notes.push(format!("{} of them have no state and are not counted.", number(summary.uncounted_empty_state)));
        }
        notes.extend(summary.warnings.first.iter().cloned());
        let (made, changed) = if summary.dry_run { ("Would be made", "Would be changed") } else { ("Made", "Changed") };
        Self {
            facts: vec![
                ("Lines", number(summary.lines)),
                (made, number(summary.created)),
                (changed, number(summary.updated)),
                ("Known already", number(summary.unchanged)),
                ("Refused", number(summary.refused)),
            ],
            more: refused.saturating_sub(lines.len()),
            good: failed.is_none() && summary.refused == 0,
            nothing: summary.refused > 0 && summary.refused == summary.lines,
            dry_run: summary.dry_run,
            lines,
            notes,
            failed,
        }
    }
}

/// A reason beside the column it is about, whose name need not be said twice.
pub(super) fn beside<'a>(column: Option<&str>, reason: &'a str) -> &'a str {
    let name = |text: &str| text.trim().to_lowercase().replace(' ', "_");
    match (column, reason.split_once(": ")) {
        (Some(column), Some((named, rest))) if name(column) == name(named) => rest,
        _ => reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_named_once() {
        for (column, reason, expected) in [
            (Some("assigned_to"), "assigned_to: nothing is known: x", "nothing is known: x"),
            (Some("Assigned to"), "assigned_to: nothing is known", "nothing is known"),
            (Some("model"), "assigned_to: nothing is known", "assigned_to: nothing is known"),
            (None, "assigned_to: nothing is known", "assigned_to: nothing is known"),
            (Some("model"), "no", "no"),
        ] {
            assert_eq!(beside(column, reason), expected);
        }
    }

    #[tokio::test]
    async fn an_import_that_does_not_end_is_no_good_news() {
        let hear = async |events: Vec<Event>| {
            let told = Told::of(|told| async move {
                for event in events {
                    told.send(event).await.unwrap();
                }
            });
            told.await
        };
        let good = Outcome::of(hear(vec![Event::Done(Summary { lines: 3, ..Summary::default() })]).await);
        assert!(good.good && good.failed.is_none());
        let cut = Outcome::of(hear(vec![Event::Progress { bytes: 1, of: 2, lines: 3 }]).await);
        assert!(!cut.good && cut.failed.is_some_and(|reason| reason.contains("ended early")));
    }

    #[tokio::test]
    async fn a_file_of_refused_lines_has_all_of_them_or_is_none() {
        let refused = |line| Event::Refused { line, column: None, cells: Vec::new(), reason: String::new() };
        let told = async |lines: u64| {
            let summary = Summary { refused: lines, ..Summary::default() };
            let told = Told::of(|told| async move {
                for line in 0..lines {
                    told.send(refused(line)).await.unwrap();
                }
                told.send(Event::Done(summary)).await.unwrap();
            });
            told.await
        };
        let most = u64::try_from(LINES).unwrap();
        assert_eq!(told(most).await.no_file(), None);
        assert!(told(most + 1).await.no_file().is_some_and(|why| why.contains("--errors FILE")));
    }
}
