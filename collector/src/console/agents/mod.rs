//! The pages about agents: the machines that report, the tokens that others join with, and the
//! credentials of agents of another make.
//!
//! In: what administrators look for and decide. Out: HTML. It decides nothing by itself.

mod decide;
mod interop;
mod list;
mod one;
mod rows;
mod tokens;

pub use decide::decide_agents;
pub use interop::{change_credentials, interop_page};
pub use list::agents_page;
pub use one::agent_page;
pub use tokens::{change_tokens, tokens_page};
