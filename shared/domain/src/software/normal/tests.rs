//! Rules together: order, switches, errors, explanations, and laws that hold whatever is reported.

use super::*;
use crate::software::Software;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::LazyLock;

static BUILT_IN: LazyLock<Normaliser> = LazyLock::new(|| Normaliser::new(built_in(&BTreeSet::new())).unwrap());

fn rule(id: &str, order: u32, name: &str, product: &str) -> Rule {
    Rule {
        id: id.to_owned(),
        order,
        enabled: true,
        note: String::new(),
        conditions: Conditions { name: Some(name.parse().unwrap()), ..Conditions::default() },
        results: Results { publisher: "P".to_owned(), product: product.to_owned(), ..Results::default() },
    }
}

fn title(name: &str) -> Software {
    Software { name: name.to_owned(), version: Some("1.2.3".to_owned()), source: "registry".to_owned(), ..Software::default() }
}

#[test]
fn order_decides_and_a_rule_that_is_off_does_not_count() {
    let first = rule("z", 1, "starts with tool", "first");
    let second = rule("a", 2, "equals tool", "second");
    let third = rule("b", 2, "contains ool", "third");
    let of = |rules: &[Rule]| Normaliser::new(rules.to_vec()).unwrap().normalise(&title("TOOL")).product;
    let off = |rule: &Rule| Rule { enabled: false, ..rule.clone() };
    assert_eq!(of(&[third.clone(), second.clone(), first.clone()]), "first");
    assert_eq!(of(&[third.clone(), second.clone(), off(&first)]), "second");
    assert_eq!(of(&[third.clone(), off(&second), off(&first)]), "third");
    assert_eq!(of(&[off(&third)]), "TOOL");
}

#[test]
fn administrators_come_before_what_is_built_in() {
    let rules = std::iter::once(rule("ours", 100, "starts with Google Chrome", "Browser")).chain(built_in(&BTreeSet::new()));
    let found = Normaliser::new(rules).unwrap().normalise(&title("Google Chrome"));
    assert_eq!((found.rule.as_deref(), found.product.as_str()), (Some("ours"), "Browser"));
    let off = Normaliser::new(built_in(&BTreeSet::from(["google-chrome".to_owned()]))).unwrap();
    assert_eq!(off.normalise(&title("Google Chrome")).rule, None);
}

#[test]
fn results_are_taken_as_rules_say() {
    let made = |version: &str, text: &str| {
        let mut rule = rule("r", 1, r"matches ^tool (\w+)(?: (\d+))?$", "Tool {2}");
        rule.conditions.version = Some(r"matches ^(\d+)\.".parse().unwrap());
        rule.conditions.sources = vec!["Windows".to_owned()];
        rule.results.version = VersionRule::from(version.to_owned());
        rule.results.edition = Some("{1}".to_owned());
        rule.results.platform = Some("Any {version.1}".to_owned());
        rule.results.product_type = ProductType::Freeware;
        let Normalised { rule: _, publisher, product, version, edition, product_type, platform, language } =
            Normaliser::new([rule]).unwrap().normalise(&title(text));
        let text = [publisher, Some(product), version, edition, platform, language].map(Option::unwrap_or_default).join("|");
        format!("{text}|{product_type}")
    };
    for (version, text, expected) in [
        ("keep", "Tool Pro 7 - de-DE", "P|Tool 7|1.2.3|Pro|Any 1|de-DE|Freeware"),
        ("major", "Tool Pro", "P|Tool|1|Pro|Any 1||Freeware"),
        ("major.minor", "Tool Pro", "P|Tool|1.2|Pro|Any 1||Freeware"),
        ("{2}", "Tool Pro 7", "P|Tool 7|7|Pro|Any 1||Freeware"),
        ("{2}", "Tool Pro", "P|Tool|1.2.3|Pro|Any 1||Freeware"),
        ("2019", "Tool Pro", "P|Tool|2019|Pro|Any 1||Freeware"),
    ] {
        assert_eq!(made(version, text), expected, "{version} {text}");
    }
}

#[test]
fn everything_that_is_wrong_is_said_with_its_place() {
    let empty = Rule { conditions: Conditions::default(), ..rule("Same", 1, "equals x", "") };
    let mut groups = rule("groups", 1, "glob a*", "{2}");
    groups.results.edition = Some("{".to_owned());
    let mut sources = rule(" ", 1, "matches (", "x");
    sources.conditions.sources = vec![String::new()];
    let errors = Normaliser::new([rule("same", 1, "equals x", "X"), empty, groups, sources]).unwrap_err();
    let said: Vec<String> = errors.iter().map(ToString::to_string).collect();
    for expected in [
        "rule \"Same\", id: is taken by another rule",
        "rule \"Same\", if: has no condition",
        "rule \"groups\", then.product: the text has {2}, and the name pattern has 1 groups",
        "rule \"groups\", then.edition: the text has a brace without its other one at character 1",
        "rule \" \", id: is empty",
        "rule \" \", if.sources: is empty",
        "rule \" \", if.name: the pattern is no regular expression at character 1: unclosed group",
    ] {
        assert!(said.iter().any(|said| said.starts_with(expected)), "{expected}: {said:#?}");
    }
    assert_eq!(said.len(), 7, "{said:#?}");
}

#[test]
fn a_test_tells_what_became_of_each_rule() {
    let mut by = rule("by", 2, "equals tool", "x");
    by.conditions.publisher = Some("contains example".parse().unwrap());
    let mut from = rule("from", 3, "equals tool", "x");
    from.conditions.sources = vec!["rpm".to_owned(), "snap".to_owned()];
    let off = Rule { enabled: false, ..rule("off", 4, "equals tool", "x") };
    let rules = [
        rule("name", 1, "equals other", "x"),
        by,
        from,
        off,
        rule("won", 5, "equals tool", "x"),
        rule("late", 6, "equals tool", "x"),
    ];
    let steps = Normaliser::new(rules).unwrap().explain(&title("Tool"));
    let failed =
        |place, expected: &str, found: &str| Verdict::Failed { place, expected: expected.to_owned(), found: found.to_owned() };
    let expected = [
        ("name", failed(Place::Name, "equals other", "Tool")),
        ("by", failed(Place::Publisher, "contains example", "")),
        ("from", failed(Place::Source, "one of rpm, snap", "registry")),
        ("off", Verdict::Off),
        ("won", Verdict::Won),
    ];
    assert_eq!(steps, expected.map(|(rule, verdict)| Step { rule: rule.to_owned(), verdict }));
}

#[test]
fn unrecognised_names_come_by_count() {
    let normaliser = Normaliser::new([rule("known", 1, "starts with known", "x")]).unwrap();
    let titles = [("Known 1", 99), ("Beta 1.0", 3), ("beta 2.0 (x64)", 4), ("Gamma", 9), ("Alpha", 7)]
        .map(|(name, count)| (title(name), count));
    let found = normaliser.unrecognised(titles.iter().map(|(software, count)| (software, *count)));
    let found: Vec<_> = found.iter().map(|group| (group.product.as_str(), group.titles, group.installs)).collect();
    assert_eq!(found, [("Gamma", 1, 9), ("Alpha", 1, 7), ("Beta", 2, 7)]);
}

fn software() -> impl Strategy<Value = Software> {
    let sources = proptest::sample::select(vec!["dpkg", "rpm", "flatpak", "snap", "registry", "macos", "", "x"]);
    let words = proptest::sample::select(vec![
        "Microsoft ",
        "Office ",
        "2016",
        " (x64",
        ")",
        " - en-us",
        "lib",
        "-dev",
        "SQL Server ",
        "Java ",
        "8",
        ".1",
        ":amd64",
        "®",
        "ß",
        "İ",
        "ſ",
        "K",
        "firefox",
        "org.mozilla.",
        "Adobe ",
        "Acrobat ",
        "Update ",
        "(",
        "-",
        "~",
        "+",
        "1:",
    ]);
    let likely = proptest::collection::vec(words, 0..8).prop_map(|words| words.concat());
    let text = prop_oneof![3 => likely, 1 => "\\PC{0,20}"];
    (sources, text.clone(), proptest::option::of(text.clone()), proptest::option::of(text)).prop_map(
        |(source, name, version, publisher)| Software { name, version, publisher, source: source.to_owned(), architecture: None },
    )
}

proptest! {
    #[test]
    fn whatever_is_reported_is_normalised_and_explained_alike(software in software()) {
        let found = BUILT_IN.normalise(&software);
        let won = BUILT_IN.explain(&software).into_iter().find(|step| step.verdict == Verdict::Won).map(|step| step.rule);
        prop_assert_eq!(found.rule, won);
        prop_assert!(found.version.is_none_or(|version| !version.is_empty()));
    }

    #[test]
    fn case_does_not_matter(software in software()) {
        let cased = |change: fn(&str) -> String| {
            let text = |text: &Option<String>| text.as_deref().map(change);
            let changed = Software { name: change(&software.name), version: text(&software.version), publisher: text(&software.publisher), ..software.clone() };
            let Normalised { rule, publisher, product, version, edition, product_type, platform, language } = BUILT_IN.normalise(&changed);
            let lower = |text: Option<String>| text.map(|text| text.to_ascii_lowercase());
            (rule, lower(publisher), lower(Some(product)), lower(version), lower(edition), product_type, lower(platform), lower(language))
        };
        // Outside of ASCII, upper case is not the only other case of a letter.
        prop_assert_eq!(cased(str::to_ascii_uppercase), cased(str::to_ascii_lowercase));
    }

    #[test]
    fn what_was_normalised_is_not_changed_again(name in "[A-Za-z]{1,8}( [A-Za-z]{1,8}){0,2}", version in "[0-9]{1,3}(\\.[0-9]{1,3}){0,3}") {
        let software = Software { name, version: Some(version), publisher: Some("Example".to_owned()), ..title("") };
        let none = Normaliser::new([]).unwrap();
        let once = none.normalise(&software);
        let again = none.normalise(&Software { name: once.product.clone(), version: once.version.clone(), publisher: once.publisher.clone(), ..software });
        prop_assert_eq!(once, again);
    }

    #[test]
    fn the_order_in_which_rules_are_given_does_not_matter(texts in proptest::collection::vec(("[ab]{1,2}", 0..3_u32, 0..4_usize), 1..6), name in "[ab]{0,3}") {
        let kinds = [PatternKind::StartsWith, PatternKind::Contains, PatternKind::EndsWith, PatternKind::Matches];
        let made: Vec<Rule> = texts.iter().enumerate().map(|(at, (text, order, kind))| {
            rule(&format!("r{at}"), *order, &Pattern::new(kinds[*kind], text).to_string(), "x")
        }).collect();
        let forwards = Normaliser::new(made.clone()).unwrap().normalise(&title(&name));
        let backwards = Normaliser::new(made.into_iter().rev()).unwrap().normalise(&title(&name));
        prop_assert_eq!(forwards, backwards);
    }
}
