//! Where something of a person is kept, and what a purge does there.

use serde::Serialize;

/// A person by their login name on the endpoints or here, and what was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Person {
    /// The name, as it was asked for.
    pub person: String,
    /// Everywhere that was looked, in the order in which an administrator goes through it.
    pub places: Vec<Found>,
}

impl Person {
    /// Whether nothing was found anywhere.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.places.iter().all(|found| found.rows == 0)
    }

    /// Rows that a purge changes.
    #[must_use]
    pub fn purgeable(&self) -> u64 {
        self.places.iter().filter(|found| found.purged).map(|found| found.rows).sum()
    }
}

/// What was found in one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Found {
    /// The place, by a word that stays.
    pub place: &'static str,
    /// The place as people call it.
    pub title: &'static str,
    /// Rows with the person's name.
    pub rows: u64,
    /// Whether a purge puts a pseudonym there.
    pub purged: bool,
    /// What is kept there and why, or what to do about it.
    pub what: &'static str,
}
