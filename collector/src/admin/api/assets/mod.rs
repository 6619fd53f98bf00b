//! `/api/v1/assets`: the hardware assets, by the field names of the asset tables.
//!
//! In: encoded queries, fields as JSON. Out: assets as JSON or CSV, a reference as its id and display value. What may be
//! entered is the domain's business.

mod actions;
mod change;
mod complete;
mod edit;
mod hardware;
mod hygiene;
mod import;
mod list;
mod machine_name;
mod ordered;
mod parents;
mod search;
mod view;

pub use actions::{__path_action, __path_history};
pub use actions::{ActionInput, ChangeView, HistoryView, action, cause_name, history};
pub use change::__path_change;
pub use change::{Found, FoundAssets, ManyInput, ManyView, RefusedAssets, change};
pub use complete::__path_query_complete;
pub use complete::{CompletionView, query_complete};
pub use edit::{__path_create, __path_edit, __path_take_back};
pub use edit::{CreatedAsset, create, edit, take_back};
pub use hardware::__path_hardware;
pub use hardware::{HardwareView, hardware};
pub use hygiene::__path_hygiene;
pub use hygiene::{FindingView, HygieneView, counted_now, counting, hygiene, looked};
pub use import::__path_import;
pub use import::import;
pub use list::{__path_list, __path_show};
pub use list::{list, show};
pub(crate) use machine_name::machine_name;
pub(crate) use parents::{knowing_parents, naming_asset};
pub use search::{Search, Seen};
pub use view::{AssetInput, AssetView};
