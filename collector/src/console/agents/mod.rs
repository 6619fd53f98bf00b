//! The pages about agents: the machines that report, and the tokens that others join with.
//!
//! In: what administrators look for and decide. Out: HTML. It decides nothing by itself.

mod decide;
mod list;
mod one;
mod rows;
mod tokens;

pub use decide::decide_agents;
pub use list::agents_page;
pub use one::agent_page;
pub use tokens::{change_tokens, tokens_page};
