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
mod join_tokens;
mod license;
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
pub use join_tokens::*;
pub use license::*;
pub use references::*;
pub use sessions::*;
pub use settings::*;
pub(super) use software::*;
pub use units::*;
pub use usage::*;
