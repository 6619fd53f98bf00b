//! Worked estates: order of consumption, suites, access, money, what to do.

use super::fixtures::{company, metric, shown};
use crate::reconcile::run::tests::fixtures::site;
use crate::reconcile::run::{
    CandidateState, ClientAccess, Clients, ConcurrentPeak, ConsumptionRule, Disposition, Downgrade, Holder, Justification,
    MetricResult, OverrideCost, RemedyKind, ResourceValue, Status, Subscription, SuiteComponent, Warning,
};
use crate::reconcile::{Mandatory, Unit};

fn only(results: &[MetricResult]) -> &MetricResult {
    assert_eq!(results.len(), 1);
    &results[0]
}

#[test]
fn a_device_without_a_right_costs_one() {
    let mut estate = site();
    let office = estate.add_model("Mega Office 2019");
    for id in ["a", "b", "c"] {
        estate.add_device(id, &[office]);
    }
    estate.add_rights(office, "Common / Per Device", 2);
    let product = estate.product("Office");
    assert_eq!(shown(&product), "2 2 1 1 10 EUR");
    assert_eq!(product.status, Status::NotCompliant);
    let model = &product.models[0];
    let result = only(&model.metrics);
    assert_eq!(result.members.iter().map(|row| (row.device.unwrap(), row.rights)).collect::<Vec<_>>(), [(0, 1), (1, 1), (2, 0)]);
    assert!(result.members[..2].iter().all(|row| row.disposition == Disposition::Own && row.entitlement == Some(0)));
    assert_eq!((result.members[2].disposition, result.figures.unlicensed), (Disposition::Unlicensed, 1));
    assert!(model.members.is_empty(), "the row is behind the metric that lacks the right");
    assert_eq!(
        result.why,
        "3 devices with it need 3 rights. Of 2 rights owned, 2 are used (0 allocated and in use, 0 allocated and not in use, 2 in use \
         without an allocation) and 0 are available; 1 more are needed, for 10.00 EUR (the average price of a right is 10.00 EUR)."
    );
    assert_eq!(model.why, "1 are not licensed; the cheapest way is to buy 1 of Common / Per Device (10.00 EUR).");
    let kinds: Vec<RemedyKind> = model.remedies.iter().map(|remedy| remedy.kind).collect();
    use RemedyKind::{CreateAllocations, PurchaseRights, RemoveUnlicensedInstalls};
    assert_eq!(kinds, [PurchaseRights, CreateAllocations, RemoveUnlicensedInstalls]);
    let candidate = &model.candidates[0];
    assert_eq!((candidate.justification, candidate.state), (Justification::Unlicensed, CandidateState::AwaitingRevocation));
}

#[test]
fn rights_follow_their_holders_first() {
    let mut estate = site();
    let office = estate.add_model("Mega Office");
    for id in ["d1", "d2", "d3"] {
        estate.add_device(id, [office].get(usize::from(id == "d1")..).unwrap());
    }
    estate.add_rights(office, "Common / Per Device", 10);
    estate.allocate(0, Holder::Device(0), 1);
    estate.allocate(0, Holder::Device(1), 1);
    let figures = estate.product("Office").figures;
    assert_eq!((figures.allocated_in_use, figures.allocated_not_in_use, figures.not_allocated_in_use), (1, 1, 1));
    assert_eq!((figures.used(), figures.used_in_report(), figures.available(), figures.not_allocated), (3, 2, 7, 8));
    // More is allocated than there is: nothing is licensed twice, and somebody is told.
    estate.allocate(0, Holder::Device(1), 12);
    let product = estate.product("Office");
    assert!(product.figures.used() <= 10);
    assert!(matches!(product.warnings[..], [Warning::OverAllocated { allocated: 14, rights: 10, .. }]));
}

#[test]
fn named_rights_license_only_whom_they_name() {
    let mut estate = site();
    let tool = estate.add_model("Mega Tool");
    for id in ["u1", "u2", "u3", "u4"] {
        let (user, device) = (estate.add_user(id), estate.add_device(id, &[tool]));
        estate.devices[device as usize].user = Some(user);
    }
    estate.add_rights(tool, "Common / Per Named User", 9);
    for user in 0..3 {
        estate.allocate(0, Holder::User(user), 1);
    }
    let product = estate.product("Tool");
    assert_eq!((product.figures.allocations_needed, product.figures.needed, product.figures.unlicensed), (1, 0, 1));
    assert_eq!(product.status, Status::NotCompliant);
}

#[test]
fn downgrade_rights_come_after_the_version_itself() {
    let mut estate = site();
    let (new, old) = (estate.add_model("Mega Office 2019"), estate.add_model("Mega Office 2016"));
    let downgrade = |active| Downgrade { target: old, order: 1, active, start: None, end: "2026-12-31".parse().ok() };
    estate.models[new as usize].downgrades.push(downgrade(true));
    for id in ["a", "b", "c"] {
        estate.add_device(id, &[old]);
    }
    estate.add_device("d", &[new]);
    estate.add_rights(new, "Common / Per Device", 3);
    let product = estate.product("Office");
    assert_eq!(shown(&product), "3 3 1 1 10 EUR");
    let used = product.models.iter().find(|model| model.model == new).unwrap();
    let dispositions: Vec<Disposition> = used.metrics[0].members.iter().map(|row| row.disposition).collect();
    assert_eq!(dispositions, [Disposition::Downgrade, Disposition::Downgrade, Disposition::Own]);
    // The open install is of the older version: there it is needed.
    assert_eq!(product.models.iter().map(|model| (model.model, model.figures.needed)).collect::<Vec<_>>(), [(old, 1), (new, 0)]);
    estate.models[new as usize].downgrades[0] = downgrade(false);
    assert_eq!(shown(&estate.product("Office")), "3 1 3 3 30 EUR");
    estate.models[new as usize].downgrades[0] = downgrade(true);
    estate.today = "2027-01-01".parse().unwrap();
    assert_eq!(shown(&estate.product("Office")), "3 1 3 3 30 EUR");
}

#[test]
fn a_device_counts_once_with_the_newest_version_that_can_be_licensed() {
    let mut estate = site();
    let (new, old) = (estate.add_model("Mega Office 2019"), estate.add_model("Mega Office 2016"));
    estate.add_device("a", &[new, old]);
    estate.add_rights(old, "Common / Per Device", 1);
    assert_eq!(shown(&estate.product("Office")), "1 1 1 1 10 EUR", "the older install has its right, the newer has none");
    estate.add_rights(new, "Common / Per Device", 1);
    assert_eq!(shown(&estate.product("Office")), "2 1 0 0", "the newer right is for both");
}

#[test]
fn pools_keep_rights_for_their_own_and_what_is_below() {
    let mut estate = site();
    let office = estate.add_model("Mega Office");
    for (id, of) in [("a", "North"), ("b", "North Sales"), ("c", "South"), ("d", "South")] {
        let device = estate.add_device(id, &[office]);
        estate.devices[device as usize].organisation = company(of);
    }
    estate.parents.insert((Unit::Company, "North Sales".to_owned()), "North".to_owned());
    let rule = |include_children| ConsumptionRule {
        unit: Unit::Company,
        value: "North".to_owned(),
        include_children,
        pool: Some(2),
        active: true,
        and: Vec::new(),
    };
    let rights = estate.add_rights(office, "Common / Per Device", 3);
    (rights.rules, rights.unrestricted) = (vec![rule(true)], true);
    assert_eq!(shown(&estate.product("Office")), "3 3 1 1 10 EUR");
    estate.entitlements[0].rules = vec![rule(false)];
    // One of the pool is kept for North and not used; North Sales and South share the third.
    assert_eq!(shown(&estate.product("Office")), "3 2 2 2 20 EUR");
    estate.entitlements[0].unrestricted = false;
    assert_eq!(shown(&estate.product("Office")), "3 1 3 3 30 EUR");
}

#[test]
fn the_cheapest_metric_licenses_first_and_each_install_once() {
    let mut estate = site();
    let office = estate.add_model("Mega Office");
    let user = estate.add_user("u");
    for id in ["a", "b", "c"] {
        let device = estate.add_device(id, &[office]);
        estate.devices[device as usize].user = Some(user);
    }
    estate.add_rights(office, "Common / Per Device", 1).unit_cost = "4".parse().ok();
    estate.add_rights(office, "Common / Per User", 1);
    let product = estate.product("Office");
    assert_eq!((product.figures.used(), product.figures.needed, product.figures.unlicensed), (2, 0, 0));
    let model = &product.models[0];
    let rows: Vec<usize> = model.metrics.iter().map(|metric| metric.members.len()).collect();
    assert_eq!(rows, [1, 2]);
    // Without the rights for the user the cheapest of both purchases is the price; one without a price comes last.
    estate.entitlements[1].rights = 0;
    assert_eq!(shown(&estate.product("Office")), "1 1 2 2 8 EUR");
    estate.override_costs.push(OverrideCost {
        model: office,
        metric: metric("common / per user"),
        license_cost: "7".parse().unwrap(),
        currency: "EUR".to_owned(),
        ..OverrideCost::default()
    });
    assert_eq!(shown(&estate.product("Office")), "1 1 1 2 7 EUR");
    estate.override_costs[0].license_cost = "9".parse().unwrap();
    assert_eq!(shown(&estate.product("Office")), "1 1 2 2 8 EUR");
}

#[test]
fn suites_license_their_parts() {
    let mut estate = site();
    let (word, sheet, slides) = (estate.add_model("Mega Word"), estate.add_model("Mega Sheet"), estate.add_model("Mega Slides"));
    let suite = estate.add_model("Mega Suite");
    let part = |model| SuiteComponent { model, mandatory: Mandatory::Optional };
    estate.models[suite as usize].components = vec![part(word), part(sheet), part(slides)];
    estate.models[suite as usize].inference = Some(crate::reconcile::Inference::Number(2));
    estate.add_device("a", &[word, sheet]);
    estate.add_device("b", &[word]);
    estate.add_rights(suite, "Common / Per Device", 1);
    estate.add_rights(word, "Common / Per Device", 1);
    let outcome = estate.run();
    let shown_all: Vec<String> =
        outcome.products.iter().map(|product| format!("{} {}", product.product, shown(product))).collect();
    assert_eq!(shown_all, ["Sheet 0 0 0 0", "Suite 1 1 0 0", "Word 1 1 0 0"]);
    let sheet_rows = &outcome.products[0].models[0].members;
    assert_eq!((sheet_rows.len(), sheet_rows[0].disposition), (1, Disposition::Suite));
    // Rights of its own that are allocated go before the suite's.
    estate.allocate(1, Holder::Device(0), 1);
    assert_eq!(shown(&estate.product("Word")), "1 1 1 1 10 EUR");
    estate.allocations.clear();
    // A suite that has run out licenses nothing, unless its parts may fall back on their own rights.
    estate.entitlements[0].rights = 0;
    assert_eq!(shown(&estate.product("Suite")), "0 0 1 1");
    assert_eq!(shown(&estate.product("Word")), "1 1 0 0");
    estate.settings.components_when_suites_run_out = true;
    assert_eq!(shown(&estate.product("Word")), "1 1 0 0", "of the other part nobody ever had rights");
    let part = estate.models.iter().position(|model| model.product == "Sheet").unwrap();
    estate.add_rights(u32::try_from(part).unwrap(), "Common / Per Device", 1);
    assert_eq!((shown(&estate.product("Word")), shown(&estate.product("Suite"))), ("1 1 1 1 10 EUR".into(), "0 0 0 0".into()));
    estate.entitlements.pop();
    estate.settings.components_when_suites_run_out = false;
    // A subscription to the suite licenses what its user has.
    let user = estate.add_user("u");
    estate.devices[1].user = Some(user);
    estate.subscriptions.push(Subscription { user, model: suite, active: true, ..Subscription::default() });
    let rows = estate.product("Word").models[0].members.clone();
    assert_eq!(rows.iter().map(|row| row.disposition).collect::<Vec<_>>(), [Disposition::Suite, Disposition::Suite]);
}

#[test]
fn subscriptions_count_and_installs_without_one_are_unlicensed() {
    let mut estate = site();
    let app = estate.add_model("Micro App");
    for id in ["u1", "u2", "u3"] {
        let (user, device) = (estate.add_user(id), estate.add_device(id, &[app]));
        estate.devices[device as usize].user = Some(user);
    }
    for user in [0, 0, 1] {
        estate.subscriptions.push(Subscription { user, model: app, active: true, ..Subscription::default() });
    }
    estate.subscriptions.push(Subscription { user: 2, model: app, active: false, ..Subscription::default() });
    estate.add_rights(app, "Microsoft / User Subscription", 5);
    let product = estate.product("App");
    assert_eq!((shown(&product).as_str(), product.status), ("5 2 0 1", Status::NotCompliant));
    assert_eq!(product.figures.unlicensed_users, 1);
}

#[test]
fn records_of_a_product_count_what_installs_do_not() {
    let mut estate = site();
    let (server, cad) = (estate.add_model("Mega Server"), estate.add_model("Mega Cad"));
    estate.add_rights(server, "Common / User CAL", 100);
    estate.add_rights(cad, "Concurrent Licenses / Floating", 9);
    estate.add_device("a", &[cad]);
    for product in ["Server", "Cad"] {
        let product = estate.product(product);
        assert!(matches!(product.warnings[..], [Warning::MissingRecords { .. }]), "nothing recorded is not nothing used");
    }
    let count = |id: &str, count| ClientAccess {
        id: id.to_owned(),
        model: server,
        users: Clients::Count(count),
        devices: Clients::default(),
    };
    estate.client_access = vec![count("1", 80), count("2", 40), count("2", 40)];
    estate.peaks = vec![
        ConcurrentPeak { model: cad, date: "2026-06-01".parse().unwrap(), peak: 12 },
        ConcurrentPeak { model: cad, date: "2026-04-01".parse().unwrap(), peak: 40 },
    ];
    assert_eq!(shown(&estate.product("Server")), "100 100 20 20 200 EUR");
    let cad = estate.product("Cad");
    assert_eq!(shown(&cad), "9 9 3 3 30 EUR");
    assert_eq!(cad.models[0].metrics[0].members.iter().filter(|row| row.disposition == Disposition::Counted).count(), 1);
}

#[test]
fn too_few_value_units_license_nothing() {
    let mut estate = site();
    let tool = estate.add_model("Big Tool");
    estate.add_device("a", &[tool]);
    estate.add_rights(tool, "IBM / Resource Value Unit (RVU)", 72_499);
    let quantity = crate::reconcile::run::Quantity::ActivatedCores;
    let units = "150000".parse().unwrap();
    let (id, metric) = ("r".to_owned(), None);
    estate.resource_values.push(ResourceValue { id, model: tool, metric, quantity, units, device: None, start: None, end: None });
    let product = estate.product("Tool");
    assert_eq!((product.figures.needed, product.figures.unlicensed > 0), (1, true));
    estate.entitlements[0].rights = 72_500;
    assert_eq!(shown(&estate.product("Tool")), "72500 72500 0 0");
}

#[test]
fn unlimited_rights_go_first_and_need_nothing() {
    let mut estate = site();
    let office = estate.add_model("Mega Office");
    for id in ["a", "b", "c"] {
        estate.add_device(id, &[office]);
    }
    estate.add_rights(office, "Common / Per Device", 1);
    estate.add_rights(office, "Common / Per Device", 0).unlimited = true;
    let product = estate.product("Office");
    assert_eq!(shown(&product), "1 3 0 0");
    let used: Vec<(bool, u64)> = product.models[0].metrics.iter().map(|one| (one.unlimited, one.figures.used())).collect();
    assert_eq!(used, [(false, 0), (true, 3)]);
    assert_eq!(product.figures.over_licensed.get("EUR").map(ToString::to_string).as_deref(), Some("10"));
}

#[test]
fn agreements_and_packs_decide_the_status() {
    let mut estate = site();
    let office = estate.add_model("Micro Office");
    estate.add_device("a", &[office]);
    estate.add_rights(office, "Microsoft / Per Device", 0).agreement_type = "Unlimited License Agreement (ULA)".to_owned();
    let product = estate.product("Office");
    assert_eq!((shown(&product).as_str(), product.status), ("0 0 1 1", Status::Compliant));
    estate.packs.remove("Microsoft");
    let product = estate.product("Office");
    assert_eq!(product.status, Status::NotReconciled);
    assert!(matches!(&product.warnings[..], [Warning::PackOff { pack, entitlements: 1, .. }] if pack == "Microsoft"));
}

#[test]
fn only_rights_in_use_and_in_their_dates_count() {
    let mut estate = site();
    let office = estate.add_model("Mega Office");
    estate.add_device("a", &[office]);
    use crate::asset::InstallStatus::{Build, InUse, Retired};
    use crate::entitlement::LicenseType::{Maintenance, PerpetualMaintenance, StepUp, Subscription};
    let mut check = |state, kind, end: &str, expected: &str, maintenance: bool| {
        estate.entitlements.clear();
        let rights = estate.add_rights(office, "Common / Per Device", 5);
        (rights.state, rights.license_type, rights.end) = (state, kind, end.parse().ok());
        let product = estate.product("Office");
        assert_eq!(shown(&product), expected, "{state:?} {kind:?} {end}");
        assert_eq!(product.models[0].metrics.iter().any(|metric| metric.maintenance), maintenance);
        product.warnings
    };
    check(InUse, PerpetualMaintenance, "2026-06-17", "5 1 0 0", true);
    check(InUse, PerpetualMaintenance, "2026-06-16", "5 1 0 0", false);
    check(InUse, Subscription, "2026-06-16", "0 0 1 1", false);
    check(Build, Subscription, "", "0 0 1 1", false);
    check(Retired, Subscription, "", "0 0 1 1", false);
    assert!(matches!(check(InUse, Maintenance, "", "0 0 1 1", false)[..], [Warning::NoBase { .. }]));
    assert!(matches!(check(InUse, StepUp, "", "5 1 0 0", false)[..], [Warning::NoSource { .. }]));
}

#[test]
fn maintenance_is_kept_apart_for_as_many_rights_as_are_linked() {
    use crate::entitlement::LicenseType::SoftwareAssurance;
    let check = |links: &[&[(u32, u64)]], expected: &[(bool, u64)]| {
        let mut estate = site();
        let office = estate.add_model("Mega Office");
        estate.add_device("a", &[office]);
        for rights in [50, 10] {
            estate.add_rights(office, "Common / Per Device", rights);
        }
        for maintains in links {
            let assurance = estate.add_rights(office, "Common / Per Device", 30);
            (assurance.license_type, assurance.maintains) = (SoftwareAssurance, maintains.to_vec());
        }
        let product = estate.product("Office");
        let owned = product.models[0].metrics.iter().map(|metric| (metric.maintenance, metric.figures.owned));
        assert_eq!(owned.collect::<Vec<_>>(), expected, "{links:?}");
    };
    check(&[&[(0, 20)]], &[(false, 40), (true, 20)]);
    check(&[&[(0, 20)], &[(0, 15)]], &[(false, 25), (true, 35)]);
    check(&[&[(0, 20), (1, 5)]], &[(false, 35), (true, 25)]);
    check(&[&[(1, 5), (0, 50)]], &[(false, 30), (true, 30)]);
    check(&[&[]], &[(false, 60)]);
}

#[test]
fn currencies_are_never_added() {
    let mut estate = site();
    let office = estate.add_model("Mega Office");
    for id in ["a", "b", "c"] {
        estate.add_device(id, &[office]);
    }
    estate.add_rights(office, "Common / Per Device", 1);
    estate.add_rights(office, "Common / Per Device", 1).currency = "USD".to_owned();
    let product = estate.product("Office");
    assert_eq!(shown(&product), "2 2 1 1", "no price is made of two currencies");
    assert!(product.warnings.iter().any(|warning| matches!(warning, Warning::SeveralCurrencies { .. })));
    let cost: Vec<String> = product.figures.total_cost.iter().map(|(currency, cost)| format!("{cost} {currency}")).collect();
    assert_eq!(cost, ["10 EUR", "10 USD"]);
}

#[test]
fn results_are_grouped_by_owner_and_by_what_is_missing() {
    let mut estate = site();
    estate.settings.grouping = Some(Unit::Company);
    let office = estate.add_model("Mega Office");
    for (id, of) in [("a", "North"), ("b", "South"), ("c", "West"), ("d", "West")] {
        let device = estate.add_device(id, &[office]);
        estate.devices[device as usize].organisation = company(of);
    }
    for of in ["North", "South"] {
        let rule = ConsumptionRule {
            unit: Unit::Company,
            value: of.to_owned(),
            include_children: false,
            pool: None,
            active: true,
            and: Vec::new(),
        };
        let rights = estate.add_rights(office, "Common / Per Device", 2);
        (rights.owner, rights.rules) = (company(of), vec![rule]);
    }
    let groups: Vec<String> = estate.run().products.iter().map(|one| format!("{} {}", one.group[0], shown(one))).collect();
    assert_eq!(groups, ["North 2 1 0 0", "South 2 1 0 0", "West 0 0 2 2 20 EUR"]);
}

#[test]
fn what_is_little_used_or_has_no_allocation_may_go() {
    let mut estate = site();
    let office = estate.add_model("Mega Office");
    for (id, used) in [("a", "2026-01-01"), ("b", "2026-06-16"), ("c", "")] {
        let device = estate.add_device(id, &[office]);
        estate.installs[device as usize].last_used = used.parse().ok();
    }
    estate.add_rights(office, "Common / Per Device", 3);
    let found = |estate: &crate::reconcile::run::Estate| -> Vec<(u32, Justification)> {
        let model = estate.product("Office").models[0].clone();
        model.candidates.iter().map(|one| (one.device.unwrap(), one.justification)).collect()
    };
    assert_eq!(found(&estate), [(0, Justification::LowUsage)]);
    assert_eq!(estate.product("Office").figures.potential_savings["EUR"].to_string(), "10");
    estate.allocate(0, Holder::Device(1), 1);
    assert_eq!(found(&estate), [(0, Justification::LowUsage), (2, Justification::Unallocated)]);
    estate.models[office as usize].restricted = true;
    assert_eq!(found(&estate).iter().filter(|(_, why)| *why == Justification::RestrictedSoftware).count(), 3);
}

#[test]
fn a_publisher_can_be_reconciled_alone() {
    let mut estate = site();
    for name in ["Mega Office", "Micro Tool"] {
        let model = estate.add_model(name);
        estate.add_device(name, &[model]);
    }
    let mut seen = Vec::new();
    let outcome = crate::reconcile::run::reconcile(&estate, Some(" mega "), &mut |progress| {
        seen.push(format!("{} {}/{}", progress.product, progress.done, progress.total));
    });
    assert_eq!(outcome.products.iter().map(|product| product.product.as_str()).collect::<Vec<_>>(), ["Office"]);
    assert_eq!(seen, ["Office 0/1", " 1/1"]);
}
