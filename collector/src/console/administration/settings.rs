//! The list of settings, by what they are about.

use crate::{
    admin::{
        AdminContext, Answer, Ctx,
        api::audit::{AuditFilter, found},
        auth::{Caller, Principal},
    },
    console::{
        frame::{Frame, shown},
        note::Note,
        render::{When, page, who},
    },
    publish::url_encoded,
    settings::Setting,
};
use askama::Template;
use axum::{extract::State, response::Response};
use http::HeaderMap;
use serde_json::Value;

/// The page of all settings.
pub(super) const HERE: &str = "/settings";
/// What settings are about, by how their names begin or what they contain; what fits none is in the last group.
const GROUPS: [(&str, &[&str]); 6] = [
    ("Notifications", &["notify_", "webhook_"]),
    ("How long things are kept", &["_retention_", "_rows_runs", "pseudonymise_"]),
    ("Queries and the count", &["null_mode", "query_"]),
    ("Hardware units", &["ham_", "sn_ham", "units_"]),
    ("Reconciliation of software", &["com.snc.samp", "oracle_", "low_usage", "suite_"]),
    ("Everything else", &[""]),
];

#[derive(Template)]
#[template(path = "settings.html")]
struct SettingsPage {
    frame: Frame,
    note: Option<Note>,
    groups: Vec<Group>,
    may_change: bool,
    backup: Option<Backup>,
}

/// What an owner is told of backups.
struct Backup {
    /// Whether the whole audit log was looked at.
    looked_at_all: bool,
    /// When the last one was made, and by whom.
    last: Option<(When, String)>,
}

struct Group {
    title: &'static str,
    rows: Vec<SettingRow>,
}

/// A setting on a page.
pub(super) struct SettingRow {
    pub(super) name: &'static str,
    pub(super) link: String,
    pub(super) value: String,
    pub(super) default: String,
    pub(super) changed: bool,
    pub(super) kind: String,
    pub(super) what: &'static str,
}

/// `GET /settings`.
pub async fn settings_page(State(context): State<Ctx>, Caller(caller): Caller, headers: HeaderMap) -> Response {
    shown(show(&context, &caller, &headers).await)
}

async fn show(context: &AdminContext, caller: &Principal, headers: &HeaderMap) -> Answer<Response> {
    let mut groups: Vec<Group> = GROUPS.iter().map(|(title, _)| Group { title, rows: Vec::new() }).collect();
    for setting in context.settings.list() {
        let place = GROUPS.iter().position(|(_, parts)| parts.iter().any(|part| setting.name.contains(part)));
        if let Some(group) = place.and_then(|place| groups.get_mut(place)) {
            group.rows.push(SettingRow::of(setting));
        }
    }
    groups.retain(|group| !group.rows.is_empty());
    let (note, shown_once) = Note::take(headers, HERE, context.tls);
    let frame = Frame::of(context, caller, HERE);
    let backup = if frame.may_get("/api/v1/backup") { Some(Backup::of(context).await?) } else { None };
    let response = page(&SettingsPage { may_change: frame.may_post("/settings/{name}"), frame, note, groups, backup })?;
    Ok(shown_once.on(response))
}

impl Backup {
    async fn of(context: &AdminContext) -> Answer<Self> {
        let filter = AuditFilter { action: Some("backup.create".to_owned()), ..AuditFilter::default() };
        let (last, more) = found(&context.stores, &filter, None, 1).await?;
        let last = last.into_iter().next();
        Ok(Self {
            looked_at_all: more.is_none(),
            last: last.map(|record| (When::of(record.entry.at, context.now(), context.tz()), who(&record.entry.actor))),
        })
    }
}

impl SettingRow {
    pub(super) fn of(setting: Setting) -> Self {
        let Setting { name, value, default, changed, kind, what, source: _ } = setting;
        let link = format!("{HERE}/{}", url_encoded(name));
        Self { name, link, value: text(&value), default: text(&default), changed, kind, what }
    }
}

/// A value as it is written in a form.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(","),
        Value::Object(members) => members.iter().map(|(id, value)| format!("{id}={}", text(value))).collect::<Vec<_>>().join(";"),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_written_as_they_are_read() {
        for (value, expected) in [
            (json!("sql"), "sql"),
            (json!(30), "30"),
            (json!(["a", "b"]), "a,b"),
            (json!({"x": "1", "y": "2"}), "x=1;y=2"),
            (json!([]), ""),
        ] {
            assert_eq!(text(&value), expected);
        }
    }
}
