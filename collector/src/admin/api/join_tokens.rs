//! `/api/v1/join-tokens`: what machines enrol with.

use super::{
    openapi::Problems,
    undo::{UndoneView, WithAssets, answered, undone},
};
use crate::{
    admin::{
        auth::Caller,
        context::{AdminContext, Ctx},
        extract::{Json, Query},
        page::{Listing, Page, Paging},
        problem::{Answer, Failure},
    },
    ingest::Brought,
    publish::Gate,
    store::records::{Approval, AuditEntry, TokenRecord},
    trust::join,
};
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;

/// What happens with a machine that enrols.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalKind {
    /// It is taken at once.
    Auto,
    /// It waits for an administrator.
    Manual,
}

impl From<ApprovalKind> for Approval {
    fn from(kind: ApprovalKind) -> Self {
        match kind {
            ApprovalKind::Auto => Self::Auto,
            ApprovalKind::Manual => Self::Manual,
        }
    }
}

impl From<Approval> for ApprovalKind {
    fn from(approval: Approval) -> Self {
        match approval {
            Approval::Auto => Self::Auto,
            Approval::Manual => Self::Manual,
        }
    }
}

/// A wish for a token.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewJoinToken {
    /// How many machines may enrol with it; 1 when absent.
    #[serde(default = "one")]
    #[schema(default = 1, minimum = 1)]
    pub uses: u32,
    /// For how many seconds; 3600 when absent.
    #[serde(default = "hour")]
    #[schema(default = 3600, minimum = 1)]
    pub ttl_seconds: u64,
    /// By default automatic for one use, manual for more.
    pub approval: Option<ApprovalKind>,
    /// Group of what enrols.
    pub group: Option<String>,
}

const fn one() -> u32 {
    1
}

const fn hour() -> u64 {
    3600
}

/// A token as it is shown once.
#[derive(Serialize, ToSchema)]
pub struct CreatedJoinToken {
    /// Its public part.
    pub id: String,
    /// The whole token; it cannot be shown again.
    pub token: String,
    /// Until when it is good.
    pub expires_at: DateTime<Utc>,
    /// Why machines cannot enrol with it yet, and what helps.
    pub warnings: Vec<String>,
    /// Where agents reach the collector; null where the site has given no name that other machines could know.
    pub agents_url: Option<String>,
    /// The command that enrols a machine, with the token in it. `COLLECTOR` stands for the name that is not known.
    pub command: String,
}

/// What stands for the collector's name where the site gave none that other machines could know.
const UNKNOWN_NAME: &str = "COLLECTOR";

/// Where agents reach the collector under this name.
pub(crate) fn agents_url(name: Option<&str>, port: u16) -> String {
    let name = name.unwrap_or(UNKNOWN_NAME);
    if name.contains(':') { format!("https://[{name}]:{port}") } else { format!("https://{name}:{port}") }
}

/// A token as it is listed.
#[derive(Debug, Serialize, ToSchema)]
pub struct JoinTokenView {
    /// Its public part.
    pub id: String,
    /// `usable`, `used_up`, `expired` or `revoked`.
    pub state: &'static str,
    /// How many machines enrolled with it.
    pub used: usize,
    /// How many may.
    pub uses: u32,
    /// Until when it is good.
    pub expires_at: DateTime<Utc>,
    /// What happens with a machine that enrols with it.
    pub approval: ApprovalKind,
    /// Group of what enrols with it.
    pub group: Option<String>,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at: DateTime<Utc>,
}

impl JoinTokenView {
    /// A token as it is now.
    #[must_use]
    pub fn of(token: TokenRecord, now: DateTime<Utc>) -> Self {
        let TokenRecord { id, secret_hash: _, max_uses, used_by, expires_at, approval, group, created_by, created_at, revoked } =
            token;
        let used = used_by.len();
        let state = if revoked {
            "revoked"
        } else if u32::try_from(used).is_ok_and(|used| used < max_uses) {
            if now < expires_at { "usable" } else { "expired" }
        } else {
            "used_up"
        };
        Self { id, state, used, uses: max_uses, expires_at, approval: approval.into(), group, created_by, created_at }
    }
}

/// Join tokens, newest first.
#[utoipa::path(get, path = "/api/v1/join-tokens", tag = "agents", params(Paging),
    responses((status = 200, description = "tokens", body = Page<JoinTokenView>), Problems))]
pub async fn list(State(context): State<Ctx>, Query(paging): Query<Paging>, listing: Listing) -> Answer<Response> {
    let now = context.now();
    let page = Page::of(context.stores.tokens.all().await?, &paging, |token| token.id.clone())?;
    let columns = ["id", "state", "used", "uses", "expires_at", "approval", "group", "created_by", "created_at"];
    Ok(page.map(|token| JoinTokenView::of(token, now)).answer(&listing, &columns))
}

/// Makes a join token. It is shown once.
#[utoipa::path(post, path = "/api/v1/join-tokens", tag = "agents", request_body = NewJoinToken,
    responses((status = 201, description = "the token", body = CreatedJoinToken), Problems))]
pub async fn create(State(context): State<Ctx>, Caller(caller): Caller, Json(new): Json<NewJoinToken>) -> Answer<Response> {
    let created = made(&context, new, &caller.actor()).await?;
    Ok((StatusCode::CREATED, axum::Json(created)).into_response())
}

/// Makes a token as it is wished.
///
/// # Errors
/// When the wish breaks a rule or the store cannot take it.
pub async fn made(context: &AdminContext, new: NewJoinToken, actor: &str) -> Answer<CreatedJoinToken> {
    let NewJoinToken { uses, ttl_seconds, approval, group } = new;
    let group = group_of(group)?;
    let new = join::NewToken { uses, ttl: Duration::from_secs(ttl_seconds), approval: approval.map(Into::into), group };
    let created = join::create(&context.stores, &context.authority, new, actor, context.now()).await?;
    let join::Created { id, token, expires_at } = created;
    let public = context.hosts.public();
    let address = agents_url(public, context.agents_on.port());
    let command = format!("echo {token} | sudo muster-agent enroll --collector {address} --token-file -");
    let agents_url = public.map(|_| address);
    Ok(CreatedJoinToken { id, token, expires_at, warnings: obstacles(context), agents_url, command })
}

/// A group as it is kept: none for an empty one.
pub(super) fn group_of(wished: Option<String>) -> Answer<Option<String>> {
    let group = wished.map(|group| group.trim().to_owned()).filter(|group| !group.is_empty());
    if group.as_deref().is_some_and(|group| group.chars().count() > 100 || group.chars().any(char::is_control)) {
        return Err(Failure::invalid("group must be at most 100 characters, without control characters"));
    }
    Ok(group)
}

/// Why machines cannot enrol now, whatever token they have.
#[must_use]
pub fn obstacles(context: &AdminContext) -> Vec<String> {
    let mut obstacles: Vec<String> =
        closed(context).map(|why| format!("Enrolment is refused until a licence key is applied: {why}.")).into_iter().collect();
    if context.agents_on.ip().is_loopback() {
        obstacles.push(format!(
            "Agents of other machines cannot reach this collector: its listener of agents is bound to {}. Set listen in the section \
             [agents] of collector.toml and start it again.",
            context.agents_on.ip()
        ));
    }
    obstacles
}

/// Why the licence lets no machine in now.
pub(super) fn closed(context: &AdminContext) -> Option<String> {
    let Gate::Closed { reason } = context.board.gate() else { return None };
    Some(match reason.as_str() {
        "unlicensed" => "there is no licence yet".to_owned(),
        reason => format!("the product is disabled ({})", reason.replace('_', " ")),
    })
}

/// Takes a join token back. Machines that enrolled with it stay, or with `with_assets=true` are revoked and their assets retired.
#[utoipa::path(delete, path = "/api/v1/join-tokens/{id}", tag = "agents",
    params(("id" = String, Path, description = "the token"), WithAssets),
    responses((status = 204, description = "taken back"),
        (status = 200, description = "taken back with what came with it", body = UndoneView), Problems))]
pub async fn revoke(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Path(id): Path<String>,
    Query(WithAssets { with_assets }): Query<WithAssets>,
) -> Answer<Response> {
    Ok(answered(take_back(&context, &id, with_assets, &caller.actor()).await?))
}

/// Takes a token back, with its audit entry, and perhaps what came with it.
///
/// # Errors
/// When there is no such token or the store cannot be written.
pub async fn take_back(context: &AdminContext, id: &str, with_assets: bool, actor: &str) -> Answer<Option<UndoneView>> {
    let audit = AuditEntry {
        at: context.now(),
        actor: actor.to_owned(),
        action: "join-token.revoke".to_owned(),
        subject: id.to_owned(),
        detail: serde_json::json!({"with_assets": with_assets}),
    };
    context.stores.tokens.revoke(id, audit).await?;
    if with_assets { Ok(Some(undone(context, Brought::Token(id.to_owned()), actor).await?)) } else { Ok(None) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agents_are_told_where_to_enrol() {
        for (name, expected) in [
            (Some("muster.example"), "https://muster.example:8443"),
            (Some("fd00::5"), "https://[fd00::5]:8443"),
            (None, "https://COLLECTOR:8443"),
        ] {
            assert_eq!(agents_url(name, 8443), expected);
        }
    }
}
