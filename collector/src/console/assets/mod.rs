//! The pages about assets: the list by an encoded query, one asset, and a change of state for all that a query finds.
//!
//! In: queries and forms. Out: HTML and files. What may be entered is the domain's business.

mod cells;
mod change;
mod list;
mod one;
mod query;

pub use change::{change_assets, change_form};
pub use list::{assets_file, assets_page};
pub use one::asset_page;
