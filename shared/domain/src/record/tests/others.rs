//! The rules of the other kinds, a line for each.

use super::desk::{Desk, Expect, Set};
use Expect::{Quiet, Shows, Warns, Wrong};

const MODEL: (&str, &str) = ("software_model", "Acme Draw");

fn check(kind: &str, set: Set<'_>, expected: &[Expect]) {
    Desk::with_models().check(kind, set, expected);
}

#[test]
fn models() {
    let model = |set: Set<'_>, expected: &[Expect]| {
        check("models", &[&[("publisher", "Acme"), ("product", "Plan")], set].concat(), expected)
    };
    model(&[("version", "3")], &[Shows("version_condition", "is"), Shows("display_name", "Acme Plan 3"), Quiet]);
    model(&[("version_condition", "greater than")], &[Wrong("version", "needs it")]);
    model(&[("edition_condition", "is not")], &[Wrong("edition", "needs it")]);
    model(&[("inference_number", "2")], &[Shows("inference_option", "Number")]);
    model(&[("inference_percent", "50")], &[Shows("inference_option", "Percent")]);
    model(&[("inference_percent", "50"), ("inference_number", "2")], &[Wrong("inference_option", "empty the other")]);
    model(&[("inference_option", "Number")], &[Wrong("inference_number", "such as 2")]);
    model(&[("inference_option", "Percent"), ("inference_number", "2")], &[Wrong("inference_percent", "from 1 to 100")]);
    let both = [("inference_option", "Percent"), ("inference_number", "2"), ("inference_percent", "50")];
    model(&both, &[Wrong("inference_number", "leave it empty")]);
    model(&[("install_condition", "install_status")], &[Wrong("install_condition", "encoded query")]);

    let mut desk = Desk::with_models();
    let id = desk.put("models", &[("publisher", "Acme"), ("product", "Plan"), ("version", "3")]);
    desk.check("models", &[("publisher", "acme"), ("product", "plan"), ("version", "3")], &[Warns("same installs")]);
    desk.check_change("models", id, &[("version", "")], &[Wrong("version", "needs it")]);
    desk.check_change(
        "models",
        id,
        &[("version_condition", "is anything")],
        &[Shows("version", ""), Shows("display_name", "Acme Plan")],
    );
    desk.check_change("models", id, &[("active", "false")], &[Quiet]);
    desk.entitlement("E-1", &[("software_model", "Acme Plan 3")]);
    for set in [("active", "false"), ("license_under_management", "false"), ("product_type", "Freeware")] {
        desk.check_change("models", id, &[set], &[Warns("1 entitlements give rights")]);
    }
}

#[test]
fn suites() {
    let mut desk = Desk::with_models();
    for product in ["Suite", "Word", "Inner"] {
        desk.put("models", &[("publisher", "Acme"), ("product", product), ("inference_number", "1")]);
    }
    desk.put("models", &[("publisher", "Acme"), ("product", "Reader"), ("product_type", "Freeware")]);
    let mut check = |suite: &str, component: &str, expected: &[Expect]| {
        desk.check("suite-components", &[("suite", suite), ("component", component)], expected);
    };
    check("Acme Suite", "Acme Suite", &[Wrong("component", "of itself")]);
    check("Acme Suite", "Acme Reader", &[Wrong("component", "Freeware")]);
    check("Acme Draw", "Acme Word", &[Warns("no inference option")]);
    check("Acme Suite", "Acme Word", &[Quiet]);
    desk.put("suite-components", &[("suite", "Acme Suite"), ("component", "Acme Inner")]);
    desk.put("suite-components", &[("suite", "Acme Inner"), ("component", "Acme Word")]);
    desk.check(
        "suite-components",
        &[("suite", "Acme Word"), ("component", "Acme Suite")],
        &[Wrong("component", "part of this component")],
    );
}

#[test]
fn contracts() {
    check(
        "contracts",
        &[("number", "C"), ("starts", "2026-02-01"), ("ends", "2026-01-01")],
        &[Wrong("ends", "before 2026-02-01")],
    );
    check("contracts", &[("number", "C"), ("ends", "2026-06-14")], &[Shows("state", "Expired"), Warns("expired")]);
    check("contracts", &[("number", "C"), ("ends", "2026-06-15")], &[Shows("state", "Active"), Quiet]);
    check("contracts", &[("number", "C"), ("ends", "2026-06-14"), ("state", "Draft")], &[Shows("state", "Draft"), Quiet]);
    check("contracts", &[("number", "C"), ("total_cost", "5")], &[Wrong("total_cost", "EUR;200")]);
}

#[test]
fn metrics_and_packs() {
    let custom = |group: &'static str, name: &'static str| [("metric_group", group), ("name", name)];
    check("custom-metrics", &custom("common", "per device"), &[Wrong("name", "Per Device already")]);
    check("custom-metrics", &custom("ibm", "Robots"), &[Shows("metric_group", "IBM"), Quiet]);
    check("custom-metrics", &custom("Factory", "Per Device"), &[Warns("metric of this name")]);
    let mut desk = Desk::with_models();
    let id = desk.put("custom-metrics", &custom("Factory", "Robots"));
    desk.check_change("custom-metrics", id, &[("name", "Cobots")], &[Quiet]);
    desk.entitlement(
        "E-1",
        &custom("Factory", "Robots").map(|(name, text)| (if name == "name" { "license_metric" } else { name }, text)),
    );
    desk.check_change("custom-metrics", id, &[("name", "Cobots")], &[Wrong("name", "in software entitlement E-1")]);
    desk.check_change("custom-metrics", id, &[("active", "false")], &[Warns("1 entitlements")]);
    desk.entitlement("E-2", &[("metric_group", "Red Hat"), ("license_metric", "Per Core")]);
    desk.check("packs", &[("name", "IBM"), ("active", "false")], &[Warns("1 entitlements are counted by metrics of Red Hat")]);
    desk.check("packs", &[("name", "SAP"), ("active", "false")], &[Quiet]);

    let attribute = |metric: &'static str, attribute: &'static str, value: &'static str, expected: &[Expect]| {
        let set = [MODEL, ("metric_group", "Common"), ("license_metric", metric), ("attribute", attribute), ("value", value)];
        check("metric-attributes", &set, expected);
    };
    attribute(
        "per core",
        "Min cores per processor",
        "8",
        &[Shows("attribute", "min_cores_per_processor"), Shows("license_metric", "Per Core")],
    );
    attribute("Per Core", "colour", "8", &[Wrong("attribute", "min_cores_per_processor")]);
    attribute("User CAL", "colour", "8", &[Wrong("attribute", "it has none")]);
    attribute("Per Device", "max_installs_per_right", "0", &[Wrong("value", "1 or more")]);
    attribute("Per Device", "max_installs_per_right", "", &[Quiet]);
    attribute("Per Foot", "colour", "8", &[Wrong("license_metric", "Per Foot")]);
}

#[test]
fn access_and_measures() {
    let access = |set: Set<'_>, expected: &[Expect]| check("client-access-records", &[&[MODEL], set].concat(), expected);
    access(&[], &[Wrong("user", "how many")]);
    access(&[("user", "ann")], &[Quiet]);
    access(&[("user", "ann"), ("device", "pc")], &[Wrong("device", "second record")]);
    access(&[("user", "ann"), ("user_count", "3")], &[Wrong("user_count", "second record")]);
    access(&[("user_count", "3"), ("device_count", "4")], &[Quiet]);
    let subscription = [MODEL, ("user", "ann"), ("activated", "2026-02-01")];
    check(
        "subscriptions",
        &[&subscription[..], &[("last_activity", "2026-01-01")]].concat(),
        &[Wrong("last_activity", "before")],
    );
    check("subscriptions", &[&subscription[..], &[("last_activity", "2027-01-01")]].concat(), &[Warns("future")]);
    let value = |set: Set<'_>, expected: &[Expect]| {
        check("resource-values", &[&[MODEL, ("resource", "employees"), ("units_consumed", "7")], set].concat(), expected);
    };
    value(&[], &[Quiet]);
    value(&[("metric_group", "oracle"), ("license_metric", "employee")], &[Shows("license_metric", "Employee")]);
    value(&[("metric_group", "Oracle")], &[Wrong("license_metric", "say the metric")]);
    value(&[("license_metric", "Employee")], &[Wrong("metric_group", "say the group")]);
    value(&[("metric_group", "Oracle"), ("license_metric", "Robots")], &[Wrong("license_metric", "Robots")]);
    value(&[("from_date", "2026-02-01"), ("to_date", "2026-01-01")], &[Wrong("to_date", "before")]);
    let count = |set: Set<'_>, expected: &[Expect]| {
        check("endpoint-counts", &[&[MODEL, ("measured_on", "2026-06-15"), ("endpoint_count", "5")], set].concat(), expected);
    };
    count(&[], &[Wrong("hour", "from 0 to 23")]);
    count(&[("hour", "5")], &[Quiet]);
    count(&[("period", "Week")], &[Quiet]);
    count(&[("period", "Week"), ("hour", "5")], &[Wrong("hour", "leave it empty")]);
    let tokens = [MODEL, ("feature", "draw"), ("tokens", "5"), ("day", "2026-06-16"), ("start_minute", "10")];
    check("token-checkouts", &[&tokens[..], &[("end_minute", "9")]].concat(), &[Wrong("end_minute", "10 or a later")]);
    check("token-checkouts", &[&tokens[..], &[("end_minute", "10")]].concat(), &[Warns("future")]);
    let documents = [MODEL, ("document_type", "Sales"), ("document_count", "5"), ("from_date", "2026-02-01")];
    check("document-counts", &[&documents[..], &[("to_date", "2026-01-01")]].concat(), &[Wrong("to_date", "before")]);
    check("usage-peaks", &[MODEL, ("measured_on", "2026-06-16"), ("peak", "5")], &[Warns("future")]);
    check("software-usage", &[MODEL, ("device", "pc"), ("last_used", "2026-06-16")], &[Warns("future")]);
}

#[test]
fn people_places_and_prices() {
    check("software-users", &[("user", "ann"), ("named_user_type", "Professional")], &[Warns("No software model")]);
    let mut desk = Desk::with_models();
    desk.put("models", &[("publisher", "SAP"), ("product", "ERP"), ("named_user_type", "Professional")]);
    desk.check("software-users", &[("user", "ann"), ("named_user_type", "professional")], &[Quiet]);
    check("location-details", &[("location", "Berlin")], &[Wrong("country", "or a region")]);
    let cost = |set: Set<'_>, expected: &[Expect]| {
        check(
            "override-costs",
            &[&[MODEL, ("metric_group", "Common"), ("license_metric", "per device")], set].concat(),
            expected,
        );
    };
    cost(&[], &[Wrong("license_cost", "what a right costs")]);
    cost(&[("license_maintenance_cost", "5")], &[Wrong("license_maintenance_cost", "EUR;200")]);
    cost(&[("license_cost", "EUR;5")], &[Shows("license_metric", "Per Device"), Quiet]);
    let rule = |set: Set<'_>, expected: &[Expect]| {
        let usual = [("name", "R"), ("name_pattern", "draw"), ("publisher", "Acme"), ("product", "Draw")];
        check("normalization-rules", &[&usual, set].concat(), expected);
    };
    rule(&[], &[Quiet]);
    rule(&[("version_operator", "glob")], &[Wrong("version_pattern", "what is compared")]);
    rule(&[("publisher_pattern", "Acme")], &[Wrong("publisher_operator", "such as equals")]);
}

#[test]
fn hosts() {
    let mut desk = Desk::new();
    let server = desk.put("hosts", &[("name", "esx"), ("kind", "Physical")]);
    let vm = desk.put("hosts", &[("name", "vm"), ("kind", "Virtual"), ("host", "esx")]);
    desk.put("hosts", &[("name", "reported")]);
    let mut check = |set: Set<'_>, expected: &[Expect]| desk.check("hosts", &[&[("name", "new")], set].concat(), expected);
    check(&[("kind", "Virtual"), ("host", "reported")], &[Quiet]);
    check(&[("kind", "Virtual"), ("host", "vm")], &[Wrong("host", "vm is no physical server")]);
    check(&[("kind", "Physical"), ("host", "esx")], &[Wrong("host", "leave it empty")]);
    check(&[("entitled_capacity", "2")], &[Wrong("entitled_capacity", "what kind of partition")]);
    check(&[("kind", "Virtual"), ("partition", "Capped")], &[Wrong("partition", "the kind Partition")]);
    check(&[("kind", "Partition"), ("partition", "Capped")], &[Warns("entitled_capacity")]);
    check(&[("kind", "Partition"), ("partition", "Uncapped"), ("pool_cores", "8")], &[Warns("partition_processors")]);
    check(&[("kind", "Partition"), ("partition", "Dedicated")], &[Quiet]);
    check(&[("sockets", "4"), ("max_sockets", "2")], &[Wrong("sockets", "can have 2")]);
    check(&[("dedicated_host", "true")], &[Wrong("dedicated_host", "choose the cloud")]);
    check(&[("dedicated_host", "true"), ("cloud", "AWS")], &[Quiet]);
    check(&[("moves", "true")], &[Warns("no cluster")]);
    check(&[("device", "pc"), ("vcpus", "4")], &[Warns("say why")]);
    check(&[("device", "pc"), ("vcpus", "4"), ("correction_reason", "the agent sees half")], &[Quiet]);
    desk.check_change("hosts", server, &[("kind", "Virtual")], &[Wrong("kind", "1 machines run on it")]);
    desk.check_change("hosts", server, &[("kind", ""), ("host", "vm")], &[Wrong("host", "run on itself")]);
    desk.check_change("hosts", vm, &[("host", "vm")], &[Wrong("host", "run on itself")]);
}
