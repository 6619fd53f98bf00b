//! How results are told: what is not known, what is too few, whose it is, what it costs.

use super::fixtures::{company, metric, shown, site};
use crate::entitlement::LicenseType;
use crate::reconcile::Unit;
use crate::reconcile::run::{Disposition, Holder, ModelResult, OverrideCost, RemedyKind, Status};

fn money(found: &crate::reconcile::run::Money) -> String {
    found.iter().map(|(currency, amount)| format!("{amount} {currency}")).collect::<Vec<_>>().join(", ")
}

fn remedies(model: &ModelResult) -> Vec<(RemedyKind, u64, bool)> {
    model.remedies.iter().map(|one| (one.kind, one.count, one.maintenance)).collect()
}

#[test]
fn what_is_needed_of_something_unknown_is_no_number() {
    // The metric; whether a device has the product, of which nothing else is known.
    let check = |name: &str, installed: bool| {
        let mut estate = site();
        let tool = estate.add_model("Mega Tool");
        let host = estate.add_device("x", &[tool][..usize::from(installed)]);
        if name == "VMware / Per Core" || name == "Common / Per Core" {
            estate.devices[host as usize].kind = crate::reconcile::run::DeviceKind::Virtual;
        }
        estate.add_rights(tool, name, 50);
        let product = estate.product("Tool");
        let (model, result) = (&product.models[0], &product.models[0].metrics[0]);
        let tiers = [(product.status, &product.figures), (model.status, &model.figures), (result.status, &result.figures)];
        for (status, figures) in tiers {
            assert_eq!((status, figures.unsure), (Status::NotReconciled, true), "{name}");
            assert_eq!((figures.sure(figures.needed), figures.sure(figures.available())), (None, None), "{name}");
            assert_eq!(
                (figures.over_licensed.len(), figures.potential_savings.len(), figures.true_up.len()),
                (0, 0, 0),
                "{name}"
            );
        }
        let warnings = [&product.warnings, &model.warnings, &result.warnings];
        for warnings in warnings {
            let told = warnings.iter().map(ToString::to_string).collect::<Vec<_>>();
            assert!(told.len() == 1 && told[0].contains("is not known until"), "{name}: {told:?}");
        }
        assert!(result.why.contains("not known") && model.why.contains("not known"), "{}", result.why);
    };
    for name in ["Common / User CAL", "Concurrent Licenses / Token", "Common / Resource Consumption", "IBM / Authorized User"] {
        check(name, false);
        // Clients license no server: what is installed is certainly not licensed by them.
        if !name.ends_with("CAL") {
            check(name, true);
        }
    }
    let of_machines = [
        "Oracle / Per Processor",
        "IBM / Processor Value Unit (PVU)",
        "Red Hat / Per Socket-pair",
        "Microsoft / Per Core",
        "VMware / Per Core",
        "Common / Per Core",
    ];
    for name in of_machines {
        check(name, true);
    }
}

#[test]
fn what_is_certainly_missing_is_told_before_what_is_not_known() {
    let mut estate = site();
    let db = estate.add_model("Oracle Db");
    estate.add_host("o1", (2, 8), &[db]);
    estate.add_device("o2", &[db]);
    estate.add_rights(db, "Oracle / Per Processor", 6);
    let product = estate.product("Db");
    let model = &product.models[0];
    assert_eq!(
        (product.status, model.status, model.metrics[0].status),
        (Status::NotCompliant, Status::NotCompliant, Status::NotCompliant)
    );
    assert!(product.figures.unsure && product.figures.sure(product.figures.needed).is_none());
    assert!(model.metrics[0].why.contains("at least 2 more are needed"), "{}", model.metrics[0].why);
    // An agreement that keeps it compliant does so whatever is needed.
    estate.entitlements[0].agreement_type = "Unlimited License Agreement (ULA)".to_owned();
    assert_eq!(estate.product("Db").status, Status::Compliant);
}

#[test]
fn the_lowest_purchase_is_the_true_up() {
    // Prices of a right and of one with maintenance that were set; kinds of rights owned, one of each; what two more cost.
    let check = |set: (&str, &str), owned: &[(LicenseType, &str)], expected: &str, offers: &[&str]| {
        let mut estate = site();
        let office = estate.add_model("Mega Office");
        for number in 0..owned.len() + 2 {
            estate.add_device(&format!("d{number}"), &[office]);
        }
        for (kind, cost) in owned {
            let rights = estate.add_rights(office, "Common / Per Device", 1);
            (rights.license_type, rights.unit_cost) = (*kind, cost.parse().ok());
        }
        estate.override_costs.push(OverrideCost {
            model: office,
            metric: metric("Common / Per Device"),
            license_cost: set.0.parse().unwrap(),
            license_and_maintenance_cost: set.1.parse().unwrap(),
            currency: "EUR".to_owned(),
        });
        let product = estate.product("Office");
        assert_eq!(money(&product.figures.true_up), expected, "{set:?} {owned:?}");
        let all = product.models[0].remedies.iter().filter(|one| one.kind == RemedyKind::PurchaseRights);
        assert_eq!(all.map(|one| money(&one.cost)).collect::<Vec<_>>(), offers, "{set:?} {owned:?}");
        assert_eq!(product.models[0].metrics.iter().map(|one| one.figures.needed).sum::<u64>(), 2);
        product
    };
    use LicenseType::{Perpetual, PerpetualSoftwareAssurance, Subscription};
    let both = [(Perpetual, "70"), (PerpetualSoftwareAssurance, "100")];
    check(("90", "130"), &both, "180 EUR", &["180 EUR", "260 EUR"]);
    check(("0", "60"), &both, "120 EUR", &["120 EUR", "140 EUR"]);
    check(("0", "0"), &both, "140 EUR", &["140 EUR", "200 EUR"]);
    check(("90", "130"), &both[1..], "260 EUR", &["260 EUR"]);
    // Rights with maintenance and rights that are subscribed to are results of their own.
    let product =
        check(("0", "0"), &[(PerpetualSoftwareAssurance, "100"), (Subscription, "10")], "20 EUR", &["20 EUR", "200 EUR"]);
    let results = product.models[0].metrics.iter();
    let results: Vec<(bool, bool, u64)> = results.map(|one| (one.maintenance, one.subscription, one.figures.needed)).collect();
    assert_eq!(results, [(true, false, 0), (true, true, 2)]);
    let why = &check(("90", "130"), &both[..1], "180 EUR", &["180 EUR"]).models[0].metrics[0].why;
    assert!(why.contains("; 2 more are needed, for 180.00 EUR (90.00 EUR for a right, as it was set)"), "{why}");
}

#[test]
fn what_is_missing_is_in_one_group_with_what_it_is_missing_for() {
    let check = |name: &str, expected: &[&str]| {
        let mut estate = site();
        estate.settings.grouping = Some(Unit::Company);
        let office = estate.add_model("Mega Office");
        for number in 0..3 {
            let (user, device) = (estate.add_user(&format!("u{number}")), estate.add_device(&format!("d{number}"), &[office]));
            estate.users[user as usize].organisation = company("Users");
            estate.devices[device as usize].organisation = company("Devices");
            estate.devices[device as usize].user = Some(user);
        }
        estate.add_rights(office, name, 0).owner = company("Owner");
        let groups: Vec<String> = estate.run().products.iter().map(|one| format!("{} {}", one.group[0], shown(one))).collect();
        assert_eq!(groups, expected, "{name}");
    };
    check("Common / Per User", &["Owner 0 0 0 0", "Users 0 0 3 3"]);
    check("Common / Per Device", &["Devices 0 0 3 3", "Owner 0 0 0 0"]);
    check("Subscription / User Subscription", &["Owner 0 0 0 0", "Users 0 0 0 3"]);
}

#[test]
fn rights_without_a_limit_use_up_no_others() {
    let mut estate = site();
    let office = estate.add_model("Mega Office");
    for number in 0..6 {
        estate.add_device(&format!("d{number}"), &[office]);
    }
    estate.add_rights(office, "Common / Per Device", 0).unlimited = true;
    estate.add_rights(office, "Common / Per Device", 3);
    let product = estate.product("Office");
    let model = &product.models[0];
    for figures in [&product.figures, &model.figures] {
        assert_eq!((figures.owned, figures.used(), figures.available()), (3, 6, 3));
        assert_eq!(money(&figures.over_licensed), "30 EUR");
    }
    estate.allocate(1, Holder::Device(0), 1);
    let product = estate.product("Office");
    let limited = product.models[0].metrics.iter().find(|one| !one.unlimited).unwrap();
    assert_eq!((product.figures.available(), limited.figures.available()), (2, 2), "one is allocated, and not in use");
}

#[test]
fn rights_that_are_too_few_are_neither_used_nor_too_many() {
    // A metric, rights, cores of each host; used, available, nontransferable, needed, and what is over-licensed.
    let check = |name: &str, rights, hosts: &[u32], expected: (u64, u64, u64, u64), over: &str| {
        let mut estate = site();
        let tool = estate.add_model("Mega Tool");
        estate.models[tool as usize].edition =
            name.starts_with("Microsoft").then(|| if name.ends_with("CAL)") { "Datacenter" } else { "Enterprise" }.to_owned());
        for (number, cores) in hosts.iter().enumerate() {
            estate.add_host(&format!("h{number}"), (1, *cores), &[tool]);
        }
        estate.add_rights(tool, name, rights);
        let product = estate.product("Tool");
        let figures = &product.figures;
        assert_eq!((figures.used(), figures.available(), figures.nontransferable, figures.needed), expected, "{name}");
        assert_eq!(money(&figures.over_licensed), over, "{name}");
        assert_eq!(figures.used_in_report(), figures.used());
        let rows = product.models[0].metrics[0].members.iter();
        assert_eq!(rows.map(|row| row.rights).sum::<u64>(), expected.0, "{name} opens to its rows");
    };
    check("IBM / Processor Value Unit (PVU)", 1_000, &[6, 6, 6], (840, 160, 0, 260), "");
    check("IBM / Virtual Processor Core (VPC)", 10, &[6, 6], (6, 4, 0, 2), "");
    check("Oracle / Per Processor", 1, &[16], (0, 1, 0, 7), "");
    check("VMware / Per Processor", 1, &[64, 64], (0, 1, 0, 3), "");
    check("Microsoft / Per Core", 20, &[8, 8, 8], (16, 4, 4, 4), "");
    check("Microsoft / Per Core", 20, &[8, 8], (16, 4, 0, 0), "40 EUR");
    // The rest of packs that no machine could be licensed with is not too much; what one could be is, and what nobody uses any of.
    check("Microsoft / Per Core", 19, &[8, 8], (16, 3, 3, 0), "");
    check("Microsoft / Per Core", 18, &[8, 8, 8], (16, 2, 2, 6), "");
    check("Microsoft / Per Core", 3, &[], (0, 3, 0, 0), "30 EUR");
    check("Common / Per Core", 18, &[8, 8], (16, 2, 0, 0), "20 EUR");
    check("Microsoft / Per Core (with CAL)", 47, &[16, 16], (32, 15, 15, 0), "");
    check("Microsoft / Per Core (with CAL)", 48, &[16, 16], (32, 16, 0, 0), "160 EUR");
    // A right of another edition is not used by what it may not license.
    let mut estate = site();
    let models = ["EE", "SE"].map(|name| {
        let model = estate.add_model(&format!("Oracle Db {name}"));
        (estate.models[model as usize].version, estate.models[model as usize].edition) = (None, Some(name.to_owned()));
        model
    });
    estate.add_host("o", (2, 8), &models[..1]);
    for model in models {
        estate.add_rights(model, "Oracle / Per Processor", 1);
    }
    let product = estate.product("Db");
    let used: Vec<(u64, u64)> = product.models.iter().map(|one| (one.figures.used(), one.figures.needed)).collect();
    assert_eq!(used, [(0, 7), (0, 0)]);
}

#[test]
fn what_is_not_allocated_is_what_is_owned_less_what_is_allocated() {
    let check = |name: &str, rights, quantities: &[u64], expected: i64| {
        let mut estate = site();
        let tool = estate.add_model("Mega Tool");
        estate.models[tool as usize].edition = Some("Datacenter".to_owned());
        for quantity in quantities {
            let host = estate.add_host(&format!("h{}", estate.devices.len()), (2, 20), &[tool]);
            estate.allocate(0, Holder::Device(host), *quantity);
        }
        estate.add_rights(tool, name, rights);
        let product = estate.product("Tool");
        let found = [product.figures.not_allocated, product.models[0].metrics[0].figures.not_allocated];
        assert_eq!(found, [expected, expected], "{name} {rights} {quantities:?}");
    };
    check("Common / Per Device", 2, &[3], -1);
    check("Common / Per Device", 2, &[1, 1], 0);
    check("Common / Per Device", 5, &[1, 3], 1);
    check("Microsoft / Per Core (with CAL)", 100, &[6], 94);
}

#[test]
fn an_agreement_keeps_its_own_model_compliant() {
    let mut estate = site();
    let versions = ["Mega Office 2019", "Mega Office 2016"].map(|name| estate.add_model(name));
    for (id, model) in [("a", versions[0]), ("b", versions[1])] {
        estate.add_device(id, &[model]);
    }
    estate.add_rights(versions[0], "Common / Per Device", 0).agreement_type = "Unlimited License Agreement (ULA)".to_owned();
    estate.add_rights(versions[1], "Common / Per Device", 0);
    let product = estate.product("Office");
    let of = |model: u32| {
        let found = product.models.iter().find(|one| one.model == model).unwrap();
        (found.status, found.metrics[0].status)
    };
    assert_eq!(of(versions[0]), (Status::Compliant, Status::Compliant));
    assert_eq!(of(versions[1]), (Status::NotCompliant, Status::NotCompliant));
    assert_eq!(product.status, Status::NotCompliant);
}

#[test]
fn a_sentence_is_about_its_own_model() {
    let mut estate = site();
    let versions = ["Mega Office 2019", "Mega Office 2016"].map(|name| estate.add_model(name));
    for number in 0..10 {
        estate.add_device(&format!("d{number}"), &[versions[usize::from(number >= 3)]]);
    }
    for model in versions {
        estate.add_rights(model, "Common / Per Device", 2);
    }
    estate.allocate(0, Holder::Device(0), 1);
    let product = estate.product("Office");
    let why = |model: u32| {
        let found = product.models.iter().find(|one| one.model == model).unwrap();
        found.metrics[0].why.clone()
    };
    assert!(
        why(versions[0]).starts_with("3 devices with it need 3 rights. Of 2 rights owned, 2 are used (1 allocated and in use")
    );
    assert!(
        why(versions[1]).starts_with("7 devices with it need 7 rights. Of 2 rights owned, 2 are used (0 allocated and in use")
    );
}

#[test]
fn a_shortfall_opens_to_its_rows_in_every_tier() {
    let mut estate = site();
    let office = estate.add_model("Mega Office");
    for number in 0..11 {
        estate.add_device(&format!("d{number:02}"), &[office]);
    }
    estate.add_rights(office, "Common / Per Device", 10);
    estate.add_rights(office, "Common / Per User", 0).unit_cost = "90".parse().ok();
    let product = estate.product("Office");
    let model = &product.models[0];
    let open = |one: &crate::reconcile::run::MetricResult| {
        let rows: Vec<(u32, u64)> = one
            .members
            .iter()
            .filter(|row| row.disposition == Disposition::Unlicensed)
            .map(|row| (row.device.unwrap(), row.count))
            .collect();
        (one.figures.unlicensed, one.figures.needed, rows)
    };
    // What is counted is with the cheaper purchase; the dearer one shows the same row, and counts nothing.
    assert_eq!(open(&model.metrics[0]), (1, 1, vec![(10, 1)]));
    assert_eq!(open(&model.metrics[1]), (1, 1, vec![(10, 0)]));
    assert_eq!((model.figures.unlicensed, product.figures.unlicensed), (1, 1));
}

#[test]
fn remedies_count_what_they_are_about() {
    let mut estate = site();
    let sql = estate.add_model("Micro Sql");
    estate.models[sql as usize].edition = Some("Enterprise".to_owned());
    for number in 0..2 {
        estate.add_host(&format!("h{number}"), (1, 14), &[sql]);
    }
    estate.add_rights(sql, "Microsoft / Per Core", 28);
    use RemedyKind::{CreateAllocations, RemoveUnallocatedInstalls, RemoveUnlicensedInstalls};
    assert_eq!(remedies(&estate.product("Sql").models[0]), [(CreateAllocations, 28, false)]);
    // Only where others have an allocation is what has none to be removed: each has a candidate then.
    estate.allocate(0, Holder::Device(0), 14);
    let model = estate.product("Sql").models.remove(0);
    assert_eq!(remedies(&model), [(CreateAllocations, 14, false), (RemoveUnallocatedInstalls, 1, false)]);
    assert_eq!(model.candidates.len(), 1);
    estate.allocations.clear();
    // Nobody may use restricted software: it is not to be bought.
    estate.models[sql as usize].restricted = true;
    estate.entitlements[0].rights = 14;
    let product = estate.product("Sql");
    let model = &product.models[0];
    assert_eq!(remedies(model), [(CreateAllocations, 14, false), (RemoveUnlicensedInstalls, 1, false)]);
    assert_eq!((model.figures.needed, money(&model.figures.true_up), model.status), (14, String::new(), Status::NotCompliant));
    assert_eq!(model.why, "1 are not licensed; it is restricted software, which is to be removed and not to be bought.");
}
