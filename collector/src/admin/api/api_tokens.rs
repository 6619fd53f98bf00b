//! `/api/v1/api-tokens`: how programs log in.

use super::openapi::Problems;
use crate::{
    admin::{
        auth::{Caller, NewApiToken, new_api_token, role_name},
        context::{AdminContext, Ctx},
        extract::{Json, Query},
        page::{Listing, Page, Paging},
        problem::{Answer, Failure},
    },
    store::records::{ApiTokenRecord, AuditEntry, Role},
};
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, TimeDelta, Utc};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoleName {
    /// Check-outs for the applications it is bound to.
    Application,
    /// Reads.
    Viewer,
    /// Works with assets, agents and sessions.
    Operator,
    /// Works with licences, too.
    LicenseAdmin,
    /// May do everything.
    Owner,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Application => Self::Application,
            RoleName::Viewer => Self::Viewer,
            RoleName::Operator => Self::Operator,
            RoleName::LicenseAdmin => Self::LicenseAdmin,
            RoleName::Owner => Self::Owner,
        }
    }
}

/// A wish for a token.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiTokenWish {
    /// What it is for.
    pub label: String,
    /// What it may do.
    pub role: RoleName,
    /// Applications it is bound to, with the role `application`.
    #[serde(default)]
    pub applications: Vec<String>,
    /// For how many seconds; until it is revoked when absent.
    pub ttl_seconds: Option<u64>,
}

/// A token as it is shown once.
#[derive(Serialize, ToSchema)]
pub struct CreatedApiToken {
    /// Its public part.
    pub id: String,
    /// The whole token; it cannot be shown again.
    pub token: String,
    /// Until when it is good; null = until it is revoked.
    pub expires_at: Option<DateTime<Utc>>,
}

/// A token as it is listed.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApiTokenView {
    /// Its public part.
    pub id: String,
    /// What it is for.
    pub label: String,
    /// What it may do.
    pub role: &'static str,
    /// Applications it is bound to.
    pub applications: Vec<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Until when it is good; null = until it is revoked.
    pub expires_at: Option<DateTime<Utc>>,
    /// Taken back.
    pub revoked: bool,
    /// `usable`, `expired` or `revoked`.
    pub state: &'static str,
    /// When a request last came with it, to the minute; null = never.
    pub last_used_at: Option<DateTime<Utc>>,
}

impl ApiTokenView {
    /// A token as it is now.
    #[must_use]
    pub fn of(record: ApiTokenRecord, context: &AdminContext) -> Self {
        let ApiTokenRecord { id, secret_hash: _, label, role, applications, created_at, expires_at, revoked } = record;
        let expired = expires_at.is_some_and(|until| until <= context.now());
        let state = if revoked {
            "revoked"
        } else if expired {
            "expired"
        } else {
            "usable"
        };
        let last_used_at = context.directory.uses().of(&format!("token:{id}"));
        Self { id, label, role: role_name(role), applications, created_at, expires_at, revoked, state, last_used_at }
    }
}

/// API tokens, newest first.
#[utoipa::path(get, path = "/api/v1/api-tokens", tag = "people", params(Paging),
    responses((status = 200, description = "tokens", body = Page<ApiTokenView>), Problems))]
pub async fn list(State(context): State<Ctx>, Query(paging): Query<Paging>, listing: Listing) -> Answer<Response> {
    let page = Page::of(context.directory.tokens(), &paging, |token| token.id.clone())?;
    let page = page.map(|token| ApiTokenView::of(token, &context));
    let columns = ["id", "label", "role", "applications", "created_at", "expires_at", "revoked", "state", "last_used_at"];
    Ok(page.answer(&listing, &columns))
}

/// Makes an API token. It is shown once.
#[utoipa::path(post, path = "/api/v1/api-tokens", tag = "people", request_body = ApiTokenWish,
    responses((status = 201, description = "the token", body = CreatedApiToken), Problems))]
pub async fn create(State(context): State<Ctx>, Caller(caller): Caller, Json(wish): Json<ApiTokenWish>) -> Answer<Response> {
    let created = made(&context, wish, &caller.actor()).await?;
    Ok((StatusCode::CREATED, axum::Json(created)).into_response())
}

/// Makes a token as it is wished.
///
/// # Errors
/// When the wish breaks a rule or the store cannot take it.
pub async fn made(context: &AdminContext, wish: ApiTokenWish, actor: &str) -> Answer<CreatedApiToken> {
    let ApiTokenWish { label, role, applications, ttl_seconds } = wish;
    let label = label.trim().to_owned();
    if label.is_empty() || label.chars().count() > 100 || label.chars().any(char::is_control) {
        return Err(Failure::invalid("label must have 1 to 100 characters, without control characters"));
    }
    if (role == RoleName::Application) == applications.is_empty() {
        return Err(Failure::invalid("applications must be given with the role application, and only with it"));
    }
    let now = context.now();
    let expires_at = match ttl_seconds {
        None => None,
        Some(seconds) => Some(
            i64::try_from(seconds)
                .ok()
                .filter(|seconds| *seconds > 0)
                .and_then(TimeDelta::try_seconds)
                .and_then(|ttl| now.checked_add_signed(ttl))
                .ok_or_else(|| Failure::invalid("ttl_seconds must be above 0 and end within the calendar"))?,
        ),
    };
    let (record, token) = new_api_token(NewApiToken { label, role: role.into(), applications, expires_at }, now);
    let id = record.id.clone();
    let audit = AuditEntry {
        at: now,
        actor: actor.to_owned(),
        action: "api-token.create".to_owned(),
        subject: id.clone(),
        detail: serde_json::json!({"label": record.label, "role": role_name(record.role), "expires_at": expires_at}),
    };
    context.directory.put_token(record, audit).await?;
    Ok(CreatedApiToken { id, token, expires_at })
}

/// Takes an API token back, at once.
#[utoipa::path(delete, path = "/api/v1/api-tokens/{id}", tag = "people", params(("id" = String, Path, description = "the token")),
    responses((status = 204, description = "taken back"), Problems))]
pub async fn revoke(State(context): State<Ctx>, Caller(caller): Caller, Path(id): Path<String>) -> Answer<StatusCode> {
    take_back(&context, &id, &caller.actor()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a token back, with its audit entry.
///
/// # Errors
/// When there is no such token or the store cannot be written.
pub async fn take_back(context: &AdminContext, id: &str, actor: &str) -> Answer<()> {
    let record = context.directory.token(id).ok_or_else(|| Failure::not_found("API token", id))?;
    let audit = AuditEntry {
        at: context.now(),
        actor: actor.to_owned(),
        action: "api-token.revoke".to_owned(),
        subject: id.to_owned(),
        detail: serde_json::Value::Null,
    };
    context.directory.put_token(ApiTokenRecord { revoked: true, ..record }, audit).await?;
    Ok(())
}
