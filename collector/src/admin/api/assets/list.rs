//! Reading assets: one, or those that an encoded query finds.

use super::view::AssetView;
use crate::{
    admin::{
        api::openapi::Problems,
        auth::{Caller, Principal},
        context::{AdminContext, Ctx},
        extract::{Id, Query},
        page::{Listing, Page, Paging},
        problem::{Answer, Failure},
    },
    assets::{columns, stream},
    compliance::with_related,
    store::StoreError,
};
use axum::{
    Json,
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use http::header;
use muster_domain::{
    asset::{Asset, AssetCatalogue, Directory as _, References, Scratch, StoredAsset, StoredRow, Table},
    ids::AssetId,
    query::{Checked, NullMode, compile},
};
use muster_wire::problem::Code;
use serde::Deserialize;
use std::{
    ops::ControlFlow,
    sync::{Arc, Mutex, PoisonError},
};
use utoipa::IntoParams;

/// Which assets.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Which {
    /// An encoded query, such as `install_status=1^model_category=...`; all assets when absent.
    sysparm_query: Option<String>,
    /// Most items of the page, 1 to 1000; 100 when absent.
    limit: Option<usize>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// Assets that a query finds, ordered by id unless the query orders them. As CSV without `limit` and `cursor`: all of them, in the
/// form that an import takes.
#[utoipa::path(get, path = "/api/v1/assets", tag = "assets", params(Which),
    responses(
        (status = 200, description = "assets", body = Page<AssetView>),
        (status = 400, description = "the query cannot be read; `position` says where", content_type = "application/problem+json",
            body = crate::admin::api::openapi::ProblemDocument),
        Problems))]
pub async fn list(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Query(which): Query<Which>,
    listing: Listing,
) -> Answer<Response> {
    let Which { sysparm_query, limit, cursor } = which;
    let whole = limit.is_none() && cursor.is_none();
    let paging = Paging { limit, cursor };
    let limit = paging.limit()?;
    let references = context.references.snapshot();
    let query = compiled(&context, &caller, sysparm_query.as_deref().unwrap_or_default(), &references)?;
    let mode = context.settings.values().null_mode;
    let query = with_related(&context.stores, query, &references, mode).await?;
    if listing.is_csv() && whole {
        let file = stream(context.stores.clone(), (query, mode), references);
        return Ok(([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], Body::from_stream(file)).into_response());
    }
    let page = if query.is_ordered() {
        let mut found = find(&context, (&query, mode), &references, None, usize::MAX).await?;
        sort(&mut found, &query, &references);
        Page::of(found, &paging, |found| found.id.to_string())?
    } else {
        let found = find(&context, (&query, mode), &references, paging.after::<AssetId>()?, limit + 1).await?;
        Page::cut(found, limit, |found| found.id.to_string())
    };
    let warnings = query.warnings().iter().map(|warning| warning.text.clone()).collect();
    let page = page.try_map(|found| found.asset().map(|asset| AssetView::of(&asset, references.as_ref())))?.warned(warnings);
    Ok(page.answer(&listing, &columns()))
}

/// One asset.
#[utoipa::path(get, path = "/api/v1/assets/{id}", tag = "assets", params(("id" = uuid::Uuid, Path, description = "the asset")),
    responses((status = 200, description = "the asset", body = AssetView), Problems))]
pub async fn show(State(context): State<Ctx>, Id(id): Id<AssetId>) -> Answer<Json<AssetView>> {
    let asset = existing(&context, id).await?;
    Ok(Json(AssetView::of(&asset, context.references.snapshot().as_ref())))
}

/// The asset, or 404.
pub(super) async fn existing(context: &AdminContext, id: AssetId) -> Answer<Asset> {
    context.stores.assets.get(id).await?.ok_or_else(|| Failure::not_found("asset", &id.to_string()))
}

/// A query as this caller means it: "Me" is the user record of the account's name; nobody stands behind an API token.
fn compiled(context: &AdminContext, caller: &Principal, text: &str, references: &References) -> Answer<Checked> {
    let mut now = context.compliance.query_context(context.compliance.time());
    let me = caller.console().and_then(|session| references.find(Table::User, &session.user));
    if let Some(me) = me {
        now = now.with_user(&me.to_string());
    }
    compile(text, &AssetCatalogue::new(references), &now)
        .map_err(|error| Failure::new(Code::InvalidQuery, error.to_string()).with("position", error.position))
}

/// An asset that was found, as it is stored: a list can be long, and only one page of it becomes assets.
struct Found {
    id: AssetId,
    row: Box<[u8]>,
}

impl Found {
    fn asset(&self) -> Result<Asset, StoreError> {
        let whole = StoredAsset::new(&self.row).and_then(|asset| asset.unpack());
        whole.map_err(|e| StoreError::Corrupt { table: "assets", reason: format!("{}: {e}", self.id) })
    }
}

/// Reads from the store, from one consistent view, until enough were found.
async fn find(
    context: &AdminContext,
    (query, mode): (&Checked, NullMode),
    references: &Arc<References>,
    after: Option<AssetId>,
    enough: usize,
) -> Result<Vec<Found>, StoreError> {
    let shared = Arc::new(Mutex::new(Vec::new()));
    let finding = Arc::clone(&shared);
    let (query, references, scratch) = (query.clone(), Arc::clone(references), Scratch::default());
    let visit = move |asset: &StoredAsset<'_>| {
        if !query.matches(&StoredRow::new(asset, &*references, &scratch), mode) {
            return ControlFlow::Continue(());
        }
        let mut found = finding.lock().unwrap_or_else(PoisonError::into_inner);
        found.push(Found { id: asset.id(), row: asset.bytes().into() });
        if found.len() < enough { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    context.stores.assets.scan(after, Box::new(visit)).await?;
    let found = std::mem::take(&mut *shared.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(found)
}

/// Puts them into the query's order; what it does not tell apart stays in the order of ids.
fn sort(found: &mut [Found], query: &Checked, references: &References) {
    found.sort_by(|a, b| match (StoredAsset::new(&a.row), StoredAsset::new(&b.row)) {
        (Ok(a), Ok(b)) => {
            let (first, second) = (Scratch::default(), Scratch::default());
            query.order(&StoredRow::new(&a, references, &first), &StoredRow::new(&b, references, &second))
        }
        // Both came from the store whole.
        _ => a.id.cmp(&b.id),
    });
}
