//! `POST /api/v1/assets/change`: the same fields of all assets that a query finds, changed only as they were seen.

use super::{search::Search, view::AssetInput};
use crate::{
    admin::{
        api::openapi::Problems,
        auth::{Caller, Principal},
        context::{AdminContext, Ctx},
        extract::Json,
        problem::{Answer, Failure},
    },
    assets::{ManyChange, ManyChanged, change_many},
};
use axum::extract::State;
use muster_domain::{
    asset::{Field, Value},
    ids::AssetId,
    query::QueryError,
};
use muster_wire::problem::Code;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

/// The assets that a query finds, to be changed together.
#[derive(Debug, Default)]
pub struct Found {
    /// Which ones; none where the query has no condition: nobody means every asset by accident.
    pub ids: Vec<AssetId>,
    /// What is odd about the query.
    pub warnings: Vec<String>,
    /// Whether the query has no condition.
    pub every: bool,
}

impl Found {
    /// What a query finds for this caller. Inside: what is wrong with the query.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn of(context: &AdminContext, caller: &Principal, query: &str) -> Answer<Result<Self, QueryError>> {
        match Search::to_change(context, caller, query).await? {
            Ok(search) if search.is_every_asset() => Ok(Ok(Self { every: true, ..Self::default() })),
            Ok(search) => Ok(Ok(Self { ids: search.ids(context).await?, warnings: search.warnings(), every: false })),
            Err(error) => Ok(Err(error)),
        }
    }

    /// Which assets these are, in short: another one in the place of one that was seen is noticed.
    #[must_use]
    pub fn digest(&self) -> String {
        let hash = self.ids.iter().fold(Sha256::new(), |hash, id| hash.chain_update(id.0.as_bytes()));
        hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Changes them in a task of its own: a caller that goes away must not leave half of them as they were.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn change(self, context: &AdminContext, change: ManyChange) -> Answer<ManyChanged> {
        let stores = context.stores.clone();
        let changing = tokio::spawn(async move { change_many(&stores, &self.ids, &change).await });
        Ok(changing.await.map_err(Failure::internal)??)
    }
}

/// What to change, and in which assets.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ManyInput {
    /// The encoded query; one without a condition is refused.
    query: String,
    /// Fields to set, by name; null empties one.
    set: AssetInput,
    /// Only say what would come of it; nothing is changed.
    #[serde(default)]
    dry_run: bool,
    /// What the dry run found; without it nothing is changed.
    #[serde(default)]
    expected: Option<FoundAssets>,
}

/// What a dry run found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FoundAssets {
    /// How many assets.
    count: u64,
    /// Which ones, in short.
    digest: String,
}

/// What was changed, or would be.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ManyView {
    /// Nothing was changed: this is what would be.
    dry_run: bool,
    /// What the query finds; give it back to change them.
    found: FoundAssets,
    /// Assets that changed.
    changed: u64,
    /// Assets that were so already.
    unchanged: u64,
    /// Assets that are gone.
    missing: u64,
    /// Why others were left as they are.
    refused: Vec<RefusedAssets>,
    /// What is odd about the query.
    warnings: Vec<String>,
}

/// Assets that the rules leave as they are.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RefusedAssets {
    /// Why.
    reason: String,
    /// How many.
    count: u64,
}

/// Sets the same fields of every asset that a query finds. Look first with `dry_run`, then send the same with `expected` as `found`
/// said: 409 if the query finds other assets by then. Each asset keeps its history; what the rules refuse is left as it is and told.
#[utoipa::path(post, path = "/api/v1/assets/change", tag = "assets", request_body = ManyInput,
    responses((status = 200, description = "what was changed, or would be", body = ManyView), Problems))]
pub async fn change(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Json(input): Json<ManyInput>,
) -> Answer<axum::Json<ManyView>> {
    let ManyInput { query, set, dry_run, expected } = input;
    let query = query.trim().to_owned();
    let set: Vec<(Field, Option<Value>)> = set.entered(&context).await?;
    if set.is_empty() {
        return Err(Failure::invalid("give at least one field to change"));
    }
    let found = Found::of(&context, &caller, &query).await??;
    if found.every {
        return Err(Failure::invalid("the query has no condition and would mean every asset; say which"));
    }
    let now = FoundAssets { count: u64::try_from(found.ids.len()).unwrap_or(u64::MAX), digest: found.digest() };
    if !dry_run && expected.as_ref() != Some(&now) {
        return Err(differs(expected, &now));
    }
    let warnings = found.warnings.clone();
    let change = ManyChange { set, query, by: caller.actor(), at: context.now(), dry_run };
    let ManyChanged { changed, unchanged, missing, refused } = found.change(&context, change).await?;
    let refused = refused.into_iter().map(|(reason, count)| RefusedAssets { reason, count }).collect();
    Ok(axum::Json(ManyView { dry_run, found: now, changed, unchanged, missing, refused, warnings }))
}

fn differs(expected: Option<FoundAssets>, now: &FoundAssets) -> Failure {
    let Some(expected) = expected else {
        return Failure::invalid("look first with dry_run, then send what it found as expected: its count and digest");
    };
    let text = match expected.count == now.count {
        true => "the query finds other assets now than before; look again with dry_run".to_owned(),
        false => format!("the query found {} assets before and finds {} now; look again with dry_run", expected.count, now.count),
    };
    Failure::new(Code::Conflict, text)
}
