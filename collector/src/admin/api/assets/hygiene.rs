//! `GET /api/v1/assets/hygiene`: what is wrong with the assets, and which would bring the site under its limit.

use crate::{
    admin::{
        api::openapi::Problems,
        context::{AdminContext, Ctx},
        extract::Query,
        page::{Listing, Page, Paging},
        problem::{Answer, Failure},
    },
    assets::{Contact, Counting, Hygiene, look},
    compliance::{RunError, compile, count, with_related},
};
use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use muster_domain::asset::hygiene::{Class, Finding};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// The columns of a table.
const COLUMNS: [&str; 8] = ["asset", "class", "asset_tag", "serial_number", "install_status", "heard", "keep", "counted"];

/// What to look for, and which page of it.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct What {
    /// Only this class: `duplicate_serial`, `duplicate_tag`, `duplicate_host`, `silent90`, `silent30`, `never_assigned`,
    /// `empty_state`.
    class: Option<String>,
    /// Most items of the page, 1 to 1000; 100 when absent.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<usize>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// Something wrong with an asset.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FindingView {
    /// The asset.
    pub asset: Uuid,
    /// What is wrong with it.
    pub class: &'static str,
    /// Its asset tag.
    pub asset_tag: Option<String>,
    /// Its serial number.
    pub serial_number: Option<String>,
    /// Its state, by its code.
    pub install_status: Option<i64>,
    /// When its agent was heard last.
    pub heard: Option<DateTime<Utc>>,
    /// For a duplicate: the record to keep.
    pub keep: Option<Uuid>,
    /// The compliance query counts it.
    pub counted: bool,
}

/// What is wrong with the assets of the site.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HygieneView {
    /// How many assets each class has.
    pub sums: BTreeMap<&'static str, u64>,
    /// How many assets are over the limit by the last count.
    pub over_by: u64,
    /// Counted assets that would bring the site under its limit, surest first; fewer than `over_by` where no more is known.
    pub proposal: Vec<FindingView>,
    /// What is wrong, surest first. Retired and consumed assets are left out.
    pub items: Vec<FindingView>,
    /// The cursor of the next page of them; null on the last one.
    pub next: Option<String>,
}

/// What is wrong with the assets: silent for 30 or 90 days, duplicates, without a state, never assigned; and which of them would
/// bring the site under its limit. It only proposes. Sums and proposal are the same on every page; as CSV, the items alone.
#[utoipa::path(get, path = "/api/v1/assets/hygiene", tag = "assets", params(What),
    responses((status = 200, description = "findings", content((HygieneView = "application/json"), (String = "text/csv"))), Problems))]
pub async fn hygiene(State(context): State<Ctx>, Query(what): Query<What>, listing: Listing) -> Answer<Response> {
    let paging = Paging { limit: what.limit, cursor: what.cursor };
    paging.limit()?;
    let class = match what.class.as_deref() {
        None => None,
        Some(name) => Some(Class::from_name(name).ok_or_else(|| {
            let known = Class::ALL.map(Class::name).join(", ");
            Failure::invalid(format!("there is no class {:?}; known are {known}", name.chars().take(64).collect::<String>()))
        })?),
    };
    let (over_by, found) = looked(&context).await?;
    let view = |finding: &Finding| view(finding, &found);
    let sums = found.sums();
    let fitting = found.findings.iter().filter(|finding| class.is_none_or(|class| finding.class == class)).collect();
    let page = Page::in_order(fitting, &paging, |finding: &&Finding| (finding.class, finding.asset))?.map(view);
    if listing.is_csv() {
        return Ok(page.answer(&listing, &COLUMNS));
    }
    Ok(Json(HygieneView {
        sums: Class::ALL.map(|class| (class.name(), sums.get(&class).copied().unwrap_or_default())).into(),
        over_by,
        proposal: found.proposal.iter().map(view).collect(),
        items: page.items,
        next: page.next,
    })
    .into_response())
}

/// The query that counts, ready to be asked about one asset after the other; none without a licence.
///
/// # Errors
/// When the query cannot be used or the store cannot be read.
pub async fn counting(context: &AdminContext) -> Answer<Option<Counting>> {
    let Some((query, table)) = context.compliance.counting() else { return Ok(None) };
    let mode = context.settings.values().null_mode;
    let directory = context.references.snapshot();
    let now = context.compliance.query_context(context.compliance.time());
    let query = compile(&query, &table, &now, &directory).map_err(RunError::from)?;
    Ok(Some((with_related(&context.stores, query, &directory, mode).await?, table, mode)))
}

/// How many assets the licence counts as they are now; none without a licence.
///
/// # Errors
/// As [`counting`].
pub async fn counted_now(context: &AdminContext) -> Answer<Option<u64>> {
    let Some((query, table)) = context.compliance.counting() else { return Ok(None) };
    let now = context.compliance.query_context(context.compliance.time());
    let (directory, mode) = (context.references.snapshot(), context.settings.values().null_mode);
    let counted = count(&context.stores, &query, &table, &now, directory, mode).await.map_err(RunError::from)?;
    Ok(Some(counted.assets))
}

/// How many assets are over the limit by the last count, and what is wrong with all of them.
///
/// # Errors
/// As [`counting`].
pub async fn looked(context: &AdminContext) -> Answer<(u64, Hygiene)> {
    let counts = counting(context).await?;
    let contacts = context.fleet.list().into_iter().map(|agent| {
        let heard = agent.last_seen.unwrap_or(agent.record.enrolled_at);
        (agent.record.id, Contact { heard, hostname: agent.record.hostname.clone() })
    });
    let over_by = context.compliance.facts().compliance.over_by;
    let (directory, now) = (context.references.snapshot(), context.compliance.time());
    Ok((over_by, look(&context.stores, contacts.collect(), counts, over_by, directory, now).await?))
}

fn view(finding: &Finding, found: &Hygiene) -> FindingView {
    let candidate = found.candidates.get(&finding.asset);
    FindingView {
        asset: finding.asset.into(),
        class: finding.class.name(),
        asset_tag: candidate.and_then(|candidate| candidate.tag.clone()),
        serial_number: candidate.and_then(|candidate| candidate.serial.clone()),
        install_status: candidate.and_then(|candidate| candidate.status).map(|status| status.code()),
        heard: candidate.and_then(|candidate| candidate.heard),
        keep: finding.keep.map(Into::into),
        counted: candidate.is_some_and(|candidate| candidate.counted),
    }
}
