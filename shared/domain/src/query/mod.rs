//! The encoded query language (`sysparm_query`): parse, check against a catalogue, evaluate over rows, print, compose.
//!
//! The parser reads the whole grammar and every operator. This version evaluates `=`, `!=`, `IN`, `NOT IN`, `ISEMPTY` and
//! `ISNOTEMPTY`; the check refuses all others by name and place, never by counting something else.

mod ast;
mod check;
mod compose;
mod error;
mod eval;
mod literal;
mod operator;
mod parse;
mod print;

pub use ast::{Comparison, Direction, Modifier, Path, Place, Query, Related, Term, TextSearch};
pub use check::{Catalogue, Checked, Column, ValueKind, Warning, check, compile};
pub use compose::{ComposeError, add_filter};
pub use error::{QueryError, QueryErrorKind};
pub use eval::{NullMode, Row, ValueRef};
pub use operator::Operator;
pub use parse::{MAX_BYTES, MAX_TERMS, parse};
