//! `/api/v1/groups`: groups of users that reservations and access lists name.

use super::openapi::Problems;
use crate::{
    admin::{
        auth::Caller,
        context::Ctx,
        extract::{Json, Query},
        page::{Listing, Page, Paging},
        problem::{Answer, Failure},
    },
    sessions,
    store::records::{AuditEntry, GroupRecord},
};
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::StatusCode;
use muster_domain::session::MAX_USER_CHARS;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// Most members of a group.
const MEMBERS: usize = 100_000;

/// A group.
#[derive(Debug, Serialize, ToSchema)]
pub struct GroupView {
    /// Its name.
    pub name: String,
    /// `administrator`, or `system` for one that agents report.
    pub source: &'static str,
    /// Its members; of a system's group those that are logged in.
    pub members: Vec<String>,
}

impl From<sessions::GroupView> for GroupView {
    fn from(view: sessions::GroupView) -> Self {
        let sessions::GroupView { name, source, members } = view;
        Self { name, source, members }
    }
}

/// A group with its members.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupInput {
    /// Its name; an existing group is replaced.
    name: String,
    /// Login users.
    members: Vec<String>,
}

/// Groups, ordered by name: the administrators' and the systems' own.
#[utoipa::path(get, path = "/api/v1/groups", tag = "applications", params(Paging),
    responses((status = 200, description = "groups", body = Page<GroupView>), Problems))]
pub async fn list(State(context): State<Ctx>, Query(paging): Query<Paging>, listing: Listing) -> Answer<Response> {
    let key = |group: &sessions::GroupView| (group.name.to_lowercase(), group.source.to_owned(), group.name.clone());
    let page = Page::in_order(context.sessions.groups(), &paging, key)?;
    Ok(page.map(GroupView::from).answer(&listing, &["name", "source", "members"]))
}

/// Makes or replaces a group.
#[utoipa::path(post, path = "/api/v1/groups", tag = "applications", request_body = GroupInput,
    responses((status = 201, description = "the group", body = GroupView), Problems))]
pub async fn set(State(context): State<Ctx>, Caller(caller): Caller, Json(input): Json<GroupInput>) -> Answer<Response> {
    let GroupInput { name, members } = input;
    let name = checked("name", &name)?;
    if members.len() > MEMBERS {
        return Err(Failure::invalid(format!("members has more than {MEMBERS} entries")));
    }
    let mut seen = BTreeSet::new();
    let members = members.iter().map(|member| checked("members", member)).collect::<Answer<Vec<_>>>()?;
    let members: Vec<String> = members.into_iter().filter(|member| seen.insert(member.to_lowercase())).collect();
    let before = context.stores.groups.all().await?.into_iter().find(|group| group.name.to_lowercase() == name.to_lowercase());
    let record = GroupRecord { name, members };
    let audit = AuditEntry {
        at: context.now(),
        actor: caller.actor(),
        action: "group.set".to_owned(),
        subject: record.name.clone(),
        detail: serde_json::json!({"before": before.map(|group| group.members), "after": record.members}),
    };
    context.stores.groups.put(record.clone(), audit).await?;
    context.sessions.reload_groups().await?;
    let GroupRecord { name, members } = record;
    Ok((StatusCode::CREATED, axum::Json(GroupView { name, source: "administrator", members })).into_response())
}

/// Deletes a group.
#[utoipa::path(delete, path = "/api/v1/groups/{name}", tag = "applications",
    params(("name" = String, Path, description = "its name, without regard to case")),
    responses((status = 204, description = "deleted"), Problems))]
pub async fn delete(State(context): State<Ctx>, Caller(caller): Caller, Path(name): Path<String>) -> Answer<StatusCode> {
    let audit = AuditEntry {
        at: context.now(),
        actor: caller.actor(),
        action: "group.delete".to_owned(),
        subject: name.clone(),
        detail: serde_json::Value::Null,
    };
    context.stores.groups.delete(&name, audit).await?;
    context.sessions.reload_groups().await?;
    Ok(StatusCode::NO_CONTENT)
}

fn checked(field: &str, text: &str) -> Answer<String> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > MAX_USER_CHARS || text.chars().any(char::is_control) {
        return Err(Failure::invalid(format!(
            "{field}: a name has 1 to {MAX_USER_CHARS} characters, none of them a control character"
        )));
    }
    Ok(text.to_owned())
}
