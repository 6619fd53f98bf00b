//! `GET /api/v1/assets/query/complete`: how an encoded query may go on.

use crate::{
    admin::{
        api::openapi::Problems,
        context::Ctx,
        extract::Query,
        page::{Listing, Page},
    },
    assets::{Completion, complete},
};
use axum::{extract::State, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// What is typed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Typed {
    /// The query up to where it is to go on; empty for the names of all fields.
    #[serde(default)]
    query: String,
}

/// A way to go on.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CompletionView {
    /// The whole query with it.
    pub query: String,
    /// What it is, for people.
    pub label: String,
    /// `field`, `operator` or `value`: what it adds.
    pub kind: &'static str,
}

impl From<Completion> for CompletionView {
    fn from(Completion { query, label, kind }: Completion) -> Self {
        Self { query, label, kind: kind.name() }
    }
}

/// How a query may go on behind its last character: at most 30 names of fields, operators that fit the field, or values. Nothing
/// where nobody can know.
#[utoipa::path(get, path = "/api/v1/assets/query/complete", tag = "assets", params(Typed),
    responses((status = 200, description = "ways to go on", body = Page<CompletionView>), Problems))]
pub async fn query_complete(State(context): State<Ctx>, Query(Typed { query }): Query<Typed>, listing: Listing) -> Response {
    let found = complete(&query, &context.references.snapshot());
    let page = Page { items: found.into_iter().map(CompletionView::from).collect(), next: None, warnings: Vec::new() };
    page.answer(&listing, &["query", "label", "kind"])
}
