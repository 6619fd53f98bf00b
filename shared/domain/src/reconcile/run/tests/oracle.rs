//! Worked estates of Oracle: named users of one version, processors of another.

use super::fixtures::site;
use crate::reconcile::run::{ClientAccess, Clients, Downgrade, Estate, Status};

/// Databases in an edition, on servers with 4 cores for each 18c and 8 for each 19c.
fn databases(installed: &[&str]) -> Estate {
    let mut estate = site();
    for version in ["18c", "19c"] {
        let model = estate.add_model(&format!("Oracle Db {version}"));
        estate.models[model as usize].edition = Some("Enterprise Edition".to_owned());
    }
    for (number, version) in installed.iter().enumerate() {
        let model = place(version);
        estate.add_host(&format!("h{number}"), (1, 4 * (model + 1)), &[model]);
    }
    estate
}

/// The place of a version's model.
fn place(version: &str) -> u32 {
    u32::from(version == "19c")
}

/// What each model and its metrics own, use and need, and what that costs; with a question mark where it is not known.
fn rows(estate: &Estate) -> Vec<String> {
    let product = estate.product("Db");
    let mut found = Vec::new();
    for model in &product.models {
        let name = estate.models[model.model as usize].version.clone().unwrap_or_default();
        let mut add = |metric: &str, figures: &crate::reconcile::run::Figures, status: Status| {
            let money = figures.true_up.get("EUR").map(|amount| format!(" {amount}")).unwrap_or_default();
            let known = if status == Status::NotReconciled { "?" } else { "" };
            found.push(format!("{name}{metric} {} {} {}{money}{known}", figures.owned, figures.used(), figures.needed));
        };
        add("", &model.figures, model.status);
        for metric in &model.metrics {
            add(&format!(" {}", metric.metric), &metric.figures, metric.status);
        }
    }
    found
}

#[test]
fn rights_of_a_version_are_for_machines_that_they_may_be_used_for() {
    // What is installed; rights as version, metric and number; versions with a client access record of so many users.
    let check = |installed: &[&str], rights: &[(&str, &str, u64)], records: &[(&str, u64)], expected: &[&str]| {
        let mut estate = databases(installed);
        for (version, metric, number) in rights {
            estate.add_rights(place(version), metric, *number);
        }
        for (number, (version, users)) in records.iter().enumerate() {
            let (id, model, users) = (number.to_string(), place(version), Clients::Count(*users));
            estate.client_access.push(ClientAccess { id, model, users, devices: Clients::default() });
        }
        assert_eq!(rows(&estate), expected, "{installed:?} {rights:?} {records:?}");
    };
    let (users, processors) = ("Oracle / Named User Plus", "Oracle / Per Processor");
    // Named users of the one leave the processors of the other, and each is short by itself.
    check(
        &["18c", "19c"],
        &[("18c", users, 90), ("19c", processors, 3)],
        &[("18c", 20)],
        &["18c 90 90 10 100", "18c Named User Plus 90 90 10 100", "19c 3 0 1 10", "19c Per Processor 3 0 1 10"],
    );
    // A record for the other version names none of these users, and puts no processors aside that no such right is for.
    check(
        &["18c", "19c"],
        &[("18c", users, 100), ("19c", processors, 4)],
        &[("19c", 20)],
        &["18c 100 0 0?", "18c Named User Plus 100 0 0?", "19c 4 4 0", "19c Per Processor 4 4 0"],
    );
    // Both by named users: each version has users and a minimum of its own.
    check(
        &["18c", "19c"],
        &[("18c", users, 150), ("19c", users, 150)],
        &[("18c", 120), ("19c", 20)],
        &["18c 150 120 0", "18c Named User Plus 150 120 0", "19c 150 150 50 500", "19c Named User Plus 150 150 50 500"],
    );
    // What no right is for is missing of its own version.
    check(
        &["18c", "19c"],
        &[("18c", users, 400)],
        &[("18c", 20)],
        &["18c 400 100 0", "18c Named User Plus 400 100 0", "19c 0 0 200 2000"],
    );
    // A device is missed by the metric that there are rights of for it, not by a cheaper one of another version.
    check(
        &["19c"],
        &[("18c", "Common / Per Device", 5), ("19c", processors, 2)],
        &[],
        &["18c 5 0 0", "18c Per Device 5 0 0", "19c 2 0 2 20", "19c Per Processor 2 0 2 20"],
    );
    // What is checked out of one version licenses no other that there are rights for.
    check(
        &["18c", "19c"],
        &[("18c", "Concurrent Licenses / Floating", 5), ("19c", processors, 2)],
        &[],
        &["18c 5 0 0?", "18c Floating 5 0 0?", "19c 2 0 2 20", "19c Per Processor 2 0 2 20"],
    );
}

#[test]
fn rights_that_may_be_downgraded_are_counted_with_those_of_the_older_version() {
    let mut estate = databases(&["18c", "19c"]);
    estate.add_rights(0, "Oracle / Named User Plus", 50);
    estate.add_rights(1, "Oracle / Named User Plus", 250);
    let (id, users) = ("a".to_owned(), Clients::Count(120));
    estate.client_access.push(ClientAccess { id, model: 0, users, devices: Clients::default() });
    let split = ["18c 50 50 70 700", "18c Named User Plus 50 50 70 700", "19c 250 0 0?", "19c Named User Plus 250 0 0?"];
    assert_eq!(rows(&estate), split);
    estate.models[1].downgrades.push(Downgrade { target: 0, order: 1, active: true, start: None, end: None });
    let together = ["18c 50 50 0", "18c Named User Plus 50 50 0", "19c 250 250 0", "19c Named User Plus 250 250 0"];
    assert_eq!(rows(&estate), together);
}

#[test]
fn databases_beyond_every_option_are_said_and_may_go() {
    use crate::reconcile::run::{Crowded, Justification, Warning};
    // What licenses the product, and candidates beside those databases themselves.
    for (metric, rights) in [
        ("Oracle / Per Processor", 100),
        ("Oracle / Named User Plus", 1000),
        ("Common / Per Device", 1),
        ("Common / Per Device", 0),
    ] {
        let mut estate = databases(&["19c", "19c", "19c"]);
        estate.add_rights(1, metric, rights);
        let (id, users) = ("a".to_owned(), Clients::Count(20));
        estate.client_access.push(ClientAccess { id, model: 1, users, devices: Clients::default() });
        estate.crowded =
            [(1, 300), (2, 400), (1, 300), (9, 1)].map(|(device, databases)| Crowded { device, title: 1, databases }).to_vec();
        let product = estate.product("Db");
        let model = product.models.iter().find(|model| model.model == 1).unwrap();
        let found: Vec<u32> = model
            .candidates
            .iter()
            .filter(|one| one.justification == Justification::Unlicensed)
            .filter_map(|one| one.device)
            .collect();
        assert!(
            found.ends_with(&[1, 2]) && found.iter().filter(|device| **device == 1).count() == 1,
            "{metric} {rights}: {found:?}"
        );
        let names = "h1 (300), h2 (400)".to_owned();
        let warning = Warning::TooManyDatabases { databases: 2, names };
        assert!(model.warnings.contains(&warning) && product.warnings.contains(&warning), "{metric}: {:?}", product.warnings);
    }
}
