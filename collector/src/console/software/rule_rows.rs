//! Rules of normalisation as people read them, and as a record that stands in the place of a built-in one.

use crate::reconcile::KnownRule;
use muster_domain::software::normal::{Conditions, Pattern, Rule, Step, Verdict};

/// A rule.
pub(super) struct RuleRow {
    pub(super) name: String,
    pub(super) order: u32,
    pub(super) built_in: bool,
    pub(super) active: bool,
    pub(super) conditions: Vec<String>,
    pub(super) results: String,
    pub(super) kind: &'static str,
    pub(super) note: String,
}

/// What a rule said of software that was tested.
pub(super) struct StepRow {
    pub(super) rule: String,
    pub(super) said: String,
    pub(super) won: bool,
}

impl RuleRow {
    pub(super) fn of(known: &KnownRule) -> Self {
        let Rule { id, order, enabled, note, conditions, results } = &known.rule;
        let version = String::from(results.version.clone());
        let mut parts = vec![results.publisher.clone(), results.product.clone()];
        parts.extend(results.edition.clone());
        let mut text = parts.join(" ");
        if version != "keep" {
            text.push_str(&format!(", version {version}"));
        }
        for (name, value) in [("platform", &results.platform), ("language", &results.language)] {
            if let Some(value) = value {
                text.push_str(&format!(", {name} {value}"));
            }
        }
        Self {
            name: id.clone(),
            order: *order,
            built_in: known.built_in,
            active: *enabled,
            conditions: sentences(conditions),
            results: text,
            kind: results.product_type.as_str(),
            note: note.clone(),
        }
    }

    /// Whether the text stands anywhere in it.
    pub(super) fn has(&self, text: &str) -> bool {
        let all = format!("{} {} {} {}", self.name, self.conditions.join(" "), self.results, self.note);
        all.to_lowercase().contains(text)
    }
}

fn sentences(conditions: &Conditions) -> Vec<String> {
    let Conditions { sources, publisher, name, version } = conditions;
    let pattern = |what: &str, pattern: &Option<Pattern>| {
        pattern.as_ref().map(|pattern| format!("{what} {} “{}”", pattern.kind.words(), pattern.text))
    };
    let from = (!sources.is_empty()).then(|| format!("from {}", sources.join(", ")));
    [from, pattern("publisher", publisher), pattern("name", name), pattern("version", version)].into_iter().flatten().collect()
}

/// The fields of the record that stands in a rule's place, each as a form has it.
pub(super) fn record_of(rule: &Rule) -> Vec<(&'static str, String)> {
    let Conditions { sources, publisher, name, version } = &rule.conditions;
    let mut fields = vec![
        ("name", rule.id.clone()),
        ("order", rule.order.to_string()),
        ("active", rule.enabled.to_string()),
        ("source", sources.join(", ")),
    ];
    let patterns = [
        ("publisher_operator", "publisher_pattern", publisher),
        ("name_operator", "name_pattern", name),
        ("version_operator", "version_pattern", version),
    ];
    for (operator, field, pattern) in patterns {
        let (kind, text) = pattern.as_ref().map_or(("", ""), |pattern| (pattern.kind.words(), pattern.text.as_str()));
        fields.extend([(operator, kind.to_owned()), (field, text.to_owned())]);
    }
    let results = &rule.results;
    fields.extend([
        ("publisher", results.publisher.clone()),
        ("product", results.product.clone()),
        ("version", String::from(results.version.clone())),
        ("edition", results.edition.clone().unwrap_or_default()),
        ("platform", results.platform.clone().unwrap_or_default()),
        ("language", results.language.clone().unwrap_or_default()),
        ("product_type", results.product_type.as_str().to_owned()),
        ("comments", rule.note.clone()),
    ]);
    fields
}

impl StepRow {
    pub(super) fn of(step: Step) -> Self {
        let Step { rule, verdict } = step;
        let (said, won) = match verdict {
            Verdict::Won => ("fits".to_owned(), true),
            Verdict::Off => ("is switched off".to_owned(), false),
            Verdict::Failed { place, expected, found } => (
                format!("does not fit: {place} must be {expected}, and is {}", if found.is_empty() { "empty" } else { &found }),
                false,
            ),
        };
        Self { rule, said, won }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reconcile::normalization_rules;
    use muster_domain::record::{Shelf, kinds::rule::NORMALIZATION_RULES};

    #[test]
    fn a_record_can_stand_in_the_place_of_every_built_in_rule() {
        let (rules, _) = normalization_rules(&Shelf::default());
        assert!(rules.len() > 10);
        for known in &rules {
            let record = record_of(&known.rule);
            for (name, value) in &record {
                let field = NORMALIZATION_RULES.field(name).unwrap();
                assert!(!field.required || !value.is_empty(), "{}: {name}", known.rule.id);
            }
            let row = RuleRow::of(known);
            assert!(row.built_in && !row.conditions.is_empty() && row.has(&row.name.to_lowercase()), "{}", row.name);
        }
    }
}
