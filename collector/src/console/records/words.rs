//! What kinds of records are called on pages.

use crate::admin::{Answer, Failure};
use muster_domain::record::{Schema, kinds};

/// The kind of a path.
pub(super) fn kind_of(path: &str) -> Answer<&'static Schema> {
    kinds::find(path).ok_or_else(|| Failure::not_found("kind of record", path))
}

/// What several records of a kind are called: `Software users`.
pub(super) fn plural(schema: &Schema) -> String {
    capital(&schema.path.replace('-', " "))
}

/// A text that begins a line.
pub(super) fn capital(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}
