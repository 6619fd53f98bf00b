//! What happened to a record: who, when, how, and each field before and after.

use super::cells::value;
use crate::{
    admin::AdminContext,
    console::render::When,
    store::{
        StoreError,
        records::{RecordCause, RecordEvent},
    },
};
use muster_domain::record::{FieldKind, Schema};
use uuid::Uuid;

/// Changes on the page.
const EVENTS: usize = 25;

/// A change.
pub(super) struct Event {
    pub(super) at: When,
    pub(super) by: String,
    pub(super) what: &'static str,
    pub(super) changes: Vec<Change>,
}

/// A field that changed.
pub(super) struct Change {
    pub(super) label: String,
    pub(super) before: String,
    pub(super) after: String,
}

/// The last changes of a record, newest first, and whether there are more.
pub(super) async fn events(context: &AdminContext, schema: &'static Schema, id: Uuid) -> Result<(Vec<Event>, bool), StoreError> {
    let found = context.records.history(schema, id, None, EVENTS + 1).await?;
    let more = found.len() > EVENTS;
    let mut events = Vec::new();
    for event in found.into_iter().take(EVENTS) {
        events.push(read(context, schema, event).await?);
    }
    Ok((events, more))
}

async fn read(context: &AdminContext, schema: &'static Schema, event: RecordEvent) -> Result<Event, StoreError> {
    let mut changes = Vec::new();
    for (name, (before, after)) in &event.changes {
        // A field that is no longer there is still part of what happened.
        let field = schema.field(name);
        let kind = field.map_or(FieldKind::Text(0), |field| field.kind);
        let records = &context.records;
        changes.push(Change {
            label: field.map_or_else(|| name.clone(), |field| field.label.to_owned()),
            before: value(records, kind, before.as_ref()).await?.text,
            after: value(records, kind, after.as_ref()).await?.text,
        });
    }
    Ok(Event { at: When::of(event.at, context.now(), context.tz()), by: event.by, what: what(event.cause), changes })
}

const fn what(cause: RecordCause) -> &'static str {
    match cause {
        RecordCause::Created => "made",
        RecordCause::Edited => "changed",
        RecordCause::Imported => "imported",
        RecordCause::Published => "published",
        RecordCause::Followed => "changed by another record",
        RecordCause::Deleted => "deleted",
    }
}
