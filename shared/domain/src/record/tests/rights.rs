//! The rules of allocations, keys, downgrade rights, upgrades, maintenance and pools.

use super::desk::{Desk, Expect, Set};
use Expect::{Brings, Quiet, Shows, Warns, Wrong};

#[test]
fn allocations_are_of_one_and_of_their_metric() {
    let mut desk = Desk::with_models();
    let id = desk.entitlement("E-1", &[]);
    desk.entitlement("USER", &[("license_metric", "Per User")]);
    desk.entitlement("ALL", &[("unlimited_license", "true"), ("purchased_rights", "")]);
    desk.entitlement("BUILD", &[("state", "Build")]);
    let key = desk.put("license-keys", &[("software_entitlement", "E-1"), ("license_key", "K-1")]);
    desk.put("license-keys", &[("software_entitlement", "USER"), ("license_key", "K-2")]);
    desk.check(
        "license-keys",
        &[("software_entitlement", "E-1"), ("license_key", "K-1")],
        &[Wrong("software_entitlement", "already")],
    );
    let mut check = |of: &'static str, set: Set<'_>, expected: &[Expect]| {
        desk.check("allocations", &[&[("software_entitlement", of)], set].concat(), expected);
    };
    let (pc, ann) = (("assigned_to_device", "pc"), ("assigned_to_user", "ann"));
    check("E-1", &[], &[Wrong("assigned_to_user", "a user, a device")]);
    check("E-1", &[pc, ann], &[Wrong("assigned_to_device", "one only")]);
    check("E-1", &[pc, ("quantity", "0")], &[Wrong("quantity", "at least one")]);
    check("E-1", &[pc, ("quantity", "10")], &[Quiet]);
    check("E-1", &[pc, ("quantity", "11")], &[Warns("11 of 10")]);
    check("ALL", &[pc, ("quantity", "1000")], &[Quiet]);
    check("E-1", &[ann], &[Warns("allocated to devices")]);
    check("USER", &[ann], &[Quiet]);
    check("USER", &[pc], &[Warns("allocated to users")]);
    check("BUILD", &[pc], &[Warns("is Build")]);
    check("E-1", &[pc, ("license_key", "K-1")], &[Quiet]);
    check("E-1", &[pc, ("license_key", "K-2")], &[Wrong("license_key", "another entitlement")]);
    check("E-1", &[pc, ("license_key", "K-1"), ("quantity", "2")], &[Wrong("quantity", "one right")]);

    let is_allocated = |desk: &Desk| desk.shows("license-keys", key).is("is_allocated");
    assert!(!is_allocated(&desk));
    desk.put("allocations", &[("software_entitlement", "E-1"), pc, ("license_key", "K-1")]);
    assert!(is_allocated(&desk));
    desk.check_change("license-keys", key, &[("software_entitlement", "USER")], &[Wrong("software_entitlement", "is allocated")]);
    desk.put("allocations", &[("software_entitlement", "E-1"), ("assigned_to_device", "other"), ("quantity", "11")]);
    desk.check_change("entitlements", id, &[("asset_tag", "T")], &[Shows("allocations_available", "-2"), Warns("12 of 10")]);
}

#[test]
fn downgrade_rights_are_of_a_model_or_an_entitlement() {
    let mut desk = Desk::with_models();
    for version in ["2017", "2016"] {
        desk.put("models", &[("publisher", "Microsoft"), ("product", "SQL Server"), ("version", version)]);
    }
    let (model, earlier) =
        (("from_model", "Microsoft SQL Server 2019 Enterprise"), ("software_model", "Microsoft SQL Server 2017"));
    desk.entitlement("E-1", &[("software_model", model.1)]);
    desk.entitlement("SAAS", &[("metric_group", "Consumption"), ("license_metric", "SaaS Consumption")]);
    let of = |number: &'static str| ("software_entitlement", number);
    let mut check = |set: Set<'_>, expected: &[Expect]| desk.check("downgrade-rights", set, expected);
    check(&[earlier], &[Wrong("from_model", "enter the model")]);
    check(&[earlier, model, of("E-1")], &[Wrong("software_entitlement", "leave one of them empty")]);
    check(&[model, ("software_model", model.1)], &[Wrong("software_model", "the model itself")]);
    check(&[of("E-1"), ("software_model", model.1)], &[Wrong("software_model", "the model itself")]);
    check(&[of("SAAS"), earlier], &[Wrong("software_entitlement", "SaaS Consumption")]);
    check(&[model, earlier, ("start_date", "2026-02-01"), ("end_date", "2026-01-01")], &[Wrong("end_date", "before")]);
    check(&[model, earlier], &[Quiet, Brings("downgrade-rights", 0)]);

    let right = desk.put("downgrade-rights", &[model, earlier]);
    desk.check("downgrade-rights", &[model, earlier], &[Wrong("from_model", "already together")]);
    // A second model for the same installs, and one for others.
    let same = desk.put("models", &[("publisher", "Microsoft"), ("product", "SQL Server"), ("version", "2017")]).to_string();
    desk.check("downgrade-rights", &[model, ("software_model", &same)], &[Wrong("software_model", "same installs")]);
    desk.check("downgrade-rights", &[model, ("software_model", "Microsoft SQL Server 2016")], &[Quiet]);

    let buy = |agreement: &'static str| {
        [
            ("software_model", model.1),
            ("agreement_type", agreement),
            ("license_metric", "Per Device"),
            ("allow_duplicate", "true"),
        ]
    };
    desk.check("entitlements", &buy("Generic"), &[Brings("downgrade-rights", 0)]);
    desk.check("entitlements", &buy("OEM"), &[Brings("downgrade-rights", 1)]);
    let bought = desk.put("entitlements", &buy("OEM"));
    desk.check_change("entitlements", bought, &[("agreement_type", "Generic")], &[Brings("downgrade-rights", 0)]);
    desk.check_change("entitlements", bought, &[("agreement_type", "Retail")], &[Brings("downgrade-rights", 0)]);
    let of_entitlements = |desk: &Desk| {
        use crate::record::Library as _;
        let all = desk.shelf.pointing("downgrade-rights", "software_entitlement", bought);
        all.map(|(_, values)| values.is("active")).collect::<Vec<_>>()
    };
    assert_eq!(of_entitlements(&desk), [true]);
    desk.change("downgrade-rights", right, &[("active", "false")]);
    assert_eq!(of_entitlements(&desk), [false]);
    desk.change("downgrade-rights", right, &[("active", "true")]);
    assert_eq!(of_entitlements(&desk), [true]);
    // A right that the model gets later goes to those that have its agreement, not to the Generic E-1.
    desk.check("downgrade-rights", &[model, ("software_model", "Microsoft SQL Server 2016")], &[Brings("downgrade-rights", 1)]);
    desk.check_change("downgrade-rights", right, &[("order", "5")], &[Brings("downgrade-rights", 0)]);
}

#[test]
fn downgrade_rights_go_with_the_model_and_the_metric() {
    use crate::record::Library as _;
    let mut desk = Desk::with_models();
    let title =
        |product: &'static str, version: &'static str| [("publisher", "Contoso"), ("product", product), ("version", version)];
    for (product, version) in [("A", "3"), ("A", "2"), ("A", "1"), ("B", "2")] {
        desk.put("models", &title(product, version));
    }
    let mut right = |from: &'static str, to: &'static str| {
        desk.put("downgrade-rights", &[("from_model", from), ("software_model", to)]);
    };
    right("Contoso A 3", "Contoso A 1");
    right("Contoso A 2", "Contoso A 1");
    let id =
        desk.entitlement("E-1", &[("software_model", "Contoso A 2"), ("agreement_type", "OEM"), ("license_metric", "Per User")]);
    let own = |desk: &Desk| {
        let all = desk.shelf.pointing("downgrade-rights", "software_entitlement", id);
        all.map(|(_, values)| values.is("active")).collect::<Vec<_>>()
    };
    assert_eq!(own(&desk), [true]);
    let saas = [("metric_group", "Subscription"), ("license_metric", "User Subscription")];
    let metric_off = "The downgrade right for Contoso A 1 is no longer active: rights of the metric User Subscription";
    desk.check_change("entitlements", id, &saas, &[Warns(metric_off), Brings("downgrade-rights", 1)]);
    let model = |name: &'static str| [("software_model", name)];
    let off = "The downgrade right for Contoso A 1 is no longer active: the new software model";
    desk.check_change("entitlements", id, &model("Contoso B 2"), &[Warns(off), Brings("downgrade-rights", 1)]);
    desk.check_change("entitlements", id, &model("Contoso A 1"), &[Warns(off), Brings("downgrade-rights", 1)]);
    desk.check_change("entitlements", id, &model("Contoso A 3"), &[Quiet, Brings("downgrade-rights", 0)]);
    desk.change("entitlements", id, &model("Contoso B 2"));
    assert_eq!(own(&desk), [false]);
    desk.check_change("entitlements", id, &[("agreement_type", "Retail")], &[Quiet, Brings("downgrade-rights", 0)]);
    desk.check_change("entitlements", id, &model("Contoso A 3"), &[Warns("active again"), Brings("downgrade-rights", 1)]);
    desk.change("entitlements", id, &saas);
    desk.check_change("entitlements", id, &[("work_notes", "again")], &[Quiet, Brings("downgrade-rights", 0)]);
}

#[test]
fn upgrades_move_rights() {
    let mut desk = Desk::with_models();
    let old = desk.entitlement("OLD", &[]);
    desk.entitlement("OTHER", &[("license_type", "Perpetual + Maintenance")]);
    let new = desk.entitlement("NEW", &[("license_type", "Upgrade"), ("purchased_rights", "")]);
    desk.entitlement("STEP", &[("license_type", "Step-up")]);
    desk.entitlement("SUBSTEP", &[("license_type", "Subscription Step-up"), ("start_date", "2026-01-01")]);
    desk.entitlement("SUB", &[("license_type", "Subscription"), ("start_date", "2026-01-01")]);
    let mut check = |to: &str, from: &str, rights: &str, expected: &[Expect]| {
        let set = [("software_entitlement", to), ("from_entitlement", from), ("number_of_rights", rights)];
        desk.check("upgraded-entitlements", &set, expected);
    };
    check("NEW", "NEW", "1", &[Wrong("from_entitlement", "another entitlement")]);
    check("OLD", "OTHER", "1", &[Wrong("software_entitlement", "is Perpetual; rights move to")]);
    check("NEW", "OLD", "0", &[Wrong("number_of_rights", "at least one")]);
    check("NEW", "OLD", "11", &[Wrong("number_of_rights", "has 10 rights left")]);
    check("NEW", "OLD", "10", &[Quiet]);
    check("NEW", "OTHER", "10", &[Quiet]);
    check("STEP", "OTHER", "1", &[Wrong("from_entitlement", "Perpetual + Maintenance")]);
    check("STEP", "SUB", "1", &[Quiet]);
    check("SUBSTEP", "SUB", "1", &[Quiet]);
    check("SUBSTEP", "OLD", "1", &[Wrong("from_entitlement", "from Subscription only")]);

    let set = [("software_entitlement", "NEW"), ("from_entitlement", "OLD"), ("number_of_rights", "6")];
    let moved = desk.put("upgraded-entitlements", &set);
    let rights = |desk: &Desk| [old, new].map(|id| desk.shows("entitlements", id).count("active_rights"));
    assert_eq!(rights(&desk), [Some(4), Some(6)]);
    desk.check_change("upgraded-entitlements", moved, &[("number_of_rights", "10")], &[Quiet]);
    desk.check_change(
        "upgraded-entitlements",
        moved,
        &[("number_of_rights", "11")],
        &[Wrong("number_of_rights", "10 rights left")],
    );
    let more = [("software_entitlement", "STEP"), ("from_entitlement", "OLD"), ("number_of_rights", "5")];
    desk.check("upgraded-entitlements", &more, &[Wrong("number_of_rights", "4 rights left")]);
    // Rights that were bought with the upgrade are the same ones.
    desk.change("entitlements", new, &[("purchased_rights", "6")]);
    assert_eq!(rights(&desk), [Some(4), Some(6)]);
    desk.change("entitlements", new, &[("state", "Build")]);
    assert_eq!(rights(&desk), [Some(10), Some(6)]);
    desk.entitlement("NEWER", &[("license_type", "Upgrade")]);
    desk.put(
        "upgraded-entitlements",
        &[("software_entitlement", "NEWER"), ("from_entitlement", "NEW"), ("number_of_rights", "1")],
    );
    let back = [("software_entitlement", "NEW"), ("from_entitlement", "NEWER"), ("number_of_rights", "1")];
    desk.check("upgraded-entitlements", &back, &[Wrong("from_entitlement", "circle")]);
}

#[test]
fn maintenance_is_linked_to_perpetual_rights() {
    let mut desk = Desk::with_models();
    desk.entitlement("BASE", &[]);
    desk.entitlement("SUB", &[("license_type", "Subscription"), ("start_date", "2026-01-01")]);
    desk.entitlement("SA", &[("license_type", "Software Assurance"), ("purchased_rights", "5")]);
    desk.entitlement("ADD", &[("license_type", "Add-on")]);
    let unlimited = ("unlimited_license", "true");
    desk.entitlement("ALL", &[unlimited]);
    for number in ["SA-ALL", "SA-ALL-2"] {
        desk.entitlement(number, &[("license_type", "Software Assurance"), unlimited]);
    }
    let mut check = |base: &str, related: &str, rights: &str, expected: &[Expect]| {
        let set = [("software_entitlement", base), ("related_entitlement", related), ("active_rights", rights)];
        desk.check("related-entitlements", &set, expected);
    };
    check("BASE", "SA", "5", &[Quiet, Shows("license_type", "Software Assurance")]);
    check("BASE", "SA", "6", &[Warns("6 of 5")]);
    check("BASE", "SA", "0", &[Warns("nothing is granted")]);
    check("BASE", "SA", "11", &[Wrong("active_rights", "10 active rights")]);
    check("BASE", "BASE", "1", &[Wrong("related_entitlement", "itself")]);
    check("SUB", "SA", "1", &[Wrong("software_entitlement", "perpetual rights only")]);
    check("BASE", "SUB", "1", &[Wrong("related_entitlement", "is Subscription")]);
    check("SUB", "ADD", "1", &[Quiet]);
    check("SA", "ADD", "1", &[Wrong("software_entitlement", "gives no rights")]);
    check("BASE", "SA-ALL", "1", &[Wrong("software_entitlement", "unlimited license")]);
    check("ALL", "SA-ALL", "0", &[Quiet]);
    desk.put(
        "related-entitlements",
        &[("software_entitlement", "ALL"), ("related_entitlement", "SA-ALL"), ("active_rights", "0")],
    );
    desk.entitlement("SA-2", &[("license_type", "Software Assurance")]);
    desk.put(
        "related-entitlements",
        &[("software_entitlement", "BASE"), ("related_entitlement", "SA-2"), ("active_rights", "8")],
    );
    let link = [("software_entitlement", "BASE"), ("related_entitlement", "SA"), ("active_rights", "3")];
    desk.check("related-entitlements", &link, &[Warns("BASE are maintained than it has: 11 of 10")]);
    let second = [("software_entitlement", "ALL"), ("related_entitlement", "SA-ALL-2"), ("active_rights", "0")];
    desk.check("related-entitlements", &second, &[Wrong("software_entitlement", "one for each")]);
}

#[test]
fn pools_are_kept_for_rules() {
    let mut desk = Desk::with_models();
    desk.put("models", &[("publisher", "Workday"), ("product", "HCM")]);
    let id = desk.entitlement("E-1", &[]);
    desk.entitlement("PVU", &[("metric_group", "IBM"), ("license_metric", "RVU")]);
    desk.entitlement("HCM", &[("software_model", "Workday HCM")]);
    desk.check("consumption-rules", &[("name", "All")], &[Wrong("company", "for everybody")]);
    let children = [("name", "D"), ("country", "DE"), ("include_child_companies", "true")];
    desk.check("consumption-rules", &children, &[Wrong("include_child_companies", "enter the company")]);
    let rule = desk.put("consumption-rules", &[("name", "DE"), ("country", "DE")]);
    desk.put("consumption-rules", &[("name", "FR"), ("country", "FR")]);
    let set = |of: &'static str, rule: &'static str| [("software_entitlement", of), ("consumption_rule", rule)];
    desk.check("entitlement-consumption-rules", &set("PVU", "DE"), &[Wrong("software_entitlement", "Resource Value Unit")]);
    desk.check("entitlement-consumption-rules", &set("HCM", "DE"), &[Wrong("software_entitlement", "Workday")]);
    let german = desk.put("entitlement-consumption-rules", &set("E-1", "DE"));
    desk.check_change(
        "entitlements",
        id,
        &[("unrestricted_consumption", "true")],
        &[Wrong("unrestricted_consumption", "1 of the 1")],
    );
    desk.change("entitlement-consumption-rules", german, &[("license_pool", "6")]);
    desk.change("entitlements", id, &[("unrestricted_consumption", "true")]);
    desk.check("entitlement-consumption-rules", &set("E-1", "FR"), &[Wrong("license_pool", "needs a pool")]);
    desk.check_change("entitlement-consumption-rules", german, &[("license_pool", "")], &[Wrong("license_pool", "needs a pool")]);
    let french = |pool: &'static str| [&set("E-1", "FR")[..], &[("license_pool", pool)]].concat();
    desk.check("entitlement-consumption-rules", &french("4"), &[Quiet]);
    desk.check("entitlement-consumption-rules", &french("5"), &[Warns("11 of 10")]);
    let value_unit = [("metric_group", "IBM"), ("license_metric", "RVU")];
    desk.check_change("entitlements", id, &value_unit, &[Wrong("license_metric", "remove its 1 consumption rules")]);
    desk.check_change("entitlements", id, &[("purchased_rights", "5")], &[Warns("6 of 5")]);
    desk.check_change("consumption-rules", rule, &[("active", "false")], &[Warns("anyone may use")]);
}
