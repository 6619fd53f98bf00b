//! The admin listener as a whole: every test speaks HTTP to the real router over the real store.

mod access;
mod api;
mod assets;
mod browser;
mod client;
mod errors;
mod estate_pages;
mod explain;
mod forms;
mod imports;
mod notifications;
mod record_files;
mod record_round_trip;
mod record_uses;
mod record_ways_out;
mod records_pages;
mod references;
mod settings;
mod software_pages;
mod software_rules;
mod units;
mod units_page;
mod usage;
mod users;
