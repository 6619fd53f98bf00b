//! Every kind of record, in one list.

use super::{
    access, allocation, consumption, contract, cost, entitlement, entitlement_rules, expense, host, measure, metric, model, pack,
    part_number, rights, rule, software, user,
};
use crate::record::{Schema, Values};

/// Every kind, in the order in which they are listed and can be imported: what others point to comes first.
pub const ALL: [&Schema; 30] = [
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
    &expense::EXPENSE_LINES,
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
    &software::MACHINE_SOFTWARE,
    &cost::OVERRIDE_COSTS,
];

/// The kind of a path.
#[must_use]
pub fn find(path: &str) -> Option<&'static Schema> {
    ALL.into_iter().find(|schema| schema.path == path)
}

/// What makes a record alike to others of its kind, so that one that was entered twice is found; none of kinds where nothing does.
pub(in crate::record) fn likeness(path: &str, values: &Values) -> Option<String> {
    if path == entitlement::ENTITLEMENTS.path { entitlement_rules::likeness(values) } else { None }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::record::FieldKind;

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
