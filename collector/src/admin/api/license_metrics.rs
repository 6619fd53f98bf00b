//! `/api/v1/metrics`: what licence metrics there are, what each counts and needs to know, and whether its pack is on.

use super::openapi::Problems;
use crate::{
    admin::{
        context::Ctx,
        extract::Query,
        page::{Listing, Page, Paging},
        problem::Answer,
    },
    reconcile::packs_on,
};
use axum::{extract::State, response::Response};
use muster_domain::metric::{Attribute, GROUPS, Group, Metric};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A licence metric.
#[derive(Debug, Serialize, ToSchema)]
pub struct MetricView {
    /// Its group, as entitlements name it.
    group: &'static str,
    /// Its name, unique in the group.
    metric: &'static str,
    /// Other names of it.
    aliases: &'static [&'static str],
    /// The pack that brings the group; null where it is always there.
    pack: Option<&'static str>,
    /// Whether that pack is on.
    on: bool,
    /// What it licenses.
    description: &'static str,
    /// How it is computed.
    formula: &'static str,
    /// What it takes.
    inputs: Vec<&'static str>,
    /// Attributes of a software model that change it.
    attributes: Vec<AttributeView>,
    /// Whether there are unlimited licences of it.
    unlimited: bool,
}

/// An attribute of a metric.
#[derive(Debug, Serialize, ToSchema)]
pub struct AttributeView {
    /// Its name, as metric attributes name it.
    name: &'static str,
    /// Its value unless the model says otherwise; null is no limit.
    default: Option<u64>,
    /// What it does.
    description: &'static str,
}

impl MetricView {
    fn of(group: &'static Group, metric: &'static Metric, on: bool) -> Self {
        let attribute = |one: &Attribute| AttributeView { name: one.name, default: one.default, description: one.description };
        Self {
            group: group.name,
            metric: metric.name,
            aliases: metric.aliases,
            pack: group.pack,
            on,
            description: metric.description,
            formula: metric.formula,
            inputs: metric.inputs.iter().map(|input| input.description()).collect(),
            attributes: metric.attributes.iter().map(attribute).collect(),
            unlimited: metric.unlimited,
        }
    }
}

/// Which metrics.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WhichMetrics {
    /// Only of this group, without regard to case.
    group: Option<String>,
    /// Most items of the page, 1 to 1000; 100 when absent.
    limit: Option<usize>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// Every licence metric that comes with the product, by group and name: what it counts, its formula, what it takes. Metrics of the
/// site's own are records, see custom-metrics. Refused while the product is disabled.
#[utoipa::path(get, path = "/api/v1/metrics", tag = "software", params(WhichMetrics),
    responses((status = 200, description = "licence metrics", body = Page<MetricView>), Problems))]
pub async fn list(State(context): State<Ctx>, Query(which): Query<WhichMetrics>, listing: Listing) -> Answer<Response> {
    let WhichMetrics { group, limit, cursor } = which;
    let on = packs_on(&context.records.snapshot(), context.today());
    let groups =
        GROUPS.into_iter().filter(|known| group.as_deref().is_none_or(|group| known.name.eq_ignore_ascii_case(group.trim())));
    let is_on = |group: &Group| group.pack.is_none_or(|pack| on.contains(pack));
    let metrics: Vec<MetricView> = groups
        .flat_map(|group| group.metrics.iter().map(move |metric| (group, metric)))
        .map(|(group, metric)| MetricView::of(group, metric, is_on(group)))
        .collect();
    let page = Page::in_order(metrics, &Paging { limit, cursor }, |one| (one.group.to_owned(), one.metric.to_owned()))?;
    Ok(page.answer(&listing, &["group", "metric", "pack", "on", "description", "formula"]))
}
