//! `/api/v1/audit`: who did what, and whether the log is whole.

use super::openapi::Problems;
use crate::{
    admin::{
        context::Ctx,
        extract::Query,
        page::{Listing, Page, Paging},
        problem::Answer,
    },
    store::records::{AuditEntry, AuditRecord},
};
use axum::{Json, extract::State, response::Response};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

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
    pub detail: serde_json::Value,
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
}

/// The audit log, newest first.
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit", params(Paging),
    responses((status = 200, description = "entries", body = Page<AuditView>), Problems))]
pub async fn list(State(context): State<Ctx>, Query(paging): Query<Paging>, listing: Listing) -> Answer<Response> {
    let limit = paging.limit()?;
    let records = context.stores.audit.page(paging.after()?, limit + 1).await?;
    let page = Page::cut(records, limit, |record| record.number.to_string()).map(AuditView::from);
    Ok(page.answer(&listing, &["number", "at", "actor", "action", "subject", "detail", "hash"]))
}

/// Walks the chain of the audit log.
#[utoipa::path(get, path = "/api/v1/audit/verify", tag = "audit",
    responses((status = 200, description = "whether it is whole", body = ChainView), Problems))]
pub async fn verify(State(context): State<Ctx>) -> Answer<Json<ChainView>> {
    Ok(Json(match context.stores.audit.verify().await? {
        Ok(entries) => ChainView { intact: true, entries, broken_at: None },
        Err(at) => ChainView { intact: false, entries: at.saturating_sub(1), broken_at: Some(at) },
    }))
}
