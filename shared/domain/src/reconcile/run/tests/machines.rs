//! Worked estates of hosts, virtual machines and clusters.

use super::fixtures::{metric, shown, site};
use crate::entitlement::LicenseType;
use crate::reconcile::run::{ClientAccess, Clients, CustomMetric, Disposition, Estate, Holder, OverrideCost, Status, Warning};

/// A model with an edition.
fn edition(estate: &mut Estate, name: &str, edition: &str) -> u32 {
    let model = estate.add_model(&format!("{name} {edition}"));
    let known = &mut estate.models[model as usize];
    (known.version, known.edition) = (None, Some(edition.to_owned()));
    model
}

#[test]
fn a_host_is_licensed_as_a_whole_or_not_at_all() {
    let mut estate = site();
    let sql = edition(&mut estate, "Micro Sql", "Enterprise");
    for id in ["h1", "h2", "h3"] {
        estate.add_host(id, (2, 4), &[sql]);
    }
    estate.add_rights(sql, "Microsoft / Per Core", 20);
    let product = estate.product("Sql");
    assert_eq!(shown(&product), "20 16 4 1 40 EUR");
    assert_eq!(product.figures.nontransferable, 4);
    let licensed: Vec<u64> =
        product.models[0].metrics[0].members.iter().map(|row| row.rights).filter(|rights| *rights > 0).collect();
    assert_eq!(licensed, [8, 8]);
}

#[test]
fn machines_are_licensed_one_by_one_only_where_that_is_allowed_and_cheaper() {
    let mut estate = site();
    let sql = edition(&mut estate, "Micro Sql", "Enterprise");
    let host = estate.add_host("h", (2, 16), &[]);
    for id in ["v1", "v2"] {
        estate.add_machine(id, Some(host), 8, &[sql]);
    }
    estate.add_rights(sql, "Microsoft / Per Core", 40);
    assert_eq!(shown(&estate.product("Sql")), "40 32 0 0", "the host, without Software Assurance");
    estate.entitlements[0].license_type = LicenseType::Subscription;
    assert_eq!(shown(&estate.product("Sql")), "40 16 0 0", "each machine");
    for number in 3..7 {
        estate.add_machine(&format!("v{number}"), Some(host), 8, &[sql]);
    }
    assert_eq!(shown(&estate.product("Sql")), "40 32 0 0", "the host is cheaper again");
    estate.models[sql as usize].edition = Some("Standard".to_owned());
    assert_eq!(shown(&estate.product("Sql")), "40 40 8 1 80 EUR", "Standard is licensed by machine");
    estate.entitlements[0].license_type = LicenseType::Perpetual;
    let product = estate.product("Sql");
    assert_eq!(shown(&product), "40 0 0 6");
    assert!(matches!(product.warnings[..], [Warning::Denied { devices: 6, .. }]));
}

#[test]
fn what_is_not_known_is_said_and_never_nothing() {
    let mut estate = site();
    let sql = edition(&mut estate, "Micro Sql", "Enterprise");
    estate.add_host("h1", (2, 4), &[sql]);
    for id in ["x1", "x2", "x3"] {
        estate.add_device(id, &[sql]);
    }
    estate.add_rights(sql, "Microsoft / Per Core", 100);
    let product = estate.product("Sql");
    assert_eq!(shown(&product), "100 8 0 3");
    assert!(matches!(product.warnings[..], [Warning::MissingFacts { devices: 3, .. }]));
    assert!(
        product.warnings[0].to_string().starts_with("Microsoft / Per Core: 3 devices stay unlicensed, because the number of ")
    );
    // A metric that counts all of it together leaves out only what it does not know.
    let db = estate.add_model("Oracle Db");
    estate.add_host("o1", (2, 4), &[db]);
    estate.add_device("o2", &[db]);
    estate.add_rights(db, "Oracle / Per Processor", 4);
    let product = estate.product("Db");
    assert_eq!(shown(&product), "4 4 0 1");
    assert!(matches!(product.warnings[..], [Warning::MissingFacts { devices: 1, .. }]));
    // A machine whose host nobody knows is not licensed for nothing.
    let server = edition(&mut estate, "Micro Server", "Datacenter");
    estate.add_machine("lost", None, 4, &[server]);
    estate.add_rights(server, "Microsoft / Per Processor", 4);
    let product = estate.product("Server");
    assert_eq!((shown(&product).as_str(), product.warnings.len()), ("4 0 0 1", 1));
}

#[test]
fn oracle_counts_every_host_of_the_cluster() {
    let mut estate = site();
    let db = estate.add_model("Oracle Db");
    let hosts: Vec<u32> = (0..3).map(|number| estate.add_host(&format!("h{number}"), (2, 4), &[])).collect();
    for host in &hosts {
        estate.devices[*host as usize].cluster = Some("c".to_owned());
    }
    estate.add_machine("v", Some(hosts[0]), 2, &[db]);
    estate.add_rights(db, "Oracle / Per Processor", 4);
    assert_eq!(shown(&estate.product("Db")), "4 0 8 1 80 EUR");
    estate.settings.oracle_level = crate::metric::inputs::AggregationLevel::Esx;
    assert_eq!(shown(&estate.product("Db")), "4 4 0 0");
    // Rights of Oracle that are allocated to a machine are not in use (domain 6.6).
    estate.allocate(0, Holder::Device(3), 2);
    let figures = estate.product("Db").figures;
    assert_eq!((figures.allocated_not_in_use, figures.allocated_in_use, figures.needed), (2, 0, 2));
    // Named users put the processors aside.
    estate.allocations.clear();
    estate.add_rights(db, "Oracle / Named User Plus", 250);
    let users = Clients::Count(20);
    estate.client_access.push(ClientAccess { id: "a".to_owned(), model: db, users, devices: Clients::default() });
    let product = estate.product("Db");
    assert_eq!((product.figures.used(), product.figures.needed), (200, 0));
    assert!(product.warnings.iter().any(|warning| matches!(warning, Warning::PutAside { .. })));
}

#[test]
fn allocated_cores_count_as_they_are() {
    let mut estate = site();
    let server = edition(&mut estate, "Micro Server", "Datacenter");
    for (id, cores) in [("h1", 8), ("h2", 8)] {
        estate.add_host(id, (2, cores), &[server]);
    }
    estate.add_rights(server, "Microsoft / Per Core (with CAL)", 40);
    let check = |estate: &Estate, expected: (u64, u64, u64, u64)| {
        let figures = estate.product("Server").figures;
        let found = (figures.allocated_in_use, figures.allocated_not_in_use, figures.not_allocated_in_use, figures.needed);
        assert_eq!(found, expected);
    };
    check(&estate, (0, 0, 32, 0));
    estate.allocate(0, Holder::Device(0), 1);
    check(&estate, (16, 0, 16, 0));
    estate.allocations[0].quantity = 20;
    check(&estate, (16, 4, 16, 0));
    estate.allocations[0].holder = Holder::Cluster("c".to_owned());
    check(&estate, (0, 20, 16, 12));
}

#[test]
fn halves_of_red_hat_are_rounded_up_together() {
    let mut estate = site();
    let rhel = estate.add_model("Red Hat");
    let host = estate.add_host("h", (2, 8), &[]);
    for id in ["v1", "v2", "v3"] {
        estate.add_machine(id, Some(host), 2, &[rhel]);
    }
    estate.add_rights(rhel, "Red Hat / Per Socket-pair", 2);
    let product = estate.product("Hat");
    assert_eq!(shown(&product), "2 2 0 0");
    assert_eq!(product.models[0].metrics[0].members.len(), 3);
}

#[test]
fn metrics_of_the_site_count_units_by_their_rank() {
    let mut estate = site();
    let tool = estate.add_model("Mega Tool");
    estate.add_device("a", &[tool]);
    let name = metric("Site / Terabyte");
    estate.custom_metrics.push(CustomMetric { name: name.clone(), rank_allocated: 1, rank_unallocated: 1 });
    estate.add_rights(tool, "Site / Terabyte", 5);
    let (id, metric, units) = ("r".to_owned(), Some(name), "7.5".parse().unwrap());
    let quantity = crate::reconcile::run::Quantity::Units;
    estate.resource_values.push(crate::reconcile::run::ResourceValue {
        id,
        model: tool,
        metric,
        quantity,
        units,
        device: None,
        start: None,
        end: None,
    });
    let product = estate.product("Tool");
    assert_eq!(shown(&product), "5 5 3 3 30 EUR");
    assert!(product.models[0].metrics[0].members.iter().any(|row| row.disposition == Disposition::Counted));
    estate.entitlements[0].metric.metric = "Nonsense".to_owned();
    assert!(matches!(estate.product("Tool").warnings[..], [Warning::UnknownMetric { .. }]));
}

#[test]
fn what_essentials_plus_is_not_for_stays_unlicensed() {
    let estate = |hosts: &[(u32, u32)], rights| {
        let mut estate = site();
        let vsphere = estate.add_model("Vmware Vsphere");
        estate.models[vsphere as usize].family = Some("VVEP".to_owned());
        for (number, cores) in hosts.iter().enumerate() {
            estate.add_host(&format!("h{number}"), *cores, &[vsphere]);
        }
        estate.add_rights(vsphere, "VMware / Per Core", rights);
        estate
    };
    // Hosts, rights; `owned used needed unlicensed`, and what is said to be beyond the limits: cores and hosts.
    let check = |hosts: &[(u32, u32)], rights, expected: &str, beyond: Option<(u64, usize)>| {
        let product = estate(hosts, rights).product("Vsphere");
        assert_eq!(shown(&product), expected, "{hosts:?} {rights}");
        let warnings = product.warnings.iter();
        let found = warnings.map(|warning| match warning {
            Warning::BeyondLimits { cores, hosts, .. } => (*cores, *hosts),
            other => panic!("{other}"),
        });
        assert_eq!(found.collect::<Vec<_>>(), beyond.into_iter().collect::<Vec<_>>(), "{hosts:?}");
    };
    check(&[(2, 16), (1, 32)], 96, "96 64 0 0", None);
    check(&[(2, 16), (1, 32)], 63, "63 32 1 1 10 EUR", None);
    // 16 cores of a host that has its rights are not licensed by any.
    check(&[(2, 40)], 64, "64 64 0 16", Some((16, 1)));
    check(&[(2, 40)], 0, "0 0 64 1", Some((16, 1)));
    // The fourth host, and there is nothing to be bought for it.
    check(&[(2, 8), (2, 16), (2, 16), (2, 16)], 200, "200 96 0 1", Some((16, 1)));
    let mut estate = estate(&[(2, 8), (2, 16), (2, 16), (2, 16)], 200);
    estate.allocate(0, Holder::Device(0), 16);
    let figures = estate.product("Vsphere").figures;
    assert_eq!((figures.allocated_in_use, figures.not_allocated_in_use, figures.unlicensed), (16, 64, 1));
    let text = estate.product("Vsphere").warnings[0].to_string();
    assert_eq!(
        text,
        "VMware / Per Core: 32 cores of 1 hosts are beyond what the product licenses (VMware vSphere Essentials Plus: 3 hosts, 2 \
         processors, 32 cores each) and stay unlicensed; license those hosts with another product"
    );
}

#[test]
fn a_machine_whose_host_nobody_knows_is_not_short_of_rights_yet() {
    for (assured, expected) in [(false, Status::NotReconciled), (true, Status::Compliant)] {
        let mut estate = site();
        let sql = edition(&mut estate, "Micro Sql", "Enterprise");
        estate.add_machine("vm", None, 4, &[sql]);
        let rights = estate.add_rights(sql, "Microsoft / Per Core", 50);
        if assured {
            rights.license_type = LicenseType::Subscription;
        }
        let product = estate.product("Sql");
        assert_eq!(product.status, expected);
        let told = product.warnings.iter().map(ToString::to_string).collect::<String>();
        assert_eq!(told.contains("the host of \"vm\" is missing"), !assured, "{told}");
    }
}

#[test]
fn each_machine_beyond_what_a_host_allows_needs_a_right_of_its_own() {
    // Rights without and with Software Assurance for a host of 24 cores with 30 machines.
    let check = |hosts: u32, without: u64, with: u64, expected: &str| {
        let mut estate = site();
        let sql = edition(&mut estate, "Micro Sql", "Enterprise");
        for host in 0..hosts {
            let place = estate.add_host(&format!("h{host}"), (2, 12), &[sql]);
            (0..30).for_each(|number| _ = estate.add_machine(&format!("h{host}v{number:02}"), Some(place), 4, &[sql]));
        }
        estate.add_rights(sql, "Microsoft / Per Core", without);
        estate.add_rights(sql, "Microsoft / Per Core", with).license_type = LicenseType::Subscription;
        assert_eq!(shown(&estate.product("Sql")), expected, "{without} + {with}");
    };
    check(1, 23, 0, "23 0 7 31 70 EUR");
    check(1, 24, 0, "24 24 6 6 60 EUR");
    check(1, 26, 0, "26 26 4 4 40 EUR");
    check(1, 30, 0, "30 30 0 0");
    check(1, 33, 0, "33 30 0 0");
    check(1, 0, 24, "24 24 0 0");
    check(1, 12, 12, "24 24 6 6 60 EUR");
    check(1, 18, 12, "30 30 0 0");
    // A host that is not licensed keeps no right for what is beyond it.
    check(2, 34, 0, "34 30 26 31 260 EUR");
    check(2, 56, 0, "56 56 4 4 40 EUR");
}

#[test]
fn rights_with_assurance_go_where_they_license_most() {
    // Cores of each of two hosts, machines on them, rights without and with Software Assurance, prices.
    let check = |cores: u32, machines: [u32; 2], rights: u64, prices: [&str; 2], expected: &str| {
        let mut estate = site();
        let sql = edition(&mut estate, "Micro Sql", "Enterprise");
        for (host, machines) in machines.into_iter().enumerate() {
            let place = estate.add_host(&format!("h{host}"), (1, cores), &[]);
            (0..machines).for_each(|number| _ = estate.add_machine(&format!("h{host}v{number}"), Some(place), 4, &[sql]));
        }
        for (price, license_type) in prices.into_iter().zip([LicenseType::Perpetual, LicenseType::Subscription]) {
            let one = estate.add_rights(sql, "Microsoft / Per Core", rights);
            (one.unit_cost, one.license_type) = (price.parse().ok(), license_type);
        }
        let shown = shown(&estate.product("Sql"));
        assert_eq!(shown.rsplit_once(" EUR").map_or(shown.as_str(), |(shown, _)| shown), expected, "{machines:?} {prices:?}");
    };
    check(4, [5, 4], 4, ["10", "12"], "8 8 0 0");
    check(4, [4, 5], 4, ["10", "12"], "8 8 0 0");
    check(4, [5, 4], 4, ["12", "10"], "8 8 0 0");
    check(4, [4, 5], 4, ["12", "10"], "8 8 0 0");
    check(4, [5, 5], 4, ["10", "12"], "8 8 1 1 10");
    check(8, [10, 10], 8, ["10", "12"], "16 16 2 2 20");
}

#[test]
fn machines_with_an_allocation_are_beyond_what_their_host_allows() {
    let check = |assured: bool, host: u64, machine: (&str, u64), expected: &str| {
        let mut estate = site();
        let sql = edition(&mut estate, "Micro Sql", "Enterprise");
        let place = estate.add_host("h", (1, 4), &[]);
        let machines: Vec<u32> = (0..5).map(|number| estate.add_machine(&format!("v{number}"), Some(place), 4, &[sql])).collect();
        let own = estate.devices.iter().position(|device| device.id == machine.0).unwrap();
        assert!(machines.contains(&u32::try_from(own).unwrap()));
        estate.add_rights(sql, "Microsoft / Per Core", if assured { 4 } else { 5 });
        if assured {
            estate.add_rights(sql, "Microsoft / Per Core", 4).license_type = LicenseType::Subscription;
        }
        let own = Holder::Device(u32::try_from(own).unwrap());
        estate.allocate(u32::from(assured), own, machine.1);
        estate.allocate(0, Holder::Device(place), host);
        let product = estate.product("Sql");
        let figures = &product.figures;
        let allocated = (figures.allocated_in_use, figures.allocated_not_in_use);
        assert_eq!(format!("{allocated:?} {}", shown(&product)), expected, "{machine:?}");
    };
    for name in ["v0", "v2", "v4"] {
        check(false, 4, (name, 1), "(5, 0) 5 5 0 0");
        check(true, 4, (name, 4), "(8, 0) 8 8 0 0");
    }
}

#[test]
fn another_edition_has_no_price_of_its_own() {
    let mut estate = site();
    let (sql, standard) = (edition(&mut estate, "Micro Sql", "Enterprise"), edition(&mut estate, "Micro Sql", "Standard"));
    estate.add_host("h", (1, 6), &[sql]);
    estate.add_rights(standard, "Microsoft / Per Core", 100);
    let product = estate.product("Sql");
    assert_eq!(shown(&product), "100 0 6 1", "what Standard costs says nothing");
    let told: String = product.models.iter().map(|model| model.why.as_str()).collect();
    assert!(!told.contains("Standard"), "{told}");
    let (license_cost, currency) = ("50".parse().unwrap(), "EUR".to_owned());
    let (model, metric) = (sql, metric("Microsoft / Per Core"));
    estate.override_costs.push(OverrideCost { model, metric, license_cost, currency, ..OverrideCost::default() });
    assert_eq!(shown(&estate.product("Sql")), "100 0 6 1 300 EUR");
}

#[test]
fn rights_with_and_without_assurance_license_a_host_together() {
    let mut estate = site();
    let sql = edition(&mut estate, "Micro Sql", "Enterprise");
    estate.add_host("h", (2, 12), &[sql]);
    estate.add_rights(sql, "Microsoft / Per Core", 24);
    assert_eq!(shown(&estate.product("Sql")), "24 24 0 0");
    let assurance = estate.add_rights(sql, "Microsoft / Per Core", 12);
    (assurance.license_type, assurance.maintains) = (LicenseType::SoftwareAssurance, vec![(0, u64::MAX)]);
    let product = estate.product("Sql");
    assert_eq!(shown(&product), "24 24 0 0");
    let used: Vec<(bool, u64)> =
        product.models[0].metrics.iter().map(|metric| (metric.maintenance, metric.figures.used())).collect();
    assert_eq!(used, [(false, 12), (true, 12)]);
    // An allocation of all of them is one, too.
    estate.allocate(0, Holder::Device(0), 24);
    let product = estate.product("Sql");
    assert_eq!((product.figures.allocated_in_use, product.figures.allocated_not_in_use, product.warnings.len()), (24, 0, 0));
    // What is short is short by what both lack.
    estate.allocations.clear();
    estate.entitlements[0].rights = 20;
    let product = estate.product("Sql");
    assert_eq!((product.figures.used(), product.figures.nontransferable, product.figures.needed), (0, 20, 4));
    // Machines have only those with Software Assurance.
    let host = estate.add_host("other", (2, 12), &[]);
    estate.installs.clear();
    for id in ["v1", "v2", "v3"] {
        estate.add_machine(id, Some(host), 6, &[sql]);
    }
    let product = estate.product("Sql");
    assert_eq!((product.figures.used(), product.figures.unlicensed), (12, 1), "two machines");
}

#[test]
fn standard_licenses_a_host_for_itself_and_its_machines_one_by_one() {
    let mut estate = site();
    let sql = edition(&mut estate, "Micro Sql", "Standard");
    let host = estate.add_host("h", (2, 6), &[sql]);
    let machine = estate.add_machine("v", Some(host), 4, &[sql]);
    estate.add_rights(sql, "Microsoft / Per Core", 40).license_type = LicenseType::Subscription;
    assert_eq!(shown(&estate.product("Sql")), "40 16 0 0");
    let found = |estate: &Estate| {
        let figures = estate.product("Sql").figures;
        (figures.allocated_in_use, figures.allocated_not_in_use, figures.not_allocated_in_use, figures.unlicensed)
    };
    // An allocation to the host is for what runs on it directly, one to a machine for the machine.
    estate.allocate(0, Holder::Device(host), 20);
    assert_eq!(found(&estate), (12, 8, 4, 0));
    estate.allocations[0].holder = Holder::Device(machine);
    assert_eq!(found(&estate), (4, 16, 12, 0));
    // Without Software Assurance its machines are not licensed, and it is.
    estate.allocations.clear();
    estate.entitlements[0].license_type = LicenseType::Perpetual;
    assert_eq!(found(&estate), (0, 0, 12, 1));
    // Where it does not run on the host itself, nothing there is in use by the allocation.
    estate.entitlements[0].license_type = LicenseType::Subscription;
    estate.installs.retain(|install| install.device != host);
    estate.add_machine("w", Some(host), 4, &[sql]);
    estate.allocate(0, Holder::Device(host), 20);
    assert_eq!(found(&estate), (0, 20, 8, 0));
    // Enterprise is licensed on the host.
    estate.models[sql as usize].edition = Some("Enterprise".to_owned());
    assert_eq!(found(&estate), (12, 8, 0, 0));
}

#[test]
fn named_users_of_one_edition_leave_the_processors_of_others() {
    let mut estate = site();
    let [enterprise, standard] = ["EE", "SE"].map(|name| edition(&mut estate, "Oracle Db", name));
    estate.add_host("e", (2, 4), &[enterprise]);
    estate.add_host("s", (2, 4), &[standard]);
    estate.add_rights(enterprise, "Oracle / Named User Plus", 300);
    estate.add_rights(standard, "Oracle / Per Processor", 8);
    let (id, users) = ("a".to_owned(), Clients::Count(20));
    estate.client_access.push(ClientAccess { id, model: enterprise, users, devices: Clients::default() });
    let product = estate.product("Db");
    let by_metric: Vec<(&str, u64)> = product
        .models
        .iter()
        .flat_map(|model| &model.metrics)
        .map(|metric| (metric.metric.as_str(), metric.figures.used()))
        .collect();
    assert_eq!(by_metric, [("Named User Plus", 200), ("Per Processor", 2)]);
    assert_eq!((product.figures.unlicensed, product.figures.needed), (0, 0));
    estate.entitlements[1].rights = 0;
    let product = estate.product("Db");
    assert_eq!((product.figures.unlicensed, product.figures.needed), (1, 2), "a user of the one licenses no other");
    estate.entitlements[0].unlimited = true;
    let product = estate.product("Db");
    assert_eq!(
        (product.figures.unlicensed, product.figures.needed),
        (1, 2),
        "users without a limit license the first all the same"
    );
}
