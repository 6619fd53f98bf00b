//! `settings ...`

use crate::client::{
    args::SettingsCommand,
    error::ClientError,
    http::Api,
    show::{Kind, List, Printer},
};
use reqwest::Method;
use serde_json::{Map, Value};
use std::fmt::Write as _;

const PATH: &str = "/api/v1/settings";

pub(super) async fn run(command: SettingsCommand, api: &Api, printer: Printer) -> Result<(), ClientError> {
    match command {
        SettingsCommand::List => {
            let items = api.list(PATH, &[], usize::MAX).await?;
            let [name, value, changed, kind, what] = [
                ("NAME", "name", Kind::Id),
                ("VALUE", "value", Kind::Text),
                ("CHANGED", "changed", Kind::Text),
                ("TYPE", "kind", Kind::Text),
                ("WHAT IT DOES", "what", Kind::Text),
            ];
            // A sentence goes on below only where it comes last, and types are as long as sentences.
            let columns =
                if printer.for_people() { vec![name, value, changed, what] } else { vec![name, value, changed, kind, what] };
            printer.list(List { items, columns: &columns, empty: "There are no settings." })
        }
        SettingsCommand::Set { settings, dry_run } => {
            let value = |value: String| if value.is_empty() { Value::Null } else { Value::String(value) };
            let body: Map<String, Value> = settings.into_iter().map(|(name, text)| (name, value(text))).collect();
            let path = if dry_run { format!("{PATH}?dry_run=true") } else { PATH.to_owned() };
            let changed = api.change(Method::PATCH, &path, Some(&Value::Object(body))).await?;
            printer.told(&changed, &told(&changed, dry_run))
        }
    }
}

fn told(changed: &Value, dry_run: bool) -> String {
    let items = changed.get("items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if items.is_empty() {
        return "Nothing changes: the settings are as asked already.".to_owned();
    }
    let mut text = String::new();
    for item in items {
        let member = |name: &str| match item.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => String::new(),
        };
        let verb = if dry_run { "would be" } else { "is" };
        let _ = writeln!(text, "{} {verb} {} (it was {}).", member("name"), member("after"), member("before"));
    }
    let number = |path: &str| changed.pointer(path).and_then(Value::as_u64);
    if let (Some(before), Some(after)) = (number("/effect/asset_count_before"), number("/effect/asset_count_after")) {
        let limit = number("/effect/asset_limit").map_or_else(String::new, |limit| format!(" of {limit}"));
        let over = number("/effect/asset_limit").map_or(0, |limit| after.saturating_sub(limit));
        let _ = write!(text, "The compliance query counts {before} assets before, {after}{limit} after.");
        if over > 0 {
            let _ = write!(text, " The next run would find {over} over the limit.");
        }
    }
    if let (Some(before), Some(after)) = (number("/units_effect/units_before"), number("/units_effect/units_after")) {
        let assets = |name: &str| number(&format!("/units_effect/assets_{name}")).unwrap_or_default();
        let entitled = number("/units_effect/entitled");
        let of = entitled.map_or_else(String::new, |entitled| format!(" of {entitled}"));
        text.truncate(text.trim_end().len());
        let _ = write!(
            text,
            "\nSubscription units: {before} for {} assets before, {after}{of} for {} assets after.",
            assets("before"),
            assets("after")
        );
        if entitled.is_some_and(|entitled| after > entitled) {
            text.push_str(" That is more than was bought.");
        }
    }
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_effect_on_the_count_is_said() {
        let changed = json!({
            "items": [{"name": "null_mode", "before": "sql", "after": "inclusive"}],
            "effect": {"asset_count_before": 9, "asset_count_after": 12, "asset_limit": 10},
        });
        let text = told(&changed, true);
        assert_eq!(
            text,
            "null_mode would be inclusive (it was sql).\nThe compliance query counts 9 assets before, 12 of 10 after. The next run \
             would find 2 over the limit."
        );
        assert!(told(&json!({"items": []}), false).starts_with("Nothing changes"));
        let changed = json!({
            "items": [{"name": "units_rounding", "before": "up", "after": "down"}], "effect": null,
            "units_effect": {"assets_before": 9, "assets_after": 9, "units_before": 3, "units_after": 2, "entitled": 1},
        });
        let text = told(&changed, true);
        assert_eq!(
            text,
            "units_rounding would be down (it was up).\nSubscription units: 3 for 9 assets before, 2 of 1 for 9 assets after. That is \
             more than was bought."
        );
    }
}
