//! What rules and records leave: rights that cannot be kept, units of devices, models that nobody manages, rests of packs.

use super::fixtures::{company, shown, site};
use crate::entitlement::LicenseType;
use crate::reconcile::Unit;
use crate::reconcile::run::{ConsumptionRule, Quantity, ResourceValue, Status, Unmodelled, Warning};

fn money(found: &crate::reconcile::run::Money) -> String {
    found.iter().map(|(currency, amount)| format!("{amount} {currency}")).collect::<Vec<_>>().join(", ")
}

#[test]
fn rules_that_cannot_be_kept_are_said() {
    let check = |name: &str, quantity, expected: usize| {
        let mut estate = site();
        let tool = estate.add_model("Mega Tool");
        let (id, units) = ("r".to_owned(), "10".parse().unwrap());
        estate.resource_values.push(ResourceValue {
            id,
            model: tool,
            metric: None,
            quantity,
            units,
            device: None,
            start: None,
            end: None,
        });
        let rule = ConsumptionRule {
            unit: Unit::Department,
            value: "HR".to_owned(),
            include_children: false,
            pool: None,
            active: true,
            and: Vec::new(),
        };
        estate.add_rights(tool, name, 10).rules = vec![rule];
        let product = estate.product("Tool");
        let told = product.warnings.iter().filter(|warning| matches!(warning, Warning::RulesNotApplied { .. })).count();
        assert_eq!((shown(&product).as_str(), told), ("10 10 0 0", expected), "{name}");
        assert_eq!(product.models[0].metrics[0].warnings.len(), expected);
    };
    check("Common / Resource Consumption", Quantity::Units, 1);
    check("SAP / Engine Measurement", Quantity::Units, 1);
    check("Oracle / Employee", Quantity::Employees, 0);
    check("IBM / Authorized User Value Unit", Quantity::Users, 0);
}

#[test]
fn units_of_a_device_are_licensed_by_the_rules_of_its_organisation() {
    // Units by the company of their device, without one of none; the pool of HR's rule; then what is shown, and the warnings.
    let check = |units: &[(Option<&str>, &str)], pool: Option<u64>, rights, expected: &str, warnings: usize| {
        let mut estate = site();
        let tool = estate.add_model("Mega Tool");
        for (number, (of, units)) in units.iter().enumerate() {
            let device = of.map(|of| {
                let device = estate.add_device(&format!("d{number}"), &[]);
                estate.devices[device as usize].organisation = company(of);
                device
            });
            let (id, units, quantity) = (format!("r{number}"), units.parse().unwrap(), Quantity::Units);
            let value = ResourceValue { id, model: tool, metric: None, quantity, units, device, start: None, end: None };
            estate.resource_values.push(value);
        }
        let (unit, value, and) = (Unit::Company, "HR".to_owned(), Vec::new());
        let rule = ConsumptionRule { unit, value, include_children: false, pool, active: true, and };
        let one = estate.add_rights(tool, "Common / Resource Consumption", rights);
        (one.rules, one.unrestricted) = (vec![rule], pool.is_some());
        let product = estate.product("Tool");
        assert_eq!((shown(&product).as_str(), product.warnings.len()), (expected, warnings), "{units:?} {:?}", product.warnings);
    };
    check(&[(Some("HR"), "10")], None, 12, "12 10 0 0", 0);
    check(&[(Some("HR"), "10"), (Some("IT"), "5")], None, 20, "20 10 5 5 50 EUR", 0);
    // Some of what a device consumes may be licensed; the whole is rounded up once.
    check(&[(Some("HR"), "10")], None, 6, "6 6 4 4 40 EUR", 0);
    check(&[(Some("HR"), "2.5"), (Some("HR"), "2.5")], None, 9, "9 5 0 0", 0);
    // What no device is named of has no company.
    check(&[(Some("HR"), "4"), (None, "3")], None, 9, "9 4 3 3 30 EUR", 1);
    // A pool is kept for HR, the rest is for all.
    check(&[(Some("HR"), "1"), (Some("IT"), "9")], Some(4), 10, "10 7 3 3 30 EUR", 0);
}

#[test]
fn rights_of_what_is_not_managed_are_said() {
    let mut estate = site();
    let tool = estate.add_model("Mega Tool");
    estate.models[tool as usize].managed = false;
    estate.add_device("a", &[tool]);
    for _ in 0..2 {
        estate.add_rights(tool, "Common / Per Device", 5);
    }
    let product = estate.product("Tool");
    assert_eq!((product.status, shown(&product).as_str(), product.models.len()), (Status::NotReconciled, "0 0 0 0", 0));
    assert_eq!(product.warnings, [Warning::NotManaged { entitlements: 2 }]);
    // A model of the same product that is managed is reconciled all the same.
    let newer = estate.add_model("Mega Tool 2");
    estate.add_device("b", &[newer]);
    let product = estate.product("Tool");
    assert_eq!((product.status, shown(&product).as_str(), product.warnings.len()), (Status::NotCompliant, "0 0 1 1", 1));
}

#[test]
fn what_needs_a_licence_has_a_result_without_a_model() {
    let mut estate = site();
    for number in 0..4 {
        let device = estate.add_device(&format!("d{number}"), &[]);
        estate.devices[device as usize].organisation = company(if number < 3 { "North" } else { "South" });
    }
    let visio = |publisher: &str, devices: &[u32]| Unmodelled {
        publisher: publisher.to_owned(),
        product: "Visio".to_owned(),
        devices: devices.to_vec(),
    };
    estate.unmodelled = vec![visio("Micro", &[0, 1]), visio("micro", &[1, 3])];
    let outcome = estate.run();
    let [product] = &outcome.products[..] else { panic!("{outcome:?}") };
    assert_eq!((product.publisher.as_str(), shown(product).as_str(), product.status), ("Micro", "0 0 3 3", Status::NotCompliant));
    let rows = product.members.iter();
    assert_eq!(rows.map(|row| (row.device.unwrap(), row.model)).collect::<Vec<_>>(), [(0, None), (1, None), (3, None)]);
    assert_eq!(product.warnings, [Warning::NoModel { devices: 3 }]);
    // Other versions of the product may have a model; results are grouped, and asked for, like any other.
    let known = estate.add_model("Micro Visio 2021");
    estate.add_device("d4", &[known]);
    estate.add_rights(known, "Common / Per Device", 1);
    assert_eq!(shown(&estate.product("Visio")), "1 1 3 3");
    estate.settings.grouping = Some(Unit::Company);
    let groups: Vec<String> = estate.run().products.iter().map(|one| format!("{} {}", one.group[0], shown(one))).collect();
    assert_eq!(groups, [" 1 1 0 0", "North 0 0 2 2", "South 0 0 1 1"]);
    let others = crate::reconcile::run::reconcile(&estate, Some("Mega"), &mut |_| {});
    assert!(others.products.is_empty());
}

#[test]
fn the_rest_of_packs_is_too_few_only_where_nothing_helps_out() {
    use crate::entitlement::LicenseType::{Perpetual, PerpetualSoftwareAssurance};
    // Rights of the two purchases, the second with its licence type; what is left as the rest of packs, and what is too many.
    let check = |first: u64, (second, kind): (u64, LicenseType), expected: u64, over: &str| {
        let mut estate = site();
        let server = estate.add_model("Micro Server");
        estate.models[server as usize].edition = Some("Datacenter".to_owned());
        for number in 0..2 {
            estate.add_host(&format!("h{number}"), (1, 16), &[server]);
        }
        estate.add_rights(server, "Microsoft / Per Core (with CAL)", first);
        estate.add_rights(server, "Microsoft / Per Core (with CAL)", second).license_type = kind;
        let figures = estate.product("Server").figures;
        assert_eq!(
            (figures.nontransferable, money(&figures.over_licensed).as_str()),
            (expected, over),
            "{first} {second} {kind:?}"
        );
    };
    check(20, (20, Perpetual), 8, "");
    check(24, (24, Perpetual), 0, "160 EUR");
    // With Software Assurance 8 license a virtual machine by themselves, and both kinds together a host.
    check(16, (23, PerpetualSoftwareAssurance), 7, "");
    check(16, (24, PerpetualSoftwareAssurance), 0, "80 EUR");
    check(25, (23, PerpetualSoftwareAssurance), 0, "160 EUR");
    check(24, (23, PerpetualSoftwareAssurance), 15, "");
}
