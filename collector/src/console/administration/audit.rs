//! The audit log: newest first, by who, what and to what, whether its chain is whole, and all of it as a file.

use crate::{
    admin::{
        AdminContext, Answer, Ctx, Query,
        api::audit::{AuditFilter, csv_of, found},
        auth::{Caller, Principal},
    },
    console::{
        frame::{Frame, shown},
        pager::address,
        render::{When, number, page, who},
    },
    store::records::{AuditEntry, AuditRecord},
};
use askama::Template;
use axum::{extract::State, response::Response};
use serde::Deserialize;

const HERE: &str = "/audit";
/// Entries on a page.
const ROWS: usize = 100;

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
    csv_of(context.stores.clone(), asked.filter())
}

async fn show(context: &AdminContext, caller: &Principal, asked: Asking) -> Answer<Response> {
    let (found, more) = found(&context.stores, &asked.filter(), asked.before, ROWS).await?;
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

impl Asking {
    fn filter(&self) -> AuditFilter {
        let part = |text: &String| Some(text.clone());
        let (actor, action, subject) = (part(&self.actor), part(&self.action), part(&self.subject));
        AuditFilter { actor, action, subject, ..AuditFilter::default() }
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
