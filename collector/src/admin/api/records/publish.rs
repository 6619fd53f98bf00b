//! Publishing an entitlement: from Build to In use, if it is complete.

use super::{list::tagged, write::order_of};
use crate::{
    admin::{api::openapi::Problems, auth::Caller, context::Ctx, problem::Answer},
    records::{Put, RecordError},
    store::records::RecordCause,
};
use axum::{
    extract::{Path, State},
    response::Response,
};
use muster_domain::record::kinds::{entitlement::ENTITLEMENTS, entitlement_rules};

/// Publishes an entitlement: its rights count from now on. It must be in Build and complete; 422 says what it lacks. Refused while the
/// product is disabled.
#[utoipa::path(post, path = "/api/v1/entitlements/{id}/publish", tag = "entitlements",
    params(("id" = String, Path, description = "its id or name")),
    responses((status = 200, description = "the entitlement"), Problems))]
pub async fn publish(State(context): State<Ctx>, Caller(caller): Caller, Path(id): Path<String>) -> Answer<Response> {
    let seen = context.records.get(&ENTITLEMENTS, &id)?;
    let changes = entitlement_rules::publish(&seen.values).map_err(RecordError::Invalid)?;
    let text = |value: Option<muster_domain::asset::Value>| value.map(|value| value.to_string()).unwrap_or_default();
    let set = changes.into_iter().map(|(field, value)| (field.to_owned(), text(value))).collect();
    let put = Put { id: Some(seen.id), expects: Some(seen.revision), set, ..Put::default() };
    let order = order_of(&context, caller.actor(), RecordCause::Edited);
    let kept = context.records.put(&ENTITLEMENTS, put, order).await?;
    tagged(&context.records, &ENTITLEMENTS, &kept.record).await
}
