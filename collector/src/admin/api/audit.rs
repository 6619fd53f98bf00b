//! `/api/v1/audit`: who did what, and whether the log is whole.

use super::openapi::Problems;
use crate::{
    admin::{
        context::Ctx,
        extract::{Query, Wanted},
        page::{Listing, Page, Paging},
        problem::{Answer, Failure},
    },
    chain,
    store::{
        StoreError, Stores,
        records::{AuditEntry, AuditRecord},
    },
};
use axum::{
    Json,
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use futures_util::stream;
use http::header;
use muster_runtime::output;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// The columns of a table.
const COLUMNS: [&str; 7] = ["number", "at", "actor", "action", "subject", "detail", "hash"];
/// Entries that are read at once.
const PORTION: usize = 1_000;
/// Entries that are looked at for a page.
const LOOKED_AT: usize = 50_000;

/// One entry of the audit log.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AuditView {
    /// Ascending from 1, without gaps.
    pub number: u64,
    /// When.
    pub at: DateTime<Utc>,
    /// Who: `user:NAME`, `token:ID`, `agent:ID` or `collector`.
    pub actor: String,
    /// What was done, `subject.verb`.
    pub action: String,
    /// To what.
    pub subject: String,
    /// Inputs, before and after.
    pub detail: Value,
    /// SHA-256 over the entry before and this one.
    pub hash: String,
}

impl From<AuditRecord> for AuditView {
    fn from(record: AuditRecord) -> Self {
        let AuditRecord { number, entry: AuditEntry { at, actor, action, subject, detail }, hash } = record;
        Self { number, at, actor, action, subject, detail, hash }
    }
}

/// Whether the chain of the log is whole.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChainView {
    /// It is.
    pub intact: bool,
    /// How many entries there are, up to the first that does not fit.
    pub entries: u64,
    /// The first entry that does not fit.
    pub broken_at: Option<u64>,
    /// The hash of the last of those entries; it stands for all of them. Noted elsewhere together with their number, it shows later
    /// whether the log was cut off or written anew.
    pub hash: Option<String>,
}

/// Which entries.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct AuditFilter {
    /// A part of who did it, such as `user:anna`; the case of letters does not matter.
    pub actor: Option<String>,
    /// A part of what was done, such as `license.`.
    pub action: Option<String>,
    /// A part of what it was done to.
    pub subject: Option<String>,
    /// From this time on.
    pub since: Option<DateTime<Utc>>,
    /// Before this time.
    pub until: Option<DateTime<Utc>>,
}

/// Which page of which entries.
#[derive(Debug, Clone, Deserialize)]
pub struct AuditAsked {
    actor: Option<String>,
    action: Option<String>,
    subject: Option<String>,
    since: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
    limit: Option<usize>,
    cursor: Option<String>,
}

impl AuditFilter {
    /// Whether every entry fits.
    #[must_use]
    pub fn is_all(&self) -> bool {
        let Self { actor, action, subject, since, until } = self;
        let empty = |text: &Option<String>| text.as_deref().is_none_or(|text| text.trim().is_empty());
        [actor, action, subject].into_iter().all(empty) && since.is_none() && until.is_none()
    }

    /// Whether an entry does.
    #[must_use]
    pub fn fits(&self, record: &AuditRecord) -> bool {
        let has = |text: &str, part: &Option<String>| {
            part.as_deref().is_none_or(|part| text.to_lowercase().contains(&part.trim().to_lowercase()))
        };
        let AuditEntry { at, actor, action, subject, detail: _ } = &record.entry;
        has(actor, &self.actor)
            && has(action, &self.action)
            && has(subject, &self.subject)
            && self.since.is_none_or(|since| *at >= since)
            && self.until.is_none_or(|until| *at < until)
    }
}

/// At most `most` entries that fit, newest first, of those before a number; and the number before which there may be more. A page
/// can hold fewer than that, even none, where the log is long and little of it fits.
///
/// # Errors
/// When the store cannot be read.
pub async fn found(
    stores: &Stores,
    filter: &AuditFilter,
    mut before: Option<u64>,
    most: usize,
) -> Result<(Vec<AuditRecord>, Option<u64>), StoreError> {
    let (mut found, mut looked) = (Vec::new(), 0);
    let limit = if filter.is_all() { most.saturating_add(1) } else { PORTION };
    loop {
        let portion = stores.audit.page(before, limit).await?;
        let is_last = portion.len() < limit;
        for record in portion {
            if found.len() == most {
                return Ok((found, before));
            }
            looked += 1;
            before = Some(record.number);
            if filter.fits(&record) {
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

/// All entries that fit as a CSV file, newest first, read as they are sent.
pub fn csv_of(stores: Stores, filter: AuditFilter) -> Response {
    let state = Some((stores, filter, None, true));
    let pieces = stream::try_unfold(state, |state| async move {
        let Some((stores, filter, before, first)) = state else { return Ok::<_, StoreError>(None) };
        let portion = stores.audit.page(before, PORTION).await?;
        let next = portion.last().map(|last| last.number).filter(|_| portion.len() == PORTION);
        let rows: Vec<Vec<String>> = portion.into_iter().filter(|record| filter.fits(record)).map(cells).collect();
        let text = output::csv(&COLUMNS, &rows);
        // The line of names stands at the beginning only.
        let piece = if first { text } else { text.split_once("\r\n").map(|(_, rest)| rest.to_owned()).unwrap_or_default() };
        Ok(Some((piece, next.map(|next| (stores, filter, Some(next), false)))))
    });
    let headers =
        [(header::CONTENT_TYPE, "text/csv; charset=utf-8"), (header::CONTENT_DISPOSITION, "attachment; filename=\"audit.csv\"")];
    (headers, Body::from_stream(pieces)).into_response()
}

/// The audit log, newest first. A page can hold fewer entries than its limit, even none, where little of a long log fits; the log
/// goes on for as long as there is a `next`.
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit", params(AuditFilter, Paging),
    responses((status = 200, description = "entries", body = Page<AuditView>), Problems))]
pub async fn list(State(context): State<Ctx>, Query(asked): Query<AuditAsked>, listing: Listing) -> Answer<Response> {
    let AuditAsked { actor, action, subject, since, until, limit, cursor } = asked;
    let (filter, paging) = (AuditFilter { actor, action, subject, since, until }, Paging { limit, cursor });
    let (records, next) = found(&context.stores, &filter, paging.after()?, paging.limit()?).await?;
    let page = Page::going_on(records, next.map(|before| before.to_string())).map(AuditView::from);
    Ok(page.answer(&listing, &COLUMNS))
}

/// The whole log as a file: as JSON lines, oldest first, whose chain can be verified without the collector (`{"number","hash","entry"}`,
/// the hash being SHA-256 over the hash before it and the bytes of the entry); or as CSV for people, newest first.
#[utoipa::path(get, path = "/api/v1/audit/export", tag = "audit", params(AuditFilter),
    responses((status = 200, description = "the log; CSV and filters are for people, JSON lines have every entry", content(
        (String = "application/x-ndjson"), (String = "text/csv"))), Problems))]
pub async fn export(State(context): State<Ctx>, Query(filter): Query<AuditFilter>, wanted: Wanted) -> Answer<Response> {
    if wanted == Wanted::Csv {
        return Ok(csv_of(context.stores.clone(), filter));
    }
    if !filter.is_all() {
        return Err(Failure::invalid(
            "JSON lines have every entry, or their chain could not be verified; ask for text/csv with filters",
        ));
    }
    // What comes while it is sent belongs to the next export.
    let last = context.stores.audit.page(None, 1).await?.first().map_or(0, |record| record.number);
    let state = Some((context.stores.clone(), 0));
    let pieces = stream::try_unfold(state, move |state| async move {
        let Some((stores, after)) = state else { return Ok::<_, StoreError>(None) };
        let portion = stores.audit.after(after, PORTION).await?;
        let mut text = String::new();
        let mut reached = last;
        for AuditRecord { number, entry, hash } in portion.into_iter().filter(|record| record.number <= last) {
            let entry = serde_json::to_string(&entry).map_err(|error| StoreError::Rule(error.to_string()))?;
            text.push_str(&chain::line(number, &hash, &entry));
            reached = number;
        }
        Ok(Some((text, (reached > after && reached < last).then_some((stores, reached)))))
    });
    let headers =
        [(header::CONTENT_TYPE, "application/x-ndjson"), (header::CONTENT_DISPOSITION, "attachment; filename=\"audit.ndjson\"")];
    Ok((headers, Body::from_stream(pieces)).into_response())
}

/// Walks the chain of the audit log.
#[utoipa::path(get, path = "/api/v1/audit/verify", tag = "audit",
    responses((status = 200, description = "whether it is whole", body = ChainView), Problems))]
pub async fn verify(State(context): State<Ctx>) -> Answer<Json<ChainView>> {
    let (entries, broken_at) = match context.stores.audit.verify().await? {
        Ok(entries) => (entries, None),
        Err(at) => (at.saturating_sub(1), Some(at)),
    };
    // What was written since has a higher number.
    let last = match entries.checked_sub(1) {
        None => None,
        Some(before) => context.stores.audit.after(before, 1).await?.into_iter().next(),
    };
    Ok(Json(ChainView { intact: broken_at.is_none(), entries, broken_at, hash: last.map(|last| last.hash) }))
}

fn cells(record: AuditRecord) -> Vec<String> {
    let AuditRecord { number, entry: AuditEntry { at, actor, action, subject, detail }, hash } = record;
    let detail = if detail == Value::Null { String::new() } else { detail.to_string() };
    vec![number.to_string(), at.to_rfc3339(), actor, action, subject, detail, hash]
}
