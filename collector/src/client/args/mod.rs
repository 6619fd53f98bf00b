//! The arguments of the admin client (contract 1.1), one file for each subject.

mod agents;
mod api_tokens;
mod applications;
mod assets;
mod audit;
mod checkouts;
mod command;
mod compliance;
mod connection;
mod imports;
mod join_tokens;
mod license;
mod records;
mod references;
mod sessions;
mod settings;
mod software;
mod units;
mod usage;

pub use agents::*;
pub(super) use api_tokens::*;
pub use applications::*;
pub use assets::*;
pub use audit::*;
pub use checkouts::*;
pub use command::*;
pub use compliance::*;
pub use connection::*;
pub(super) use imports::*;
pub use join_tokens::*;
pub use license::*;
pub(super) use records::*;
pub use references::*;
pub use sessions::*;
pub use settings::*;
pub(super) use software::*;
pub use units::*;
pub(super) use usage::*;

/// A field with its value, as people write it.
fn field_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err("write it as FIELD=VALUE, such as install_status=7".to_owned()),
    }
}
