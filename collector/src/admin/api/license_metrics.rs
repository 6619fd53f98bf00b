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
use muster_domain::{
    metric::{Attribute, GROUPS, Group, Input, Metric},
    record::{Values, kinds::metric::CUSTOM_METRICS},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A licence metric.
#[derive(Debug, Serialize, ToSchema)]
pub struct MetricView {
    /// Its group, as entitlements name it.
    group: String,
    /// Its name, unique in the group.
    metric: String,
    /// Whether it is one of the site's own.
    custom: bool,
    /// Other names of it.
    aliases: &'static [&'static str],
    /// The pack that brings the group; null where it is always there.
    pack: Option<&'static str>,
    /// Whether that pack is on.
    on: bool,
    /// What it licenses.
    description: String,
    /// How it is computed.
    formula: String,
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
            group: group.name.to_owned(),
            metric: metric.name.to_owned(),
            custom: false,
            aliases: metric.aliases,
            pack: group.pack,
            on,
            description: metric.description.to_owned(),
            formula: metric.formula.to_owned(),
            inputs: metric.inputs.iter().map(|input| input.description()).collect(),
            attributes: metric.attributes.iter().map(attribute).collect(),
            unlimited: metric.unlimited,
        }
    }

    /// A metric that the site made; it is on where it is active and custom metrics are.
    fn custom(values: &Values, are_on: bool) -> Self {
        let text = |field: &str| values.text(field).unwrap_or_default().to_owned();
        let or = |text: String, instead: &str| if text.is_empty() { instead.to_owned() } else { text };
        Self {
            group: text("metric_group"),
            metric: text("name"),
            custom: true,
            aliases: &[],
            pack: None,
            on: are_on && values.is("active"),
            description: or(text("description"), "A metric of the site's own."),
            formula: or(text("formula"), "The units consumed of the resource value are the licences required, one for one."),
            inputs: vec![Input::ResourceValue.description()],
            attributes: Vec::new(),
            unlimited: false,
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

/// Every licence metric, by group and name: what it counts, its formula, what it takes. Metrics of the site's own are among them; they
/// are kept as records, see custom-metrics. Refused while the product is disabled.
#[utoipa::path(get, path = "/api/v1/metrics", tag = "software", params(WhichMetrics),
    responses((status = 200, description = "licence metrics", body = Page<MetricView>), Problems))]
pub async fn list(State(context): State<Ctx>, Query(which): Query<WhichMetrics>, listing: Listing) -> Answer<Response> {
    let WhichMetrics { group, limit, cursor } = which;
    let on = packs_on(&context.records.snapshot(), context.today());
    let is_asked = |name: &str| group.as_deref().is_none_or(|group| name.eq_ignore_ascii_case(group.trim()));
    let groups = GROUPS.into_iter().filter(|known| is_asked(known.name));
    let is_on = |group: &Group| group.pack.is_none_or(|pack| on.contains(pack));
    let are_on = context.settings.values().custom_metrics;
    let custom = context.records.list(&CUSTOM_METRICS, |_| true).into_iter().map(|seen| MetricView::custom(&seen.values, are_on));
    let mut metrics: Vec<MetricView> = groups
        .flat_map(|group| group.metrics.iter().map(move |metric| (group, metric)))
        .map(|(group, metric)| MetricView::of(group, metric, is_on(group)))
        .chain(custom.filter(|one| is_asked(&one.group)))
        .collect();
    metrics.sort_by(|one, other| (&one.group, &one.metric).cmp(&(&other.group, &other.metric)));
    let page = Page::in_order(metrics, &Paging { limit, cursor }, |one| (one.group.clone(), one.metric.clone()))?;
    Ok(page.answer(&listing, &["group", "metric", "custom", "pack", "on", "description", "formula"]))
}
