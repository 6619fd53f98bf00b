//! `software rules|test|unrecognised|products`

use crate::client::{
    args::RuleTestArgs,
    error::ClientError,
    http::Api,
    show::{Column, Kind, List, Printer},
};
use reqwest::Method;
use serde_json::{Value, json};

const RULES: [Column; 7] = [
    ("ORDER", "order", Kind::Number),
    ("RULE", "rule", Kind::Text),
    ("ORIGIN", "origin", Kind::Text),
    ("ACTIVE", "active", Kind::Text),
    ("IF", "if", Kind::Text),
    ("THEN", "then", Kind::Text),
    ("NOTE", "note", Kind::Text),
];

/// The same for people: what does not fit a line stands in the other forms.
const RULES_TOLD: [Column; 6] = [
    ("ORDER", "order", Kind::Number),
    ("RULE", "rule", Kind::Text),
    ("ORIGIN", "origin", Kind::Word),
    ("ACTIVE", "active", Kind::Text),
    ("MAKES", "makes", Kind::Text),
    ("OF SOFTWARE WITH", "about", Kind::Text),
];

const UNRECOGNISED: [Column; 5] = [
    ("NAME", "name", Kind::Text),
    ("PUBLISHER", "publisher", Kind::Text),
    ("SOURCE", "source", Kind::Text),
    ("INSTALLS", "installs", Kind::Number),
    ("TITLES", "titles", Kind::Number),
];

const PRODUCTS: [Column; 9] = [
    ("PUBLISHER", "publisher", Kind::Text),
    ("PRODUCT", "product", Kind::Text),
    ("VERSION", "version", Kind::Text),
    ("EDITION", "edition", Kind::Text),
    ("INSTALLS", "installs", Kind::Number),
    ("MODEL", "model_name", Kind::Text),
    ("TYPE", "product_type", Kind::Text),
    ("RULE", "rule", Kind::Text),
    ("PLATFORM", "platform", Kind::Text),
];

pub(super) async fn rules(api: &Api, printer: Printer) -> Result<(), ClientError> {
    let mut items = api.list("/api/v1/software/rules", &[], usize::MAX).await?;
    if !printer.for_people() {
        return printer.list(List { items, columns: &RULES, empty: "There are no rules." });
    }
    for members in items.iter_mut().filter_map(Value::as_object_mut) {
        let part = |name: &str| members.get(name).map(in_words).unwrap_or_default();
        let told = [("about", part("if")), ("makes", part("then"))];
        members.extend(told.map(|(name, text)| (name.to_owned(), Value::from(text))));
    }
    printer.list(List { items, columns: &RULES_TOLD, empty: "There are no rules." })
}

/// Conditions or results in words: `name Acrobat*; publisher Adobe*`.
fn in_words(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(in_words).collect::<Vec<_>>().join(" or "),
        Value::Object(members) => {
            let told = members.iter().map(|(name, value)| (name.replace('_', " "), in_words(value)));
            told.filter(|(_, text)| !text.is_empty()).map(|(name, text)| format!("{name} {text}")).collect::<Vec<_>>().join("; ")
        }
        other => other.to_string(),
    }
}

pub(super) async fn unrecognised(api: &Api, printer: Printer) -> Result<(), ClientError> {
    let items = api.list("/api/v1/software/unrecognised", &[], usize::MAX).await?;
    printer.list(List { items, columns: &UNRECOGNISED, empty: "A rule is about everything that agents reported." })
}

pub(super) async fn products(api: &Api, printer: Printer) -> Result<(), ClientError> {
    let items = api.list("/api/v1/software/products", &[], usize::MAX).await?;
    printer.list(List { items, columns: &PRODUCTS, empty: "No agent has reported installed software." })
}

pub(super) async fn test(args: RuleTestArgs, api: &Api, printer: Printer) -> Result<(), ClientError> {
    let RuleTestArgs { name, version, publisher, source } = args;
    let body = json!({"name": name, "version": version, "publisher": publisher, "source": source});
    let found = api.change(Method::POST, "/api/v1/software/rules/test", Some(&body)).await?;
    printer.told(&found, &told(&found))
}

/// What it is, in lines; of the rules that failed only those that failed late say something.
fn told(found: &Value) -> String {
    let of = |name: &str| found.pointer(&format!("/normalised/{name}")).and_then(Value::as_str).unwrap_or("-");
    let steps = found.get("steps").and_then(Value::as_array).map_or(0, Vec::len);
    let mut lines: Vec<String> = ["publisher", "product", "version", "edition", "product_type", "platform", "language"]
        .into_iter()
        .map(|name| format!("{name:<13} {}", of(name)))
        .collect();
    lines.push(match found.pointer("/normalised/rule").and_then(Value::as_str) {
        Some(rule) => format!("The rule {rule} says so, the {steps}. that was tried."),
        None => format!(
            "None of {steps} rules is about it: this is what it says itself. Write one: muster-collector help normalisation"
        ),
    });
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_reads_well() {
        let rule = json!({"sources": ["dpkg", "rpm"], "name": "libreoffice*", "product_type": "Freeware", "edition": null});
        let text = in_words(&rule);
        for part in ["sources dpkg or rpm", "name libreoffice*", "product type Freeware"] {
            assert!(text.contains(part), "{text}");
        }
        assert!(!text.contains("edition") && !text.contains(['{', '"']), "{text}");
    }

    #[test]
    fn a_test_says_what_it_is_and_why() {
        let found = json!({"normalised": {"rule": "office", "publisher": "Microsoft", "product": "Office", "version": null}, "steps": [{}, {}]});
        let text = told(&found);
        assert!(text.starts_with("publisher     Microsoft\nproduct       Office\nversion       -"), "{text}");
        assert!(text.ends_with("The rule office says so, the 2. that was tried."), "{text}");
        let text = told(&json!({"normalised": {"rule": null, "product": "X"}, "steps": [{}]}));
        assert!(text.contains("None of 1 rules"), "{text}");
    }
}
