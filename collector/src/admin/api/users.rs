//! `GET /api/v1/users`: the accounts.

use super::openapi::Problems;
use crate::{
    admin::{
        auth::role_name,
        context::Ctx,
        extract::Query,
        page::{Listing, Page, Paging},
        problem::Answer,
    },
    store::records::UserRecord,
};
use axum::{extract::State, response::Response};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// One account.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct UserView {
    /// Login name.
    pub name: String,
    /// `viewer`, `operator`, `license_admin` or `owner`.
    pub role: &'static str,
    /// May log in, and counts as a user of the licence.
    pub enabled: bool,
    /// Must change the password at the next login.
    pub must_change: bool,
    /// No attempt is verified before this time.
    pub locked_until: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

impl From<UserRecord> for UserView {
    fn from(record: UserRecord) -> Self {
        let UserRecord { name, password_hash: _, must_change, role, enabled, failures: _, locked_until, created_at } = record;
        Self { name, role: role_name(role), enabled, must_change, locked_until, created_at }
    }
}

/// Accounts, ordered by name.
#[utoipa::path(get, path = "/api/v1/users", tag = "people", params(Paging),
    responses((status = 200, description = "accounts", body = Page<UserView>), Problems))]
pub async fn list(State(context): State<Ctx>, Query(paging): Query<Paging>, listing: Listing) -> Answer<Response> {
    let page = Page::in_order(context.directory.users(), &paging, |user| user.name.clone())?.map(UserView::from);
    Ok(page.answer(&listing, &["name", "role", "enabled", "must_change", "locked_until", "created_at"]))
}
