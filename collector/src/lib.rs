//! The collector: where reports arrive, are kept, counted and judged.
//!
//! A report goes one way: `gateway` → `ingest` → `store` → `sessions`; `jobs` judge at night and `publish` says what came out;
//! `admin` and `console` show it. Only `app` knows everyone.

pub mod admin;
pub mod client;
pub mod compliance;
pub mod console;
pub mod ingest;
pub mod publish;
pub mod sessions;
pub mod store;
pub mod trust;
