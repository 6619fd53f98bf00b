//! What a product's numbers were, run by run.

use super::{
    names::Names,
    positions::{COLUMNS, PositionView},
};
use crate::{
    admin::{
        api::openapi::Problems,
        context::Ctx,
        extract::Query,
        page::{Listing, Page, Paging},
        problem::Answer,
    },
    reconcile::PositionId,
};
use axum::{extract::State, response::Response};
use serde::Deserialize;
use utoipa::IntoParams;

/// Of which product.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OfProduct {
    /// The product.
    product: String,
    /// Its publisher, where products of several are called so.
    publisher: Option<String>,
    /// Most items of the page, 1 to 1000; 100 when absent.
    limit: Option<usize>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// The positions of a product over the runs that are kept, oldest first. Refused while the product is disabled.
#[utoipa::path(get, path = "/api/v1/reconciliations/history", tag = "reconciliations", params(OfProduct),
    responses((status = 200, description = "positions", body = Page<PositionView>), Problems))]
pub async fn history(State(context): State<Ctx>, Query(of): Query<OfProduct>, listing: Listing) -> Answer<Response> {
    let OfProduct { product, publisher, limit, cursor } = of;
    let found = context.reconciliations.history(publisher.as_deref(), &product).await?;
    let page = Page::of(found, &Paging { limit, cursor }, |one| PositionId { run: one.run, number: one.number }.to_string())?;
    let names = Names::new(&context);
    Ok(page.map(|one| PositionView::of(one, &names)).answer(&listing, &COLUMNS))
}
