//! Imports of files that were run.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One run of an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportRun {
    /// Its id; later ones sort later.
    pub id: Uuid,
    /// The kind of record, by its path.
    pub kind: String,
    /// The name of the file, where it was told.
    pub file: Option<String>,
    /// Who brought it.
    pub by: String,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended; none for one that was cut off.
    pub finished_at: Option<DateTime<Utc>>,
    /// What came of it. It is [`ImportState::Failed`] until it is over, so that one that is cut off is.
    pub state: ImportState,
    /// Why it failed.
    pub failure: Option<String>,
    /// Lines with content, without the header.
    pub lines: u64,
    /// Records made.
    pub created: u64,
    /// Records changed.
    pub updated: u64,
    /// Lines that say what is known already.
    pub unchanged: u64,
    /// Lines that were refused.
    pub refused: u64,
    /// The header of the file.
    pub header: Vec<String>,
    /// What parts its cells.
    pub delimiter: char,
    /// Whether an empty cell empties its field.
    #[serde(default)]
    pub clear_empty: bool,
}

/// What came of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ImportState {
    /// Every line is in.
    Completed,
    /// Some lines were refused.
    #[serde(rename = "Completed with errors")]
    CompletedWithErrors,
    /// It broke off.
    Failed,
}

/// A line that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedLine {
    /// Its number in the file.
    pub line: u64,
    /// The header of the first column that is wrong.
    pub column: Option<String>,
    /// Its cells.
    pub cells: Vec<String>,
    /// Why, and what would be right.
    pub reason: String,
    /// Whether somebody saw to it.
    pub state: LineState,
    /// Who set the state last.
    pub state_by: Option<String>,
}

/// Whether somebody saw to a line that was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LineState {
    /// Nobody did.
    #[serde(rename = "Needs review")]
    NeedsReview,
    /// Somebody did.
    #[serde(rename = "Manually fixed", alias = "Fixed")]
    ManuallyFixed,
}
