//! What an import, or its dry run, says on a page: sums, refused lines with their reasons, and what is worth knowing.
//!
//! In: the events of the import. Out: what the page shows. It imports nothing.

use super::render::number;
use crate::{
    sheet::{Event, Summary},
    store::records::{LineState, RefusedLine},
};

/// Refused lines that are kept for the page and the file.
const LINES: usize = 1_000;
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
    pub(super) dry_run: bool,
}

impl Told {
    /// One event more.
    pub(super) fn take(&mut self, event: Event) {
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
            dry_run: summary.dry_run,
            lines,
            notes,
            failed,
        }
    }
}
