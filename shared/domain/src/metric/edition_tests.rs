//! Every edition that the built-in rules of normalisation give is one that the metrics of the product understand.

use std::collections::BTreeSet;

use super::inputs::{Inputs, Layer, Terms};
use super::record::ClientAccess;
use super::{Factors, Host, Input, MetricError, Vm, registry};
use crate::software::normal::{ProductType, Rule, built_in};

/// The metrics by which products of Microsoft with editions of servers are licensed.
const OF_MICROSOFT: [(&str, &[&str]); 3] = [
    ("SQL Server", &["Per Core", "Server (Per Server)"]),
    ("BizTalk Server", &["Per Core"]),
    ("Windows Server", &["Per Core (with CAL)", "Per Processor"]),
];

/// What a group of a regular expression of words finds.
fn alternatives(inside: &str) -> Vec<String> {
    let (mut all, mut texts) = (Vec::new(), vec![String::new()]);
    let mut rest = inside;
    while let Some(first) = rest.chars().next() {
        if let Some(behind) = rest.strip_prefix("(?:") {
            let (group, after) = behind.split_once(')').unwrap();
            let (after, optional) = after.strip_prefix('?').map_or((after, false), |after| (after, true));
            let mut words: Vec<&str> = group.split('|').collect();
            words.extend(optional.then_some(""));
            texts = texts.iter().flat_map(|text| words.iter().map(move |word| format!("{text}{word}"))).collect();
            rest = after;
            continue;
        }
        assert!(first.is_alphanumeric() || " -|&".contains(first), "{inside}");
        if first == '|' {
            all.append(&mut texts);
            texts.push(String::new());
        } else {
            texts.iter_mut().for_each(|text| text.push(first));
        }
        rest = &rest[first.len_utf8()..];
    }
    all.append(&mut texts);
    all
}

/// The inside of a group of a regular expression, by its number.
fn group(regex: &str, number: usize) -> &str {
    let opens = regex.match_indices('(').filter(|(at, _)| !regex[at + 1..].starts_with('?') && !regex[..*at].ends_with('\\'));
    let start = opens.map(|(at, _)| at + 1).nth(number - 1).unwrap();
    let mut depth = 1;
    let end = regex[start..].find(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth == 0
    });
    &regex[start..start + end.unwrap()]
}

fn editions(rule: &Rule) -> Vec<String> {
    let Some(edition) = &rule.results.edition else { return Vec::new() };
    let numbers = edition.split('{').skip(1).map(|part| part.split_once('}').unwrap().0.parse::<usize>().unwrap());
    let Some(number) = numbers.last() else { return vec![edition.clone()] };
    let pattern = &rule.conditions.name.as_ref().unwrap().text;
    alternatives(group(pattern, number)).into_iter().map(|word| word.to_uppercase()).collect()
}

#[test]
fn metrics_understand_the_editions_that_software_is_found_in() {
    let mut looked_at = BTreeSet::new();
    for rule in built_in(&BTreeSet::new()).into_iter().filter(|rule| rule.results.product_type == ProductType::Licensable) {
        let (publisher, product) = (rule.results.publisher.as_str(), rule.results.product.as_str());
        let Some(group) = registry::GROUPS.into_iter().find(|group| group.name == publisher) else { continue };
        let chosen = OF_MICROSOFT.iter().find(|(name, _)| *name == product).map(|(_, metrics)| *metrics);
        let takes = |name: &str| if publisher == "Microsoft" { chosen.is_some_and(|all| all.contains(&name)) } else { true };
        for edition in editions(&rule) {
            for metric in group.metrics.iter().filter(|metric| metric.inputs.contains(&Input::Terms) && takes(metric.name)) {
                for layer in [Layer::Physical, Layer::Virtual] {
                    let host = Host {
                        sockets: Some(2),
                        cores_per_socket: Some(8),
                        processor: Some("Intel Xeon"),
                        potential_vm_count: Some(1),
                        potential_vm_core_count: Some(1),
                        ..Host::new("h")
                    };
                    let terms = Terms {
                        product: super::called(publisher, product, Some(&edition)),
                        edition: Some(&edition),
                        layer: Some(layer),
                        software_assurance: true,
                        ..Terms::default()
                    };
                    let vm = Vm { id: "v", host: Some("h"), vcpus: Some(2), ..Vm::default() };
                    let vms = if layer == Layer::Virtual { vec![vm] } else { Vec::new() };
                    let client_access = vec![ClientAccess::default()];
                    let inputs = Inputs { hosts: vec![host], vms, client_access, terms, ..Inputs::default() };
                    let found = metric.evaluate(&inputs, &Factors::default());
                    let what = format!("{}: {product} {edition:?} by {}", rule.id, metric.name);
                    assert!(!matches!(&found, Err(MetricError::Unknown { .. })), "{what}: {found:?}");
                    if let Ok(answer) = &found {
                        assert!(answer.denied.is_some() || answer.required.is_some() || metric.name == "Per Core", "{what}");
                    }
                    looked_at.insert(what.to_lowercase());
                }
            }
        }
    }
    for expected in [
        "oracle-database: database \"enterprise edition\" by per processor",
        "oracle-database: database \"standard edition one\" by named user plus",
        "oracle-database-ee-linux: database \"enterprise edition\" by named user plus",
        "oracle-weblogic: weblogic server \"standard\" by per processor",
        "microsoft-sql-server: sql server \"web\" by per core",
        "microsoft-windows-server: windows server \"essentials\" by per core (with cal)",
    ] {
        assert!(looked_at.contains(expected), "{expected}: {looked_at:#?}");
    }
}

#[test]
fn editions_count_the_same_in_all_their_forms() {
    let check = |group: &str, metric: &str, product: Option<&str>, editions: &[&str], expected: Option<u64>| {
        for edition in editions {
            let host = Host {
                sockets: Some(2),
                cores_per_socket: Some(8),
                processor: Some("Intel Xeon"),
                ose_count: 5,
                ..Host::new("h")
            };
            let terms = Terms { product, edition: Some(edition), layer: Some(Layer::Physical), ..Terms::default() };
            let inputs = Inputs { hosts: vec![host], client_access: vec![ClientAccess::default()], terms, ..Inputs::default() };
            let found = registry::find(group, metric).unwrap().evaluate(&inputs, &Factors::default()).unwrap();
            assert_eq!(found.required.map(super::Amount::ceil), expected, "{metric} {product:?} {edition}: {found:?}");
        }
    };
    check("Oracle", "Per Processor", None, &["EE", "Enterprise", "Enterprise Edition", "ENTERPRISE EDITION"], Some(8));
    check("Oracle", "Per Processor", None, &["SE2", "Standard Edition 2", "standard 2", "SE", "Standard Edition"], Some(2));
    check("Oracle", "Per Processor", None, &["Personal Edition"], None);
    check("Oracle", "Named User Plus", None, &["EE", "Enterprise Edition"], Some(400));
    check("Oracle", "Named User Plus", None, &["SE2", "Standard Edition 2"], Some(10));
    check("Oracle", "Named User Plus", None, &["Personal"], Some(1));
    check("Oracle", "Per Processor", Some("WebLogic"), &["Standard", "standard edition"], Some(2));
    check("Oracle", "Named User Plus", Some("WebLogic"), &["Enterprise", "Suite"], Some(160));
    check("Microsoft", "Per Core", None, &["Enterprise", "enterprise edition", "Datacenter"], Some(16));
    check("Microsoft", "Per Core", None, &["Standard", "Developer", "Business Intelligence"], None);
    check("Microsoft", "Per Core (with CAL)", None, &["STANDARD", "Standard Edition"], Some(48));
    check("Microsoft", "Per Core (with CAL)", None, &["datacenter"], Some(16));
    check("Microsoft", "Per Core (with CAL)", None, &["Essentials"], None);
    check("VMware", "Per Core", Some("VVS"), &["Enterprise Plus"], Some(32));
}
