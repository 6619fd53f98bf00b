//! The encoded query language (`sysparm_query`): parse, check against a catalogue, evaluate over rows, print, compose.
//!
//! What is read and not evaluated is refused by name and place, never by counting something else. [`REFERENCE`] is the page for
//! people.

mod ast;
mod check;
mod compare;
mod compose;
mod context;
mod error;
mod eval;
mod ids;
mod literal;
mod members;
mod operator;
mod outcome;
mod parse;
mod period;
mod prepare;
mod print;
mod reference;
mod related;
mod script;
mod test;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod text;

pub use ast::{Comparison, Direction, Modifier, Path, Place, Query, Related, Term, TextSearch};
pub use check::{Catalogue, Checked, Column, MAX_VALUES, ValueKind, Warning, check, compile};
pub use compose::{ComposeError, add_filter};
pub use context::{Context, Invalid};
pub use error::{QueryError, QueryErrorKind, excerpt};
pub use eval::{NullMode, Row, ValueRef};
pub use ids::IdSet;
pub use operator::Operator;
pub use outcome::{Answers, Outcome, Rest};
pub use parse::{MAX_BYTES, MAX_ORDERS, MAX_TERMS, parse};
pub use prepare::{Beforehand, Hint, Walked};
pub use reference::REFERENCE;
