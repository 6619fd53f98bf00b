//! `reconcile ...`

use super::{reconcile_export, reconcile_run};
use crate::client::{
    args::{ReconcileCommand, TierName},
    error::ClientError,
    http::{Api, part},
    show::{Column, Kind, List, Printer, word},
};
use reqwest::Method;
use serde_json::{Value, json};
use std::fmt::Write as _;

pub(super) const RUNS: &str = "/api/v1/reconciliations";

/// Which lists have a column.
const PRODUCT: u8 = 1;
const MODEL: u8 = 2;
const METRIC: u8 = 4;
const HISTORY: u8 = 8;
const TIERS: u8 = PRODUCT | MODEL | METRIC;
const ALL: u8 = TIERS | HISTORY;

/// The columns of positions, in their order, with the lists that have them.
const POSITIONS: &[(Column, u8)] = &[
    (("AT", "at", Kind::Time), HISTORY),
    (("ID", "id", Kind::Id), ALL),
    (("PUBLISHER", "publisher", Kind::Text), PRODUCT),
    (("PRODUCT", "product", Kind::Text), PRODUCT),
    (("MODEL", "model", Kind::Text), MODEL | METRIC),
    (("METRIC", "metric", Kind::Text), METRIC),
    (("OWNED", "owned", Kind::Number), ALL),
    (("USED", "used", Kind::Number), ALL),
    (("NEEDED", "needed", Kind::Number), ALL),
    (("STATUS", "status", Kind::Word), ALL),
    (("TRUE-UP", "true_up", Kind::Text), ALL),
    (("SURPLUS", "surplus", Kind::Number), TIERS),
    (("UNLICENSED", "unlicensed", Kind::Number), PRODUCT | MODEL),
    (("GROUP", "metric_group", Kind::Text), METRIC),
    (("MAINTENANCE", "maintenance", Kind::Text), METRIC),
    (("UNLIMITED", "unlimited", Kind::Text), METRIC),
    (("OVER-LICENSED", "over_licensed", Kind::Text), TIERS),
    (("PUBLISHER", "publisher", Kind::Text), HISTORY),
    (("PRODUCT", "product", Kind::Text), HISTORY),
];

fn positions(of: u8) -> Vec<Column> {
    POSITIONS.iter().filter(|(_, lists)| lists & of != 0).map(|(column, _)| *column).collect()
}

const MEMBERS: &[Column] = &[
    ("DEVICE", "device", Kind::Text),
    ("USER", "user", Kind::Text),
    ("MODEL", "model", Kind::Text),
    ("LICENSED BY", "disposition", Kind::Word),
    ("RIGHTS", "rights", Kind::Number),
    ("ENTITLEMENT", "entitlement", Kind::Text),
    ("COUNT", "count", Kind::Number),
    ("CORRECTED", "corrections", Kind::Text),
];

const REMEDIES: &[Column] = &[
    ("ID", "id", Kind::Text),
    ("WHAT", "name", Kind::Text),
    ("COUNT", "count", Kind::Number),
    ("STATE", "state", Kind::Word),
    ("COST", "cost", Kind::Text),
    ("METRIC", "metric", Kind::Text),
    ("MODEL", "model", Kind::Text),
];

const RUN_COLUMNS: &[Column] = &[
    ("RUN", "id", Kind::Number),
    ("STARTED", "started_at", Kind::Time),
    ("STATE", "state", Kind::Word),
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
        ReconcileCommand::Export { publisher } => reconcile_export::run(publisher.as_deref(), api).await,
        ReconcileCommand::Run { publisher, detach } => reconcile_run::run(publisher, detach, api, printer).await,
        ReconcileCommand::Show { publisher, product, tier, status, run } => {
            let mut query = vec![("tier", tier.word())];
            query.extend(publisher.as_deref().map(|name| ("publisher", name)));
            query.extend(product.as_deref().map(|name| ("product", name)));
            query.extend(status.map(|status| ("status", status.word())));
            let run = run.map_or_else(|| "latest".to_owned(), |run| run.to_string());
            let items = api.list(&format!("{RUNS}/{run}/positions"), &query, usize::MAX).await?;
            let list = match tier {
                TierName::Product => PRODUCT,
                TierName::Model => MODEL,
                TierName::Metric => METRIC,
            };
            let empty = if query.len() > 1 { "No positions fit." } else { NONE_YET };
            printer.list(List { items, columns: &positions(list), empty })
        }
        ReconcileCommand::Position { id } => {
            let one = api.get(&position(&id), &[]).await?;
            if !printer.for_people() {
                return printer.record(&one);
            }
            let remedies = api.list(&format!("{}/remedies", position(&id)), &[], usize::MAX).await?;
            let mut text = told(&one, printer);
            if !remedies.is_empty() {
                let _ = write!(text, "\n\nWhat can be done:\n{}", printer.table(&remedies, REMEDIES));
            }
            let _ = write!(text, "\nThe rows behind it: muster-collector reconcile members {id}");
            let _ = write!(text, "\nWhy a number is what it is: muster-collector explain positions.{id}.needed");
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
            let said = |name: &str| one.get(name).and_then(Value::as_str).unwrap_or_default().replace('_', " ");
            printer.told(&one, &format!("{} is now {}.", said("name"), said("state")))
        }
        ReconcileCommand::Runs { limit } => {
            let items = api.list(RUNS, &[], limit.unwrap_or(usize::MAX)).await?;
            printer.list(List { items, columns: RUN_COLUMNS, empty: NONE_YET })
        }
        ReconcileCommand::History { product, publisher } => {
            let mut query = vec![("product", product.as_str())];
            query.extend(publisher.as_deref().map(|name| ("publisher", name)));
            let items = api.list(&format!("{RUNS}/history"), &query, usize::MAX).await?;
            printer.list(List { items, columns: &positions(HISTORY), empty: "No run has a result of this product." })
        }
    }
}

fn position(id: &str) -> String {
    format!("{RUNS}/latest/positions/{}", part(id))
}

/// A position as people read it.
fn told(one: &Value, printer: Printer) -> String {
    let text = |path: &str| one.pointer(path).and_then(Value::as_str).unwrap_or_default();
    let mut name = vec![text("/publisher"), text("/product")];
    name.extend(Some(text("/model/display")).filter(|model| !model.is_empty()));
    name.extend(Some(text("/metric_group")).filter(|group| !group.is_empty()));
    name.extend(Some(text("/metric")).filter(|metric| !metric.is_empty()));
    let mut page = format!("{}: {}\n", name.join(" / "), word(text("/status")));
    let _ = writeln!(page, "{}\n", printer.sentence(text("/why"), 0));
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
    let is_unsure = one.get("true_up").is_some_and(Value::is_null);
    for (label, name) in figures {
        let shown = match one.get(name) {
            // Rights of unlike things are not added.
            Some(Value::Null) if !(is_unsure && matches!(name, "needed" | "surplus")) => "-".to_owned(),
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
        let _ = writeln!(page, "{}", printer.sentence(&format!("Warning: {warning}"), 0));
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
            "true_up": null, "total_cost": {"EUR": "10.50", "USD": "3"}, "warnings": ["odd"], "over_licensed": {}, "needed": null, "used": null, "potential_savings": null});
        let text = told(&one, Printer::new(None, chrono::DateTime::UNIX_EPOCH));
        for expected in [
            "Microsoft / Visio / Visio 2021 / Common / Per Device: Not compliant\n2 more are needed.\n",
            "  Rights owned                         5\n",
            "10.50 EUR, 3.00 USD",
            "Warning: odd",
            "  Rights needed                not known\n",
            "  Rights used                          -\n",
            "  Potential savings            not known\n",
        ] {
            assert!(text.contains(expected), "{expected}: {text}");
        }
        assert!(!text.contains("Over-licensed"), "{text}");
    }
}
