//! Every field of the published list of entitlement fields, tab by tab, is a field of the kind that stands for the tab.

use crate::entitlement::{AGREEMENT_TYPES, ALWAYS_COMPLIANT, LicenseType};
use crate::record::kinds::entitlement::{LICENSE_TYPES, PERIODS, STATES};
use crate::record::kinds::find;

/// Tab of the list, the kind that stands for it, the tab of the form, and the labels of the list.
const TABS: [(&str, &str, &str, &[&str]); 14] = [
    (
        "Software Entitlement form",
        "entitlements",
        "",
        &[
            "Display name",
            "Asset tag",
            "Publisher part number",
            "Software model",
            "Agreement type",
            "License type",
            "Metric group",
            "License metric",
            "Unlimited license",
            "Subscription period",
            "Start date",
            "End date",
            "Rights per license pack",
            "Number of packs",
            "Purchased rights",
            "Active rights",
            "Allocations available",
            "Unit cost",
            "Total cost",
            "Total units",
            "Unrestricted consumption",
        ],
    ),
    (
        "General tab",
        "entitlements",
        "General",
        &["Serial number", "Owned by", "State", "Substate", "Active maintenance", "Company", "Location", "Department"],
    ),
    (
        "Financial tab",
        "entitlements",
        "Financial",
        &["Vendor", "Invoice number", "Request line", "Purchased", "Opened", "GL account", "Cost center"],
    ),
    ("Contracts tab", "entitlements", "Contracts", &["Lease contract", "Warranty expiration", "Support group", "Supported by"]),
    ("User Allocations tab", "entitlements", "User Allocations", &["Assigned condition"]),
    ("Device Allocations tab", "entitlements", "Device Allocations", &["Allocated condition"]),
    (
        "Related Entitlements tab",
        "related-entitlements",
        "",
        &["Related Entitlement", "License type", "Active rights", "Software Entitlement"],
    ),
    ("Upgraded Entitlements tab", "upgraded-entitlements", "", &["From Entitlement", "Number of rights"]),
    ("Activities tab", "entitlements", "Activities", &["Work notes"]),
    (
        "Downgrade Rights related list",
        "downgrade-rights",
        "",
        &["Software entitlement", "Software model", "Active", "Order", "Start date", "End date"],
    ),
    (
        "Entitlement Consumption Rules",
        "entitlement-consumption-rules",
        "",
        &["Software entitlement", "Consumption rule", "License pool"],
    ),
    ("License Key related list", "license-keys", "", &["Is allocated", "License key", "Software entitlement"]),
    // Both tabs are one kind: what the list calls "Assigned to" has a field for each, because a user and a device are different things.
    ("User Allocations tab", "allocations", "", &["Assigned to (user)", "Quantity", "License key"]),
    ("Device Allocations tab", "allocations", "", &["Assigned to (device)", "Quantity", "License key"]),
];

#[test]
fn every_label_of_every_tab_is_a_field() {
    let mut count = 0;
    for (tab, kind, place, labels) in TABS {
        let schema = find(kind).unwrap();
        for label in labels {
            let mut fields = schema.fields.iter().filter(|field| field.label.eq_ignore_ascii_case(label));
            let field = fields.next().unwrap_or_else(|| panic!("{tab}: {kind} has no field {label}"));
            assert_eq!(field.tab, place, "{tab}: {label}");
            assert!(schema.field_called(label).is_some(), "{tab}: {label} is no column");
            count += 1;
        }
    }
    assert_eq!(count, 67, "labels of the published list");
}

#[test]
fn columns_that_the_list_calls_otherwise_are_known() {
    let entitlements = find("entitlements").unwrap();
    assert_eq!(entitlements.field_called("Contract number").map(|field| field.name), Some("contract"));
    let (name, fields) = find("allocations").unwrap().shared_name("Assigned to").unwrap();
    let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
    assert_eq!((name, names.as_slice()), ("Assigned to", &["assigned_to_user", "assigned_to_device"][..]));
    assert_eq!(entitlements.shared_name("Contract number"), None);
}

#[test]
fn what_follows_is_not_entered() {
    let derived = |kind: &str, name: &str| find(kind).and_then(|schema| schema.field(name)).is_some_and(|field| field.derived);
    for name in ["display_name", "allocations_available", "total_cost", "active_maintenance"] {
        assert!(derived("entitlements", name), "{name}");
    }
    assert!(derived("license-keys", "is_allocated") && derived("related-entitlements", "license_type"));
}

#[test]
fn choices_are_the_published_ones() {
    let states = ["On order", "In stock", "In transit", "In use", "Consumed", "In maintenance", "Retired", "Missing", "Build"];
    assert_eq!(STATES, states);
    assert_eq!(PERIODS, ["Monthly", "Quarterly", "Annually", "Entire Subscription Period"]);
    assert_eq!(LICENSE_TYPES, LicenseType::ALL.map(LicenseType::name));
    assert!(ALWAYS_COMPLIANT.iter().all(|agreement| AGREEMENT_TYPES.contains(agreement)));
}
