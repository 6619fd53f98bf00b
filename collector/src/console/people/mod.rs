//! The pages about people: who may log in, API tokens of programs, and what is kept of a person.
//!
//! In: what an owner looks for and decides. Out: HTML; a password or a token stands on the one page that answers its form. Whether
//! something may be done is for accounts and tokens to say.

mod account;
mod accounts;
mod privacy;
mod roles;
mod tokens;

pub use account::{account_page, change_account};
pub use accounts::{accounts_page, make_account};
pub use privacy::{privacy_page, purge};
pub use tokens::{api_tokens_page, change_api_tokens};
