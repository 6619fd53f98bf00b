//! Personal data: where the name of a person is kept, and what becomes of it.
//!
//! In: the history of use, a person's name, how long names are kept. Out: pseudonyms in the place of names; what was found and what
//! stays. A number never changes with a name: as many rows, seats and times are there afterwards as were before. Who lives, holds a
//! seat or logs in is left alone, and so is the audit log.

mod person;
mod pseudonym;
mod service;

pub use person::{Found, Person};
pub use pseudonym::{Pseudonyms, is_pseudonym};
pub use service::{Parts, Privacy, PrivacyError};
