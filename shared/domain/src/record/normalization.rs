//! Rules of normalisation of a site's own, as the rule language reads them, and all rules that are in force.
//!
//! In: records of rules. Out: rules, with what is wrong by field. One with the name of a built-in rule stands in its place.

use std::collections::BTreeMap;

use super::kinds::rule::NORMALIZATION_RULES;
use super::{FieldError, Library, Values};
use crate::software::normal::{
    Conditions, Normaliser, Pattern, PatternKind, Place, ProductType, Results, Rule, RuleError, VersionRule, built_in,
};

/// The rule that a record is.
#[must_use]
pub fn rule_of(values: &Values) -> Rule {
    let text = |field: &str| values.text(field).map(str::trim).filter(|text| !text.is_empty());
    let pattern = |operator: &str, field: &str| {
        let of = |kind: PatternKind| Some(kind) == values.text(operator).and_then(kind_of);
        let kind = PatternKind::ALL.into_iter().find(|kind| of(*kind)).unwrap_or(PatternKind::Equals);
        text(field).map(|text| Pattern { kind, text: text.to_owned() })
    };
    let sources = text("source").unwrap_or_default().split(',').map(str::trim).filter(|source| !source.is_empty());
    Rule {
        id: text("name").unwrap_or_default().to_owned(),
        order: values.count("order").and_then(|order| u32::try_from(order).ok()).unwrap_or(u32::MAX),
        enabled: values.is("active"),
        note: text("comments").unwrap_or_default().to_owned(),
        conditions: Conditions {
            sources: sources.map(str::to_owned).collect(),
            publisher: pattern("publisher_operator", "publisher_pattern"),
            name: pattern("name_operator", "name_pattern"),
            version: pattern("version_operator", "version_pattern"),
        },
        results: Results {
            publisher: text("publisher").unwrap_or_default().to_owned(),
            product: text("product").unwrap_or_default().to_owned(),
            version: VersionRule::from(text("version").unwrap_or_default().to_owned()),
            edition: text("edition").map(str::to_owned),
            platform: text("platform").map(str::to_owned),
            language: text("language").map(str::to_owned),
            product_type: values.text("product_type").and_then(product_type).unwrap_or_default(),
        },
    }
}

fn kind_of(words: &str) -> Option<PatternKind> {
    PatternKind::ALL.into_iter().find(|kind| kind.words().eq_ignore_ascii_case(words))
}

fn product_type(name: &str) -> Option<ProductType> {
    ProductType::ALL.into_iter().find(|kind| kind.as_str().eq_ignore_ascii_case(name))
}

/// What is wrong with the rule of a record, by the fields of the record.
#[must_use]
pub fn errors_of(values: &Values) -> Vec<FieldError> {
    let errors = Normaliser::new([rule_of(values)]).err().unwrap_or_default();
    errors
        .into_iter()
        .map(|RuleError { place, reason, .. }| FieldError { field: field_of(place).to_owned(), text: reason.to_string() })
        .collect()
}

const fn field_of(place: Place) -> &'static str {
    match place {
        Place::Id => "name",
        Place::Conditions | Place::Name => "name_pattern",
        Place::Source => "source",
        Place::Publisher => "publisher_pattern",
        Place::Version => "version_pattern",
        Place::Result(field) => field,
    }
}

/// Every rule that there is: those of the site, then the built-in ones in whose place none of the site stands. What of the site's
/// cannot be used is left out and told.
#[must_use]
pub fn in_force(library: &dyn Library) -> (Vec<Rule>, Vec<String>) {
    let (mut own, mut wrong) = (BTreeMap::new(), Vec::new());
    for (_, values) in library.all(NORMALIZATION_RULES.path) {
        let rule = rule_of(values);
        match errors_of(values).first() {
            Some(error) => {
                wrong.push(format!("the normalisation rule {:?} is left out: {}: {}", rule.id, error.field, error.text))
            }
            None => {
                own.entry(rule.id.to_lowercase()).or_insert(rule);
            }
        }
    }
    let published =
        built_in(&std::collections::BTreeSet::new()).into_iter().filter(|rule| !own.contains_key(&rule.id.to_lowercase()));
    let published: Vec<Rule> = published.collect();
    let mut all: Vec<Rule> = own.into_values().chain(published).collect();
    all.sort_by(|one, other| (one.order, &one.id).cmp(&(other.order, &other.id)));
    (all, wrong)
}

/// The rules that are in force, ready, and what could not be used.
#[must_use]
pub fn normaliser(library: &dyn Library) -> (Normaliser, Vec<String>) {
    let (rules, mut wrong) = in_force(library);
    match Normaliser::new(rules) {
        Ok(ready) => (ready, wrong),
        Err(errors) => {
            wrong.extend(errors.iter().map(ToString::to_string));
            (Normaliser::default(), wrong)
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::asset::Value;
    use crate::record::Shelf;
    use crate::software::Software;

    fn record(fields: &[(&str, &str)]) -> Values {
        let base = [
            ("order", "10"),
            ("publisher", "We"),
            ("product", "Tool"),
            ("name_operator", "starts with"),
            ("name_pattern", "Tool"),
        ];
        let all = base.into_iter().chain(fields.iter().copied());
        let values = all.fold(Values::new(), |values, (field, text)| {
            let value = match field {
                "order" => Value::Int(text.parse().unwrap()),
                _ => Value::Text(text.to_owned()),
            };
            values.with(field, value)
        });
        values.with("active", Value::Bool(!fields.contains(&("comments", "off"))))
    }

    fn shelf(records: &[Values]) -> Shelf {
        let mut shelf = Shelf::default();
        for (number, values) in (1..).zip(records) {
            shelf.put(&NORMALIZATION_RULES, Uuid::from_u128(number), values.clone());
        }
        shelf
    }

    fn normalised(records: &[Values], name: &str) -> String {
        let (ready, wrong) = normaliser(&shelf(records));
        assert_eq!(wrong, Vec::<String>::new());
        let software = Software {
            name: name.to_owned(),
            version: Some("2.5.1".to_owned()),
            source: "dpkg".to_owned(),
            ..Software::default()
        };
        let found = ready.normalise(&software);
        format!("{:?} {} {}", found.rule, found.product, found.version.unwrap_or_default())
    }

    #[test]
    fn a_record_is_a_rule() {
        let own = record(&[("name", "own"), ("version", "major"), ("source", "dpkg, rpm")]);
        assert_eq!(normalised(&[own], "Tool pro"), r#"Some("own") Tool 2"#);
        let other = record(&[("name", "own"), ("source", "windows")]);
        assert!(normalised(&[other], "Tool pro").starts_with("None"));
        let group =
            record(&[("name", "own"), ("name_operator", "matches"), ("name_pattern", "^Tool (\\w+)$"), ("edition", "{1}")]);
        assert_eq!(rule_of(&group).results.edition.as_deref(), Some("{1}"));
        assert_eq!(errors_of(&group), []);
    }

    #[test]
    fn what_is_wrong_is_told_by_field() {
        let check = |fields: &[(&str, &str)], expected: &str| {
            let errors = errors_of(&record(fields));
            assert_eq!(errors.first().map(|error| error.field.as_str()), Some(expected), "{errors:?}");
        };
        check(&[("name", "a"), ("name_operator", "matches"), ("name_pattern", "a(")], "name_pattern");
        check(&[("name", "a"), ("edition", "{7}")], "edition");
        check(&[("name", "a"), ("name_pattern", " ")], "name_pattern");
        let broken = record(&[("name", "a"), ("name_operator", "matches"), ("name_pattern", "a(")]);
        let (rules, wrong) = in_force(&shelf(&[broken]));
        assert_eq!((wrong.len(), rules.iter().any(|rule| rule.id == "a")), (1, false));
    }

    #[test]
    fn a_record_stands_in_the_place_of_a_built_in_rule() {
        let all = built_in(&std::collections::BTreeSet::new());
        let first = &all[0].id;
        let own = record(&[("name", &first.to_uppercase()), ("comments", "off")]);
        let (rules, _) = in_force(&shelf(&[own]));
        assert_eq!(rules.len(), all.len());
        let named: Vec<&Rule> = rules.iter().filter(|rule| rule.id.eq_ignore_ascii_case(first)).collect();
        assert_eq!((named.len(), named[0].enabled), (1, false));
    }
}
