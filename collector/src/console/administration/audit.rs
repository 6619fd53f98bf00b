//! The audit log: newest first, by who, what and to what, whether its chain is whole, and all of it as a file.

use crate::{
    admin::{
        AdminContext, Answer, Ctx, Query,
        auth::{Caller, Principal},
    },
    console::{
        frame::{Frame, shown},
        pager::address,
        render::{When, number, page, who},
    },
    store::{
        StoreError, Stores,
        records::{AuditEntry, AuditRecord},
    },
};
use askama::Template;
use axum::{
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use futures_util::stream;
use http::header;
use muster_runtime::output;
use serde::Deserialize;
use serde_json::Value;

const HERE: &str = "/audit";
/// Entries on a page.
const ROWS: usize = 100;
/// Entries that are read at once.
const PORTION: usize = 1_000;
/// Entries that are looked at for a page.
const LOOKED_AT: usize = 50_000;
/// The columns of the file, as the API has them.
const COLUMNS: [&str; 7] = ["number", "at", "actor", "action", "subject", "detail", "hash"];

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    frame: Frame,
    asked: Asking,
    rows: Vec<Row>,
    /// The list went on, and nothing of it fitted so far.
    unfinished: bool,
    chain: Option<Chain>,
    newest: Option<String>,
    next: Option<String>,
    csv: String,
    verify: String,
}

struct Row {
    number: u64,
    at: When,
    who: String,
    action: String,
    subject: String,
    detail: String,
    hash: String,
}

/// Whether the log is whole.
struct Chain {
    intact: bool,
    text: String,
}

/// Which entries.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Asking {
    /// A part of who did it.
    actor: String,
    /// A part of what was done.
    action: String,
    /// A part of what it was done to.
    subject: String,
    /// Entries before this one.
    before: Option<u64>,
    /// `1`: walk the chain.
    verify: String,
}

/// `GET /audit`.
pub async fn audit_page(State(context): State<Ctx>, Caller(caller): Caller, Query(asked): Query<Asking>) -> Response {
    shown(show(&context, &caller, asked).await)
}

/// `GET /audit.csv`: every entry that fits, newest first.
pub async fn audit_file(State(context): State<Ctx>, Query(asked): Query<Asking>) -> Response {
    let state = Some((context.stores.clone(), asked, None, true));
    let pieces = stream::try_unfold(state, |state| async move {
        let Some((stores, asked, before, first)) = state else { return Ok::<_, StoreError>(None) };
        let portion = stores.audit.page(before, PORTION).await?;
        let next = portion.last().map(|last| last.number).filter(|_| portion.len() == PORTION);
        let rows: Vec<Vec<String>> = portion.into_iter().filter(|record| asked.fits(record)).map(cells).collect();
        let text = output::csv(&COLUMNS, &rows);
        // The line of names stands at the beginning only.
        let piece = if first { text } else { text.split_once("\r\n").map(|(_, rest)| rest.to_owned()).unwrap_or_default() };
        Ok(Some((piece, next.map(|next| (stores, asked, Some(next), false)))))
    });
    let headers =
        [(header::CONTENT_TYPE, "text/csv; charset=utf-8"), (header::CONTENT_DISPOSITION, "attachment; filename=\"audit.csv\"")];
    (headers, Body::from_stream(pieces)).into_response()
}

async fn show(context: &AdminContext, caller: &Principal, asked: Asking) -> Answer<Response> {
    let (found, more) = found(&context.stores, &asked).await?;
    let query = [("actor", asked.actor.as_str()), ("action", &asked.action), ("subject", &asked.subject)];
    let link = |path: &str, more: (&str, &str)| address(path, &[&query[..], &[more]].concat());
    let chain = if asked.verify == "1" { Some(Chain::of(context.stores.audit.verify().await?)) } else { None };
    let (now, zone) = (context.now(), context.tz());
    page(&AuditPage {
        frame: Frame::of(context, caller, HERE),
        unfinished: found.is_empty() && more.is_some(),
        rows: found
            .into_iter()
            .map(|record| {
                let AuditRecord { number, entry: AuditEntry { at, actor, action, subject, detail }, hash } = record;
                let detail = if detail.is_null() { String::new() } else { detail.to_string() };
                Row { number, at: When::of(at, now, zone), who: who(&actor), action, subject, detail, hash }
            })
            .collect(),
        chain,
        newest: asked.before.map(|_| link(HERE, ("", ""))),
        next: more.map(|before| link(HERE, ("before", &before.to_string()))),
        csv: link("/audit.csv", ("", "")),
        verify: link(HERE, ("verify", "1")),
        asked,
    })
}

/// The entries of a page, and the number before which there are more.
async fn found(stores: &Stores, asked: &Asking) -> Answer<(Vec<AuditRecord>, Option<u64>)> {
    let (mut found, mut before, mut looked) = (Vec::new(), asked.before, 0);
    let limit = if asked.is_all() { ROWS + 1 } else { PORTION };
    loop {
        let portion = stores.audit.page(before, limit).await?;
        let is_last = portion.len() < limit;
        for record in portion {
            if found.len() == ROWS {
                return Ok((found, before));
            }
            looked += 1;
            before = Some(record.number);
            if asked.fits(&record) {
                found.push(record);
            }
        }
        if is_last {
            return Ok((found, None));
        }
        if looked >= LOOKED_AT {
            return Ok((found, before));
        }
    }
}

fn cells(record: AuditRecord) -> Vec<String> {
    let AuditRecord { number, entry: AuditEntry { at, actor, action, subject, detail }, hash } = record;
    let detail = if detail == Value::Null { String::new() } else { detail.to_string() };
    vec![number.to_string(), at.to_rfc3339(), actor, action, subject, detail, hash]
}

impl Asking {
    fn is_all(&self) -> bool {
        [&self.actor, &self.action, &self.subject].iter().all(|text| text.trim().is_empty())
    }

    fn fits(&self, record: &AuditRecord) -> bool {
        let has = |text: &str, part: &str| text.to_lowercase().contains(&part.trim().to_lowercase());
        let AuditEntry { actor, action, subject, .. } = &record.entry;
        has(actor, &self.actor) && has(action, &self.action) && has(subject, &self.subject)
    }
}

impl Chain {
    fn of(verified: Result<u64, u64>) -> Self {
        match verified {
            Ok(entries) => Self {
                intact: true,
                text: format!("The log is whole: {} entries, each bound to the one before.", number(entries)),
            },
            Err(at) => Self {
                intact: false,
                text: format!(
                    "Entry {at} does not fit the one before it: the log was changed outside of muster there. Keep a copy of the data directory and find out who could write to it."
                ),
            },
        }
    }
}
