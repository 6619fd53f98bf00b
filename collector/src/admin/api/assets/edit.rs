//! Making and changing assets. A change of state is never refused because of a licence.

use super::{
    list::existing,
    view::{AssetInput, AssetView, refused},
};
use crate::{
    admin::{
        api::openapi::Problems,
        auth::Caller,
        context::Ctx,
        extract::{Id, Json},
        problem::{Answer, Failure},
    },
    store::{ports::AssetChange, records::AuditEntry},
};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use muster_domain::{
    asset::{Asset, Field, Value, class},
    ids::AssetId,
};
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
    let now = context.now();
    let mut fields = input.read(context.references.snapshot().as_ref())?;
    for (field, value) in [(Field::SysClassName, Value::Text(class::HARDWARE.to_owned())), (Field::Quantity, Value::Int(1))] {
        if !fields.iter().any(|(given, _)| *given == field) {
            fields.push((field, Some(value)));
        }
    }
    let time = uuid::Timestamp::from_unix(
        uuid::NoContext,
        u64::try_from(now.timestamp()).unwrap_or_default(),
        now.timestamp_subsec_nanos(),
    );
    let mut asset = Asset::new(AssetId(Uuid::new_v7(time)), None, now);
    let changes = asset.edit(&fields, now).map_err(|error| refused(&error))?;
    let id = asset.id();
    let audit = AuditEntry {
        at: now,
        actor: caller.actor(),
        action: "asset.create".to_owned(),
        subject: id.to_string(),
        detail: serde_json::json!({"changes": changes}),
    };
    context.stores.assets.create(asset, audit).await?;
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
    let set = input.read(context.references.snapshot().as_ref())?;
    if set.is_empty() {
        return Err(Failure::invalid("give at least one field to change"));
    }
    let now = context.now();
    let audit = AuditEntry {
        at: now,
        actor: caller.actor(),
        action: "asset.edit".to_owned(),
        subject: id.to_string(),
        detail: serde_json::Value::Null,
    };
    let asset = context.stores.assets.edit(AssetChange { asset: id, set, at: now }, audit).await?;
    Ok(axum::Json(AssetView::of(&asset, context.references.snapshot().as_ref(), &context)))
}
