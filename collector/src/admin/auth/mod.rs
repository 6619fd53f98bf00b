//! Who speaks, and what they may do.
//!
//! In: a request with an API token or a console session. Out: a principal whose role was checked against the one table of
//! operations. It keeps accounts and tokens in memory and must not know what an operation does.

mod accounts;
mod console_sessions;
mod cookie;
mod directory;
mod guard;
mod last_uses;
mod lockout;
mod login;
mod operations;
mod origin;
mod password;
mod principal;
mod queue;
mod single_sign_on;
mod token;

pub use accounts::{AccountChange, AccountError};
pub use console_sessions::{ConsoleSession, ConsoleSessions};
pub use cookie::{read as read_cookie, read_attempt, remove as remove_cookie, remove_attempt, set as set_cookie, set_attempt};
pub use directory::Directory;
pub use guard::guard;
pub(crate) use guard::{disabled, recognise};
pub use last_uses::LastUses;
pub use lockout::{ATTEMPTS, LOCKED};
pub use login::{ChangeRefused, LoginRefused, Logins};
pub use operations::{Access, OPERATIONS, Operation, find, methods, role_name};
pub use origin::same_site;
pub use password::{HashError, SHORTEST, generate_password, hash_password};
pub(crate) use principal::unauthenticated;
pub use principal::{Caller, MaybeCaller, Principal, Proof};
pub use single_sign_on::SsoRefused;
pub use token::{NewApiToken, new_api_token};
