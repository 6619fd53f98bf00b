//! The admin client: the commands of `muster-collector` that talk to a running collector over its admin API.
//!
//! In: arguments, a token, the collector's answers. Out: tables for people, JSON and CSV for programs, and an exit code
//! (contract 1). It decides nothing: what a command may do is the collector's business.

mod args;
mod commands;
mod error;
mod fit;
mod http;
mod named;
mod show;
mod time;
mod upload;

pub use args::{
    AgentCommand, ApplicationCommand, ApplicationFields, Approval, AssetCommand, AtLimit, AuditCommand, CheckoutCommand,
    CheckoutFields, ClientArgs, Command, ComplianceCommand, Counted, GroupCommand, JoinTokenCommand, JoinTokenFields,
    LicenseCommand, Limit, Named, Offline, RecordArgs, ReferenceCommand, SessionCommand, SettingsCommand, SharingKey,
    UnitsCommand, UsageCommand,
};
pub use commands::run;
pub use error::ClientError;
