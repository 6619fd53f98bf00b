//! `POST /api/v1/assets/{id}/actions/...`: what is done with an asset, and the history of what was done.

use super::view::{AssetView, cell_view};
use crate::{
    admin::{
        api::openapi::Problems,
        auth::Caller,
        context::Ctx,
        extract::{Id, Query},
        page::{Listing, Page, Paging},
        problem::{Answer, Failure},
    },
    assets::{Acted, act, read_action},
    store::records::{Cause, HistoryRecord},
};
use axum::{
    body::Bytes,
    extract::{Path, State},
    response::Response,
};
use chrono::{DateTime, Utc};
use muster_domain::{
    asset::{Directory, edit::Change},
    ids::AssetId,
};
use muster_wire::problem::Code;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Whether to do it.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Whether {
    /// Only say what would come of it.
    #[serde(default)]
    dry_run: bool,
}

/// What an action needs to know.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ActionInput {
    /// For `retire`: the substate, `pending_disposal` when absent.
    #[serde(default)]
    substatus: Option<String>,
    /// For `loan`: the user, by id or display value.
    #[serde(default)]
    assigned_to: Option<String>,
}

/// Does something with an asset: `retire` (Retired with a substate), `dispose` (Retired, disposed), `loan` (from stock to In use,
/// assigned to a user), `refresh` (a replacement is planned: substate pending_retirement), `audit` (somebody saw it; only its
/// history says so). 409 says why the asset's state does not allow it, or that its model category is not opted in
/// (`/api/v1/units`).
#[utoipa::path(post, path = "/api/v1/assets/{id}/actions/{action}", tag = "assets",
    params(("id" = uuid::Uuid, Path, description = "the asset"),
        ("action" = String, Path, description = "retire, dispose, loan, refresh or audit"), Whether),
    request_body(content = Option<ActionInput>, content_type = "application/json"),
    responses((status = 200, description = "the asset after it", body = AssetView), Problems))]
pub async fn action(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Path((id, name)): Path<(String, String)>,
    Query(whether): Query<Whether>,
    body: Bytes,
) -> Answer<axum::Json<AssetView>> {
    let asset: AssetId = id.parse().map_err(|_| Failure::not_found("asset", &id))?;
    let input: ActionInput = match body.is_empty() {
        true => ActionInput::default(),
        false => serde_json::from_slice(&body).map_err(|error| Failure::new(Code::InvalidBody, error.to_string()))?,
    };
    let references = context.references.snapshot();
    let action = read_action(&name, input.substatus.as_deref(), input.assigned_to.as_deref(), references.as_ref())
        .map_err(|error| Failure::invalid(error.to_string()))?
        .ok_or_else(|| {
            Failure::new(Code::NotFound, format!("there is no action {name}; known are retire, dispose, loan, refresh and audit"))
        })?;
    let record = context.stores.assets.get(asset).await?.ok_or_else(|| Failure::not_found("asset", &id))?;
    let refused = |reason: String| Failure::new(Code::Conflict, format!("{name} of asset {asset} is refused: {reason}"));
    context.units.check_action(&record, &action).await?.map_err(|denied| refused(denied.to_string()))?;
    match act(&context.stores, asset, action, &caller.actor(), context.now(), whether.dry_run).await? {
        Acted::Done(asset) => Ok(axum::Json(AssetView::of(&asset, references.as_ref(), &context))),
        Acted::Refused(reason) => Err(refused(reason)),
        Acted::Missing => Err(Failure::not_found("asset", &id)),
    }
}

/// A field that changed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChangeView {
    /// The field.
    pub field: &'static str,
    /// Before; null for empty.
    pub before: serde_json::Value,
    /// After; null for empty.
    pub after: serde_json::Value,
}

/// An entry of an asset's history.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HistoryView {
    /// Ascending from 1.
    pub number: u64,
    /// When.
    pub at: DateTime<Utc>,
    /// Who: `user:NAME`, `token:ID`, `agent:ID` or `collector`.
    pub by: String,
    /// `created`, `edited`, `reported`, `imported`, `retired`, `disposed`, `lent`, `refreshed` or `audited`.
    pub cause: &'static str,
    /// The fields that changed; none for an audit.
    pub changes: Vec<ChangeView>,
}

impl HistoryView {
    fn of(record: HistoryRecord, directory: &dyn Directory) -> Self {
        let HistoryRecord { asset: _, number, at, by, cause, changes } = record;
        let shown = |Change { field, before, after }: Change| ChangeView {
            field: field.name(),
            before: cell_view(field, before.as_ref(), directory),
            after: cell_view(field, after.as_ref(), directory),
        };
        let cause = cause_name(cause);
        Self { number, at, by, cause, changes: changes.into_iter().map(shown).collect() }
    }
}

/// What made an asset change, as people read it.
#[must_use]
pub const fn cause_name(cause: Cause) -> &'static str {
    match cause {
        Cause::Created => "created",
        Cause::Edited => "edited",
        Cause::Reported => "reported",
        Cause::Imported => "imported",
        Cause::Retired => "retired",
        Cause::Disposed => "disposed",
        Cause::Lent => "lent",
        Cause::Refreshed => "refreshed",
        Cause::Audited => "audited",
    }
}

/// The history of an asset: every field that changed, when and by whom, newest first.
#[utoipa::path(get, path = "/api/v1/assets/{id}/history", tag = "assets",
    params(("id" = uuid::Uuid, Path, description = "the asset"), Paging),
    responses((status = 200, description = "entries", body = Page<HistoryView>), Problems))]
pub async fn history(
    State(context): State<Ctx>,
    Id(id): Id<AssetId>,
    Query(paging): Query<Paging>,
    listing: Listing,
) -> Answer<Response> {
    super::list::existing(&context, id).await?;
    let limit = paging.limit()?;
    let found = context.stores.assets.history(id, paging.after::<u64>()?, limit + 1).await?;
    let references = context.references.snapshot();
    let page = Page::cut(found, limit, |entry| entry.number.to_string()).map(|entry| HistoryView::of(entry, references.as_ref()));
    Ok(page.answer(&listing, &["number", "at", "by", "cause", "changes"]))
}
