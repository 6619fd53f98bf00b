//! Why a file cannot be read, or only in part.

use std::time::Duration;

/// Why a file is refused as a whole, or why its rest is not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SheetError {
    /// There is no header.
    #[error("the file is empty; its first line must name the columns")]
    Empty,
    /// It is UTF-16.
    #[error("the file is UTF-16 text; save it as UTF-8 (\"CSV UTF-8\")")]
    Wide,
    /// It is something else than lines of cells.
    #[error("the file is {what}, not CSV; {hint}")]
    NotCsv {
        /// What it is.
        what: &'static str,
        /// What to do.
        hint: &'static str,
    },
    /// The header cannot be read.
    #[error("the first line, which names the columns, cannot be read: {0}")]
    Header(String),
    /// A column that is not known.
    #[error("there is no {what} {name:?} (column {number}); nothing was imported. {known}")]
    UnknownColumn {
        /// What it should be.
        what: String,
        /// Its header.
        name: String,
        /// Its place, from 1.
        number: usize,
        /// A sentence that says what is known.
        known: String,
    },
    /// Two columns of one field.
    #[error("the columns {first} and {second} are both {name:?}; nothing was imported")]
    Twice {
        /// The field.
        name: String,
        /// Its first place, from 1.
        first: usize,
        /// Its second one.
        second: usize,
    },
    /// It did not come to its end.
    #[error("the file broke off after {bytes} bytes: {reason}")]
    Cut {
        /// How many bytes came.
        bytes: u64,
        /// Why.
        reason: String,
    },
    /// Nothing came for so long that nothing more is expected.
    #[error("nothing of the file came for {} seconds", .0.as_secs())]
    Slow(Duration),
    /// It has more lines than an import takes.
    #[error("the file has more than {0} lines, the most of one import; put the others into a file of their own")]
    TooLong(u64),
}

/// Why an import broke off.
#[derive(Debug, thiserror::Error)]
pub enum ImportError<E: std::error::Error> {
    /// The file.
    #[error(transparent)]
    Sheet(SheetError),
    /// What the lines are stored in.
    #[error(transparent)]
    Store(E),
}

impl<E: std::error::Error> From<SheetError> for ImportError<E> {
    fn from(error: SheetError) -> Self {
        Self::Sheet(error)
    }
}
