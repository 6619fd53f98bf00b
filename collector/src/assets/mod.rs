//! Assets as records: files that bring and take them, actions on them, and what is wrong with them.
//!
//! In: bytes of files, names of actions, the assets of the store. Out: records that changed with their history, lines that were
//! refused with the reason, findings. The rules are the domain's.

mod act;
mod export;
mod hygiene;
mod import;
mod index;
mod lines;

pub use act::act;
pub use act::{Acted, read_action};
pub use export::{columns, stream};
pub use hygiene::{Contact, Hygiene, look};
pub use import::{Event, Importer, Order, Running, Summary};
pub use lines::{Sheet, SheetError};
