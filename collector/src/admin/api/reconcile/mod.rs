//! `/api/v1/reconciliations` and `/api/v1/removal-candidates`: runs, positions, the rows behind them, and what people do about them.

mod candidates;
mod history;
mod members;
mod names;
mod positions;
mod remedies;
mod runs;
mod view;

pub use candidates::*;
pub use history::*;
pub use members::*;
pub use positions::*;
pub use remedies::*;
pub use runs::*;

pub use names::Named;
pub(crate) use names::Names;
