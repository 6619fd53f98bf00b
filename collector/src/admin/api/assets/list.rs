//! Reading assets: one, or those that an encoded query finds.

use super::{parents::knowing_parents, search::Search, view::AssetView};
use crate::{
    admin::{
        api::openapi::Problems,
        auth::Caller,
        context::{AdminContext, Ctx},
        extract::{Id, Query},
        page::{Listing, Page, Paging},
        problem::{Answer, Failure},
    },
    assets::columns,
};
use axum::{
    Json,
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use http::header;
use muster_domain::{asset::Asset, ids::AssetId};
use serde::Deserialize;
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
    let search = Search::of(&context, &caller, sysparm_query.as_deref().unwrap_or_default()).await??;
    if listing.is_csv() && whole {
        let file = Body::from_stream(search.file(&context));
        return Ok(([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], file).into_response());
    }
    let page = search.page(&context, &paging).await?.warned(search.warnings());
    let references = knowing_parents(&context, &page.items.iter().collect::<Vec<_>>()).await?;
    let page = page.map(|asset| AssetView::of(&asset, references.as_ref(), &context));
    Ok(page.answer(&listing, &columns()))
}

/// One asset.
#[utoipa::path(get, path = "/api/v1/assets/{id}", tag = "assets", params(("id" = uuid::Uuid, Path, description = "the asset")),
    responses((status = 200, description = "the asset", body = AssetView), Problems))]
pub async fn show(State(context): State<Ctx>, Id(id): Id<AssetId>) -> Answer<Json<AssetView>> {
    let asset = existing(&context, id).await?;
    Ok(Json(AssetView::of(&asset, knowing_parents(&context, &[&asset]).await?.as_ref(), &context)))
}

/// The asset, or 404.
pub(super) async fn existing(context: &AdminContext, id: AssetId) -> Answer<Asset> {
    context.stores.assets.get(id).await?.ok_or_else(|| Failure::not_found("asset", &id.to_string()))
}
