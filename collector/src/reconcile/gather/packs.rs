//! Publisher packs and metrics of the site's own.
//!
//! In: the records of packs and custom metrics. Out: the packs that are on, one without a record among them.

use super::{
    models::metric_name,
    places::{Book, small, text},
};
use muster_domain::{
    metric::GROUPS,
    reconcile::run::{CustomMetric, MetricName},
    record::kinds::{metric::CUSTOM_METRICS, pack::PACKS},
};
use std::collections::BTreeSet;

/// The packs that are on, as metric groups name them.
pub(super) fn packs(book: Book<'_>) -> BTreeSet<String> {
    let off: BTreeSet<String> = book
        .all(&PACKS)
        .filter(|(_, values)| !values.is("active"))
        .filter_map(|(_, values)| text(&values, "name").map(|name| name.to_lowercase()))
        .collect();
    let all = GROUPS.iter().filter_map(|group| group.pack);
    all.filter(|pack| !off.contains(&pack.to_lowercase())).map(str::to_owned).collect()
}

/// Metrics that are reconciled in the site's own order.
pub(super) fn custom_metrics(book: Book<'_>) -> Vec<CustomMetric> {
    let active = book.all(&CUSTOM_METRICS).filter(|(_, values)| values.is("active"));
    active
        .map(|(_, values)| CustomMetric {
            name: MetricName { metric: text(&values, "name").unwrap_or_default(), ..metric_name(&values) },
            rank_allocated: small(&values, "order_allocated").unwrap_or(u32::MAX),
            rank_unallocated: small(&values, "order_unallocated").unwrap_or(u32::MAX),
        })
        .collect()
}
