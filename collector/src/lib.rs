//! The collector: where reports arrive, are kept, counted and judged.
//!
//! A report goes one way: `gateway` → `ingest` → `store` → `sessions`; `jobs` judge at night and `publish` says what came out;
//! `admin` and `console` show it. Only `app` knows everyone. `vendor` is the other binary's.

pub mod admin;
pub mod app;
pub mod assets;
pub mod calc;
pub mod chain;
pub mod cli;
pub mod client;
pub mod commands;
pub mod compliance;
pub mod config;
pub mod console;
pub mod gateway;
pub mod ingest;
pub mod interop;
pub mod jobs;
pub mod notify;
pub mod privacy;
pub mod publish;
pub mod reconcile;
pub mod records;
pub mod sessions;
pub mod settings;
pub mod sheet;
pub mod site;
pub mod sso;
pub mod store;
pub mod trust;
pub mod units;
pub mod vendor;
