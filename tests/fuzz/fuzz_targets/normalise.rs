//! Any texts as a rule and as a title: a rule is taken or refused, the explanation names the rule that wins, and versions have an order.
//!
//! The lines are: source, name, version, publisher, pattern of the name, pattern of the version, product, version of the result.
#![no_main]

use libfuzzer_sys::fuzz_target;
use muster_domain::software::normal::{Conditions, Normaliser, Results, Rule, Verdict, VersionRule, built_in};
use muster_domain::software::{Software, compare_versions};
use std::collections::BTreeSet;
use std::sync::LazyLock;

static BUILT_IN: LazyLock<Normaliser> =
    LazyLock::new(|| Normaliser::new(built_in(&BTreeSet::new())).expect("the built-in rules"));

fuzz_target!(|text: &str| {
    let mut lines = text.split('\n').map(str::to_owned);
    let mut next = || lines.next();
    let software = Software {
        source: next().unwrap_or_default(),
        name: next().unwrap_or_default(),
        version: next(),
        publisher: next(),
        architecture: None,
    };
    agree(&BUILT_IN, &software);
    if let (Some(version), Some(publisher)) = (&software.version, &software.publisher) {
        assert_eq!(compare_versions(version, publisher), compare_versions(publisher, version).reverse());
    }
    let mut pattern = || next().and_then(|text| text.parse().ok());
    let conditions = Conditions { name: pattern(), version: pattern(), ..Conditions::default() };
    let results = Results {
        publisher: "{publisher}{name}".to_owned(),
        product: next().unwrap_or_default(),
        version: VersionRule::from(next().unwrap_or_default()),
        ..Results::default()
    };
    let rule = Rule { id: "fuzz".to_owned(), order: 1, enabled: true, note: String::new(), conditions, results };
    match Normaliser::new([rule]) {
        Ok(normaliser) => agree(&normaliser, &software),
        Err(errors) => assert!(!errors.is_empty() && errors.iter().all(|error| !error.to_string().is_empty())),
    }
});

fn agree(normaliser: &Normaliser, software: &Software) {
    let found = normaliser.normalise(software);
    let won = normaliser.explain(software).into_iter().find(|step| step.verdict == Verdict::Won);
    assert_eq!(found.rule, won.map(|step| step.rule), "{software:?}");
    assert!(found.version.is_none_or(|version| !version.is_empty()), "{software:?}");
    assert!(normaliser.unrecognised([(software, 1)]).len() == usize::from(found.rule.is_none()), "{software:?}");
}
