//! Worked estates in which two products may license the same machines.

use super::fixtures::{metric, shown, site};
use crate::entitlement::LicenseType;
use crate::reconcile::run::{Downgrade, Estate, Holder, OverrideCost, ProductResult, RemedyKind, Warning};

/// Two models of a product: the one licenses whole servers and may be used for the other, too. With rights of both.
fn two(estate: &mut Estate, (group, metric): (&str, &str), editions: [&str; 2], rights: [u64; 2]) -> [u32; 2] {
    let models = editions.map(|edition| {
        let model = estate.add_model(&format!("Vendor Server {}", edition.replace(' ', "-")));
        let known = &mut estate.models[model as usize];
        known.version = None;
        if group == "Red Hat" {
            known.family = Some(edition.to_owned());
        } else {
            known.edition = Some(edition.to_owned());
        }
        model
    });
    let downgrade = Downgrade { target: models[0], order: 1, active: true, start: None, end: None };
    estate.models[models[1] as usize].downgrades.push(downgrade);
    for (model, rights) in models.into_iter().zip(rights) {
        estate.add_rights(model, &format!("{group} / {metric}"), rights);
    }
    models
}

/// A host with so many machines that have a model.
fn host(estate: &mut Estate, id: &str, (sockets, cores): (u32, u32), machines: usize, model: u32) -> u32 {
    let host = estate.add_host(id, (sockets, cores), &[]);
    estate.devices[host as usize].name = id.to_owned();
    for number in 0..machines {
        estate.add_machine(&format!("{id}-{number}"), Some(host), 2, &[model]);
    }
    host
}

/// Rights used of each model.
fn used(product: &ProductResult) -> Vec<u64> {
    product.models.iter().flat_map(|model| &model.metrics).map(|metric| metric.figures.used()).collect()
}

const WINDOWS: (&str, &str) = ("Microsoft", "Per Core (with CAL)");
const SQL: (&str, &str) = ("Microsoft", "Per Core");
const RED_HAT: (&str, &str) = ("Red Hat", "Per Socket-pair");

#[test]
fn datacenter_goes_to_servers_with_many_machines() {
    // Ten machines need 5 times 16 rights of Standard, more than what 16 of Datacenter cost; two need 16 of Standard.
    let check = |rights: [u64; 2], expected: &[u64], needed: u64, open: u64| {
        let mut estate = site();
        let [standard, datacenter] = two(&mut estate, WINDOWS, ["Standard", "Datacenter"], rights);
        host(&mut estate, "large", (2, 8), 10, standard);
        host(&mut estate, "small", (2, 8), 2, standard);
        estate.override_costs.push(OverrideCost {
            model: datacenter,
            metric: metric("Microsoft / Per Core (with CAL)"),
            license_cost: "45".parse().unwrap(),
            currency: "EUR".to_owned(),
            ..OverrideCost::default()
        });
        let product = estate.product("Server");
        let mut found = used(&product);
        found.sort_unstable();
        assert_eq!(
            (found.as_slice(), product.figures.needed, product.figures.unlicensed),
            (expected, needed, open),
            "{rights:?}"
        );
        product
    };
    let product = check([100, 16], &[16, 16], 0, 0);
    let why = &product.models.iter().flat_map(|model| &model.metrics).find(|metric| metric.figures.owned == 16).unwrap().why;
    assert_eq!(
        *why,
        "1 hosts, machines or clusters with it need 16 rights: Host: processors times the larger of 8 and the cores of a processor, at \
         least 16; Standard once for every two operating system environments. Machine: the larger of 8 and its virtual processors, only \
         with Software Assurance or a subscription. Datacenter comes first where it costs as much as Standard or less, by what publishers \
         ask for one right of either: in 1 of 2 places, such as large, which needs 80 of Standard or 16 more of Datacenter. Of 16 rights \
         owned, 16 are used (0 allocated and in use, 0 allocated and not in use, 16 in use without an allocation) and 0 are available."
    );
    check([100, 0], &[0, 96], 0, 0);
    check([0, 32], &[0, 32], 0, 0);
    check([16, 32], &[16, 16], 0, 0);
    // Rights that are too few for a server are free where the other product licenses it.
    check([10, 32], &[0, 32], 0, 0);
    // What neither has rights for is bought where that is the cheapest: 16 of Datacenter at 45 EUR, not 80 of Standard at 10 EUR.
    let product = check([16, 0], &[0, 16], 16, 10);
    let buy = &product.models.iter().find(|model| model.figures.needed > 0).unwrap();
    let offers: Vec<(u64, &str)> = buy
        .remedies
        .iter()
        .filter(|remedy| remedy.kind == RemedyKind::PurchaseRights)
        .map(|remedy| (remedy.count, remedy.metric.metric.as_str()))
        .collect();
    assert_eq!(offers, [(16, "Per Core (with CAL), Datacenter"), (80, "Per Core (with CAL)")]);
    assert_eq!(
        buy.why,
        "10 are not licensed; the cheapest way is to buy 16 of Microsoft / Per Core (with CAL), Datacenter (720.00 EUR)."
    );
}

#[test]
fn machines_come_along_where_the_server_is_licensed_anyway() {
    let mut estate = site();
    let [standard, datacenter] = two(&mut estate, WINDOWS, ["Standard", "Datacenter"], [16, 16]);
    let server = host(&mut estate, "mixed", (2, 8), 2, standard);
    estate.add_machine("dc", Some(server), 2, &[datacenter]);
    let product = estate.product("Server");
    assert_eq!((used(&product), shown(&product)), (vec![16, 0], "32 16 0 0".to_owned()));
    // Without rights, the server's are bought once, and the machines of Standard come along.
    for entitlement in &mut estate.entitlements {
        entitlement.rights = 0;
    }
    assert_eq!(shown(&estate.product("Server")), "0 0 16 3");
    // Datacenter may not be used for Standard without the right to: each is on its own.
    estate.models[datacenter as usize].downgrades.clear();
    assert_eq!(shown(&estate.product("Server")), "0 0 32 3");
}

#[test]
fn sql_server_takes_the_host_where_its_machines_cost_more() {
    let check = |machines: usize, assured: [bool; 2], expected: [u64; 2]| {
        let mut estate = site();
        let [standard, _] = two(&mut estate, SQL, ["Standard", "Enterprise"], [1000, 1000]);
        for (place, assured) in assured.into_iter().enumerate() {
            if assured {
                estate.entitlements[place].license_type = LicenseType::Subscription;
            }
        }
        host(&mut estate, "h", (2, 16), machines, standard);
        let product = estate.product("Server");
        let by_edition = |edition: &str| {
            let mut models = product.models.iter();
            let known = models.find(|one| estate.models[one.model as usize].edition.as_deref() == Some(edition)).unwrap();
            known.figures.used()
        };
        assert_eq!([by_edition("Standard"), by_edition("Enterprise")], expected, "{machines} {assured:?}");
        assert_eq!((product.figures.needed, product.figures.unlicensed, product.warnings.len()), (0, 0, 0));
    };
    // Four rights for each machine; 32 cores of Enterprise cost as much as 128 rights of Standard.
    check(31, [true, true], [124, 0]);
    check(32, [true, true], [0, 32]);
    // Standard without Software Assurance licenses no machines.
    check(3, [false, true], [0, 12]);
    check(3, [false, false], [0, 32]);
}

#[test]
fn red_hat_chooses_by_density() {
    let check = |machines: [usize; 2], rights: [u64; 2], expected: [u64; 2], open: u64| {
        let mut estate = site();
        let [server, _] = two(&mut estate, RED_HAT, ["RHEL Server", "RHEL for Virtual Datacenters"], rights);
        for (name, count) in ["a", "b"].into_iter().zip(machines) {
            let host = host(&mut estate, name, (2, 8), count, server);
            estate.devices[host as usize].cluster = Some(format!("cluster {name}"));
        }
        let product = estate.product("Server");
        assert_eq!((product.figures.unlicensed, product.warnings.len()), (open, 0));
        let of = |family: &str| {
            let mut models = product.models.iter();
            models.find(|one| estate.models[one.model as usize].family.as_deref() == Some(family)).unwrap().figures.used()
        };
        assert_eq!([of("RHEL Server"), of("RHEL for Virtual Datacenters")], expected, "{machines:?} {rights:?}");
    };
    // One socket pair: from 7 machines, which need 4 rights, on.
    check([8, 6], [9, 9], [3, 1], 0);
    check([6, 6], [9, 9], [6, 0], 0);
    // Where the one has run out, the other serves.
    check([8, 6], [9, 0], [7, 0], 0);
    check([8, 6], [0, 9], [0, 2], 0);
    check([8, 8], [9, 1], [4, 1], 0);
    check([6, 6], [3, 9], [3, 1], 0);
    check([8, 6], [2, 0], [0, 0], 14);
}

#[test]
fn machines_in_a_cloud_are_for_the_server_product() {
    let mut estate = site();
    let [server, _] = two(&mut estate, RED_HAT, ["RHEL Server", "RHEL for Virtual Datacenters"], [1, 9]);
    for id in ["c1", "c2", "c3"] {
        let device = estate.add_machine(id, None, 2, &[server]);
        estate.devices[device as usize].cloud = true;
    }
    let product = estate.product("Server");
    assert_eq!(product.figures.unlicensed, 3, "two rights are needed for three machines");
    assert!(matches!(&product.warnings[..], [Warning::Denied { why, devices: 3, .. }] if why.contains("public cloud")));
    estate.entitlements[0].rights = 2;
    let product = estate.product("Server");
    assert_eq!((product.figures.used(), product.figures.unlicensed, product.warnings.len()), (2, 0, 0));
    // What is allocated comes before every choice.
    let mut estate = site();
    let [server, _] = two(&mut estate, RED_HAT, ["RHEL Server", "RHEL for Virtual Datacenters"], [9, 9]);
    let place = host(&mut estate, "h", (2, 8), 2, server);
    estate.allocate(1, Holder::Device(place), 1);
    let product = estate.product("Server");
    assert_eq!((product.figures.allocated_in_use, product.figures.not_allocated_in_use, product.figures.unlicensed), (1, 0, 0));
}

#[test]
fn editions_choose_however_they_are_written() {
    let used_of = |editions: [&str; 2]| {
        let mut estate = site();
        let [standard, _] = two(&mut estate, WINDOWS, editions, [80, 16]);
        host(&mut estate, "large", (2, 8), 10, standard);
        host(&mut estate, "small", (2, 8), 2, standard);
        used(&estate.product("Server"))
    };
    assert_eq!(used_of(["STANDARD Edition", "Datacenter Edition"]), used_of(["Standard", "Datacenter"]));
}
