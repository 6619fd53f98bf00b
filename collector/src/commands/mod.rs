//! The commands of `muster-collector` that need no running collector.

mod calc;
mod check_config;
mod init;
mod keys;
mod look;
mod passphrase;
mod restore;
mod say;
mod serve;
mod verify;

pub use calc::{CalcArgs, calc};
pub use check_config::{CheckArgs, check_config};
pub use init::{InitArgs, init};
pub use keys::{KeysCommand, keys};
pub use muster_domain::query::REFERENCE as QUERY_REFERENCE;
pub use muster_domain::software::normal::REFERENCE as NORMALISATION_REFERENCE;
pub use restore::{RestoreArgs, restore};
pub(crate) use say::say;
pub use serve::{ServeArgs, serve};
pub use verify::{VerifyArgs, verify};
