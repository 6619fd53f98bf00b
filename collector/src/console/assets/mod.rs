//! The pages about assets: the list by an encoded query, one asset and its form, a change for all that a query finds, and the import of a file.
//!
//! In: queries and forms. Out: HTML and files. What may be entered is the domain's business.

mod cells;
mod change;
mod fields;
mod form;
mod hygiene;
mod import;
mod list;
mod one;
mod query;
mod save;
mod states;

pub use change::{change_assets, change_form};
pub use form::{edit_form, new_form};
pub use hygiene::hygiene_page;
pub use import::{import_assets, import_form};
pub use list::{assets_file, assets_page};
pub use one::asset_page;
pub use save::{edit, make};
