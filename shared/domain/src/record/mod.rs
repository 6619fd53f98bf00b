//! Records of software asset management, described as data: what a kind of record is called, which fields it has, what may stand in
//! them and what must agree.
//!
//! In: what people and files enter, and the records that there are. Out: checked values, values that follow from others, errors and
//! warnings that name the field. One description serves the store, the API, files and pages; it must not know any of them.

mod field;
mod findings;
mod journal;
pub mod kinds;
mod library;
pub mod normalization;
mod read;
mod schema;
mod settle;
#[cfg(test)]
mod tests;
mod uses;
mod values;

pub use field::{Field, FieldKind, MOST};
pub use findings::{FieldError, Findings};
pub use journal::noted;
pub use library::{Library, Shelf};
pub use read::{Entry, Names, ReadError, read_cell};
pub use schema::{Check, Derive, Rules, Schema};
pub use settle::{Draft, Follow, Settled, derived, settle};
pub use uses::{User, belongings, in_words, users};
pub use values::Values;
