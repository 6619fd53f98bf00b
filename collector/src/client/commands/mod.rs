//! The commands: one file per subject, each one or two requests and one way to show the answer.

mod agents;
mod api_tokens;
mod applications;
mod asset_actions;
mod asset_files;
mod assets;
mod audit;
mod candidates;
mod checkouts;
mod compliance;
mod explain;
mod groups;
mod import_file;
mod imports;
mod join_tokens;
mod license;
mod metrics;
mod normalisation;
mod notify;
mod offline_uses;
mod reconcile;
mod reconcile_export;
mod reconcile_run;
mod records;
mod references;
mod run;
mod sessions;
mod settings;
mod sizing;
mod software;
mod status;
mod units;
mod usage;
mod usage_hours;
mod users;

pub use run::run;
