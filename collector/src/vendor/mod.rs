//! The vendor tool: signing keys, licence keys, and the ledger of what was issued (contract 1.3).
//!
//! In: the command line, key files, request files. Out: texts for standard output and files, and the exit code. It needs no
//! collector and no network; what a licence key is, is `muster-license`'s business.

mod cli;
mod deliver;
mod endorse;
mod error;
mod files;
mod findings;
mod inspect;
mod issue;
mod keygen;
mod ledger;
mod renew;
mod report;
mod terms;

pub use cli::{Answer, Cli, Command, execute};
pub use error::VendorError;

#[cfg(test)]
mod report_tests;
#[cfg(test)]
mod tests;
