//! The page of a record: its form, or its values for who may not change them, what points to it, and what happened to it.

use super::{
    cells::title,
    choices::choices,
    fields::{Filling, parts, texts},
    history::{Event, events},
    metrics,
    related::{Group, groups},
    words::{capital, kind_of, plural},
};
use crate::{
    admin::{
        AdminContext, Answer, Ctx,
        auth::{Caller, Principal},
    },
    console::{
        entry::{Choices, Control, Part, Texts, Wrong},
        frame::{Frame, shown},
        note::Note,
        render::{When, page},
    },
    records::Seen,
};
use askama::Template;
use axum::{
    extract::{Path, Query, State},
    response::Response,
};
use http::{HeaderMap, StatusCode};
use muster_domain::record::{FieldError, FieldKind, Schema, kinds, kinds::entitlement::ENTITLEMENTS};
use std::collections::BTreeMap;

#[derive(Template)]
#[template(path = "records_record.html")]
struct RecordPage {
    frame: Frame,
    kind: String,
    path: &'static str,
    help: &'static str,
    title: String,
    /// Where the form goes.
    action: String,
    revision: Option<u64>,
    note: Option<Note>,
    /// Why nothing was stored, in a sentence.
    sentence: Option<String>,
    summary: Vec<Wrong>,
    parts: Vec<Part>,
    lists: Vec<Choices>,
    can_publish: bool,
    related: Vec<Group>,
    events: Vec<Event>,
    more_events: bool,
    made: Option<Made>,
}

/// Who made and changed the record when.
struct Made {
    id: String,
    created: (When, String),
    updated: (When, String),
}

/// What came of a form that was sent.
#[derive(Default)]
pub(super) struct Sent {
    /// What was entered.
    pub(super) texts: Texts,
    /// What is wrong with it, by field.
    pub(super) errors: Vec<FieldError>,
    /// Why it was not stored, where that is not a field's fault.
    pub(super) sentence: Option<String>,
    /// The revision that the form was made of.
    pub(super) revision: Option<u64>,
}

/// `GET /records/{kind}/new`: an empty form; fields that the query string names are filled in.
pub async fn new_form(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Path(kind): Path<String>,
    Query(given): Query<BTreeMap<String, String>>,
) -> Response {
    shown(fresh(&context, &caller, &kind, given).await)
}

/// `GET /records/{kind}/{id}`.
pub async fn record(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Path((kind, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    shown(known(&context, &caller, (&kind, &id), &headers).await)
}

async fn fresh(context: &AdminContext, caller: &Principal, kind: &str, given: BTreeMap<String, String>) -> Answer<Response> {
    let schema = kind_of(kind)?;
    let mut texts = Texts::new();
    for (name, text) in given {
        let Some(field) = schema.field(&name).filter(|field| !field.derived) else { continue };
        // Links name the record by its id; people read what it is called.
        let id = uuid::Uuid::try_parse(&text).ok();
        let text = match (field.kind, id) {
            (FieldKind::Link(path), Some(id)) => kinds::find(path).map_or(text, |kind| context.records.text_of(kind, id)),
            _ => text,
        };
        texts.insert(name, text);
    }
    show(context, caller, schema, None, Sent { texts, ..Sent::default() }, None).await
}

async fn known(context: &AdminContext, caller: &Principal, (kind, id): (&str, &str), headers: &HeaderMap) -> Answer<Response> {
    let schema = kind_of(kind)?;
    let seen = context.records.get(schema, id)?;
    let (note, shown_once) = Note::take(headers, &super::cells::address(schema, &seen), context.tls);
    let response = show(context, caller, schema, Some(&seen), Sent::default(), note).await?;
    Ok(shown_once.on(response))
}

/// The page of a record or of a new one, with what came of a form.
pub(super) async fn show(
    context: &AdminContext,
    caller: &Principal,
    schema: &'static Schema,
    seen: Option<&Seen>,
    sent: Sent,
    note: Option<Note>,
) -> Answer<Response> {
    let records = &context.records;
    let frame = Frame::of(context, caller, "/records");
    let wrong = !sent.errors.is_empty();
    let conflict = sent.sentence.is_some();
    let mut filled = texts(records, schema, seen).await?;
    filled.extend(sent.texts);
    let group = filled.get(metrics::GROUP).cloned().unwrap_or_default();
    let lists = if frame.may_change { choices(context, schema, &group).await? } else { Vec::new() };
    let filling = Filling { schema, seen, texts: &filled, errors: &sent.errors, lists: &lists };
    let first = capital(schema.one);
    let parts = parts(records, &filling, &first).await?;
    let when = |at| When::of(at, context.now(), context.tz());
    let (events, more_events) = match seen {
        Some(seen) => events(context, schema, seen.id).await?,
        None => (Vec::new(), false),
    };
    let mut response = page(&RecordPage {
        frame,
        kind: plural(schema),
        path: schema.path,
        help: schema.help,
        title: match seen {
            Some(seen) => title(records, schema, seen).await?,
            None => format!("New {}", schema.one),
        },
        action: seen.map_or_else(|| format!("/records/{}/new", schema.path), |seen| super::cells::address(schema, seen)),
        revision: sent.revision.or(seen.map(|seen| seen.revision)),
        note,
        sentence: sent.sentence,
        summary: sent.errors.into_iter().map(|error| summed(schema, error)).collect(),
        parts,
        lists,
        can_publish: schema.path == ENTITLEMENTS.path && seen.is_some_and(|seen| seen.values.text("state") == Some("Build")),
        related: match seen {
            Some(seen) => groups(records, schema, seen.id).await?,
            None => Vec::new(),
        },
        events,
        more_events,
        made: seen.map(|seen| Made {
            id: seen.id.to_string(),
            created: (when(seen.created_at), seen.created_by.clone()),
            updated: (when(seen.updated_at), seen.updated_by.clone()),
        }),
    })?;
    if conflict {
        *response.status_mut() = StatusCode::CONFLICT;
    } else if wrong {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

fn summed(schema: &'static Schema, error: FieldError) -> Wrong {
    let field = schema.field(&error.field);
    Wrong {
        field: field.map(|field| field.name),
        label: field.map_or(error.field, |field| field.label.to_owned()),
        text: error.text,
    }
}
