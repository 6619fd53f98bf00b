//! Small rules: what a model says itself, and what is no price.

use super::fixtures::{shown, site};
use crate::metric::PartitionKind;
use crate::reconcile::Mandatory;
use crate::reconcile::run::{DeviceKind, Holder, PartitionFacts, Subscription, SuiteComponent};

#[test]
fn a_model_says_itself_when_it_is_little_used() {
    // Days of the setting, days of the model, and whether an install that was not used for 100 days may go.
    let check = |setting, own, expected: usize| {
        let mut estate = site();
        let office = estate.add_model("Mega Office");
        let device = estate.add_device("a", &[office]);
        estate.installs[device as usize].last_used = estate.today.checked_sub_days(chrono::Days::new(100));
        estate.add_rights(office, "Common / Per Device", 3);
        estate.settings.low_usage_days = setting;
        estate.models[office as usize].low_usage_days = own;
        let product = estate.product("Office");
        assert_eq!(product.models[0].candidates.len(), expected, "{setting} {own:?}");
        assert_eq!(product.figures.potential_savings.len(), expected);
    };
    check(90, None, 1);
    check(90, Some(100), 0);
    check(90, Some(99), 1);
    check(365, Some(30), 1);
    check(100, None, 0);
}

#[test]
fn a_credit_makes_nothing_cheaper() {
    let check = |costs: [&str; 2], expected: &str| {
        let mut estate = site();
        let office = estate.add_model("Mega Office");
        for id in ["a", "b", "c"] {
            estate.add_device(id, &[office]);
        }
        for cost in costs {
            estate.add_rights(office, "Common / Per Device", 1).unit_cost = cost.parse().ok();
        }
        assert_eq!(shown(&estate.product("Office")), expected, "{costs:?}");
    };
    check(["10", "20"], "2 2 1 1 15 EUR");
    check(["10", "-20"], "2 2 1 1 10 EUR");
    check(["-10", "-20"], "2 2 1 1");
    check(["10", "0"], "2 2 1 1 5 EUR");
}

#[test]
fn full_capacity_is_for_machines_that_it_is_allocated_to() {
    let mut estate = site();
    let mq = estate.add_model("Big Queue");
    let host = estate.add_host("h", (2, 8), &[]);
    let machine = estate.add_machine("v", Some(host), 4, &[mq]);
    let other = estate.add_host("o", (2, 8), &[]);
    estate.add_machine("w", Some(other), 4, &[mq]);
    estate.add_rights(mq, "IBM / Processor Value Unit (PVU)", 2000).full_capacity = true;
    // 70 value units of each virtual core, whatever the rights could be used for.
    assert_eq!(shown(&estate.product("Queue")), "2000 560 0 0");
    estate.allocate(0, Holder::Device(machine), 1);
    let figures = estate.product("Queue").figures;
    assert_eq!(
        (figures.allocated_in_use, figures.not_allocated_in_use),
        (1120, 280),
        "all cores of its host, and four of the other"
    );
    // Rights of both kinds are one heap for who has none allocated.
    estate.allocations.clear();
    estate.entitlements[0].rights = 300;
    estate.add_rights(mq, "IBM / Processor Value Unit (PVU)", 260);
    assert_eq!(shown(&estate.product("Queue")), "560 560 0 0");
}

#[test]
fn a_partition_of_full_capacity_is_licensed_with_its_server() {
    // The metric, whether the server is known, and used rights where they are allocated; none where nobody knows.
    let check = |metric: &str, full: bool, known: bool, expected: Option<u64>| {
        let mut estate = site();
        let mq = estate.add_model("Big Queue");
        let host = estate.add_host("p9", (2, 10), &[]);
        for id in ["l1", "l2"] {
            let device = estate.add_device(id, &[mq]) as usize;
            let facts = PartitionFacts {
                kind: PartitionKind::Dedicated,
                cores: Some(4),
                entitled_capacity: None,
                virtual_processors: None,
                pool: None,
                pool_cores: None,
            };
            estate.devices[device].kind = DeviceKind::Partition(facts);
            (estate.devices[device].host, estate.devices[device].processor) =
                (Some(host).filter(|_| known), Some("Intel Xeon".to_owned()));
        }
        estate.add_rights(mq, metric, 5000).full_capacity = full;
        if full {
            estate.allocate(0, Holder::Device(1), 1);
        }
        let figures = estate.product("Queue").figures;
        let found = if full { figures.allocated_in_use } else { figures.not_allocated_in_use };
        assert_eq!(Some(found).filter(|found| *found > 0), expected, "{metric} {full} {known}");
    };
    check("IBM / Processor Value Unit (PVU)", false, true, Some(2 * 4 * 70));
    check("IBM / Processor Value Unit (PVU)", true, true, Some(20 * 70));
    check("IBM / Processor Value Unit (PVU)", true, false, None);
    check("IBM / RVU Full Capacity", false, true, Some(20));
    check("IBM / RVU Sub-capacity", false, true, Some(8));
    check("IBM / Virtual Processor Core (VPC)", false, true, Some(8));
}

#[test]
fn older_versions_of_sql_server_count_the_cores_of_some_processors_less() {
    let check = |version: &str, processor: &str, expected: u64| {
        let mut estate = site();
        let sql = estate.add_model(&format!("Microsoft SqlServer {version}"));
        estate.models[sql as usize].edition = Some("Enterprise".to_owned());
        let host = estate.add_host("h", (2, 6), &[sql]);
        estate.devices[host as usize].processor = Some(processor.to_owned());
        estate.add_rights(sql, "Microsoft / Per Core", 100);
        assert_eq!(estate.product("SqlServer").figures.used(), expected, "{version} {processor}");
    };
    let opteron = "AMD Opteron(tm) Processor 4284";
    check("2012", opteron, 9);
    check("2014", opteron, 9);
    check("2016", opteron, 12);
    check("2012", "Intel Xeon E5-2640", 12);
}

#[test]
fn a_suite_that_is_subscribed_to_goes_before_one_on_premise() {
    let check = |subscribed: bool, expected: [&str; 2]| {
        let mut estate = site();
        let parts = ["Word", "Sheet", "Slides"].map(|name| estate.add_model(&format!("Mega {name}")));
        let suites = ["Large", "Small"].map(|name| estate.add_model(&format!("Mega {name}")));
        for (suite, count) in suites.into_iter().zip([3, 2]) {
            let part = |model: &u32| SuiteComponent { model: *model, mandatory: Mandatory::Optional };
            estate.models[suite as usize].components = parts[..count].iter().map(part).collect();
            estate.add_rights(suite, "Common / Per Device", 1);
        }
        estate.models[suites[1] as usize].subscription_suite = subscribed;
        estate.add_device("a", &parts);
        assert_eq!(["Large", "Small"].map(|name| shown(&estate.product(name))), expected, "{subscribed}");
    };
    check(false, ["1 1 0 0", "1 0 0 0"]);
    check(true, ["1 0 0 0", "1 1 0 0"]);
}

#[test]
fn each_subscription_without_a_right_is_missed_once() {
    let mut estate = site();
    let app = estate.add_model("Micro App");
    for id in ["u1", "u2", "u3"] {
        let user = estate.add_user(id);
        estate.subscriptions.push(Subscription { user, model: app, active: true, ..Subscription::default() });
    }
    estate.add_rights(app, "Microsoft / User Subscription", 1);
    assert_eq!(shown(&estate.product("App")), "1 1 2 2 20 EUR");
}
