//! Rules of records, tested over records in memory: what is entered as text, and what is found.

pub(in crate::record) mod desk;
mod entitlements;
mod laws;
mod others;
mod rights;
mod seed;
