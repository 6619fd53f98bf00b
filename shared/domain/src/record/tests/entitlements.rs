//! The rules of entitlements, field by field.

use super::desk::{Desk, Expect, Set};
use Expect::{Brings, Quiet, Shows, Warns, Wrong};

/// Enters a new entitlement for the model of Acme beside others.
fn check(set: Set<'_>, expected: &[Expect]) {
    let mut desk = Desk::with_models();
    desk.put("contracts", &[("number", "C-1"), ("enterprise", "true")]);
    desk.put("custom-metrics", &[("name", "Robots"), ("metric_group", "Factory")]);
    desk.put("packs", &[("name", "Oracle"), ("active", "false")]);
    let model: Set<'_> = &[("software_model", "Acme Draw")];
    let model = if set.iter().any(|(name, _)| *name == "software_model") { &[] } else { model };
    desk.check("entitlements", &[model, set].concat(), expected);
}

const DEVICE: [(&str, &str); 2] = [("metric_group", "Common"), ("license_metric", "Per Device")];
const CORE: [(&str, &str); 3] =
    [("software_model", "Microsoft SQL Server 2019 Enterprise"), ("metric_group", "Microsoft"), ("license_metric", "Per Core")];

fn device(set: Set<'_>, expected: &[Expect]) {
    check(&[DEVICE.as_slice(), set].concat(), expected);
}

#[test]
fn names_are_made() {
    device(
        &[],
        &[Shows("number", "SE-00000006"), Shows("display_name", "Acme Draw - Per Device"), Shows("state", "Build"), Quiet],
    );
    device(&[("number", "E-7")], &[Shows("number", "E-7")]);
    let mut desk = Desk::with_models();
    desk.entitlement("SE-00000004", &[]);
    desk.check(
        "entitlements",
        &[("software_model", "Acme Draw"), ("license_metric", "Per Device")],
        &[Shows("number", "SE-000000000004"), Shows("metric_group", "Common")],
    );
}

#[test]
fn metrics_are_found_or_refused() {
    let metric =
        |group: &str, metric: &str, expected: &[Expect]| check(&[("metric_group", group), ("license_metric", metric)], expected);
    metric("ibm", "pvu", &[Shows("metric_group", "IBM"), Shows("license_metric", "Processor Value Unit (PVU)")]);
    metric("factory", "robots", &[Shows("metric_group", "Factory"), Shows("license_metric", "Robots")]);
    metric("Factory", "Cobots", &[Wrong("license_metric", "known are Robots")]);
    metric("Corel", "Per Device", &[Wrong("metric_group", "Concurrent Licenses")]);
    metric("Common", "Per Foot", &[Wrong("license_metric", "custom metric")]);
    metric("Oracle", "Per Processor", &[Wrong("metric_group", "set active to true for the pack Oracle")]);
    check(&CORE[..1], &[Wrong("license_metric", "must have a value")]);
    check(
        &[CORE[0], ("license_metric", "Per Core with CAL")],
        &[Shows("metric_group", "Microsoft"), Shows("license_metric", "Per Core (with CAL)")],
    );
    check(
        &[("metric_group", "Subscription")],
        &[Shows("license_metric", "User Subscription"), Shows("license_type", "Subscription"), Quiet],
    );
    check(
        &[("metric_group", "Consumption")],
        &[Shows("license_metric", "SaaS Consumption"), Shows("license_type", "Subscription")],
    );
    let forced = [("metric_group", "Subscription"), ("license_type", "Perpetual")];
    check(&forced, &[Shows("license_type", "Subscription"), Warns("not Perpetual")]);
    device(&[("total_units", "5")], &[Wrong("total_units", "Consumption")]);
    check(&[("metric_group", "Consumption"), ("total_units", "5")], &[Shows("total_units", "5")]);
}

#[test]
fn a_metric_that_was_there_before_its_pack_went_stays() {
    let mut desk = Desk::with_models();
    let id = desk.entitlement("E-1", &[("metric_group", "Oracle"), ("license_metric", "Per Processor")]);
    desk.put("packs", &[("name", "Oracle"), ("active", "false")]);
    desk.check_change("entitlements", id, &[("asset_tag", "T-1")], &[Quiet]);
}

#[test]
fn dates_and_periods_belong_to_their_types() {
    let subscription = |set: Set<'_>, expected: &[Expect]| device(&[&[("license_type", "Subscription")], set].concat(), expected);
    subscription(&[("subscription_period", "Monthly")], &[Wrong("start_date", "Monthly"), Wrong("end_date", "Monthly")]);
    subscription(&[("subscription_period", "Annually"), ("start_date", "2026-01-01")], &[Wrong("end_date", "Annually")]);
    let entire = ("subscription_period", "Entire Subscription Period");
    subscription(&[entire], &[Wrong("start_date", "Entire")]);
    subscription(&[entire, ("start_date", "2026-01-01")], &[Quiet]);
    let days = [("start_date", "2026-02-01"), ("end_date", "2026-01-01")];
    subscription(&days, &[Wrong("end_date", "before 2026-02-01")]);
    device(&[entire], &[Wrong("subscription_period", "Subscription Step-up")]);
    device(&days[..1], &[Wrong("start_date", "Perpetual has no start")]);
    device(&[("license_type", "Upgrade"), days[1]], &[Wrong("end_date", "Upgrade")]);
    device(&[("license_type", "Perpetual + Maintenance"), days[1]], &[Shows("end_date", "2026-01-01")]);

    let mut desk = Desk::with_models();
    let id = desk.entitlement("E-1", &[("license_type", "Subscription"), entire, ("start_date", "2026-01-01")]);
    let emptied = [Shows("start_date", ""), Shows("subscription_period", ""), Warns("start_date was emptied")];
    desk.check_change("entitlements", id, &[("license_type", "Perpetual")], &emptied);
}

#[test]
fn states_follow_dates() {
    let state = |kind: &str, stored: &str, dates: (&str, &str), expected: &'static str| {
        let (start, end) = (("start_date", dates.0), ("end_date", dates.1));
        device(&[("license_type", kind), ("state", stored), start, end], &[Shows("state", expected)]);
    };
    let (past, running, coming) = (("2025-01-01", "2026-06-14"), ("2026-06-15", "2026-06-15"), ("2026-06-16", "2027-01-01"));
    state("Subscription", "In use", past, "Retired");
    state("Subscription", "In stock", past, "Retired");
    state("Subscription", "In use", running, "In use");
    state("Subscription", "On order", running, "In use");
    state("Subscription", "In use", coming, "On order");
    state("Subscription", "In stock", coming, "In stock");
    state("Subscription", "Build", past, "Build");
    state("Subscription Step-up", "In use", past, "Retired");
    state("Software Assurance", "In use", past, "Retired");
    state("Software Assurance", "In use", coming, "In use");
    state("Maintenance", "In use", past, "In use");
    state("Perpetual + Software Assurance", "In use", past, "In use");
    let sold = [("state", "Retired"), ("substate", "Vendor credit")];
    device(&sold, &[Shows("substate", "vendor_credit")]);
    device(&[("state", "Retired"), ("substate", "Donate")], &[Shows("substate", "donated")]);
    device(&[("state", "In use"), ("substate", "Sold")], &[Wrong("substate", "pending_retirement")]);
    device(&[("substate", "Sold")], &[Wrong("substate", "no substates")]);
    let over = [("license_type", "Subscription"), ("state", "In use"), ("substate", "end_of_support"), ("end_date", past.1)];
    device(&over, &[Shows("substate", ""), Shows("active_rights", "0"), Warns("Retired because of its dates")]);
}

#[test]
fn what_a_record_shows_is_no_entry() {
    let mut desk = Desk::with_models();
    let year = [("license_type", "Subscription"), ("start_date", "2025-01-01"), ("end_date", "2025-12-31")];
    let id = desk.entitlement("E-1", &year);
    assert_eq!(desk.shows("entitlements", id).text("state"), Some("Retired"));
    // A file that was exported comes back with a new end: what it showed before does not become what was entered.
    desk.change("entitlements", id, &[("state", "Retired"), ("active_rights", "0"), ("end_date", "2026-12-31")]);
    let shown = desk.shows("entitlements", id);
    assert_eq!((shown.text("state"), shown.count("active_rights")), (Some("In use"), Some(10)));
}

#[test]
fn rights_come_in_packs() {
    let core = |set: Set<'_>, expected: &[Expect]| check(&[CORE.as_slice(), set].concat(), expected);
    let packs = [("rights_per_pack", "2"), ("number_of_packs", "24")];
    core(&packs, &[Shows("purchased_rights", "48"), Shows("active_rights", "48")]);
    core(&[&packs[..], &[("purchased_rights", "50")]].concat(), &[Wrong("purchased_rights", "follow from 24 packs")]);
    core(&[&packs[..], &[("purchased_rights", "48")]].concat(), &[Shows("purchased_rights", "48")]);
    core(&packs[1..], &[Wrong("rights_per_pack", "how many rights a pack has")]);
    core(&[("rights_per_pack", "0")], &[Wrong("rights_per_pack", "at least one")]);
    core(&[("rights_per_pack", "1000000"), ("number_of_packs", "1000000000")], &[Wrong("number_of_packs", "more than")]);
    device(&packs, &[Wrong("number_of_packs", "Microsoft's metrics")]);
    device(
        &[("purchased_rights", "7"), ("active_rights", "5")],
        &[Shows("active_rights", "5"), Shows("allocations_available", "5")],
    );
    let retired = [("purchased_rights", "7"), ("active_rights", "5"), ("state", "Retired")];
    device(&retired, &[Shows("active_rights", "0"), Shows("purchased_rights", "7")]);
    device(&[("purchased_rights", "7"), ("contract", "C-1")], &[Shows("active_rights", ""), Shows("allocations_available", "7")]);

    let mut desk = Desk::with_models();
    let id = desk.entitlement("E-1", &[&CORE[..], &packs[..], &[("purchased_rights", "")]].concat());
    desk.check_change(
        "entitlements",
        id,
        &[("number_of_packs", "30"), ("purchased_rights", "48")],
        &[Shows("purchased_rights", "60")],
    );
}

#[test]
fn units_are_rights() {
    let saas = |set: Set<'_>, expected: &[Expect]| check(&[&[("metric_group", "Consumption")], set].concat(), expected);
    saas(
        &[("total_units", "500"), ("unit_cost", "EUR;2")],
        &[
            Shows("purchased_rights", "500"),
            Shows("active_rights", "500"),
            Shows("allocations_available", "500"),
            Shows("total_cost", "1000"),
            Quiet,
        ],
    );
    saas(&[("total_units", "500.9")], &[Shows("active_rights", "500"), Shows("total_units", "500.90"), Quiet]);
    let both = [("total_units", "500"), ("purchased_rights", "100")];
    saas(&both, &[Shows("active_rights", "100"), Warns("differ: 500 and 100")]);
    saas(&[("total_units", "500"), ("active_rights", "20")], &[Shows("active_rights", "20"), Shows("purchased_rights", "500")]);
    saas(&[("total_units", "2000000000000")], &[Wrong("total_units", "more than 1000000000000")]);
    let mut desk = Desk::with_models();
    let term = [("metric_group", "Consumption"), ("license_metric", "SaaS Consumption"), ("purchased_rights", "")];
    let id = desk.entitlement("E-1", &[&term[..], &both[..1]].concat());
    let mut check = |set: Set<'_>, expected: &[Expect]| desk.check_change("entitlements", id, set, expected);
    check(&[("total_units", "600")], &[Shows("purchased_rights", "600")]);
    check(&[("total_units", "600"), ("purchased_rights", "500")], &[Shows("purchased_rights", "600")]);
    check(&[("total_units", "")], &[Shows("purchased_rights", "")]);
    check(&[("purchased_rights", "7")], &[Shows("purchased_rights", "7"), Warns("differ: 500 and 7")]);
    check(
        &[("metric_group", "Common"), ("license_metric", "Per Device")],
        &[Shows("purchased_rights", ""), Warns("total_units")],
    );
}

#[test]
fn costs_are_exact_and_have_a_currency() {
    let cost = |set: Set<'_>, expected: &[Expect]| device(&[&[("purchased_rights", "100")], set].concat(), expected);
    cost(&[("unit_cost", "1")], &[Wrong("unit_cost", "say the currency, such as EUR, or write EUR;200")]);
    cost(&[("unit_cost", "EUR;19.99")], &[Shows("total_cost", "1999"), Shows("currency", "EUR")]);
    let months = [
        ("license_type", "Subscription"),
        ("subscription_period", "Monthly"),
        ("start_date", "2026-01-01"),
        ("end_date", "2026-02-28"),
        ("unit_cost", "USD;1"),
    ];
    cost(&months, &[Shows("total_cost", "200")]);
    cost(&[("unit_cost", "EUR;900000000000000")], &[Wrong("unit_cost", "total cost")]);
    let unlimited = [("unlimited_license", "true"), ("unit_cost", "EUR;5000")];
    cost(
        &unlimited,
        &[
            Shows("total_cost", "5000"),
            Shows("purchased_rights", ""),
            Shows("active_rights", ""),
            Warns("purchased_rights was emptied"),
        ],
    );
    device(&unlimited, &[Shows("allocations_available", ""), Quiet]);
    device(&[unlimited[0], ("license_type", "Add-on")], &[Wrong("unlimited_license", "Add-on")]);
    check(&[&CORE[..], &unlimited[..1]].concat(), &[Wrong("unlimited_license", "Per Core")]);
}

#[test]
fn a_cost_has_an_expense_line_that_follows_it() {
    use crate::record::Library as _;
    let mut desk = Desk::with_models();
    let id = desk.entitlement("E-1", &[]);
    assert!(desk.shelf.is_empty("expense-lines"), "nothing is known to be paid");
    desk.change("entitlements", id, &[("unit_cost", "EUR;2.5"), ("gl_account", "4711")]);
    let (line, _) = desk.shelf.pointing("expense-lines", "software_entitlement", id).next().unwrap();
    let check = |desk: &Desk, quantity: &str, amount: &str| {
        let shown = desk.shows("expense-lines", line);
        let text = |field: &str| shown.get(field).map(ToString::to_string).unwrap_or_default();
        assert_eq!(
            (text("quantity"), text("amount"), text("currency"), text("gl_account")),
            (quantity.to_owned(), amount.to_owned(), "EUR".to_owned(), "4711".to_owned())
        );
    };
    check(&desk, "10", "25");
    desk.check_change("entitlements", id, &[("purchased_rights", "20")], &[Brings("expense-lines", 0)]);
    desk.change("entitlements", id, &[("purchased_rights", "20"), ("unit_cost", "0.0003")]);
    check(&desk, "20", "0.01");
    desk.change("entitlements", id, &[("unit_cost", "")]);
    check(&desk, "20", "");
    desk.check("expense-lines", &[("software_entitlement", "E-1")], &[Wrong("software_entitlement", "already")]);
}

#[test]
fn maintenance_is_active_while_it_runs() {
    let mut desk = Desk::with_models();
    let base = desk.entitlement("E-1", &[]);
    let is_active = |desk: &Desk, id| desk.shows("entitlements", id).is("active_maintenance");
    assert!(!is_active(&desk, base));
    let sa = desk.entitlement("SA-1", &[("license_type", "Software Assurance"), ("end_date", "2026-06-15")]);
    desk.put(
        "related-entitlements",
        &[("software_entitlement", "E-1"), ("related_entitlement", "SA-1"), ("active_rights", "10")],
    );
    assert!(is_active(&desk, sa) && is_active(&desk, base));
    // The rights that it maintains are those of its base.
    let rights =
        |desk: &Desk, id| ["active_rights", "allocations_available"].map(|field| desk.shows("entitlements", id).whole(field));
    assert_eq!((rights(&desk, base), rights(&desk, sa)), ([Some(10), Some(10)], [Some(0), Some(0)]));
    desk.today = "2026-06-16".parse().unwrap();
    assert!(!is_active(&desk, sa) && !is_active(&desk, base));
    let own = desk.entitlement("E-2", &[("license_type", "Perpetual + Maintenance"), ("start_date", "2026-06-17")]);
    assert!(!is_active(&desk, own));
    desk.today = "2026-06-17".parse().unwrap();
    assert!(is_active(&desk, own));
}

#[test]
fn what_stands_alone_is_said() {
    device(&[("license_type", "Upgrade")], &[Warns("count twice")]);
    device(&[("license_type", "Step-up")], &[Warns("count twice")]);
    device(&[("license_type", "Software Assurance")], &[Warns("link it to the perpetual entitlement")]);
    device(&[("state", "In use")], &[Warns("it has no rights")]);
    for field in ["assigned_condition", "allocated_condition"] {
        device(&[(field, "company=Example^install_status=1")], &[Quiet]);
    }
    device(&[("assigned_condition", "company")], &[Wrong("assigned_condition", "encoded query")]);
}

#[test]
fn the_same_purchase_is_not_entered_twice() {
    let mut desk = Desk::with_models();
    let set = [&DEVICE[..], &[("software_model", "Acme Draw"), ("purchased_rights", "10"), ("purchased", "2026-01-01")]].concat();
    let id = desk.put("entitlements", &set);
    desk.check("entitlements", &set, &[Wrong("allow_duplicate", "is the same purchase")]);
    desk.check(
        "entitlements",
        &[&set[..], &[("state", "In use")]].concat(),
        &[Wrong("allow_duplicate", "allow_duplicate to true")],
    );
    // Purchases that differ in anything are different ones.
    for differs in [
        ("number", "Other"),
        ("asset_tag", "T-9"),
        ("invoice_number", "4712"),
        ("unit_cost", "EUR;12.5"),
        ("cost_center", "Sales"),
        ("end_date", ""),
    ] {
        let expected: &[Expect] =
            if differs.1.is_empty() { &[Wrong("allow_duplicate", "is the same purchase")] } else { &[Quiet] };
        desk.check("entitlements", &[&set[..], &[differs]].concat(), expected);
    }
    desk.check("entitlements", &[&set[..], &[("allow_duplicate", "true")]].concat(), &[Quiet]);
    desk.check("entitlements", &[&set[..], &[("purchased", "2026-01-02")]].concat(), &[Quiet]);
    desk.check_change("entitlements", id, &set, &[Quiet]);
    // Found by an index, whatever else the model has, and kept up to date.
    use crate::record::Library as _;
    let values = desk.shelf.record("entitlements", id).unwrap().clone();
    let alike = |desk: &Desk, values| desk.shelf.alike("entitlements", values).into_iter().map(|(id, _)| id).collect::<Vec<_>>();
    assert_eq!(alike(&desk, &values), [id]);
    desk.change("entitlements", id, &[("purchased", "2026-01-09")]);
    assert!(alike(&desk, &values).is_empty());
    desk.change("entitlements", id, &[("purchased", "2026-01-01")]);
    assert_eq!(alike(&desk, &values), [id]);
    let twin = desk.put("entitlements", &[&set[..], &[("allow_duplicate", "true")]].concat());
    desk.check_change("entitlements", twin, &[("work_notes", "a second one")], &[Quiet]);
    desk.check_change("entitlements", twin, &[("allow_duplicate", "false")], &[Wrong("allow_duplicate", "SE-")]);
}

#[test]
fn part_numbers_bring_models_and_terms() {
    let mut desk = Desk::with_models();
    let terms = [
        ("part_number", "7JQ-00343"),
        ("publisher", "Microsoft"),
        ("product", "SQL Server"),
        ("license_type", "Perpetual + Software Assurance"),
        ("metric_group", "Microsoft"),
        ("license_metric", "Per Core"),
        ("agreement_type", "Select Plus"),
        ("rights_per_pack", "2"),
    ];
    desk.put("part-numbers", &[&terms[..], &[("version", "2019"), ("edition", "Enterprise")]].concat());
    desk.put("part-numbers", &[("part_number", "NEW-1"), ("publisher", "Microsoft"), ("product", "Visio"), ("version", "2021")]);
    let by = |number: &'static str| ("publisher_part_number", number);
    let taken = [
        Shows("display_name", "Microsoft SQL Server 2019 Enterprise - Per Core"),
        Shows("license_type", "Perpetual + Software Assurance"),
        Shows("agreement_type", "Select Plus"),
        Shows("purchased_rights", "6"),
        Brings("models", 0),
        Quiet,
    ];
    desk.check("entitlements", &[by("7jq-00343"), ("number_of_packs", "3")], &taken);
    let own = [
        by("7JQ-00343"),
        ("license_type", "Perpetual"),
        ("license_metric", "Server (Per Server)"),
        ("agreement_type", "Generic"),
    ];
    desk.check(
        "entitlements",
        &own,
        &[Shows("license_type", "Perpetual"), Shows("license_metric", "Server (Per Server)"), Shows("agreement_type", "Generic")],
    );
    let other = [by("7JQ-00343"), ("software_model", "Acme Draw")];
    desk.check("entitlements", &other, &[Warns("isn't associated with the publisher and product for the software model")]);
    let made = [Brings("models", 1), Shows("metric_group", "Microsoft"), Quiet];
    desk.check("entitlements", &[by("NEW-1"), ("license_metric", "Per Device")], &made);
    desk.put("entitlements", &[by("NEW-1"), ("license_metric", "Per Device")]);
    desk.check("entitlements", &[by("NEW-1"), ("license_metric", "Per User")], &[Brings("models", 0)]);
    let draw = ("software_model", "Acme Draw");
    let unknown = desk.put("entitlements", &[by("unknown"), ("license_metric", "Per User"), draw]);
    desk.check_change("entitlements", unknown, &[("asset_tag", "T")], &[Quiet]);
    desk.check_change("entitlements", unknown, &[by("NEW-2")], &[Warns("NEW-2 is not in the catalogue: nothing follows")]);
    desk.check("entitlements", &[by("unknown"), ("license_metric", "Per User")], &[Wrong("software_model", "must have a value")]);
    let visio = [("publisher", "Microsoft"), ("product", "Visio"), ("version", "2021")];
    desk.put("models", &visio);
    desk.check("entitlements", &[by("NEW-1"), ("license_metric", "Per User")], &[Wrong("software_model", "2 software models")]);
}

#[test]
fn suites_of_part_numbers_come_whole() {
    let mut desk = Desk::with_models();
    let many = |count: usize| (0..count).map(|n| format!("Microsoft; Part {n}; 2021")).collect::<Vec<_>>().join("\n");
    let suite = |number: &'static str| [("part_number", number), ("publisher", "Microsoft"), ("product", number)];
    let earlier =
        [("downgrade_versions", "Microsoft; Few; 2016\nMicrosoft; Few; 2013"), ("next_version", "Microsoft; Few; 2026")];
    desk.put("part-numbers", &[&suite("Few")[..], &[("suite_components", &many(49))], &earlier].concat());
    desk.put("part-numbers", &[&suite("Many")[..], &[("suite_components", &many(50))]].concat());
    let of = |number: &'static str| [("publisher_part_number", number), ("license_metric", "Per Device")];
    let few = [Brings("models", 1 + 49 + 2 + 1), Brings("suite-components", 49), Brings("downgrade-rights", 2), Quiet];
    desk.check("entitlements", &of("Few"), &few);
    desk.check(
        "entitlements",
        &of("Many"),
        &[Brings("models", 51), Warns("Many underlying software models are being created. These might")],
    );
    let id = desk.put("entitlements", &[&of("Few")[..], &[("agreement_type", "OEM")]].concat());
    assert_eq!((desk.shelf.len("models"), desk.shelf.len("suite-components")), (2 + 53, 49));
    // The model's two, and the entitlement's, because its agreement is not Generic.
    assert_eq!(desk.shelf.len("downgrade-rights"), 4);
    desk.check_change("entitlements", id, &[("work_notes", "again")], &[Brings("models", 0), Brings("downgrade-rights", 0)]);
    desk.put("entitlements", &of("Many"));
    desk.check("entitlements", &[of("Many")[0], ("license_metric", "Per User")], &[Brings("models", 0), Quiet]);
    let line = [&suite("Bad")[..], &[("suite_components", "Microsoft; Word\nMicrosoft")]].concat();
    desk.check("part-numbers", &line, &[Wrong("suite_components", "line 2")]);
}

#[test]
fn what_is_complete_is_published() {
    use crate::record::kinds::entitlement_rules::publish;
    let mut desk = Desk::with_models();
    let id = desk.entitlement("E-1", &[("state", "Build"), ("purchased_rights", "")]);
    let refused = publish(&desk.shows("entitlements", id)).unwrap_err();
    assert_eq!((refused.len(), refused[0].field.as_str()), (1, "purchased_rights"));
    desk.change("entitlements", id, &[("purchased_rights", "3"), ("license_type", "Subscription")]);
    assert_eq!(publish(&desk.shows("entitlements", id)).unwrap_err()[0].field, "start_date");
    desk.change("entitlements", id, &[("start_date", "2026-01-01")]);
    let set = publish(&desk.shows("entitlements", id)).unwrap();
    assert_eq!(set, [("state", Some(crate::asset::Value::Text("In use".to_owned())))]);
    desk.change("entitlements", id, &[("state", "In use")]);
    assert!(publish(&desk.shows("entitlements", id)).unwrap_err()[0].text.contains("only an entitlement in Build"));
}
