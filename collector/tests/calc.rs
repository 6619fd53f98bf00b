//! The worked cases of the rules, through `calc`: every field that a case expects is in its answer.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a helper of a test fails the test")]

use muster_collector::calc::{Kind, run};
use muster_domain::query::{Direction, Modifier, Operator, Term, parse};
use serde_json::{Value, json};

const QUERIES: &str = include_str!("data/encoded_query.json");

fn check_file(kind: Kind, file: &str, count: usize) {
    let cases: Value = serde_json::from_str(file).unwrap();
    let answers: Value = serde_json::from_str(&run(kind, file).unwrap()).unwrap();
    let (cases, answers) = (cases["cases"].as_array().unwrap(), answers["cases"].as_array().unwrap());
    assert_eq!((cases.len(), answers.len()), (count, count));
    for (case, answer) in cases.iter().zip(answers) {
        assert_eq!(case["id"], answer["id"]);
        for (name, expected) in case["expected"].as_object().unwrap() {
            let found = answer["result"].get(name).unwrap_or(&Value::Null);
            assert!(answer["result"].get(name).is_some() && agree(found, expected), "{} {name}: {answer}", case["id"]);
        }
    }
}

/// Whether an answer is the expected one: numbers within a millionth, of a map the members that are expected.
fn agree(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Number(found), Value::Number(expected)) => {
            (found.as_f64().unwrap() - expected.as_f64().unwrap()).abs() <= 0.000_001
        }
        (Value::Object(found), Value::Object(expected)) => {
            found.len() == expected.len()
                && expected.iter().all(|(name, expected)| found.get(name).is_some_and(|found| agree(found, expected)))
        }
        (found, expected) => found == expected,
    }
}

#[test]
fn session_licences() {
    check_file(Kind::Sessions, include_str!("data/session_licenses.json"), 8);
}

#[test]
fn compliance() {
    check_file(Kind::Compliance, include_str!("data/compliance.json"), 13);
}

#[test]
fn subscription_units() {
    check_file(Kind::Units, include_str!("data/subscription_units.json"), 22);
}

#[test]
fn reconciliation() {
    check_file(Kind::Reconcile, include_str!("data/reconciliation.json"), 29);
}

#[test]
fn metrics() {
    check_file(Kind::Metric, include_str!("data/metrics.json"), 108);
}

#[test]
fn encoded_queries() {
    let file: Value = serde_json::from_str(QUERIES).unwrap();
    let answers: Value = serde_json::from_str(&run(Kind::Query, QUERIES).unwrap()).unwrap();
    let (cases, answers) = (file["cases"].as_array().unwrap(), answers["cases"].as_array().unwrap());
    assert_eq!((cases.len(), answers.len()), (98, 98));
    for (case, answer) in cases.iter().zip(answers) {
        let expected = case.as_object().unwrap();
        assert_eq!(case["id"], answer["id"]);
        if expected.get("error") == Some(&json!(true)) {
            assert!(answer["error"].is_string() && answer.get("matches").is_none(), "{case}: {answer}");
            continue;
        }
        let ids = |list: &Value| list.as_array().unwrap_or_else(|| panic!("{case}: {answer}")).clone();
        let (mut found, mut wanted) = (ids(&answer["matches"]), ids(&expected["matches"]));
        if expected.get("ordered") != Some(&json!(true)) {
            found.sort_by_key(Value::to_string);
            wanted.sort_by_key(Value::to_string);
        }
        assert_eq!(found, wanted, "{} {}", case["id"], case["query"]);
    }
}

#[test]
fn queries_are_read_as_the_worked_trees() {
    let file: Value = serde_json::from_str(QUERIES).unwrap();
    let cases = file["parse_cases"].as_array().unwrap();
    assert_eq!(cases.len(), 10);
    for case in cases {
        let query = parse(case["query"].as_str().unwrap()).unwrap();
        let term = |term: &Term| {
            let Term::Comparison(test) = term else { panic!("{case}: {term:?}") };
            let mut read = json!({"field": test.path.to_string(), "op": test.operator.spelling()});
            let list = || test.value.split(',').collect::<Vec<_>>();
            match test.operator {
                Operator::In | Operator::NotIn => read["value"] = json!(list()),
                Operator::On => {
                    let parts: Vec<&str> = test.value.split('@').collect();
                    (read["label"], read["start"], read["end"]) = (json!(parts[0]), json!(parts[1]), json!(parts[2]));
                }
                operator if operator.takes_value() => read["value"] = json!(test.value),
                _ => {}
            }
            read
        };
        let groups: Vec<Vec<Vec<Value>>> =
            query.groups.iter().map(|group| group.iter().map(|conjunct| conjunct.iter().map(term).collect()).collect()).collect();
        assert_eq!(json!(groups), case["groups"], "{case}");
        let (mut order, mut group) = (Vec::new(), Vec::new());
        for modifier in &query.modifiers {
            match modifier {
                Modifier::Order { path, direction: Direction::Ascending, .. } => order.push(json!([path.to_string(), "asc"])),
                Modifier::Order { path, direction: Direction::Descending, .. } => order.push(json!([path.to_string(), "desc"])),
                Modifier::Group { path, .. } => group.push(json!(path.to_string())),
            }
        }
        assert_eq!((json!(order), json!(group)), (case["order_by"].clone(), case["group_by"].clone()), "{case}");
    }
}

#[test]
fn queries_may_bring_their_own_records() {
    let case = json!({
        "id": "q", "table": "alm_hardware", "query": "install_status=1^model_categoryLIKEcomp",
        "records": [
            {"sys_id": "a", "sys_class_name": "alm_hardware", "install_status": 1, "model_category": {"sys_id": "c", "name": "Computer"}},
            {"sys_id": "b", "sys_class_name": "alm_hardware", "install_status": 1, "model_category": null},
        ],
    });
    let check = |query: &str, table: &str, expected: Value| {
        let mut case = case.clone();
        (case["query"], case["table"]) = (json!(query), json!(table));
        let answers: Value = serde_json::from_str(&run(Kind::Query, &case.to_string()).unwrap()).unwrap();
        assert_eq!(answers["cases"][0], expected, "{query}");
    };
    check("install_status=1^model_categoryLIKEcomp", "alm_hardware", json!({"id": "q", "matches": ["a"], "warnings": []}));
    check("", "alm_asset", json!({"id": "q", "matches": ["a", "b"], "warnings": []}));
    check("", "cmdb_ci", json!({"id": "q", "error": "inputs: there is no table \"cmdb_ci\""}));
    let unreadable = "install_status: \"x\" is not a whole number, it equals nothing";
    check("install_status=x", "alm_asset", json!({"id": "q", "matches": [], "warnings": [unreadable]}));
    let unknown = "unknown field colour\n  colour=1\n  ^";
    check("colour=1", "alm_asset", json!({"id": "q", "error": unknown, "position": 0}));
    let late = "inputs: context: the query asks for dates as of now, and now is missing";
    check("sys_created_on>javascript:gs.daysAgo(1)", "alm_asset", json!({"id": "q", "error": late}));
}

fn answer(kind: Kind, ask: &str, inputs: &Value) -> Value {
    let case = json!({ "id": "x", "ask": ask, "inputs": inputs });
    let answers: Value = serde_json::from_str(&run(kind, &case.to_string()).unwrap()).unwrap();
    answers["cases"][0].clone()
}

#[test]
fn every_field_of_an_ask_is_answered() {
    let check = |kind: Kind, ask: &str, inputs: Value, fields: &[&str]| {
        let answer = answer(kind, ask, &inputs);
        let result = answer["result"].as_object().unwrap_or_else(|| panic!("{ask}: {answer}"));
        let mut names: Vec<&str> = result.keys().map(String::as_str).collect();
        let mut expected = fields.to_vec();
        names.sort_unstable();
        expected.sort_unstable();
        assert_eq!(names, expected, "{ask}");
    };
    let life = ["state", "reason", "over_by", "grace_start", "grace_end", "days_left"];
    let judged = json!({"limit": 5.0, "stored": {"state": "compliant"}, "today": "2026-01-01", "count": 5});
    check(Kind::Compliance, "nightly", json!({"limit": 5, "runs": [{"date": "2026-01-01", "count": 9}]}), &life);
    check(Kind::Compliance, "judge", judged.clone(), &life);
    check(Kind::Compliance, "new_key", judged, &[life.as_slice(), &["applied", "error"]].concat());
    check(Kind::Compliance, "count", json!({"limit": 5, "query": ""}), &["count", "uncounted_empty_state", "over_by", "state"]);
    check(Kind::Sessions, "live", json!({}), &["licenses", "named_used", "floating_used"]);
    let trace = [
        "peak",
        "peak_at",
        "named_peak",
        "floating_peak",
        "denied",
        "not_admitted",
        "over_use",
        "licenses",
        "queued",
        "longest_queue",
        "waited_seconds",
        "longest_wait_seconds",
        "gave_up",
        "waiting",
        "expired",
        "denials",
        "over_time",
        "sizing",
    ];
    check(Kind::Sessions, "trace", json!({"floating_limit": null, "stored": null}), &trace);
    let counted = ["count", "ratio", "raw", "subscription_units"];
    check(Kind::Units, "category", json!({"category": "Servers"}), &[counted.as_slice(), &["access"]].concat());
    check(Kind::Units, "access", json!({"model_category": "x"}), &["access", "counted", "licensed_under"]);
    check(Kind::Units, "solution", json!({"category": "Storage"}), &["application", "counted_in_ham"]);
    check(Kind::Units, "report", json!({}), &["categories", "subscription_units"]);
    let coverage = "product_results license_metric_results rights_owned rights_used rights_available rights_needed licensed \
                    unlicensed unlicensed_devices own downgrade unlicensed_by_version used_by_entitlement by_entity \
                    reserved_unused groups status true_up_cost";
    let one = json!({"entitlements": [{"id": "a"}], "rights_owned": 1, "rights_used": 0, "targets": [], "components": [],
        "options": [{"metric": "Per Device", "rights_needed": 0}]});
    for (ask, fields) in [
        ("coverage", coverage),
        (
            "allocation",
            "allocated_in_use allocated_not_in_use not_allocated_in_use not_allocated rights_used rights_available rights_used_report",
        ),
        ("core_allocation", "allocated_in_use allocated_not_in_use rights_used"),
        ("true_up", "metric average_price true_up_cost"),
        ("maintenance", "entitlements"),
        ("entitlement", "purchased_rights active_rights allocations_available periods total_cost"),
        ("upgrade", "active_rights"),
        ("suite", "suite_inferred"),
    ] {
        check(Kind::Reconcile, ask, one.clone(), &fields.split_whitespace().collect::<Vec<_>>());
    }
    let over = json!({"entitlements": [{"rights": 1}], "rights_used": 3});
    check(Kind::Reconcile, "over_licensed", over, &["rights_owned", "rights_available", "average_price", "over_licensed_amount"]);
}

#[test]
fn unusual_entitlements() {
    let check = |ask: &str, inputs: Value, member: &str, expected: Value| {
        let answer = answer(Kind::Reconcile, ask, &inputs);
        let found = answer.pointer(member).unwrap_or_else(|| panic!("{ask}: {answer}"));
        assert!(agree(found, &expected), "{ask}: {answer}");
    };
    check(
        "over_licensed",
        json!({"entitlements": [{"rights": 1, "unit_cost": 5}], "rights_used": 3}),
        "/result/rights_available",
        json!(-2),
    );
    check(
        "over_licensed",
        json!({"entitlements": [{"rights": 1, "unit_cost": 5}], "rights_used": 3}),
        "/result/over_licensed_amount",
        json!(0),
    );
    check("entitlement", json!({"purchased_rights": 3, "unit_cost": "0.10"}), "/result/total_cost", json!(0.3));
    check("entitlement", json!({"state": "Sold"}), "/error", json!("inputs: there is no state \"Sold\""));
    check(
        "entitlement",
        json!({"subscription_period": "Monthly", "start": "2026-01-01"}),
        "/error",
        json!("inputs: a subscription that is paid Monthly needs its start and its end"),
    );
    check(
        "upgrade",
        json!({"entitlements": [{"id": "a", "upgrades": [{"from": "b", "rights": 1}]}]}),
        "/error",
        json!("inputs: there is no entitlement \"b\""),
    );
    let rule = json!({"entitlements": [{"id": "a", "rules": [{"company": "A", "region": "R"}]}]});
    check("coverage", rule, "/error", json!("inputs: a rule names one of company, department, cost_center, country and region"));
    // Rights of a company go to its own devices, so that those of all are left for the others.
    let scarce = json!({
        "entitlements": [{"id": "all", "rights": 1}, {"id": "own", "rights": 1, "rules": [{"company": "A"}]}],
        "installs": [{"device": "d1", "company": "A"}, {"device": "d2", "company": "B"}],
    });
    check("coverage", scarce, "/result/unlicensed", json!(0));
}

#[test]
fn units_of_unusual_cases() {
    let check = |ask: &str, inputs: Value, expected: Value| {
        let answer = answer(Kind::Units, ask, &inputs);
        for (name, expected) in expected.as_object().unwrap() {
            let found = answer["result"].get(name).or(answer.get(name)).unwrap_or(&Value::Null);
            let part = expected.as_str().zip(found.as_str()).is_some_and(|(part, found)| found.contains(part));
            assert!(part || agree(found, expected), "{inputs}: {answer}");
        }
    };
    let circle = json!([{"name": "a", "parent": "b"}, {"name": "b", "parent": "A"}]);
    check("access", json!({"model_category": "a", "model_categories": circle}), json!({"error": "lies below itself"}));
    check("category", json!({"category": "Phones"}), json!({"error": "known are: End User Computers"}));
    check("report", json!({"opted_in": ["Phones"]}), json!({"error": "no resource category"}));
    check("report", json!({"ham_version": "new"}), json!({"error": "not a version"}));
    check("solution", json!({"category": "Servers", "installed": ["SAM"]}), json!({"error": "no application"}));
    check("solution", json!({"category": "Telecom Network Inventory", "installed": ["HAM"]}), json!({"application": null}));
    check("solution", json!({"category": "servers", "installed": ["TNI", "HAM"]}), json!({"application": "TNI"}));
    let later = json!([{"name": "Ultrabook", "parent": "Laptop"}, {"name": "laptop", "parent": "computer"}]);
    let computers = json!({"access": true, "licensed_under": "End User Computers"});
    let opted_in = json!(["end user computers"]);
    check("access", json!({"model_category": "ULTRABOOK", "model_categories": later, "opted_in": opted_in}), computers);
    check("category", json!({"category": "Storage", "asset_count": 7.0, "opted_in": ["Storage"]}), json!({"raw": 2.3333}));
    let old = json!({"category": "Storage", "asset_count": 7, "opted_in": ["Storage"], "ham_version": "10.0.0"});
    check("category", old, json!({"access": false, "count": 0, "raw": 0, "subscription_units": 0}));
    let unstated = json!({"opted_in": ["Servers"], "assets": [{"model_category": "Blade Server"}, {"id": "x"}]});
    check("report", unstated, json!({"subscription_units": 1}));
    check("access", json!({"model_category": "Computer", "opted_in": null}), json!({"error": "inputs"}));
}

#[test]
fn counts_follow_the_query_and_the_table() {
    let records = json!([
        {"sys_id": "1", "sys_class_name": "alm_hardware", "install_status": 1, "model_category": "mc_computer", "cost": 450.0, "u_site": "Berlin"},
        {"sys_id": "2", "sys_class_name": "alm_consumable", "install_status": 1, "model_category": {"sys_id": "mc_card", "name": "Card"}},
        {"sys_id": "3", "install_status": "7", "excluded_from_ham": true, "purchase_date": "2025-03-10"},
        {"sys_id": "4", "sys_class_name": "alm_hardware", "install_status": ""},
    ]);
    let check = |table: &str, query: &str, null_mode: &str, count: u64, empty: u64| {
        let inputs = json!({"limit": 1, "table": table, "query": query, "null_mode": null_mode, "records": records});
        let answer = answer(Kind::Compliance, "count", &inputs);
        let found = (&answer["result"]["count"], &answer["result"]["uncounted_empty_state"]);
        assert_eq!(found, (&json!(count), &json!(empty)), "{table} {query}: {answer}");
        assert_eq!(answer["result"]["over_by"], json!(count.saturating_sub(1)));
    };
    check("alm_hardware", "", "sql", 3, 0);
    check("alm_asset", "", "sql", 4, 0);
    check("alm_asset", "install_status=1", "sql", 2, 1);
    check("alm_asset", "install_statusNOT IN7", "sql", 2, 1);
    check("alm_asset", "install_statusNOT IN7", "inclusive", 3, 0);
    check("alm_asset", "install_status!=7^model_category=mc_computer^ORmodel_category.name=card", "sql", 2, 1);
    check("alm_asset", "model_category.sys_id=mc_computer", "sql", 1, 1);
    check("alm_asset", "excluded_from_ham!=true", "sql", 3, 0);
    check("alm_asset", "cost=450", "sql", 1, 1);
    check("alm_asset", "purchase_date=2025-03-10", "sql", 1, 1);
    check("alm_asset", "u_site=berlin", "sql", 1, 1);
    check("alm_asset", "install_status=In use", "sql", 0, 1);
    check("alm_asset", "cost>5", "sql", 1, 1);
    check("alm_asset", "model_categoryLIKEcard", "sql", 1, 1);
    for wrong in ["no_such_field=5", "install_statusVALCHANGES", "costVALCHANGES", "a", "install_status.name=x"] {
        let answer = answer(Kind::Compliance, "count", &json!({"limit": 1, "query": wrong, "records": records}));
        assert!(answer["error"].as_str().unwrap().contains("query: "), "{wrong}: {answer}");
    }
}

#[test]
fn no_number_becomes_another_on_the_way() {
    let check = |kind: Kind, ask: &str, inputs: &str, name: &str, expected: Value| {
        let case = format!(r#"{{"id":1,"group":"Consumption","metric":"SaaS Consumption","ask":"{ask}","inputs":{inputs}}}"#);
        let answers: Value = serde_json::from_str(&run(kind, &case).unwrap()).unwrap();
        assert_eq!(answers["cases"][0]["result"][name], expected, "{inputs}: {answers}");
    };
    let entitlement = |rights: &str, cost: &str, expected: Value| {
        let inputs = format!(r#"{{"purchased_rights":{rights},"unit_cost":{cost}}}"#);
        check(Kind::Reconcile, "entitlement", &inputs, "total_cost", expected.clone());
        check(Kind::Metric, "metric", &inputs, "total_cost", expected);
    };
    entitlement("2", "450.5", json!(901));
    entitlement("1", "99999999999999.9999", json!("99999999999999.9999"));
    entitlement("1", "922337203685477.5807", json!("922337203685477.5807"));
    entitlement("1", "\"922337203685477.5807\"", json!("922337203685477.5807"));
    entitlement("2", "200000000000000", json!(400_000_000_000_000_u64));
    let count = r#"{"category":"Servers","opted_in":["Servers"],"asset_count":18446744073709551615}"#;
    check(Kind::Units, "category", count, "raw", json!(u64::MAX));
    let count = r#"{"category":"End User Computers","opted_in":["End User Computers"],"asset_count":18446744073709551615}"#;
    check(Kind::Units, "category", count, "raw", json!("4611686018427387903.75"));
}

#[test]
fn a_credit_is_no_price() {
    let inputs = r#"{"entitlements":[{"rights":10,"unit_cost":100},{"rights":5,"unit_cost":-20},{"rights":5}],"rights_used":8}"#;
    let case = format!(r#"{{"id":1,"ask":"over_licensed","inputs":{inputs}}}"#);
    let answers: Value = serde_json::from_str(&run(Kind::Reconcile, &case).unwrap()).unwrap();
    assert_eq!(answers["cases"][0]["result"]["average_price"], 100, "{answers}");
}

#[test]
fn coverage_says_what_a_reconciliation_run_says() {
    let check = |inputs: Value, expected: Value| {
        let case = json!({ "id": "x", "ask": "coverage", "inputs": inputs, "expected": expected });
        let answers: Value = serde_json::from_str(&run(Kind::Reconcile, &case.to_string()).unwrap()).unwrap();
        let answer = &answers["cases"][0];
        for (name, expected) in case["expected"].as_object().unwrap() {
            assert!(agree(&answer["result"][name], expected), "{name}: {expected} is expected: {answer}");
        }
    };
    // What is kept for Finance is kept from Sales, whoever comes again.
    check(
        json!({
            "entitlements": [{ "id": "E", "rights": 5, "unit_cost": 100,
                               "rules": [{ "department": "Sales", "pool": 2 }, { "department": "Finance", "pool": 2 }] }],
            "installs": [{ "department": "Sales", "install_count": 5 }],
        }),
        json!({ "rights_used": 3, "rights_needed": 2, "unlicensed": 2, "reserved_unused": 2, "true_up_cost": 200, "status": "Not Compliant" }),
    );
    // A device counts once, with its newest version; an older one of another device is not covered.
    check(
        json!({
            "entitlements": [{ "id": "E", "rights": 5, "version": "2019" }],
            "installs": [{ "device": "a", "version": "2016" }, { "device": "a", "version": "2019" }, { "device": "b", "version": "2016" }],
        }),
        json!({ "rights_used": 1, "licensed": 1, "unlicensed": 1, "unlicensed_devices": ["b"], "own": { "2016": 0, "2019": 1 },
                "unlicensed_by_version": { "2016": 1, "2019": 0 }, "true_up_cost": null }),
    );
    // More is allocated than there is, some of it to a device without the product.
    check(
        json!({
            "entitlements": [{ "id": "E", "rights": 2 }],
            "allocations": [{ "device": "x", "quantity": 1 }, { "device": "b", "quantity": 3 }],
            "installs": [{ "device": "a" }, { "device": "b" }],
        }),
        json!({ "rights_used": 2, "rights_available": 0, "licensed": 1, "unlicensed_devices": ["a"], "used_by_entitlement": [2] }),
    );
    // Nothing at all is compliant, and so many devices are refused.
    check(
        json!({}),
        json!({ "product_results": 1, "license_metric_results": 0, "licensed": 0, "status": "Compliant", "true_up_cost": 0 }),
    );
    let many = json!({ "id": "x", "ask": "coverage", "inputs": { "installs": [{ "install_count": 1_000_001 }] } }).to_string();
    let answers: Value = serde_json::from_str(&run(Kind::Reconcile, &many).unwrap()).unwrap();
    assert!(answers["cases"][0]["error"].as_str().unwrap().contains("more than 1000000 devices"), "{answers}");
}
