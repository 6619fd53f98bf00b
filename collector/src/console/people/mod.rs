//! The pages about people: who may log in, API tokens of programs, and what is kept of a person.
//!
//! In: what an owner looks for and decides. Out: HTML; a password or a token stands on the one page that answers its form. Whether
//! something may be done is for accounts and tokens to say.

mod account;
mod accounts;
mod privacy;
mod tokens;

pub use account::{account_page, change_account};
pub use accounts::{accounts_page, make_account};
pub use privacy::{privacy_page, purge};
pub use tokens::{api_tokens_page, change_api_tokens};

use axum::response::Response;
use http::{HeaderValue, header};
use serde::de::DeserializeOwned;

/// A role as the API calls it, and as people do.
type RoleWords = (&'static str, &'static str);

/// What an account may do, the least first.
const ROLES: [RoleWords; 4] = [
    ("viewer", "Viewer: reads"),
    ("operator", "Operator: assets, agents and sessions"),
    ("license_admin", "Licence administrator: licences, too"),
    ("owner", "Owner: everything"),
];

/// A role as people call it, in a word or two.
fn short(role: &str) -> &'static str {
    match role {
        "application" => "Application",
        "viewer" => "Viewer",
        "operator" => "Operator",
        "license_admin" => "Licence administrator",
        "owner" => "Owner",
        _ => "",
    }
}

/// The role that a form says.
fn role_of<R: DeserializeOwned>(text: &str) -> Result<R, String> {
    serde_json::from_value(text.into()).map_err(|_| "choose a role".to_owned())
}

/// What a page shows once, no cache may keep.
fn once(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
