//! Every kind of record, one file for each subject.

pub mod access;
pub mod allocation;
mod checks;
pub mod consumption;
pub mod contract;
pub mod cost;
pub mod entitlement;
pub mod entitlement_rules;
pub mod host;
pub mod measure;
pub mod metric;
mod metric_names;
pub mod model;
mod model_rules;
pub mod pack;
pub mod part_number;
pub mod rights;
mod rights_rules;
pub mod rule;
pub mod user;

use super::schema::Schema;

/// Every kind, in the order in which they are listed and can be imported: what others point to comes first.
pub const ALL: [&Schema; 28] = [
    &pack::PACKS,
    &metric::CUSTOM_METRICS,
    &model::MODELS,
    &model::SUITE_COMPONENTS,
    &metric::METRIC_ATTRIBUTES,
    &part_number::PART_NUMBERS,
    &rule::NORMALIZATION_RULES,
    &contract::CONTRACTS,
    &consumption::CONSUMPTION_RULES,
    &entitlement::ENTITLEMENTS,
    &consumption::ENTITLEMENT_CONSUMPTION_RULES,
    &rights::DOWNGRADE_RIGHTS,
    &rights::UPGRADED_ENTITLEMENTS,
    &rights::RELATED_ENTITLEMENTS,
    &entitlement::LICENSE_KEYS,
    &host::HOSTS,
    &allocation::ALLOCATIONS,
    &user::SOFTWARE_USERS,
    &user::LOCATION_DETAILS,
    &access::CLIENT_ACCESS_RECORDS,
    &access::SUBSCRIPTIONS,
    &measure::RESOURCE_VALUES,
    &measure::DOCUMENT_COUNTS,
    &measure::ENDPOINT_COUNTS,
    &measure::USAGE_PEAKS,
    &measure::TOKEN_CHECKOUTS,
    &measure::SOFTWARE_USAGE,
    &cost::OVERRIDE_COSTS,
];

/// The kind of a path.
#[must_use]
pub fn find(path: &str) -> Option<&'static Schema> {
    ALL.into_iter().find(|schema| schema.path == path)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::field::FieldKind;
    use super::*;

    #[test]
    fn every_kind_is_described_whole() {
        let mut paths = BTreeSet::new();
        for schema in ALL {
            assert!(paths.insert(schema.path) && schema.help.ends_with('.'), "{}", schema.path);
            let mut names = BTreeSet::new();
            for field in schema.fields {
                let at = format!("{}.{}", schema.path, field.name);
                assert!(names.insert(field.name), "{at}");
                assert!(field.help.len() > 5 && field.help.ends_with('.') && !field.label.is_empty(), "{at}");
                match field.kind {
                    FieldKind::Link(kind) => assert!(find(kind).is_some(), "{at}"),
                    FieldKind::Money(currency) => {
                        assert_eq!(schema.field(currency).map(|field| field.kind), Some(FieldKind::Currency), "{at}");
                    }
                    _ => {}
                }
                assert!(!(field.derived && field.required), "{at}");
            }
            let named = schema.unique.iter().copied().flatten().chain(schema.columns).chain([&schema.name]);
            for name in named.filter(|name| !name.is_empty()) {
                assert!(schema.field(name).is_some(), "{} has no {name}", schema.path);
            }
            assert!(!schema.columns.is_empty(), "{}", schema.path);
        }
    }
}
