//! What happens during an import.

use serde::Serialize;

/// The sums of an import.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Summary {
    /// The run among the imports that are kept; none of a dry run.
    pub import: Option<String>,
    /// Nothing was changed.
    pub dry_run: bool,
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
    /// Events that were not sent because nobody took them for half a minute; the run that is kept has the refused lines.
    pub untold: u64,
    /// Assets of the file that have an empty state, which licence counts leave out.
    pub uncounted_empty_state: u64,
    /// Records made of names that nobody knew, by table.
    pub new_references: Vec<NewReferences>,
    /// Columns that nobody can enter; they were not looked at.
    pub ignored_columns: Vec<String>,
    /// What an administrator should know of lines that were taken.
    pub warnings: Warnings,
}

/// Warnings of an import.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Warnings {
    /// How many.
    pub count: u64,
    /// The first 20, each with its line.
    pub first: Vec<String>,
}

impl Warnings {
    /// Most that are shown.
    const SHOWN: usize = 20;

    /// One more.
    pub fn add(&mut self, line: u64, text: &str) {
        self.count += 1;
        if self.first.len() < Self::SHOWN {
            self.first.push(format!("line {line}: {text}"));
        }
    }
}

/// What an import makes of names that were not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct NewReferences {
    /// The table, as in /api/v1/references/{table}, or the kind of record.
    #[schema(value_type = String)]
    pub table: &'static str,
    /// How many records.
    pub count: u64,
    /// The first 20 of their names.
    pub names: Vec<String>,
}

/// What happens during an import, one JSON object each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The header of the file, first of all.
    Header {
        /// Its cells.
        cells: Vec<String>,
        /// What parts them.
        delimiter: char,
    },
    /// A line that was refused.
    Refused {
        /// Its number in the file; the header is 1.
        line: u64,
        /// The header of the first column that is wrong; none where it is the line as a whole.
        column: Option<String>,
        /// Its cells.
        cells: Vec<String>,
        /// Why, and what would be right.
        reason: String,
    },
    /// How far it is.
    Progress {
        /// Bytes read.
        bytes: u64,
        /// Bytes of the file; 0 where whoever sends it did not say.
        of: u64,
        /// Lines done.
        lines: u64,
    },
    /// Everything is stored.
    Done(Summary),
    /// It broke off; what was stored stays, and repeating the import goes on from there.
    Failed {
        /// Why.
        reason: String,
        /// What was stored.
        stored: Summary,
    },
}
