//! The commands of `muster-collector` that need no running collector.

mod calc;
mod check_config;
mod init;
mod say;
mod serve;

pub use calc::{CalcArgs, calc};
pub use check_config::{CheckArgs, check_config};
pub use init::{InitArgs, init};
pub use muster_domain::query::REFERENCE as QUERY_REFERENCE;
pub use muster_domain::software::normal::REFERENCE as NORMALISATION_REFERENCE;
pub(crate) use say::say;
pub use serve::{ServeArgs, serve};
