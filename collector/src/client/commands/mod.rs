//! The commands: one file per subject, each one or two requests and one way to show the answer.

mod agents;
mod applications;
mod assets;
mod audit;
mod compliance;
mod explain;
mod join_tokens;
mod license;
mod run;
mod sessions;
mod settings;
mod status;

pub use run::run;
