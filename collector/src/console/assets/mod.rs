//! The pages about assets: the list by an encoded query, one asset, a change for all that a query finds, and the import of a file.
//!
//! In: queries and forms. Out: HTML and files. What may be entered is the domain's business.

mod cells;
mod change;
mod hygiene;
mod import;
mod list;
mod one;
mod query;

pub use change::{change_assets, change_form};
pub use hygiene::hygiene_page;
pub use import::{import_assets, import_form};
pub use list::{assets_file, assets_page};
pub use one::asset_page;
