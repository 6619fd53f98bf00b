//! `reconcile ...`

use super::reconcile_run;
use crate::client::{
    args::{ReconcileCommand, TierName},
    error::ClientError,
    http::{Api, part},
    show::{Column, Kind, List, Printer},
};
use reqwest::Method;
use serde_json::{Value, json};
use std::fmt::Write as _;

pub(super) const RUNS: &str = "/api/v1/reconciliations";

const PRODUCTS: &[Column] = &[
    ("ID", "id", Kind::Text),
    ("PUBLISHER", "publisher", Kind::Text),
    ("PRODUCT", "product", Kind::Text),
    ("OWNED", "owned", Kind::Number),
    ("USED", "used", Kind::Number),
    ("NEEDED", "needed", Kind::Number),
    ("STATUS", "status", Kind::Text),
    ("TRUE-UP", "true_up", Kind::Text),
    ("SURPLUS", "surplus", Kind::Number),
    ("UNLICENSED", "unlicensed", Kind::Number),
    ("OVER-LICENSED", "over_licensed", Kind::Text),
];

const MODELS: &[Column] = &[
    ("ID", "id", Kind::Text),
    ("MODEL", "model", Kind::Text),
    ("OWNED", "owned", Kind::Number),
    ("USED", "used", Kind::Number),
    ("NEEDED", "needed", Kind::Number),
    ("UNLICENSED", "unlicensed", Kind::Number),
    ("STATUS", "status", Kind::Text),
    ("TRUE-UP", "true_up", Kind::Text),
    ("SURPLUS", "surplus", Kind::Number),
    ("OVER-LICENSED", "over_licensed", Kind::Text),
];

const METRICS: &[Column] = &[
    ("ID", "id", Kind::Text),
    ("MODEL", "model", Kind::Text),
    ("METRIC", "metric", Kind::Text),
    ("OWNED", "owned", Kind::Number),
    ("USED", "used", Kind::Number),
    ("NEEDED", "needed", Kind::Number),
    ("STATUS", "status", Kind::Text),
    ("TRUE-UP", "true_up", Kind::Text),
    ("SURPLUS", "surplus", Kind::Number),
    ("GROUP", "metric_group", Kind::Text),
    ("MAINTENANCE", "maintenance", Kind::Text),
    ("UNLIMITED", "unlimited", Kind::Text),
    ("OVER-LICENSED", "over_licensed", Kind::Text),
];

const MEMBERS: &[Column] = &[
    ("DEVICE", "device", Kind::Text),
    ("USER", "user", Kind::Text),
    ("MODEL", "model", Kind::Text),
    ("LICENSED BY", "disposition", Kind::Text),
    ("RIGHTS", "rights", Kind::Number),
    ("ENTITLEMENT", "entitlement", Kind::Text),
    ("COUNT", "count", Kind::Number),
    ("CORRECTED", "corrections", Kind::Text),
];

const REMEDIES: &[Column] = &[
    ("ID", "id", Kind::Text),
    ("WHAT", "name", Kind::Text),
    ("COUNT", "count", Kind::Number),
    ("STATE", "state", Kind::Text),
    ("COST", "cost", Kind::Text),
    ("METRIC", "metric", Kind::Text),
    ("MODEL", "model", Kind::Text),
];

const HISTORY: &[Column] = &[
    ("AT", "at", Kind::Time),
    ("ID", "id", Kind::Text),
    ("OWNED", "owned", Kind::Number),
    ("USED", "used", Kind::Number),
    ("NEEDED", "needed", Kind::Number),
    ("STATUS", "status", Kind::Text),
    ("TRUE-UP", "true_up", Kind::Text),
    ("PUBLISHER", "publisher", Kind::Text),
    ("PRODUCT", "product", Kind::Text),
];

const RUN_COLUMNS: &[Column] = &[
    ("RUN", "id", Kind::Number),
    ("STARTED", "started_at", Kind::Time),
    ("STATE", "state", Kind::Text),
    ("PUBLISHER", "publisher", Kind::Text),
    ("PRODUCTS", "products", Kind::Number),
    ("NOT COMPLIANT", "not_compliant", Kind::Number),
    ("TRUE-UP", "true_up", Kind::Text),
    ("BY", "by", Kind::Text),
    ("ERROR", "error", Kind::Text),
    ("WEEK", "week", Kind::Text),
    ("ENDED", "ended_at", Kind::Time),
];

const NONE_YET: &str = "Nothing is reconciled. Reconcile now: muster-collector reconcile run. It needs software models \
                        (muster-collector model create publisher=... product=...) and entitlements \
                        (muster-collector entitlement create ...).";

pub(super) async fn run(command: ReconcileCommand, api: &Api, printer: Printer) -> Result<(), ClientError> {
    match command {
        ReconcileCommand::Run { publisher, detach } => reconcile_run::run(publisher, detach, api, printer).await,
        ReconcileCommand::Show { publisher, product, tier, status, run } => {
            let mut query = vec![("tier", tier.word())];
            query.extend(publisher.as_deref().map(|name| ("publisher", name)));
            query.extend(product.as_deref().map(|name| ("product", name)));
            query.extend(status.map(|status| ("status", status.word())));
            let run = run.map_or_else(|| "latest".to_owned(), |run| run.to_string());
            let items = api.list(&format!("{RUNS}/{run}/positions"), &query, usize::MAX).await?;
            let columns = match tier {
                TierName::Product => PRODUCTS,
                TierName::Model => MODELS,
                TierName::Metric => METRICS,
            };
            let empty = if query.len() > 1 { "No positions fit." } else { NONE_YET };
            printer.list(List { items, columns, empty })
        }
        ReconcileCommand::Position { id } => {
            let one = api.get(&position(&id), &[]).await?;
            if !printer.for_people() {
                return printer.record(&one);
            }
            let remedies = api.list(&format!("{}/remedies", position(&id)), &[], usize::MAX).await?;
            let mut text = told(&one);
            if !remedies.is_empty() {
                let _ = write!(text, "\n\nWhat can be done:\n{}", printer.table(&remedies, REMEDIES));
            }
            let _ = write!(text, "\nThe rows behind it: muster-collector reconcile members {id}");
            printer.told(&one, &text)
        }
        ReconcileCommand::Members { id, disposition } => {
            let query: Vec<_> = disposition.as_deref().map(|how| ("disposition", how)).into_iter().collect();
            let items = api.list(&format!("{}/members", position(&id)), &query, usize::MAX).await?;
            printer.list(List { items, columns: MEMBERS, empty: "There are no rows behind this position." })
        }
        ReconcileCommand::Remedies { id, set, state } => {
            let path = format!("{}/remedies", position(&id));
            let (Some(remedy), Some(state)) = (set, state) else {
                let items = api.list(&path, &[], usize::MAX).await?;
                return printer.list(List { items, columns: REMEDIES, empty: "There is nothing to be done." });
            };
            let path = format!("{path}/{}", part(&remedy));
            let one = api.change(Method::PATCH, &path, Some(&json!({ "state": state }))).await?;
            let word = |name: &str| one.get(name).and_then(Value::as_str).unwrap_or_default().replace('_', " ");
            printer.told(&one, &format!("{} is now {}.", word("name"), word("state")))
        }
        ReconcileCommand::Runs { limit } => {
            let items = api.list(RUNS, &[], limit.unwrap_or(usize::MAX)).await?;
            printer.list(List { items, columns: RUN_COLUMNS, empty: NONE_YET })
        }
        ReconcileCommand::History { product, publisher } => {
            let mut query = vec![("product", product.as_str())];
            query.extend(publisher.as_deref().map(|name| ("publisher", name)));
            let items = api.list(&format!("{RUNS}/history"), &query, usize::MAX).await?;
            printer.list(List { items, columns: HISTORY, empty: "No run has a result of this product." })
        }
    }
}

fn position(id: &str) -> String {
    format!("{RUNS}/latest/positions/{}", part(id))
}

/// A position as people read it.
fn told(one: &Value) -> String {
    let text = |path: &str| one.pointer(path).and_then(Value::as_str).unwrap_or_default();
    let mut name = vec![text("/publisher"), text("/product")];
    name.extend(Some(text("/model/display")).filter(|model| !model.is_empty()));
    name.extend(Some(text("/metric_group")).filter(|group| !group.is_empty()));
    name.extend(Some(text("/metric")).filter(|metric| !metric.is_empty()));
    let mut page = format!("{}: {}\n", name.join(" / "), text("/status").replace('_', " "));
    let _ = writeln!(page, "{}\n", text("/why"));
    let figures = [
        ("Rights owned", "owned"),
        ("Rights used", "used"),
        ("  in use only", "used_in_report"),
        ("  allocated, in use", "allocated_in_use"),
        ("  allocated, not in use", "allocated_not_in_use"),
        ("  in use, not allocated", "not_allocated_in_use"),
        ("Rights available", "surplus"),
        ("Rights not allocated", "not_allocated"),
        ("Allocations needed", "allocations_needed"),
        ("Rights needed", "needed"),
        ("Nontransferable rights", "nontransferable"),
        ("Not licensed", "unlicensed"),
        ("Users without a licence", "unlicensed_users"),
        ("Rows behind it", "members"),
    ];
    for (label, name) in figures {
        let shown = match one.get(name) {
            Some(Value::Null) => "not known".to_owned(),
            shown => shown.map(ToString::to_string).unwrap_or_default(),
        };
        let _ = writeln!(page, "  {label:<26}{shown:>12}");
    }
    let amounts = [
        ("Average price of a right", "average_price"),
        ("True-up cost", "true_up"),
        ("Over-licensed amount", "over_licensed"),
        ("Potential savings", "potential_savings"),
        ("Total cost", "total_cost"),
        ("Spend of this period", "spend"),
    ];
    for (label, name) in amounts {
        let unknown = one.get(name).filter(|amount| amount.is_null()).map(|_| "not known".to_owned());
        let amount = one.get(name).and_then(crate::client::show::amounts).filter(|amount| !amount.is_empty()).or(unknown);
        if let Some(amount) = amount {
            let _ = writeln!(page, "  {label:<26}{amount:>12}");
        }
    }
    for warning in one.get("warnings").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        let _ = writeln!(page, "Warning: {warning}");
    }
    page.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_reads_well() {
        let one = json!({"publisher": "Microsoft", "product": "Visio", "model": {"id": "1", "display": "Visio 2021"},
            "metric_group": "Common", "metric": "Per Device", "status": "not_compliant", "why": "2 more are needed.", "owned": 5,
            "true_up": {"EUR": "10.50", "USD": "3"}, "warnings": ["odd"], "over_licensed": {}, "needed": null, "potential_savings": null});
        let text = told(&one);
        for expected in [
            "Microsoft / Visio / Visio 2021 / Common / Per Device: not compliant\n2 more are needed.\n",
            "  Rights owned                         5\n",
            "10.50 EUR, 3 USD",
            "Warning: odd",
            "  Rights needed                not known\n",
            "  Potential savings            not known\n",
        ] {
            assert!(text.contains(expected), "{expected}: {text}");
        }
        assert!(!text.contains("Over-licensed"), "{text}");
    }
}
