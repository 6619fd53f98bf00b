//! `collector.toml` (contract section 3): every key optional, flags over `MUSTER_*` over the file over the default.

mod file;
mod load;
mod mail;
mod oidc;

pub use file::{AdminTls, ConfigFile, MailTls};
pub use load::{AdminConfig, AgentsConfig, Config, Overrides, load};
pub use mail::MailConfig;
pub use oidc::{Oidc, OidcConfig, OidcRoles};
