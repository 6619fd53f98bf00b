//! All kinds of records by subject: what each is for and how many there are.

use super::words::plural;
use crate::{
    admin::{Ctx, auth::Caller},
    console::{
        frame::{Frame, shown},
        render::{number, page},
    },
};
use askama::Template;
use axum::{extract::State, response::Response};
use muster_domain::record::{Schema, kinds};

/// Subjects and the kinds of each, by path. A kind that is not named stands at the end, so that none is missing.
const SUBJECTS: [(&str, &[&str]); 4] = [
    (
        "What was bought",
        &[
            "entitlements",
            "contracts",
            "license-keys",
            "allocations",
            "downgrade-rights",
            "upgraded-entitlements",
            "related-entitlements",
            "consumption-rules",
            "entitlement-consumption-rules",
            "expense-lines",
            "override-costs",
        ],
    ),
    (
        "What is licensed",
        &["models", "suite-components", "part-numbers", "normalization-rules", "packs", "custom-metrics", "metric-attributes"],
    ),
    (
        "What is counted",
        &[
            "client-access-records",
            "subscriptions",
            "software-usage",
            "usage-peaks",
            "token-checkouts",
            "endpoint-counts",
            "document-counts",
            "resource-values",
        ],
    ),
    ("Where and by whom", &["hosts", "machine-software", "software-users", "location-details"]),
];

#[derive(Template)]
#[template(path = "records_overview.html")]
struct OverviewPage {
    frame: Frame,
    subjects: Vec<Subject>,
}

struct Subject {
    title: &'static str,
    kinds: Vec<Kind>,
}

struct Kind {
    path: &'static str,
    title: String,
    one: &'static str,
    help: &'static str,
    count: String,
}

/// `GET /records`.
pub async fn overview(State(context): State<Ctx>, Caller(caller): Caller) -> Response {
    let kind = |schema: &'static Schema| Kind {
        path: schema.path,
        title: plural(schema),
        one: schema.one,
        help: schema.help,
        count: u64::try_from(context.records.count(schema)).map_or_else(|_| "–".to_owned(), number),
    };
    let mut subjects: Vec<Subject> = SUBJECTS
        .iter()
        .map(|(title, paths)| Subject { title, kinds: paths.iter().filter_map(|path| kinds::find(path)).map(kind).collect() })
        .collect();
    let others: Vec<Kind> = others().map(kind).collect();
    if !others.is_empty() {
        subjects.push(Subject { title: "More", kinds: others });
    }
    shown(page(&OverviewPage { frame: Frame::of(&context, &caller, "/records"), subjects }))
}

fn others() -> impl Iterator<Item = &'static Schema> {
    let named = |schema: &&Schema| SUBJECTS.iter().any(|(_, paths)| paths.contains(&schema.path));
    kinds::ALL.into_iter().filter(move |schema| !named(schema))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_subject() {
        assert_eq!(others().map(|schema| schema.path).collect::<Vec<_>>(), Vec::<&str>::new());
        let mut named: Vec<&str> = SUBJECTS.iter().flat_map(|(_, paths)| paths.iter().copied()).collect();
        assert!(named.iter().all(|path| kinds::find(path).is_some()));
        named.sort_unstable();
        named.dedup();
        assert_eq!(named.len(), kinds::ALL.len());
    }
}
