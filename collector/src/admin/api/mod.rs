//! The admin API (contract 2.2): one file per group of endpoints.
//!
//! In: a request whose caller may do this. Out: JSON, CSV or a problem document. A handler parses, calls one function of a
//! service and encodes; no rule lives here.

#![expect(unused_qualifications, reason = "utoipa::path qualifies the types that it is given")]

pub mod agents;
mod answers;
pub mod api_tokens;
pub mod application_sets;
pub mod applications;
pub mod assets;
pub mod audit;
pub mod backup;
pub mod checkouts;
pub mod compliance;
pub mod explain;
pub mod factors;
pub mod forecast;
pub mod groups;
pub mod health;
pub mod idle;
pub mod imports;
pub mod interop_credentials;
pub mod join_tokens;
pub mod license;
pub mod license_metrics;
pub mod normalisation;
pub mod notifications;
pub mod offline_uses;
pub mod openapi;
mod openapi_keys;
mod openapi_versions;
pub mod privacy;
pub mod problems;
pub mod reconcile;
pub mod records;
pub mod references;
pub mod sessions;
pub mod settings;
pub mod sizing;
pub mod software;
pub mod status;
pub mod undo;
pub mod units;
pub mod units_history;
pub mod usage;
mod usage_asked;
mod usage_days;
pub mod usage_denials;
pub mod usage_hours;
pub mod usage_now;
pub mod users;
pub mod webhooks;

pub(super) use records::operations as record_operations;
