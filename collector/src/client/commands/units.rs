//! `units ...`

use crate::client::{
    args::UnitsCommand,
    error::ClientError,
    http::{Api, part},
    show::{Column, Kind, List, Printer},
};
use muster_runtime::output::Format;
use reqwest::Method;
use serde_json::{Value, json};
use std::fmt::Write as _;

const PATH: &str = "/api/v1/units";
const CATEGORIES: &str = "/api/v1/units/categories";

pub(super) async fn run(command: UnitsCommand, api: &Api, printer: Printer) -> Result<(), ClientError> {
    match command {
        UnitsCommand::Show => {
            let units = api.get(PATH, &[]).await?;
            let categories: &[Value] = units.get("categories").and_then(Value::as_array).map_or(&[], Vec::as_slice);
            if printer.chosen() == Some(Format::Csv) {
                return printer.list(List { items: categories.to_vec(), columns: UNITS, empty: "" });
            }
            let shown: Vec<Value> = categories.iter().filter(|category| matters(category)).cloned().collect();
            let rows = match shown.is_empty() {
                true => "No resource category is opted in. See what could be: muster-collector units categories".to_owned(),
                false => printer.table(&shown, UNITS),
            };
            printer.told(&units, &format!("{}\n\n{rows}", summary(&units)))
        }
        UnitsCommand::Categories => {
            let items = api.list(CATEGORIES, &[], usize::MAX).await?;
            printer.list(List { items, columns: TABLE, empty: "There are no resource categories." })
        }
        UnitsCommand::OptIn { category, dry_run } => choose(&category, true, dry_run, api, printer).await,
        UnitsCommand::OptOut { category, dry_run } => choose(&category, false, dry_run, api, printer).await,
        UnitsCommand::Set { category, ratio, model_categories, entitlement, applications, ham_version, license_version } => {
            let or_none = |text: Option<String>| text.map(|text| if text.is_empty() { Value::Null } else { Value::String(text) });
            let members = [
                ("ratio", ratio.map(Value::from)),
                ("model_categories", model_categories.map(Value::from)),
                ("entitlement", or_none(entitlement)),
                ("applications", applications.map(Value::from)),
                ("ham_version", or_none(ham_version)),
                ("license_version", or_none(license_version)),
            ];
            let given = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
            set(&category, &Value::Object(given.collect()), "was set", api, printer).await
        }
        UnitsCommand::Reset { category } => {
            set(&category, &json!({ "published": true }), "is as it is published", api, printer).await
        }
        UnitsCommand::History { limit } => {
            let items = api.list("/api/v1/units/history", &[], limit.unwrap_or(usize::MAX)).await?;
            let empty = "Nothing was opted in or reported yet. See what could be: muster-collector units categories";
            printer.list(List { items, columns: HISTORY, empty })
        }
    }
}

const UNITS: &[Column] = &[
    ("RESOURCE CATEGORY", "name", Kind::Text),
    ("IN FORCE", "in_force", Kind::Text),
    ("APPLICATION", "application", Kind::Text),
    ("ASSETS", "count", Kind::Number),
    ("RATIO", "ratio", Kind::Number),
    ("RAW", "raw", Kind::Number),
    ("UNITS", "subscription_units", Kind::Number),
    ("WOULD COUNT", "waiting", Kind::Number),
    ("EXCLUDED", "excluded", Kind::Number),
];

const TABLE: &[Column] = &[
    ("RESOURCE CATEGORY", "name", Kind::Text),
    ("CHOICE", "choice", Kind::Text),
    ("CHOSEN", "chosen_at", Kind::Time),
    ("BY", "chosen_by", Kind::Text),
    ("AVAILABILITY", "availability", Kind::Text),
    ("RATIO", "ratio", Kind::Number),
    ("ASSETS", "count", Kind::Number),
    ("WOULD COUNT", "waiting", Kind::Number),
    ("ENTITLEMENT", "entitlement", Kind::Text),
    ("HAM FROM", "ham_version", Kind::Text),
    ("LICENCE FROM", "license_version", Kind::Text),
    ("MODEL CATEGORIES", "model_categories", Kind::Text),
];

const HISTORY: &[Column] = &[
    ("AT", "at", Kind::Time),
    ("KIND", "kind", Kind::Text),
    ("DATE", "site_date", Kind::Text),
    ("RESOURCE CATEGORY", "category", Kind::Text),
    ("ASSETS", "assets", Kind::Number),
    ("UNITS", "units", Kind::Number),
    ("BEFORE", "units_before", Kind::Number),
    ("ENTITLED", "entitled", Kind::Number),
    ("BY", "by", Kind::Text),
];

async fn choose(category: &str, opted_in: bool, dry_run: bool, api: &Api, printer: Printer) -> Result<(), ClientError> {
    let how = if dry_run { "?dry_run=true" } else { "" };
    let path = format!("{CATEGORIES}/{}{how}", part(category));
    let changed = api.change(Method::PUT, &path, Some(&json!({ "opted_in": opted_in }))).await?;
    printer.told(&changed, &effect(&changed, opted_in))
}

async fn set(category: &str, body: &Value, done: &str, api: &Api, printer: Printer) -> Result<(), ClientError> {
    let changed = api.change(Method::PUT, &format!("{CATEGORIES}/{}", part(category)), Some(body)).await?;
    let text = format!("The resource category {category} {done}. Look at it: muster-collector units categories");
    printer.told(&changed, &text)
}

/// Whether a category has something to show.
fn matters(category: &Value) -> bool {
    let number = |name: &str| category.get(name).and_then(Value::as_u64).unwrap_or_default();
    category.get("in_force").and_then(Value::as_bool) == Some(true) || number("waiting") > 0 || number("excluded") > 0
}

fn summary(units: &Value) -> String {
    let number = |name: &str| units.get(name).and_then(Value::as_u64);
    let text = |name: &str| units.get(name).and_then(Value::as_str).unwrap_or_default();
    let mut page = match number("entitled") {
        Some(entitled) => format!("{} of {entitled} subscription units ({})", shown(number("consumed")), text("colour")),
        None => format!("{} subscription units; no licence key in force says how many were bought", shown(number("consumed"))),
    };
    let _ = write!(page, "\nHardware Asset Management {}, licence version {}", text("ham_version"), text("license_version"));
    if let Some(assets) = number("free_assets").filter(|assets| *assets > 0) {
        let _ = write!(page, "\n{assets} assets can be used and do not count");
    }
    if let Some(assets) = number("assets_without_category").filter(|assets| *assets > 0) {
        let _ = write!(page, "\n{assets} assets belong to no resource category: features are refused for them");
    }
    page
}

fn effect(changed: &Value, opted_in: bool) -> String {
    let number = |name: &str| shown(changed.pointer(&format!("/effect/{name}")).and_then(Value::as_u64));
    let category = changed.get("category").and_then(Value::as_str).unwrap_or_default();
    let would = changed.get("dry_run").and_then(Value::as_bool) == Some(true);
    let verb = if would { "would be" } else { "is" };
    let way = if opted_in { "in" } else { "out" };
    let mut text = format!("{category} {verb} opted {way}.\n");
    let _ =
        writeln!(text, "Assets of it that count: {} -> {}", number("category_assets_before"), number("category_assets_after"));
    let _ = write!(text, "Subscription units: {} -> {}", number("units_before"), number("units_after"));
    let units = |name: &str| changed.pointer(&format!("/effect/{name}")).and_then(Value::as_u64);
    if let Some(entitled) = units("entitled") {
        let _ = write!(text, " of {entitled}");
        if units("units_after").is_some_and(|after| after > entitled) {
            text.push_str("; that is more than was bought");
        }
    }
    text
}

fn shown(number: Option<u64>) -> String {
    number.map_or_else(|| "-".to_owned(), |number| number.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_effect_is_said_before_and_after() {
        let mut changed = json!({"dry_run": true, "category": "Servers", "choice": "opted_in", "effect": {
            "category_assets_before": 0, "category_assets_after": 7, "assets_before": 8, "assets_after": 15,
            "units_before": 2, "units_after": 9, "entitled": 8,
        }});
        let text = effect(&changed, true);
        assert_eq!(
            text,
            "Servers would be opted in.\nAssets of it that count: 0 -> 7\nSubscription units: 2 -> 9 of 8; that is more than was bought"
        );
        changed["dry_run"] = json!(false);
        changed["effect"]["entitled"] = Value::Null;
        assert!(effect(&changed, false).starts_with("Servers is opted out."), "{changed}");
        assert!(effect(&changed, false).ends_with("2 -> 9"));
    }

    #[test]
    fn a_summary_compares_with_what_was_bought() {
        let units = json!({"consumed": 9, "entitled": 10, "colour": "yellow", "ham_version": "10.1", "license_version": "5.0",
            "free_assets": 2, "assets_without_category": 0});
        let text = summary(&units);
        assert_eq!(
            text,
            "9 of 10 subscription units (yellow)\nHardware Asset Management 10.1, licence version 5.0\n2 assets can be used and do not count"
        );
        assert!(summary(&json!({"consumed": 0, "entitled": null})).contains("no licence key in force says"));
    }
}
