//! Every licence metric: what it counts, how, what it takes, and whether its pack is on.

use crate::{
    admin::{
        AdminContext, Answer, Ctx, Query,
        auth::{Caller, Principal},
    },
    console::{
        frame::{Frame, shown},
        render::page,
    },
    reconcile::packs_on,
};
use askama::Template;
use axum::{extract::State, response::Response};
use muster_domain::{
    metric::{Attribute, GROUPS, Metric},
    record::kinds::metric::CUSTOM_METRICS,
};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "metrics.html")]
struct MetricsPage {
    frame: Frame,
    search: String,
    groups: Vec<GroupRow>,
    custom: Vec<(String, String, String, String)>,
}

struct GroupRow {
    name: &'static str,
    pack: Option<&'static str>,
    on: bool,
    metrics: Vec<MetricRow>,
}

struct MetricRow {
    name: &'static str,
    aliases: String,
    description: &'static str,
    formula: &'static str,
    inputs: Vec<&'static str>,
    attributes: Vec<(&'static str, String, &'static str)>,
    unlimited: bool,
}

/// Which ones.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asking {
    search: String,
}

/// `GET /software/metrics`.
pub async fn metrics_page(State(context): State<Ctx>, Caller(caller): Caller, Query(asked): Query<Asking>) -> Response {
    shown(show(&context, &caller, asked))
}

fn show(context: &AdminContext, caller: &Principal, asked: Asking) -> Answer<Response> {
    let on = packs_on(&context.records.snapshot(), context.today());
    let search = asked.search.trim().to_lowercase();
    let fits = |group: &str, metric: &Metric| {
        let text = format!("{group} {} {} {}", metric.name, metric.aliases.join(" "), metric.description).to_lowercase();
        search.is_empty() || text.contains(&search)
    };
    let groups = GROUPS.into_iter().map(|group| GroupRow {
        name: group.name,
        pack: group.pack,
        on: group.pack.is_none_or(|pack| on.contains(pack)),
        metrics: group.metrics.iter().filter(|metric| fits(group.name, metric)).map(MetricRow::of).collect(),
    });
    let custom = context.records.list(&CUSTOM_METRICS, |seen| seen.values.is("active"));
    let custom = custom.into_iter().map(|seen| {
        let text = |field: &str| seen.values.text(field).unwrap_or_default().to_owned();
        let called = format!("{}: {}", text("metric_group"), text("name"));
        (format!("/records/custom-metrics/{}", seen.id), called, text("description"), text("formula"))
    });
    page(&MetricsPage {
        frame: Frame::of(context, caller, "/software/metrics"),
        groups: groups.filter(|group| !group.metrics.is_empty()).collect(),
        custom: custom.filter(|(_, called, ..)| search.is_empty() || called.to_lowercase().contains(&search)).collect(),
        search: asked.search,
    })
}

impl MetricRow {
    fn of(metric: &'static Metric) -> Self {
        let attribute = |one: &Attribute| {
            let default = one.default.map_or_else(|| "no limit".to_owned(), |value| value.to_string());
            (one.name, default, one.description)
        };
        Self {
            name: metric.name,
            aliases: metric.aliases.join(", "),
            description: metric.description,
            formula: metric.formula,
            inputs: metric.inputs.iter().map(|input| input.description()).collect(),
            attributes: metric.attributes.iter().map(attribute).collect(),
            unlimited: metric.unlimited,
        }
    }
}
