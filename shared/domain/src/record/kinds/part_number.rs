//! Publisher part numbers: what is bought under which number.

use chrono::NaiveDate;

use super::metric_names;
use crate::entitlement::AGREEMENT_TYPES;
use crate::record::{Draft, Field, Findings, Library, Rules, Schema, Values};

/// The catalogue of part numbers.
pub const PART_NUMBERS: Schema = Schema {
    path: "part-numbers",
    one: "publisher part number",
    help: "Part numbers (PPN, SKU) of publishers with what is bought under them. An entitlement with such a number takes its software model and \
           its terms from here; a model that is not there is made.",
    fields: &[
        Field::text("part_number", "Publisher part number", "The number.").required(),
        Field::text("publisher", "Publisher", "Whose number it is.").required(),
        Field::text("product", "Product", "What is bought.").required(),
        Field::text("version", "Version", "In which version; empty is any."),
        Field::text("edition", "Edition", "In which edition; empty is any."),
        Field::text("description", "Description", "What the publisher calls it."),
        Field::choice("license_type", "License type", &super::entitlement::LICENSE_TYPES, "The type of licence."),
        Field::text("metric_group", "Metric group", "The group of its metric."),
        Field::text("license_metric", "License metric", "Its metric."),
        Field::choice("agreement_type", "Agreement type", &AGREEMENT_TYPES, "The agreement it is bought under."),
        Field::count("rights_per_pack", "Rights per license pack", "Rights in a pack."),
        Field::notes(
            "suite_components",
            "Suite components",
            "Of a suite: its components, one a line as publisher; product; version; edition. Models that are not there are made.",
        ),
        Field::notes(
            "downgrade_versions",
            "Downgrade versions",
            "Earlier versions that the rights may be used for, the first one first, one a line as publisher; product; version; edition.",
        ),
        Field::text("next_version", "Next version", "The version after it, as publisher; product; version; edition."),
        Field::text("source", "Source", "Where the number comes from."),
    ],
    name: "part_number",
    unique: &[&["part_number"]],
    columns: &["part_number", "publisher", "product", "version", "edition", "license_metric"],
    rules: Rules { check, ..Rules::NONE },
};

/// A product in a version and an edition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Title {
    pub(super) publisher: String,
    pub(super) product: String,
    /// None is any.
    pub(super) version: Option<String>,
    /// None is any.
    pub(super) edition: Option<String>,
}

impl Title {
    /// What a part number is bought for.
    pub(super) fn of(entry: &Values) -> Option<Self> {
        let text = |field: &str| entry.text(field).map(str::to_owned);
        Some(Self {
            publisher: text("publisher")?,
            product: text("product")?,
            version: text("version"),
            edition: text("edition"),
        })
    }

    fn read(line: &str) -> Option<Self> {
        let mut parts = line.split(';').map(|part| Some(part.trim().to_owned()).filter(|part| !part.is_empty()));
        let title = Self {
            publisher: parts.next()??,
            product: parts.next()??,
            version: parts.next().flatten(),
            edition: parts.next().flatten(),
        };
        parts.next().is_none().then_some(title)
    }
}

/// The titles of a text, one a line.
pub(super) fn titles(text: &str) -> Vec<Title> {
    text.lines().filter_map(Title::read).collect()
}

fn check(draft: &mut Draft<'_>, library: &dyn Library, _: NaiveDate, findings: &mut Findings) {
    metric_names::settle(draft, library, findings);
    metric_names::both_or_none(draft, findings);
    for field in ["suite_components", "downgrade_versions", "next_version"] {
        let text = draft.values.text(field).unwrap_or_default();
        if let Some((line, text)) =
            (1..).zip(text.lines()).find(|(_, line)| !line.trim().is_empty() && Title::read(line).is_none())
        {
            let text: String = text.chars().take(64).collect();
            findings.error(field, format!("line {line}, {text:?}, is not publisher; product; version; edition"));
        }
    }
    if draft.values.get("rights_per_pack").is_some_and(|rights| *rights == crate::asset::Value::Int(0)) {
        findings.error("rights_per_pack", "a pack has at least one right; enter 1 or more, or leave it empty");
    }
}
