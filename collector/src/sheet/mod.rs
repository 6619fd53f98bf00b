//! Files of lines and cells, read as they come, and what is told while one is imported.
//!
//! In: the pieces of a file as spreadsheets write it, and what its columns mean. Out: lines with their numbers, in memory that does
//! not grow with the file; events for whoever brought it. It must know neither assets nor records.

mod error;
mod event;
mod kind;
mod lines;
mod nameless;
mod told;
mod window;

pub use error::{ImportError, SheetError};
pub use event::{Event, NewReferences, Summary, Warnings};
pub use lines::{Column, Line, Sheet, UnknownColumn};
pub use nameless::Nameless;
pub use told::Told;
pub use window::{Source, drain, whole};
