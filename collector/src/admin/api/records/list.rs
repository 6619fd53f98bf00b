//! Reading records: all of a kind that fit, one, or what happened to one.

use super::{
    kind::OfKind,
    view::{BESIDE, value_view, view, written},
};
use crate::{
    admin::{
        context::Ctx,
        extract::Query,
        page::{Listing, Page, Paging},
        problem::{Answer, Failure},
    },
    records::{AssetNames, Records, Seen},
};
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, header};
use muster_domain::record::Schema;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// What a query string may hold beside fields.
const BESIDE_FIELDS: [&str; 3] = ["limit", "cursor", "search"];

/// The records of a kind: those whose fields are as the query string says, and that hold the text of `search` somewhere.
pub(super) async fn list(
    State(context): State<Ctx>,
    OfKind(schema): OfKind,
    Query(paging): Query<Paging>,
    Query(given): Query<BTreeMap<String, String>>,
    listing: Listing,
) -> Answer<Response> {
    let records = &context.records;
    let mut wishes = Vec::new();
    for (name, text) in given.iter().filter(|(name, _)| !BESIDE_FIELDS.contains(&name.as_str())) {
        let known = || schema.fields.iter().map(|field| field.name).collect::<Vec<_>>().join(", ");
        let field = schema.field(name);
        let field =
            field.ok_or_else(|| Failure::invalid(format!("a {} has no field {name:?}; known are {}", schema.one, known())))?;
        wishes.push((field, text.trim().to_lowercase()));
    }
    let search = given.get("search").map(|text| text.trim().to_lowercase()).filter(|text| !text.is_empty());
    let (limit, mut found, mut after) = (paging.limit()?, Vec::new(), paging.after::<Uuid>()?);
    // A few at a time: a page costs what it shows, not what there is.
    loop {
        let some = records.after(schema, after, limit + 1);
        let Some(last) = some.last() else { break };
        after = Some(last.id);
        for seen in some {
            if records.fits(schema, &seen, &wishes, search.as_deref()).await? {
                found.push(seen);
            }
        }
        if found.len() > limit {
            break;
        }
    }
    let page = Page::cut(found, limit, |seen| seen.id.to_string());
    let mut items = Vec::with_capacity(page.items.len());
    let named = listing.is_csv() && schema.names_assets();
    let assets = if named { records.asset_names().await? } else { AssetNames::default() };
    for seen in &page.items {
        items.push(if listing.is_csv() {
            written(records, schema, seen, &assets).await?
        } else {
            view(records, schema, seen).await?
        });
    }
    let columns: Vec<&str> = ["id"].into_iter().chain(schema.fields.iter().map(|field| field.name)).chain(BESIDE).collect();
    let page = Page { items, next: page.next, warnings: page.warnings };
    Ok(page.answer(&listing, &columns))
}

/// One record, by its id or name. Its `ETag` is its revision.
pub(super) async fn show(State(context): State<Ctx>, OfKind(schema): OfKind, Path(id): Path<String>) -> Answer<Response> {
    let seen = context.records.get(schema, &id)?;
    tagged(&context.records, schema, &seen).await
}

/// What happened to a record, newest first; also to one that was deleted.
pub(super) async fn history(
    State(context): State<Ctx>,
    OfKind(schema): OfKind,
    Path(id): Path<String>,
    Query(paging): Query<Paging>,
    listing: Listing,
) -> Answer<Response> {
    let (records, limit) = (&context.records, paging.limit()?);
    let id = match uuid::Uuid::try_parse(&id) {
        Ok(id) => id,
        Err(_) => records.get(schema, &id)?.id,
    };
    let events = records.history(schema, id, paging.after()?, limit + 1).await?;
    if events.is_empty() && paging.cursor.is_none() {
        return Err(Failure::not_found(schema.one, &id.to_string()));
    }
    let page = Page::cut(events, limit, |event| event.number.to_string());
    let mut items: Vec<Json> = Vec::with_capacity(page.items.len());
    for event in page.items {
        let mut changes = Vec::with_capacity(event.changes.len());
        for (name, (before, after)) in &event.changes {
            // A field that is no longer there is still part of what happened.
            let kind = schema.field(name).map_or(muster_domain::record::FieldKind::Text(0), |field| field.kind);
            changes.push(json!({
                "field": name,
                "before": value_view(records, kind, before.as_ref()).await?,
                "after": value_view(records, kind, after.as_ref()).await?,
            }));
        }
        items.push(json!({ "number": event.number, "at": event.at, "by": event.by, "cause": event.cause, "changes": changes }));
    }
    let page = Page { items, next: page.next, warnings: Vec::new() };
    Ok(page.answer(&listing, &["number", "at", "by", "cause", "changes"]))
}

/// A record with its revision as `ETag`.
pub(super) async fn tagged(records: &Records, schema: &'static Schema, seen: &Seen) -> Answer<Response> {
    let mut response = axum::Json(view(records, schema, seen).await?).into_response();
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", seen.revision)) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    Ok(response)
}

/// The revision that `If-Match` asks for; none where it is absent or `*`.
pub(super) fn expected(headers: &HeaderMap) -> Answer<Option<u64>> {
    let Some(tag) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let tag = tag.to_str().unwrap_or_default().trim();
    if tag == "*" {
        return Ok(None);
    }
    let revision = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).and_then(|tag| tag.parse().ok());
    revision.map(Some).ok_or_else(|| Failure::invalid("If-Match is not the ETag of a record; read the record again"))
}
