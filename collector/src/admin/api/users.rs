//! `/api/v1/users`: the accounts of people.

use super::openapi::{ProblemDocument, Problems};
use crate::{
    admin::{
        auth::{AccountChange, AccountError, Caller, role_name},
        context::{AdminContext, Ctx},
        extract::{Json, Query},
        page::{Listing, Page, Paging},
        problem::{Answer, Failure},
    },
    store::records::{Role, UserRecord},
};
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use http::{StatusCode, header};
use muster_wire::problem::Code;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What an account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UserRole {
    /// Reads.
    Viewer,
    /// Works with assets, agents and sessions.
    Operator,
    /// Works with licences, too.
    LicenseAdmin,
    /// May do everything.
    Owner,
}

impl From<UserRole> for Role {
    fn from(role: UserRole) -> Self {
        match role {
            UserRole::Viewer => Self::Viewer,
            UserRole::Operator => Self::Operator,
            UserRole::LicenseAdmin => Self::LicenseAdmin,
            UserRole::Owner => Self::Owner,
        }
    }
}

/// One account.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct UserView {
    /// Login name.
    pub name: String,
    /// `local`, with a password here, or `sso`, through the provider of single sign-on.
    pub source: &'static str,
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
    /// When somebody last logged in with it, to the minute; null = never.
    pub last_login_at: Option<DateTime<Utc>>,
}

impl UserView {
    /// An account as it is now: a lock that is over is none.
    #[must_use]
    pub fn of(record: UserRecord, context: &AdminContext) -> Self {
        let UserRecord { name, source, must_change, role, enabled, locked_until, created_at, .. } = record;
        let locked_until = locked_until.filter(|until| context.now() < *until);
        let last_login_at = context.directory.uses().of(&format!("user:{name}"));
        let source = source.word();
        Self { name, source, role: role_name(role), enabled, must_change, locked_until, created_at, last_login_at }
    }
}

/// A wish for an account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// Login name: 1 to 64 letters, digits and `. _ - @`, beginning with a letter or digit. Names that differ only by the case of
    /// letters are one.
    #[schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9][A-Za-z0-9._@-]*$")]
    name: String,
    /// What it may do.
    role: UserRole,
}

/// What to change; what is not given stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserInput {
    /// What it may do.
    role: Option<UserRole>,
    /// Whether it may log in.
    enabled: Option<bool>,
}

/// A password that is shown once.
#[derive(Debug, Serialize, ToSchema)]
pub struct OneTimePassword {
    /// Login name.
    pub name: String,
    /// `viewer`, `operator`, `license_admin` or `owner`.
    pub role: &'static str,
    /// It must be changed at the first login; it cannot be shown again.
    pub password: String,
}

/// Accounts, ordered by name.
#[utoipa::path(get, path = "/api/v1/users", tag = "people", params(Paging),
    responses((status = 200, description = "accounts", body = Page<UserView>), Problems))]
pub async fn list(State(context): State<Ctx>, Query(paging): Query<Paging>, listing: Listing) -> Answer<Response> {
    let page = Page::in_order(context.directory.users(), &paging, |user| user.name.clone())?;
    let page = page.map(|user| UserView::of(user, &context));
    let columns = ["name", "source", "role", "enabled", "must_change", "locked_until", "created_at", "last_login_at"];
    Ok(page.answer(&listing, &columns))
}

/// One account.
#[utoipa::path(get, path = "/api/v1/users/{name}", tag = "people", params(("name" = String, Path, description = "its login name")),
    responses((status = 200, description = "the account", body = UserView), Problems))]
pub async fn show(State(context): State<Ctx>, Path(name): Path<String>) -> Answer<axum::Json<UserView>> {
    Ok(axum::Json(UserView::of(existing(&context, &name)?, &context)))
}

/// Makes an account with a one-time password, which is shown once and must be changed at the first login.
#[utoipa::path(post, path = "/api/v1/users", tag = "people", request_body = NewUser,
    responses((status = 201, description = "made", body = OneTimePassword, headers(("location" = String, description = "the account"))),
        (status = 409, description = "the name is taken", content_type = "application/problem+json", body = ProblemDocument),
        Problems))]
pub async fn create(State(context): State<Ctx>, Caller(caller): Caller, Json(wish): Json<NewUser>) -> Answer<Response> {
    let NewUser { name, role } = wish;
    let (user, password) = context.logins.add_account(&name, role.into(), &caller.actor()).await?;
    count_again(&context).await;
    let location = format!("/api/v1/users/{}", user.name);
    let view = OneTimePassword { name: user.name, role: role_name(user.role), password };
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], axum::Json(view)).into_response())
}

/// Changes the role of an account, disables or enables it. Its console sessions end at once. The last enabled owner stays one.
#[utoipa::path(patch, path = "/api/v1/users/{name}", tag = "people", params(("name" = String, Path, description = "its login name")),
    request_body = UserInput,
    responses((status = 200, description = "the account", body = UserView),
        (status = 409, description = "it is the last enabled owner, or its role comes from single sign-on",
            content_type = "application/problem+json", body = ProblemDocument),
        Problems))]
pub async fn edit(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Path(name): Path<String>,
    input: Result<Json<UserInput>, Failure>,
) -> Answer<axum::Json<UserView>> {
    existing(&context, &name)?;
    let Json(UserInput { role, enabled }) = input?;
    if role.is_none() && enabled.is_none() {
        return Err(Failure::invalid("give at least one of role and enabled"));
    }
    let change = AccountChange { role: role.map(Role::from), enabled };
    let user = context.logins.change_account(&name, change, &caller.actor()).await?;
    count_again(&context).await;
    Ok(axum::Json(UserView::of(user, &context)))
}

/// Gives an account a new one-time password, which is shown once and must be changed at the next login. Its console sessions end
/// at once, and so does the lock after too many wrong passwords.
#[utoipa::path(post, path = "/api/v1/users/{name}/reset-password", tag = "people",
    params(("name" = String, Path, description = "its login name")),
    responses((status = 200, description = "the new password", body = OneTimePassword),
        (status = 409, description = "it logs in through single sign-on", content_type = "application/problem+json",
            body = ProblemDocument),
        Problems))]
pub async fn reset_password(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Path(name): Path<String>,
) -> Answer<axum::Json<OneTimePassword>> {
    let UserRecord { name, role, .. } = existing(&context, &name)?;
    let password = context.logins.reset_password(&name, &caller.actor()).await?;
    Ok(axum::Json(OneTimePassword { name, role: role_name(role), password }))
}

/// Deletes an account; its console sessions end at once. The last enabled owner cannot be deleted.
#[utoipa::path(delete, path = "/api/v1/users/{name}", tag = "people", params(("name" = String, Path, description = "its login name")),
    responses((status = 204, description = "deleted"),
        (status = 409, description = "it is the last enabled owner, or a disabled account of single sign-on", content_type = "application/problem+json",
            body = ProblemDocument),
        Problems))]
pub async fn delete(State(context): State<Ctx>, Caller(caller): Caller, Path(name): Path<String>) -> Answer<StatusCode> {
    existing(&context, &name)?;
    context.logins.delete_account(&name, &caller.actor()).await?;
    count_again(&context).await;
    Ok(StatusCode::NO_CONTENT)
}

fn existing(context: &AdminContext, name: &str) -> Answer<UserRecord> {
    context.directory.user(name).ok_or_else(|| Failure::not_found("user", name))
}

/// The status tells of the accounts that there are now. The change itself is stored: it does not fail for this.
pub async fn count_again(context: &AdminContext) {
    if let Err(error) = context.compliance.refresh_user_count().await {
        tracing::warn!(%error, "the accounts could not be counted; the next compliance run counts them again");
    }
}

impl From<AccountError> for Failure {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Name => Self::invalid(error.to_string()).with("field", "name"),
            AccountError::Provider(..) => Self::new(Code::Conflict, error.to_string()),
            AccountError::Hash(error) => Self::internal(error),
            AccountError::Store(error) => error.into(),
        }
    }
}
