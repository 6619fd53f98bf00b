//! Positions: what is owned, used and needed, of products, models and metrics.

use super::{
    names::{Named, Names},
    view::{money, read_some, word},
};
use crate::{
    admin::{
        api::openapi::Problems,
        context::{AdminContext, Ctx},
        extract::Query,
        page::{Listing, Page, Paging},
        problem::{Answer, Failure},
    },
    reconcile::{PositionId, PositionWish, Which, numbers::ids},
    store::records::{PositionRecord, Tier},
};
use axum::{
    extract::{Path, State},
    response::Response,
};
use chrono::{DateTime, Utc};
use muster_domain::reconcile::run::Status;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

const TIERS: [Tier; 3] = [Tier::Product, Tier::Model, Tier::Metric];
const STATUSES: [Status; 3] = [Status::Compliant, Status::NotCompliant, Status::NotReconciled];

/// A position: the numbers of a product, a model or a metric.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PositionView {
    /// The run and its number in it, such as `12-0`.
    pub id: String,
    /// The position that it is part of.
    pub parent: Option<String>,
    /// The run.
    pub run: u64,
    /// When the run judged.
    pub at: DateTime<Utc>,
    /// `product`, `model` or `metric`.
    pub tier: String,
    /// Who publishes it.
    pub publisher: String,
    /// The product.
    pub product: String,
    /// The values of the fields by which results are grouped.
    pub grouping: Vec<String>,
    /// The software model; null of a product.
    pub model: Option<Named>,
    /// The metric group; null above a metric.
    pub metric_group: Option<String>,
    /// The metric.
    pub metric: Option<String>,
    /// Whether the rights have active maintenance.
    pub maintenance: bool,
    /// Whether the rights are subscribed to, not bought for good.
    pub subscription: bool,
    /// Whether there is no limit.
    pub unlimited: bool,
    /// `compliant`, `not_compliant` or `not_reconciled`: the last also where what is needed is not known, which the warnings tell.
    pub status: String,
    /// Whether a product's metrics count unlike things, such as users and cores: their rights are not added then, and the numbers of
    /// rights are null, unless they are zero.
    pub mixed: bool,
    /// Active rights that are owned.
    pub owned: Option<u64>,
    /// Rights that are used, as the form counts them: whatever is allocated is used up.
    pub used: Option<u64>,
    /// Rights that are used, as the position report counts them: in use only.
    pub used_in_report: Option<u64>,
    /// Allocated to somebody who uses it.
    pub allocated_in_use: Option<u64>,
    /// Allocated to somebody who does not.
    pub allocated_not_in_use: Option<u64>,
    /// Used without an allocation.
    pub not_allocated_in_use: Option<u64>,
    /// Rights owned that are not allocated; below zero where more are allocated than there are.
    pub not_allocated: Option<i64>,
    /// Rights owned that are not used; null where nobody knows what is needed.
    pub surplus: Option<u64>,
    /// Users and devices that need an allocation.
    pub allocations_needed: u64,
    /// Rights that are missing; null where nobody knows.
    pub needed: Option<u64>,
    /// Rights left of a pack, too few for anything that they could license (Microsoft's cores); they are not used.
    pub nontransferable: u64,
    /// Installs, subscriptions and clients that are not licensed.
    pub unlicensed: u64,
    /// Distinct users without a licence.
    pub unlicensed_users: u64,
    /// What the missing rights cost by the cheapest way, by currency; null where nobody knows what is needed.
    pub true_up: Option<BTreeMap<String, String>>,
    /// What the unused rights cost, without those that count towards what is missing; null likewise.
    pub over_licensed: Option<BTreeMap<String, String>>,
    /// What removing the candidates would save; null likewise.
    pub potential_savings: Option<BTreeMap<String, String>>,
    /// What the entitlements cost over all their periods.
    pub total_cost: BTreeMap<String, String>,
    /// The average price of a right.
    pub average_price: BTreeMap<String, String>,
    /// What is spent in the current subscription period.
    pub spend: BTreeMap<String, String>,
    /// The sentence that explains the numbers.
    pub why: String,
    /// What kept the numbers from being sure.
    pub warnings: Vec<String>,
    /// Entitlements that are counted.
    pub entitlements: Vec<Named>,
    /// Rows behind it.
    pub members: u64,
    /// The ids of its numbers, by member: what `explain` explains.
    #[schema(value_type = BTreeMap<String, String>)]
    pub numbers: BTreeMap<&'static str, String>,
}

/// Which positions.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WhichPositions {
    /// `product`, `model` or `metric`; all when absent.
    tier: Option<String>,
    /// Only of this publisher.
    publisher: Option<String>,
    /// Only of this product.
    product: Option<String>,
    /// `compliant`, `not_compliant` or `not_reconciled`.
    status: Option<String>,
    /// Most items of the page, 1 to 1000; 100 when absent.
    limit: Option<usize>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

pub(super) const COLUMNS: [&str; 36] = [
    "id",
    "parent",
    "run",
    "at",
    "tier",
    "publisher",
    "product",
    "grouping",
    "model",
    "metric_group",
    "metric",
    "maintenance",
    "subscription",
    "unlimited",
    "status",
    "owned",
    "used",
    "used_in_report",
    "allocated_in_use",
    "allocated_not_in_use",
    "not_allocated_in_use",
    "not_allocated",
    "surplus",
    "allocations_needed",
    "needed",
    "nontransferable",
    "unlicensed",
    "unlicensed_users",
    "true_up",
    "over_licensed",
    "potential_savings",
    "total_cost",
    "average_price",
    "why",
    "warnings",
    "members",
];

impl PositionView {
    pub(crate) fn of(one: PositionRecord, names: &Names<'_>) -> Self {
        let figures = &one.figures;
        let id = |number| PositionId { run: one.run, number }.to_string();
        let called = one.model_name.filter(|name| !name.is_empty());
        Self {
            id: id(one.number),
            parent: one.parent.map(id),
            run: one.run,
            at: one.at,
            tier: word(one.tier),
            publisher: one.publisher,
            product: one.product,
            grouping: one.grouping,
            model: one.model.map(|model| Named { display: called.or_else(|| names.model(model).display), id: model }),
            metric_group: one.metric_group,
            metric: one.metric,
            maintenance: one.maintenance,
            subscription: one.subscription,
            unlimited: one.unlimited,
            status: word(one.status),
            mixed: figures.mixed,
            owned: figures.alike(figures.owned),
            used: figures.alike(figures.used()),
            used_in_report: figures.alike(figures.used_in_report()),
            allocated_in_use: figures.alike(figures.allocated_in_use),
            allocated_not_in_use: figures.alike(figures.allocated_not_in_use),
            not_allocated_in_use: figures.alike(figures.not_allocated_in_use),
            not_allocated: figures.alike(figures.not_allocated),
            surplus: figures.sure(figures.alike(figures.available())).flatten(),
            allocations_needed: figures.allocations_needed,
            needed: figures.sure(figures.alike(figures.needed)).flatten(),
            nontransferable: figures.nontransferable,
            unlicensed: figures.unlicensed,
            unlicensed_users: figures.unlicensed_users,
            true_up: figures.sure(money(&figures.true_up)),
            over_licensed: figures.sure(money(&figures.over_licensed)),
            potential_savings: figures.sure(money(&figures.potential_savings)),
            total_cost: money(&figures.total_cost),
            average_price: one.average_price.map(|(currency, price)| (currency, price.to_string())).into_iter().collect(),
            spend: money(&one.spend),
            why: one.why,
            warnings: one.warnings,
            entitlements: one.entitlements.iter().map(|id| names.entitlement(*id)).collect(),
            members: one.all_members,
            numbers: ids::position(PositionId { run: one.run, number: one.number }),
        }
    }
}

/// The positions of a run, or with `latest` the newest ones of every publisher: products, their models, their metrics. Refused while
/// the product is disabled.
#[utoipa::path(get, path = "/api/v1/reconciliations/{id}/positions", tag = "reconciliations",
    params(("id" = String, Path, description = "the run, or latest"), WhichPositions),
    responses((status = 200, description = "positions", body = Page<PositionView>), Problems))]
pub async fn positions(
    State(context): State<Ctx>,
    Path(id): Path<String>,
    Query(which): Query<WhichPositions>,
    listing: Listing,
) -> Answer<Response> {
    let WhichPositions { tier, publisher, product, status, limit, cursor } = which;
    let wish = PositionWish {
        tier: read_some("tier", tier.as_deref(), &TIERS)?,
        publisher,
        product,
        status: read_some("status", status.as_deref(), &STATUSES)?,
    };
    let found = context.reconciliations.positions(read_which(&id)?, &wish).await?;
    let key = |one: &PositionRecord| PositionId { run: one.run, number: one.number }.to_string();
    let page = Page::of(found, &Paging { limit, cursor }, key)?;
    let names = Names::new(&context);
    Ok(page.map(|one| PositionView::of(one, &names)).answer(&listing, &COLUMNS))
}

/// One position with all its numbers and the sentence that explains them. Refused while the product is disabled.
#[utoipa::path(get, path = "/api/v1/reconciliations/{id}/positions/{position}", tag = "reconciliations",
    params(("id" = String, Path, description = "the run, or latest"), ("position" = String, Path, description = "the position")),
    responses((status = 200, description = "the position", body = PositionView), Problems))]
pub async fn position(State(context): State<Ctx>, Path((run, id)): Path<(String, String)>) -> Answer<axum::Json<PositionView>> {
    let one = existing(&context, &run, &id).await?;
    Ok(axum::Json(PositionView::of(one, &Names::new(&context))))
}

/// The position of a path.
pub(super) async fn existing(context: &AdminContext, run: &str, id: &str) -> Answer<PositionRecord> {
    let id: PositionId = id.parse()?;
    match read_which(run)? {
        Which::Run(run) if run != id.run => Err(Failure::not_found("position", &id.to_string())),
        _ => Ok(context.reconciliations.position(id).await?),
    }
}

fn read_which(text: &str) -> Answer<Which> {
    if text == "latest" {
        return Ok(Which::Latest);
    }
    text.parse().map(Which::Run).map_err(|_| Failure::not_found("reconciliation", text))
}
