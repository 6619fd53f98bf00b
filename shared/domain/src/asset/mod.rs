//! Hardware assets: their fields and values, states, categories, and what makes two machines the same.
//!
//! A record keeps apart what an agent saw and what an administrator entered; the administrator's values win.

pub mod action;
mod beforehand;
pub mod category;
pub mod class;
pub mod edit;
pub mod field;
pub mod hygiene;
pub mod identity;
pub mod layer;
mod packed;
pub mod record;
pub mod reference;
pub mod row;
pub mod sheet;
pub mod state;
pub mod stored;
pub mod stored_row;
pub mod value;

pub use action::{Action, ActionError};
pub use category::{Category, MachineKind, for_chassis};
pub use edit::{Change, EditError};
pub use field::{Field, Kind};
pub use identity::Facets;
pub use layer::Layer;
pub use packed::Damaged;
pub use record::Asset;
pub use reference::{Directory, References, Table};
pub use row::{AssetCatalogue, AssetRow};
pub use state::InstallStatus;
pub use stored::{Head, StoredAsset, is_head, pack};
pub use stored_row::{HeadRow, Scratch, StoredRow};
pub use value::{Decimal, Value};
