//! Making, changing and deleting records.

use super::{
    kind::OfKind,
    list::{expected, tagged},
    view::{entered, view},
};
use crate::{
    admin::{
        auth::Caller,
        context::Ctx,
        extract::{Json, Query},
        problem::{Answer, Failure},
    },
    records::{Kept, Order, Put},
    store::records::RecordCause,
};
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;
use serde_json::{Map, Value};

/// How to change.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub(super) struct How {
    /// Only say what would be.
    #[serde(default)]
    dry_run: bool,
}

/// Makes a record.
pub(super) async fn create(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    OfKind(schema): OfKind,
    Query(how): Query<How>,
    body: Result<Json<Map<String, Value>>, Failure>,
) -> Answer<Response> {
    let Json(body) = body?;
    let put = Put { set: entered(body)?, ..Put::default() };
    let kept = context.records.put(schema, put, order(&context, caller.actor(), how, RecordCause::Created)).await?;
    let location = format!("/api/v1/{}/{}", schema.path, kept.record.id);
    let body = answer(&context, schema, &kept).await?;
    let status = if how.dry_run { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, [(header::LOCATION, location)], body).into_response())
}

/// Changes a record, under `If-Match` only if it has that revision.
pub(super) async fn edit(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    OfKind(schema): OfKind,
    Path(id): Path<String>,
    Query(how): Query<How>,
    headers: HeaderMap,
    body: Result<Json<Map<String, Value>>, Failure>,
) -> Answer<Response> {
    let id = context.records.get(schema, &id)?.id;
    let Json(body) = body?;
    if body.is_empty() {
        return Err(Failure::invalid("give at least one field to change"));
    }
    let put = Put { id: Some(id), expects: expected(&headers)?, set: entered(body)?, ..Put::default() };
    let kept = context.records.put(schema, put, order(&context, caller.actor(), how, RecordCause::Edited)).await?;
    let mut response = tagged(&context.records, schema, &kept.record).await?;
    let body = answer(&context, schema, &kept).await?.into_response();
    *response.body_mut() = body.into_body();
    response.headers_mut().remove(header::CONTENT_LENGTH);
    Ok(response)
}

/// Deletes a record that nothing points to.
pub(super) async fn delete(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    OfKind(schema): OfKind,
    Path(id): Path<String>,
    Query(how): Query<How>,
    headers: HeaderMap,
) -> Answer<StatusCode> {
    let id = context.records.get(schema, &id)?.id;
    let order = order(&context, caller.actor(), how, RecordCause::Deleted);
    context.records.delete(schema, id, expected(&headers)?, order).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn order(context: &Ctx, by: String, how: How, cause: RecordCause) -> Order {
    Order { by, at: context.now(), cause, dry_run: how.dry_run }
}

/// The record, and what an administrator should know about it as `warnings`.
async fn answer(context: &Ctx, schema: &'static muster_domain::record::Schema, kept: &Kept) -> Answer<Response> {
    let mut record = view(&context.records, schema, &kept.record).await?;
    if let (Some(members), false) = (record.as_object_mut(), kept.warnings.is_empty()) {
        members.insert("warnings".to_owned(), serde_json::json!(kept.warnings));
    }
    let mut response = axum::Json(record).into_response();
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", kept.record.revision)) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    Ok(response)
}
