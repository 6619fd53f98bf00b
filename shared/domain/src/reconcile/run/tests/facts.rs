//! Worked estates of machines of which only some facts are known.

use super::fixtures::{metric, shown, site};
use crate::entitlement::LicenseType;
use crate::metric::{Amount, PartitionKind, Provider};
use crate::reconcile::run::{CustomMetric, DeviceKind, Estate, PartitionFacts, ResourceValue, Status, Warning};
use std::num::NonZeroU64;

/// A partition with the processor that its agent reports.
fn partition(estate: &mut Estate, id: &str, host: Option<u32>, facts: PartitionFacts, model: u32) -> u32 {
    let device = estate.add_device(id, &[model]);
    let known = &mut estate.devices[device as usize];
    (known.kind, known.host, known.processor) = (DeviceKind::Partition(facts), host, Some("IBM POWER9".to_owned()));
    device
}

fn capped(tenths: u64) -> PartitionFacts {
    let capacity = Some(Amount::ratio(tenths, NonZeroU64::MIN.saturating_add(9)));
    PartitionFacts { entitled_capacity: capacity, ..facts_of(PartitionKind::Capped) }
}

fn facts_of(kind: PartitionKind) -> PartitionFacts {
    PartitionFacts { kind, cores: None, entitled_capacity: None, virtual_processors: None, pool: None, pool_cores: None }
}

#[test]
fn partitions_count_by_the_processor_of_their_server() {
    let check = |metric: &str, host: Option<(u32, u32)>, facts: &[PartitionFacts], expected: &str| {
        let mut estate = site();
        let model = estate.add_model(if metric.starts_with("IBM") { "IBM Db" } else { "Oracle Db" });
        let host = host.map(|(sockets, cores)| {
            let host = estate.add_host("p9", (sockets, cores), &[]);
            estate.devices[host as usize].processor = Some("IBM POWER9".to_owned());
            host
        });
        for (number, facts) in facts.iter().enumerate() {
            partition(&mut estate, &format!("lpar{number}"), host, facts.clone(), model);
        }
        estate.add_rights(model, metric, 1000);
        let product = estate.product("Db");
        assert_eq!(shown(&product), expected, "{metric} {facts:?} {:?}", product.warnings);
    };
    let dedicated = PartitionFacts { cores: Some(4), ..facts_of(PartitionKind::Dedicated) };
    let shared = PartitionFacts {
        virtual_processors: Some(3),
        entitled_capacity: capped(10).entitled_capacity,
        pool: Some("p".to_owned()),
        pool_cores: Some(5),
        ..facts_of(PartitionKind::Uncapped)
    };
    // Two and a half cores are three for IBM, of a server with two sockets; of an unknown server the dearest row counts.
    check("IBM / PVU", Some((2, 10)), &[capped(25)], "1000 210 0 0");
    check("IBM / PVU", None, &[capped(25)], "1000 360 0 0");
    check("IBM / PVU", Some((4, 10)), std::slice::from_ref(&dedicated), "1000 400 0 0");
    check("IBM / PVU", Some((2, 10)), &[shared.clone(), shared.clone()], "1000 350 0 0");
    check("Oracle / Per Processor", Some((2, 10)), &[capped(25), capped(20)], "1000 5 0 0");
    check("Oracle / Per Processor", None, &[dedicated], "1000 4 0 0");
    check("Oracle / Per Processor", Some((2, 10)), &[shared.clone(), shared], "1000 5 0 0");
}

#[test]
fn a_machine_whose_host_nobody_entered_counts_where_the_rule_allows() {
    let check = |model: &str, metric: &str, processor: Option<&str>, expected: &str, why: &[&str]| {
        let mut estate = site();
        let product = estate.add_model(model);
        for id in ["v1", "v2", "v3"] {
            let device = estate.add_machine(id, None, 4, &[product]);
            let known = &mut estate.devices[device as usize];
            (known.processor, known.name) = (processor.map(str::to_owned), format!("name-{id}"));
        }
        let family = (model == "Red Vdc").then(|| "RHEL for Virtual Datacenters".to_owned());
        estate.models[product as usize].family = family;
        estate.add_rights(product, metric, 2000);
        let found = estate.product(model.split(' ').nth(1).unwrap());
        assert_eq!(shown(&found), expected, "{model} {metric} {:?}", found.warnings);
        let told: Vec<String> = found.warnings.iter().map(ToString::to_string).collect();
        assert_eq!(told.is_empty(), why.is_empty(), "{told:?}");
        assert!(why.iter().all(|why| told[0].contains(why)), "{told:?}");
    };
    check("IBM Db", "IBM / PVU", Some("AuthenticAMD AMD EPYC 7763 64-Core Processor"), "2000 840 0 0", &[]);
    let where_to = ["\"name-v1\"", "enter processor in the host record"];
    check("IBM Db", "IBM / PVU", None, "2000 0 0 3", &where_to);
    check("IBM Db", "IBM / PVU", Some("Something new"), "2000 0 0 3", &where_to);
    check("IBM Db", "IBM / VPC", None, "2000 12 0 0", &[]);
    check("Red Hat", "Red Hat / Per Socket-pair", None, "2000 2 0 0", &[]);
    let where_to = ["the host of \"name-v1\" is missing; enter host in the host record of \"name-v1\""];
    check("Red Vdc", "Red Hat / Per Socket-pair", None, "2000 0 0 3", &where_to);
    check("Oracle Db", "Oracle / Per Processor", Some("Intel Xeon"), "2000 0 0 3", &where_to);
}

#[test]
fn a_server_without_an_agent_has_the_processor_that_its_machines_see() {
    let mut estate = site();
    let db = estate.add_model("Oracle Db");
    let host = estate.add_host("esx", (2, 8), &[]);
    estate.devices[host as usize].processor = None;
    estate.add_machine("v", Some(host), 4, &[db]);
    estate.add_rights(db, "Oracle / Per Processor", 8);
    assert_eq!(shown(&estate.product("Db")), "8 8 0 0");
}

#[test]
fn operating_systems_that_were_entered_count_whether_machines_move_or_not() {
    let check = |moves: bool, entered: Option<u64>, machines: usize, expected: &str| {
        let mut estate = site();
        let server = estate.add_model("Micro Server");
        estate.models[server as usize].edition = Some("Standard".to_owned());
        let host = estate.add_host("h", (2, 10), &[server]);
        let known = &mut estate.devices[host as usize];
        (known.most_machines, known.moves, known.cluster) = (entered, moves, Some("c".to_owned()));
        for number in 0..machines {
            estate.add_machine(&format!("v{number}"), Some(host), 2, &[server]);
        }
        estate.add_rights(server, "Microsoft / Per Core (with CAL)", 100);
        let product = estate.product("Server");
        assert_eq!(shown(&product), expected, "{moves} {entered:?} {machines}");
        assert!(!product.warnings.iter().any(|warning| matches!(warning, Warning::MissingFacts { .. })));
    };
    check(false, None, 0, "100 20 0 0");
    check(false, Some(5), 0, "100 60 0 0");
    check(true, Some(5), 0, "100 60 0 0");
    check(false, Some(2), 4, "100 60 0 0");
    check(true, None, 4, "100 60 0 0");
}

#[test]
fn microsoft_s_rights_count_in_clouds_where_their_terms_allow_it() {
    let check = |metric: &str, place: (Provider, bool), kind: LicenseType, purchased: Option<&str>, expected: &str| {
        let mut estate = site();
        let server = estate.add_model("Micro Server");
        estate.models[server as usize].edition = Some(if metric == "Per Core" { "Enterprise" } else { "Datacenter" }.to_owned());
        let host = place.1.then(|| estate.add_host("dedicated", (2, 8), &[]));
        estate.add_machine("v", host, 4, &[server]);
        for device in &mut estate.devices {
            (device.provider, device.cloud) = (Some(place.0), !place.1);
        }
        let right = estate.add_rights(server, &format!("Microsoft / {metric}"), 100);
        (right.license_type, right.purchased_on) = (kind, purchased.map(|day| day.parse().unwrap()));
        (right.start, right.end) = ("2026-01-01".parse().ok(), "2026-12-31".parse().ok());
        let product = estate.product("Server");
        assert_eq!(shown(&product), expected, "{metric} {place:?} {kind:?} {purchased:?} {:?}", product.warnings);
        assert_eq!(product.figures.unlicensed > 0, product.warnings.iter().any(|one| matches!(one, Warning::Denied { .. })));
    };
    let (early, late) = (Some("2019-09-30"), Some("2019-10-01"));
    let (owned, assured) = (LicenseType::Perpetual, LicenseType::PerpetualSoftwareAssurance);
    check("Per Core", (Provider::Aws, false), owned, early, "100 0 0 1");
    check("Per Core", (Provider::Aws, false), assured, late, "100 4 0 0");
    check("Per Core", (Provider::Aws, true), owned, early, "100 16 0 0");
    check("Per Core", (Provider::Aws, true), owned, late, "100 0 0 1");
    check("Per Core", (Provider::Aws, true), owned, None, "100 0 0 1");
    check("Per Core", (Provider::Aws, true), assured, late, "100 4 0 0");
    check("Per Core (with CAL)", (Provider::Azure, false), assured, late, "100 8 0 0");
    check("Per Core (with CAL)", (Provider::Google, false), assured, early, "100 0 0 1");
    check("Per Core (with CAL)", (Provider::Aws, true), assured, early, "100 8 0 0");
    check("Per Core (with CAL)", (Provider::Aws, true), assured, late, "100 0 0 1");
    check("Per Core (with CAL)", (Provider::Azure, true), assured, late, "100 8 0 0");
    check("Per Processor", (Provider::Azure, false), assured, late, "100 1 0 0");
}

#[test]
fn a_passive_replica_is_free_with_software_assurance() {
    let check = |kind: LicenseType, on_machines: bool, expected: &str| {
        let mut estate = site();
        let sql = estate.add_model("Micro Sql");
        estate.models[sql as usize].edition = Some("Enterprise".to_owned());
        for id in ["a", "b"] {
            let host = estate.add_host(id, (2, 8), if on_machines { &[] } else { std::slice::from_ref(&sql) });
            if on_machines {
                estate.add_machine(&format!("v{id}"), Some(host), 4, &[sql]);
            }
            estate.devices.last_mut().unwrap().passive = id == "b";
        }
        estate.add_rights(sql, "Microsoft / Per Core", 100).license_type = kind;
        assert_eq!(shown(&estate.product("Sql")), expected, "{kind:?} {on_machines}");
    };
    check(LicenseType::Subscription, false, "100 16 0 0");
    check(LicenseType::Perpetual, false, "100 32 0 0");
    check(LicenseType::Subscription, true, "100 4 0 0");
    check(LicenseType::Perpetual, true, "100 32 0 0");
}

#[test]
fn activated_cores_of_value_units_follow_the_usage_type() {
    let check = |metric: &str, expected: &str| {
        let mut estate = site();
        let tool = estate.add_model("Big Tool");
        let host = estate.add_host("h", (2, 8), &[]);
        estate.add_machine("v1", Some(host), 4, &[tool]);
        estate.add_machine("v2", Some(host), 2, &[tool]);
        estate.add_rights(tool, &format!("IBM / {metric}"), 100);
        assert_eq!(shown(&estate.product("Tool")), expected, "{metric}");
    };
    check("RVU Full Capacity", "100 16 0 0");
    check("RVU Sub-capacity", "100 6 0 0");
    check("RVU", "100 6 0 0");
}

#[test]
fn a_measured_value_counts_for_one_metric() {
    let check = |named: Option<&str>, expected: [u64; 2], warned: bool| {
        let mut estate = site();
        let tool = estate.add_model("Mega Tool");
        estate.custom_metrics.push(CustomMetric { name: metric("Site / Per Robot"), rank_allocated: 1, rank_unallocated: 1 });
        estate.add_rights(tool, "Site / Per Robot", 5);
        estate.add_rights(tool, "Consumption / SaaS Consumption", 100);
        let (id, metric, units) = ("r".to_owned(), named.map(metric), "8".parse().unwrap());
        let quantity = crate::reconcile::run::Quantity::Units;
        estate.resource_values.push(ResourceValue {
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
        let used = |name: &str| {
            let metrics = product.models.iter().flat_map(|model| &model.metrics);
            metrics.filter(|one| one.metric == name).map(|one| one.figures.used() + one.figures.needed).sum::<u64>()
        };
        assert_eq!([used("Per Robot"), used("SaaS Consumption")], expected, "{named:?}");
        let told = product.warnings.iter().filter(|one| one.to_string().contains("names no metric")).count();
        assert_eq!(told > 0, warned, "{:?}", product.warnings);
    };
    check(Some("Site / Per Robot"), [8, 0], false);
    check(Some("Consumption / SaaS Consumption"), [0, 8], false);
    check(None, [0, 0], true);
}

#[test]
fn software_in_a_machine_counts_by_the_processors_that_its_metric_says() {
    // Sockets and cores of the machine, those of its host if it is known, and rights that are used; none where nobody knows.
    let check = |metric: &str, own: (u32, u32), host: Option<(u32, u32)>, expected: Option<u64>| {
        let mut estate = site();
        let db = estate.add_model("Acme Db");
        estate.models[db as usize].edition = metric.starts_with("Microsoft").then(|| "Datacenter".to_owned());
        let host = host.map(|facts| estate.add_host("host", facts, &[]));
        let machine = estate.add_machine("vm", host, own.0, &[db]);
        estate.devices[machine as usize].cores_per_socket = Some(own.1);
        estate.add_rights(db, metric, 100);
        let product = estate.product("Db");
        let known = (product.status == Status::Compliant).then(|| product.figures.used());
        assert_eq!(known, expected, "{metric} {own:?} on {host:?}: {:?}", product.warnings);
    };
    for host in [None, Some((2, 20))] {
        check("Common / Per Core", (1, 2), host, Some(2));
        check("Common / Per Processor", (1, 2), host, Some(1));
        check("Citrix / Per Processor", (4, 2), host, Some(4));
        check("IBM / Per Processor", (2, 2), host, Some(2));
    }
    // These count servers: the host of the machine, as far as that is known.
    for (metric, expected) in [
        ("VMware / Per Core", 40),
        ("VMware / Per Processor", 2),
        ("Microsoft / Per Processor", 1),
        ("Oracle / Per Processor", 20),
    ] {
        check(metric, (1, 2), Some((2, 20)), Some(expected));
        check(metric, (1, 2), None, None);
    }
}
