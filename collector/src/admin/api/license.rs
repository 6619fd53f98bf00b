//! `/api/v1/license`: the licence in force, a new key, the request for one, and the keys there were.

use super::{compliance::RunView, openapi::Problems};
use crate::{
    admin::{
        auth::Caller,
        context::Ctx,
        extract::{Query, Text},
        page::{Listing, Page, Paging},
        problem::{Answer, Failure},
    },
    compliance::{Applied, Granted, KeyEffect, KeySummary, TrustedVendor},
    publish::{ComplianceStatus, LicenseFacts, LicenseStatus, State as Product},
    store::records::Role,
};
use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The licence as of now.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LicenseView {
    /// What a licence key is issued for.
    pub machine_key_id: String,
    /// The site's time zone: its dates begin in it.
    pub time_zone: String,
    /// The state of the product.
    pub state: Product,
    /// `over_limit` in grace; `grace_elapsed`, `expired`, `wrong_machine` or `invalid_license` while disabled.
    pub reason: Option<String>,
    /// The licence in force.
    pub license: Option<LicenseStatus>,
    /// Everything its key grants.
    pub grants: Option<Granted>,
    /// The last count and what follows from it.
    pub compliance: ComplianceStatus,
    /// The site chose the vendor keys that are trusted; they were not built in.
    pub vendors_chosen_by_site: bool,
}

/// What a new key brings.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AppliedView {
    /// Nothing was stored: this is what would be.
    pub dry_run: bool,
    /// The site's time zone: its dates begin in it.
    pub time_zone: String,
    /// The state of the product with the key.
    pub state: Product,
    /// Its reason.
    pub reason: Option<String>,
    /// The new licence.
    pub license: Option<LicenseStatus>,
    /// Compliance under the new licence.
    pub compliance: ComplianceStatus,
    /// The count that was made for it.
    pub run: RunView,
    /// What the key would change; only in a dry run.
    pub effect: Option<KeyEffect>,
}

/// How to apply.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Apply {
    /// Only say what would happen.
    #[serde(default)]
    #[param(default = false)]
    dry_run: bool,
}

/// What to ask for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wish {
    /// The compliance query that is wished for.
    query: Option<String>,
}

/// The licence in force, and what was counted under it.
#[utoipa::path(get, path = "/api/v1/license", tag = "license",
    responses((status = 200, description = "the licence", body = LicenseView), Problems))]
pub async fn show(State(context): State<Ctx>) -> Json<LicenseView> {
    let status = context.board.status();
    Json(LicenseView {
        machine_key_id: status.machine_key_id,
        time_zone: status.time_zone,
        state: status.state,
        reason: status.reason,
        license: status.license,
        grants: context.compliance.granted(),
        compliance: status.compliance,
        vendors_chosen_by_site: context.compliance.vendors().0,
    })
}

/// Applies a licence key and counts in the same request. A bad key is refused and the licence in force stays.
#[utoipa::path(put, path = "/api/v1/license", tag = "license", params(Apply),
    request_body(content = String, content_type = "text/plain", description = "the armoured key, at most 16 KiB"),
    responses((status = 200, description = "the new licence and compliance", body = AppliedView), Problems))]
pub async fn apply(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Query(Apply { dry_run }): Query<Apply>,
    Text(text): Text,
) -> Answer<Json<AppliedView>> {
    let applied = context.compliance.apply(&text, &caller.actor(), dry_run).await?;
    let Applied { facts: LicenseFacts { state, reason, license, compliance }, run, effect } = applied;
    Ok(Json(AppliedView {
        dry_run,
        time_zone: context.compliance.zone().to_string(),
        state,
        reason,
        license,
        compliance,
        run: run.into(),
        effect,
    }))
}

/// The request file for the vendor: what a key would have to cover.
#[utoipa::path(get, path = "/api/v1/license/request", tag = "license", params(Wish),
    responses((status = 200, description = "the request, armoured", content_type = "text/plain", body = String), Problems))]
pub async fn request(State(context): State<Ctx>, Query(Wish { query }): Query<Wish>) -> Answer<Response> {
    // The form of the console sends an empty field where nothing is wished for.
    let query = query.as_deref().filter(|query| !query.trim().is_empty());
    let text = context.compliance.request(query).await?;
    let disposition = (header::CONTENT_DISPOSITION, "attachment; filename=\"muster-request.txt\"");
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8"), disposition], text).into_response())
}

/// Every key that was applied, newest first.
#[utoipa::path(get, path = "/api/v1/license/history", tag = "license", params(Paging),
    responses((status = 200, description = "keys", body = Page<KeySummary>), Problems))]
pub async fn history(State(context): State<Ctx>, Query(paging): Query<Paging>, listing: Listing) -> Answer<Response> {
    let keys = context.compliance.keys().await?;
    let page = Page::of(keys, &paging, |key| key.id.clone())?;
    let columns =
        ["id", "serial", "customer", "expires", "asset_limit", "applied_at", "applied_by", "in_force", "in_force_until", "error"];
    Ok(page.answer(&listing, &columns))
}

/// Whom the site trusts to sign licence keys.
#[utoipa::path(get, path = "/api/v1/license/trust", tag = "license", params(Paging),
    responses((status = 200, description = "vendor keys", body = Page<TrustedVendor>), Problems))]
pub async fn trusted(State(context): State<Ctx>, Query(paging): Query<Paging>, listing: Listing) -> Answer<Response> {
    let page = Page::of(context.compliance.trusted(), &paging, |key| key.vendor_key_id.clone())?;
    let columns = ["vendor_key_id", "source", "endorsed_by", "added_at", "added_by"];
    Ok(page.answer(&listing, &columns))
}

/// Trusts another vendor key, at once: an endorsement by a trusted key, or from an owner a bare public key where the site chose
/// its vendors. A key that is trusted already is no error.
#[utoipa::path(post, path = "/api/v1/license/trust", tag = "license",
    request_body(content = String, content_type = "text/plain", description = "an endorsement, or one public key in PEM"),
    responses((status = 200, description = "whom the site trusts now", body = Page<TrustedVendor>), Problems))]
pub async fn trust(State(context): State<Ctx>, Caller(caller): Caller, Text(text): Text) -> Answer<Response> {
    let items = context.compliance.add_trust(&text, &caller.actor(), caller.role >= Role::Owner).await?;
    Ok(Json(Page { items, next: None, warnings: Vec::new() }).into_response())
}

/// Says that the collector's clock is right after an anomaly; the licence's state moves on again.
#[utoipa::path(post, path = "/api/v1/license/confirm-clock", tag = "license",
    responses((status = 204, description = "confirmed"), Problems))]
pub async fn confirm_clock(State(context): State<Ctx>, Caller(caller): Caller) -> Result<StatusCode, Failure> {
    context.compliance.confirm_clock(&caller.actor()).await?;
    Ok(StatusCode::NO_CONTENT)
}
