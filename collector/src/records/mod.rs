//! Records of software asset management at this site: kept in memory as they are stored, changed one at a time under the rules of
//! their kind.
//!
//! In: what people and files enter, by field. Out: records with what follows from them. What a kind is says the domain; what a
//! number means says `reconcile`.

mod batch;
mod book;
mod change;
mod directory;
mod entered;
mod error;
mod import;
mod importer;
mod look;
mod names;
mod redo;
mod work;

pub use batch::Batch;
pub use book::Seen;
pub use change::{Kept, Order, Put};
pub use directory::{Parts, Records};
pub use entered::{FromLine, Unknown};
pub use error::RecordError;
pub use import::{Column, column, missing, template};
pub use importer::{How, Imports};
pub use names::{AssetNames, called};
pub use redo::Way;
