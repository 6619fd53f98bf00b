//! Assets as records: files that bring and take them, actions on them, what is wrong with them, and what their reference fields
//! point to.
//!
//! In: bytes of files, names of actions, the assets and reference records of the store. Out: records that changed with their
//! history, lines that were refused with the reason, findings; snapshots of the reference tables, one for each operation. The rules
//! are the domain's.

mod act;
mod change;
mod complete;
mod directory;
mod enter;
mod export;
mod foresee;
mod hygiene;
mod import;
mod index;
mod newcomers;

pub use act::{Acted, act, read_action};
pub use change::{ManyChange, ManyChanged, change_many};
pub use complete::{Completion, CompletionKind, complete};
pub use directory::ReferenceTables;
pub use enter::{change_one, new_asset, store_new};
pub use export::{columns, stream};
pub use foresee::{Counting, Foreseen, foresee};
pub use hygiene::{Contact, Hygiene, look};
pub use import::{Importer, Order, Running, column};
pub use newcomers::{NewName, NewNames};
