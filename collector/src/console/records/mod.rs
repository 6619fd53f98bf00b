//! Pages of the records of software asset management: one set of pages for every kind, made from its description.
//!
//! In: forms and links of a browser. Out: HTML that works without scripts. What may stand in a record, and what follows from it, say
//! the records.

mod cells;
mod choices;
mod delete;
mod fields;
mod form;
mod history;
mod import;
mod imports;
mod list;
mod metrics;
mod overview;
mod related;
mod save;
mod words;

pub(super) use cells::{Cell, Column, Row, columns, row};
pub use delete::{confirm, delete};
pub use form::{new_form, record};
pub use import::{import_file, import_form};
pub use imports::{import, imports, set_line};
pub use list::list;
pub(super) use metrics::Fact;
pub use overview::overview;
pub use save::{create, edit, publish};
