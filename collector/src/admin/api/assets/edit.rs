//! Making and changing assets. A change of state is never refused because of a licence.

use super::{
    list::existing,
    parents::knowing_parents,
    view::{AssetInput, AssetView, refused},
};
use crate::{
    admin::{
        api::openapi::Problems,
        auth::{Caller, Principal},
        context::{AdminContext, Ctx},
        extract::{Id, Json},
        problem::{Answer, Failure},
    },
    assets::{change_one, new_asset, store_new},
    store::ports::AssetChange,
};
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use muster_domain::{asset::Field, ids::AssetId};
use muster_wire::problem::Code;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A new asset.
#[derive(Debug, Serialize, ToSchema)]
pub struct CreatedAsset {
    /// Its id.
    pub id: Uuid,
}

/// Makes an asset. Without them it is of class `alm_hardware` and of quantity 1.
#[utoipa::path(post, path = "/api/v1/assets", tag = "assets", request_body = AssetInput,
    responses((status = 201, description = "made", body = CreatedAsset, headers(("location" = String, description = "the asset"))),
        Problems))]
pub async fn create(State(context): State<Ctx>, Caller(caller): Caller, Json(input): Json<AssetInput>) -> Answer<Response> {
    let fields = input.entered(&context).await?;
    let made = new_asset(fields, context.now()).map_err(|error| refused(&error))?;
    let id = store_new(&context.stores, made, &caller.actor()).await?;
    let location = format!("/api/v1/assets/{id}");
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], axum::Json(CreatedAsset { id: id.into() })).into_response())
}

/// Changes an asset. What is set here stays, whatever its agent reports later.
#[utoipa::path(patch, path = "/api/v1/assets/{id}", tag = "assets", params(("id" = Uuid, Path, description = "the asset")),
    request_body = AssetInput, responses((status = 200, description = "the asset", body = AssetView), Problems))]
pub async fn edit(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Id(id): Id<AssetId>,
    input: Result<Json<AssetInput>, Failure>,
) -> Answer<axum::Json<AssetView>> {
    existing(&context, id).await?;
    let Json(input) = input?;
    let set = input.entered(&context).await?;
    if set.is_empty() {
        return Err(Failure::invalid("give at least one field to change"));
    }
    let change = AssetChange::new(id, set, context.now());
    answered(&context, change, &caller).await
}

/// Takes back what administrators entered in fields, so that what the agent reports shows again. A substate that the state does not
/// know then goes with it. What nobody entered stays as it is. 409 for an asset that no agent reports.
#[utoipa::path(delete, path = "/api/v1/assets/{id}/entered/{fields}", tag = "assets",
    params(("id" = Uuid, Path, description = "the asset"),
        ("fields" = String, Path, description = "a field such as serial_number, or several with commas between")),
    responses((status = 200, description = "the asset", body = AssetView), Problems))]
pub async fn take_back(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Path((id, names)): Path<(String, String)>,
) -> Answer<axum::Json<AssetView>> {
    let id: AssetId = id.parse().map_err(|_| Failure::not_found("asset", &id))?;
    let asset = existing(&context, id).await?;
    let field = |name: &str| {
        let field = Field::from_name(name).filter(|field| !field.is_derived());
        field.ok_or_else(|| Failure::not_found("field that can be entered:", name))
    };
    let back = names.split(',').map(field).collect::<Answer<Vec<Field>>>()?;
    if asset.agent().is_none() {
        return Err(Failure::new(Code::Conflict, "no agent reports this asset; empty the field instead"));
    }
    let change = AssetChange { back, ..AssetChange::new(id, Vec::new(), context.now()) };
    answered(&context, change, &caller).await
}

async fn answered(context: &AdminContext, change: AssetChange, caller: &Principal) -> Answer<axum::Json<AssetView>> {
    let asset = change_one(&context.stores, change, &caller.actor()).await?;
    let references = knowing_parents(context, &[&asset]).await?;
    Ok(axum::Json(AssetView::of(&asset, references.as_ref(), context)))
}
