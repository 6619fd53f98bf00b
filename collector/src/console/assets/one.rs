//! One asset: its fields, who entered them, the agent that reports for it, who is logged in there, and its history.

use super::{
    cells::{text, title},
    form::existing,
};
use crate::{
    admin::{
        AdminContext, Answer, Ctx,
        api::assets::{cause_name, knowing_parents},
        auth::{Caller, Principal},
    },
    console::{
        frame::{Frame, shown},
        note::Note,
        render::{When, page, who},
    },
    store::records::HistoryRecord,
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::Response,
};
use http::HeaderMap;
use muster_domain::asset::{Directory, Field, Value, sheet::label};

/// Entries of the history on the page.
const ENTRIES: usize = 50;

#[derive(Template)]
#[template(path = "asset.html")]
struct AssetPage {
    frame: Frame,
    title: String,
    id: String,
    state: String,
    fields: Vec<FieldRow>,
    empty: String,
    created: When,
    agent: Option<(String, String)>,
    sessions: Vec<SessionRow>,
    entries: Vec<EntryRow>,
    more: bool,
    may_change: bool,
    note: Option<Note>,
}

struct FieldRow {
    label: &'static str,
    name: &'static str,
    value: String,
    /// An administrator entered it, whatever the agent sees.
    entered: bool,
    /// The page of what it points to.
    link: Option<String>,
}

struct SessionRow {
    user: String,
    from: String,
    since: When,
}

struct EntryRow {
    at: When,
    by: String,
    cause: &'static str,
    changes: Vec<String>,
}

/// `GET /assets/{id}`.
pub async fn asset_page(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    shown(show(&context, &caller, &id, &headers).await)
}

async fn show(context: &AdminContext, caller: &Principal, id: &str, headers: &HeaderMap) -> Answer<Response> {
    let asset = existing(context, id).await?;
    let (note, shown_once) = Note::take(headers, &format!("/assets/{}", asset.id()), context.tls);
    let references = knowing_parents(context, &[&asset]).await?;
    let directory = references.as_ref();
    let (now, zone) = (context.now(), context.tz());
    let (mut fields, mut empty) = (Vec::new(), Vec::new());
    for field in Field::ALL {
        match asset.value(*field, directory) {
            Some(value) => fields.push(FieldRow {
                label: label(*field),
                name: field.name(),
                value: text(*field, &value, directory),
                entered: asset.agent().is_some() && asset.edited().get(*field).is_some(),
                link: match (field, &value) {
                    (Field::Parent, Value::Ref(id)) => Some(format!("/assets/{id}")),
                    _ => None,
                },
            }),
            None => empty.push(label(*field)),
        }
    }
    let mut history = context.stores.assets.history(asset.id(), None, ENTRIES + 1).await?;
    let more = history.len() > ENTRIES;
    history.truncate(ENTRIES);
    let agent = asset.agent();
    let sessions = match agent {
        Some(agent) => context.sessions.list().into_iter().filter(|one| one.record.agent == agent).collect(),
        None => Vec::new(),
    };
    let frame = Frame::of(context, caller, "/assets");
    let response = page(&AssetPage {
        may_change: frame.may_post("/assets/{id}/edit"),
        note,
        frame,
        title: title(&asset, directory, context),
        id: asset.id().to_string(),
        state: asset.status().map_or_else(|| "no state".to_owned(), |status| status.label().to_owned()),
        fields,
        empty: empty.join(", "),
        created: When::of(asset.created_on(), now, zone),
        agent: agent.map(|agent| {
            let host = context.fleet.get(agent).map(|known| known.record.hostname.clone());
            (agent.to_string(), host.unwrap_or_else(|| agent.to_string()))
        }),
        sessions: sessions
            .into_iter()
            .filter(|one| one.record.ended.is_none())
            .map(|one| SessionRow {
                user: one.record.user,
                from: one.record.client_ip,
                since: When::of(one.record.started_at, now, zone),
            })
            .collect(),
        entries: history.into_iter().map(|entry| EntryRow::of(entry, directory, context)).collect(),
        more,
    })?;
    Ok(shown_once.on(response))
}

impl EntryRow {
    fn of(record: HistoryRecord, directory: &dyn Directory, context: &AdminContext) -> Self {
        let HistoryRecord { asset: _, number: _, at, by, cause, changes } = record;
        Self {
            at: When::of(at, context.now(), context.tz()),
            by: match by.strip_prefix("agent:").and_then(|id| context.fleet.get(id.parse().ok()?)) {
                Some(agent) => format!("agent of {}", agent.record.hostname),
                None => who(&by),
            },
            cause: cause_name(cause),
            changes: changes
                .into_iter()
                .map(|change| {
                    let said = |value: Option<_>| {
                        value.map_or_else(|| "empty".to_owned(), |value| text(change.field, &value, directory))
                    };
                    format!("{}: {} → {}", label(change.field), said(change.before), said(change.after))
                })
                .collect(),
        }
    }
}
