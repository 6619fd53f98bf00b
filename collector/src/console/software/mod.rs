//! The pages of software asset management: positions and what can be done about them, runs, what is installed and what it is called,
//! and what licences are measured with.
//!
//! In: forms and links of a browser. Out: HTML that works without scripts. The numbers are the reconciliation's, the records the
//! records'.

mod candidate;
mod candidates;
mod factors;
mod figures;
mod installs;
mod metrics;
mod overview;
mod packs;
mod position;
mod products;
mod remedies;
mod rows;
mod rule_rows;
mod rules;
mod runs;
mod table;

pub use candidate::{candidate_page, move_candidate};
pub use candidates::{candidates_page, move_candidates};
pub use factors::{factor_page, factors_page, set_factor};
pub use installs::installs_page;
pub use metrics::metrics_page;
pub use overview::{software, software_page};
pub use packs::{packs_page, switch_pack};
pub use position::position_page;
pub use products::{products_page, unrecognised_page};
pub use remedies::move_remedy;
pub use rules::{rules_page, switch_rule};
pub use runs::{run_page, runs_page};
