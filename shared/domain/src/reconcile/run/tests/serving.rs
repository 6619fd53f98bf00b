//! Worked estates about which rights are used for what: pools, versions, records beside installs.

use super::fixtures::{metric, shown, site};
use crate::asset::InstallStatus;
use crate::reconcile::run::{
    ClientAccess, Clients, ConcurrentPeak, ConsumptionRule, Downgrade, Estate, Holder, Install, ModelIndex, Quantity, RemedyKind,
    ResourceValue, Status, Subscription, SuiteComponent,
};
use crate::reconcile::{Mandatory, Organisation, Unit};

fn department(name: &str) -> Organisation {
    Organisation::default().with(Unit::Department, Some(name.to_owned()))
}

fn pool(value: &str, pool: Option<u64>) -> ConsumptionRule {
    let value = value.to_owned();
    ConsumptionRule { unit: Unit::Department, value, include_children: false, pool, active: true, and: Vec::new() }
}

fn add_in(estate: &mut Estate, of: &str, models: &[ModelIndex]) {
    let device = estate.add_device(&format!("{of} {}", estate.devices.len()), models);
    estate.devices[device as usize].organisation = department(of);
}

fn measured(estate: &mut Estate, model: ModelIndex, quantity: Quantity, units: &str) {
    let (id, metric, units) = ("r".to_owned(), None, units.parse().unwrap());
    estate.resource_values.push(ResourceValue { id, model, metric, quantity, units, device: None, start: None, end: None });
}

#[test]
fn a_pool_that_is_used_up_stays_used_up() {
    let mut estate = site();
    let office = estate.add_model("Mega Office");
    for _ in 0..5 {
        add_in(&mut estate, "Sales", &[office]);
    }
    let rights = estate.add_rights(office, "Common / Per Device", 5);
    rights.rules = vec![pool("Sales", Some(2)), pool("Finance", Some(2))];
    let product = estate.product("Office");
    assert_eq!((shown(&product).as_str(), product.status), ("5 3 2 2 20 EUR", Status::NotCompliant));
    // Two of Finance have what was kept for them, and nothing else changes.
    for _ in 0..2 {
        add_in(&mut estate, "Finance", &[office]);
    }
    assert_eq!(shown(&estate.product("Office")), "5 5 2 2 20 EUR");
}

#[test]
fn an_older_install_finds_what_no_pool_keeps() {
    let mut estate = site();
    let (old, new) = (estate.add_model("Mega Office 1"), estate.add_model("Mega Office 2"));
    for (of, models) in [("HR", &[old][..]), ("HR", &[old]), ("Sales", &[old]), ("Sales", &[old, new])] {
        add_in(&mut estate, of, models);
    }
    estate.add_rights(old, "Common / Per Device", 6).rules = vec![pool("HR", Some(4)), pool("Sales", None)];
    let product = estate.product("Office");
    assert_eq!(product.models.iter().map(|model| model.figures.unlicensed).collect::<Vec<_>>(), [0, 1], "only the newer one");
    assert_eq!(product.figures.used(), 4);
}

#[test]
fn too_few_value_units_are_short_by_the_rest() {
    let check = |name: &str, quantity, units: &str, rights: u64, expected: (u64, u64, u64)| {
        let mut estate = site();
        let tool = estate.add_model("Big Tool");
        estate.add_device("a", &[tool]);
        estate.add_rights(tool, name, rights);
        measured(&mut estate, tool, quantity, units);
        let product = estate.product("Tool");
        let figures = &product.figures;
        assert_eq!((figures.needed, figures.available(), figures.unlicensed), expected, "{name} {rights}");
        assert_eq!(
            figures.true_up.values().map(ToString::to_string).collect::<Vec<_>>().concat(),
            match expected.0 {
                0 => String::new(),
                needed => (needed * 10).to_string(),
            }
        );
        let over = figures.over_licensed.values().map(ToString::to_string).collect::<Vec<_>>().concat();
        assert_eq!(over, if rights > 9_700 { "50" } else { "" });
    };
    let rvu = "IBM / Resource Value Unit (RVU)";
    check(rvu, Quantity::ActivatedCores, "12000", 9_000, (700, 9_000, 9_701));
    check(rvu, Quantity::ActivatedCores, "12000", 9_700, (0, 0, 0));
    check(rvu, Quantity::ActivatedCores, "12000", 9_705, (0, 5, 0));
    check("IBM / Authorized User Value Unit", Quantity::Users, "150", 120, (5, 120, 126));
}

#[test]
fn rights_for_a_version_are_for_that_version() {
    let check = |edition: bool, downgrade: bool, expected: &str| {
        let mut estate = site();
        let (any, own) = (estate.add_model("Mega Office"), estate.add_model("Mega Office 2019"));
        if edition {
            let known = &mut estate.models[own as usize];
            (known.version, known.edition) = (None, Some("Pro".to_owned()));
        }
        estate.add_device("a", &[any]);
        estate.add_device("b", &[own]);
        estate.add_rights(own, "Common / Per Device", 5);
        if downgrade {
            let target = any;
            estate.entitlements[0].downgrades.push(Downgrade { target, order: 1, active: true, start: None, end: None });
        }
        assert_eq!(shown(&estate.product("Office")), expected, "{edition} {downgrade}");
        // Rights for any version are for this one.
        estate.entitlements[0].model = any;
        assert_eq!(shown(&estate.product("Office")), "5 2 0 0");
    };
    check(false, false, "5 1 1 1 10 EUR");
    check(true, false, "5 1 1 1 10 EUR");
    check(false, true, "5 2 0 0");
}

#[test]
fn records_license_no_install_that_needs_its_own_right() {
    let mut estate = site();
    let tool = estate.add_model("Mega Tool");
    for number in 0..6 {
        estate.add_device(&format!("d{number}"), &[tool]);
    }
    estate.add_rights(tool, "Common / Per Device", 2);
    estate.add_rights(tool, "Common / Resource Consumption", 1);
    measured(&mut estate, tool, Quantity::Units, "1");
    let product = estate.product("Tool");
    assert_eq!((shown(&product).as_str(), product.status), ("3 3 4 4 40 EUR", Status::NotCompliant));
    // What is checked out licenses whatever it is used on.
    estate.entitlements[1].metric = metric("Concurrent Licenses / Floating");
    estate.peaks.push(ConcurrentPeak { model: tool, date: estate.today, peak: 1 });
    assert_eq!(shown(&estate.product("Tool")), "3 3 0 0");
    // Clients license no server.
    estate.entitlements.truncate(1);
    estate.entitlements[0].metric = metric("Common / User CAL");
    estate.entitlements[0].rights = 5;
    let (id, users) = ("c".to_owned(), Clients::Count(5));
    estate.client_access.push(ClientAccess { id, model: tool, users, devices: Clients::default() });
    let product = estate.product("Tool");
    assert_eq!((product.figures.used(), product.figures.needed, product.figures.unlicensed), (5, 6, 6));
}

#[test]
fn rights_for_others_make_results_of_their_own() {
    let mut estate = site();
    let office = estate.add_model("Mega Office");
    for of in ["A", "A", "B"] {
        add_in(&mut estate, of, &[office]);
    }
    for of in ["A", "B"] {
        estate.add_rights(office, "Common / Per Device", 2).rules = vec![pool(of, None)];
    }
    let results = |estate: &Estate| -> Vec<(u64, u64)> {
        let metrics = estate.product("Office").models[0].metrics.clone();
        metrics.iter().map(|metric| (metric.figures.owned, metric.figures.used())).collect()
    };
    assert_eq!(results(&estate), [(2, 2), (2, 1)]);
    let remedies = estate.product("Office").models[0].remedies.clone();
    let counts: Vec<(RemedyKind, u64)> = remedies.iter().map(|remedy| (remedy.kind, remedy.count)).collect();
    assert_eq!(counts, [(RemedyKind::CreateAllocations, 3)]);
    estate.entitlements[1].rules[0].active = false;
    estate.entitlements[0].rules.clear();
    assert_eq!(results(&estate), [(4, 3)], "a rule that is switched off is none");
}

#[test]
fn what_is_kept_and_not_used_is_told() {
    let mut estate = site();
    let office = estate.add_model("Mega Office");
    for of in ["HR", "Sales", "Sales"] {
        add_in(&mut estate, of, &[office]);
    }
    estate.add_rights(office, "Common / Per Device", 5).rules = vec![pool("HR", Some(4)), pool("Sales", None)];
    let product = estate.product("Office");
    assert_eq!((shown(&product).as_str(), product.models[0].metrics[0].reserved), ("5 2 1 1 10 EUR", 3));
}

#[test]
fn what_is_counted_by_use_may_not_be_downgraded() {
    let check = |name: &str, expected: u64| {
        let mut estate = site();
        let (new, old) = (estate.add_model("Mega App 2"), estate.add_model("Mega App 1"));
        let user = estate.add_user("u");
        let device = estate.add_device("d", &[old]);
        estate.devices[device as usize].user = Some(user);
        estate.subscriptions.push(Subscription { user, model: old, active: true, ..Subscription::default() });
        let downgrade = Downgrade { target: old, order: 1, active: true, start: None, end: None };
        estate.add_rights(new, name, 1).downgrades.push(downgrade);
        assert_eq!(estate.product("App").figures.used(), expected, "{name}");
    };
    check("Common / Per User", 1);
    check("Subscription / User Subscription", 0);
}

#[test]
fn parts_that_fall_back_on_their_own_rights_leave_nothing_to_their_suite() {
    let mut estate = site();
    let parts = ["Word", "Sheet"].map(|name| estate.add_model(&format!("Mega {name}")));
    let suite = estate.add_model("Mega Suite");
    let part = |model: &ModelIndex| SuiteComponent { model: *model, mandatory: Mandatory::Optional };
    estate.models[suite as usize].components = parts.iter().map(part).collect();
    for id in ["a", "b"] {
        estate.add_device(id, &parts);
    }
    estate.add_rights(suite, "Common / Per Device", 1);
    for model in parts {
        estate.add_rights(model, "Common / Per Device", 2);
    }
    estate.settings.components_when_suites_run_out = true;
    let found = |estate: &Estate| ["Suite", "Word", "Sheet"].map(|name| shown(&estate.product(name)));
    assert_eq!(found(&estate), ["1 1 0 0", "2 1 0 0", "2 1 0 0"]);
    // What a part has no right for is missing once: where another part has one, it is the part.
    estate.entitlements[2].rights = 0;
    assert_eq!(found(&estate), ["1 1 0 0", "2 1 0 0", "0 0 1 1"]);
    estate.add_device("c", &parts);
    estate.entitlements[2].rights = 1;
    assert_eq!(found(&estate), ["1 1 0 0", "2 2 0 0", "1 1 1 1 10 EUR"]);
    // Where no part has one, it is the suite.
    estate.add_device("d", &parts);
    assert_eq!(found(&estate), ["1 1 1 1 10 EUR", "2 2 0 0", "1 1 1 1 10 EUR"]);
    // It makes no difference whether the suite is there itself.
    estate.installs.push(Install { device: 1, title: suite, ..Install::default() });
    assert_eq!(found(&estate), ["1 1 1 1 10 EUR", "2 2 0 0", "1 1 1 1 10 EUR"]);
    // A part of which nobody ever had rights leaves nothing to fall back on.
    estate.entitlements.truncate(2);
    assert_eq!(found(&estate), ["1 1 3 3 30 EUR", "2 0 0 0", "0 0 0 0"]);
}

#[test]
fn rights_of_its_own_that_are_allocated_take_a_part_out_of_its_suite() {
    let mut estate = site();
    let (word, any, sheet) = (estate.add_model("Mega Word 2019"), estate.add_model("Mega Word"), estate.add_model("Mega Sheet"));
    let suite = estate.add_model("Mega Suite");
    let part = |model| SuiteComponent { model, mandatory: Mandatory::Optional };
    estate.models[suite as usize].components = vec![part(word), part(sheet)];
    estate.add_device("a", &[word, sheet]);
    estate.add_rights(suite, "Common / Per Device", 1);
    estate.add_rights(any, "Common / Per Device", 1);
    estate.allocate(1, Holder::Device(0), 1);
    let figures = |estate: &Estate| {
        let figures = estate.product("Word").figures;
        (figures.allocated_in_use, figures.allocated_not_in_use, figures.unlicensed)
    };
    assert_eq!(figures(&estate), (1, 0, 0), "rights for any version are for this one");
    estate.entitlements[1].state = InstallStatus::Build;
    assert_eq!(figures(&estate), (0, 0, 0), "what is not in use yet has no rights to allocate");
    assert_eq!(shown(&estate.product("Suite")), "1 1 0 0");
}

#[test]
fn an_edition_is_one_by_each_of_its_names() {
    let check = |publisher: &str, rights: &str, installed: &str, expected: &str| {
        let mut estate = site();
        let name = |version: &str| format!("{publisher} Db {version}");
        let (any, new) = (estate.add_model(&name("any")), estate.add_model(&name("19")));
        estate.models[any as usize].version = None;
        for (model, edition) in [(any, rights), (new, installed)] {
            estate.models[model as usize].edition = Some(edition.to_owned());
        }
        estate.add_host("h", (2, 4), &[new]);
        estate.add_rights(any, "Common / Per Device", 1);
        assert_eq!(shown(&estate.product("Db")), expected, "{publisher} {rights} {installed}");
    };
    check("Oracle", "EE", "Enterprise Edition", "1 1 0 0");
    check("Oracle", "Enterprise", "ee", "1 1 0 0");
    check("Oracle", "SE", "SE2", "1 0 1 1");
    check("Microsoft", "Standard", "Std", "1 1 0 0");
    check("Acme", "Pro", "PRO edition", "1 1 0 0");
    check("Acme", "EE", "Enterprise", "1 0 1 1");
}
