//! The rules together: every combination against a table, and random trees against the rules in the plainest words.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::testing::{category, choices, directory, licensing, terms};
use super::*;
use crate::asset::reference::{Directory as _, References, Table};
use crate::ids::CategoryId;

/// What the rule table says: which resource category must be opted in, and what holds when it is not.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Rule {
    /// Counted under this one when it is opted in, else refused.
    Needs(&'static str),
    /// Counted under this one when it is opted in, else free.
    Else(&'static str),
    /// Free, whatever is opted in.
    Free,
    /// Refused, whatever is opted in.
    Refused,
}

const COMPUTERS: &str = "End User Computers";
const ALL: [&str; 4] = [COMPUTERS, "Servers", "Monitors", "Printers"];

/// Model category, the parents on the way up, and a letter for each column:
///
/// | columns 1, 2 | 3, 4 | 5, 6 | 7 |
/// |---|---|---|---|
/// | HAM before 10.0 | HAM 10.0 | HAM from 10.1 with a licence before 5.0 | HAM from 10.1 with licence 5.0 |
///
/// The first of two is a licence before 4 without the property, where custom categories are free; the second one of 4 or later, or
/// with the property. Capitals: the category is refused unless C(omputers), S(ervers), M(onitors) or P(rinters) is opted in; small
/// letters: it is free unless; `f` free, `-` refused.
const TABLE: &[(&str, &[&str], &str)] = &[
    ("Computer", &[], "CCCCCCC"),
    ("Computer", &["Printer"], "CCCCCCC"),
    ("Computer", &["Toy"], "CCCCCCC"),
    ("Windows Server", &["Computer"], "SSSSSSS"),
    ("Monitor", &[], "ffffffM"),
    ("Monitor", &["Computer"], "ccccccM"),
    ("Monitor", &["Printer"], "ffffffM"),
    ("Monitor", &["Toy", "Computer"], "ccccccM"),
    ("Printer", &[], "ffffffP"),
    ("Printer", &["Computer"], "ccccccP"),
    ("Consumables", &[], "fffffff"),
    ("Consumables", &["Computer"], "ccccccc"),
    ("Drone", &[], "f-f-f--"),
    ("Drone", &["Toy"], "f-f-f--"),
    ("Drone", &["Computer"], "cCcCcCC"),
    ("Drone", &["Toy", "Computer"], "cCcCcCC"),
    ("Drone", &["Printer"], "f---f-P"),
    ("Drone", &["Toy", "Printer"], "f---f-P"),
    ("Drone", &["Consumables"], "f---f--"),
    ("Drone", &["Monitor", "Computer"], "cC--cCM"),
    ("Drone", &["Printer", "Computer"], "cC--cCP"),
    ("Drone", &["Computer", "Printer"], "cCcCcCC"),
    ("Blade server", &[], "SSSSSSS"),
    ("Blade server", &["Printer"], "SSSSSSS"),
    ("Blade server", &["Consumables"], "f---f--"),
    ("Drone", &["Blade server", "Computer"], "sSsSsSS"),
];

fn rule(letter: u8) -> Rule {
    let named = |letter| match letter {
        b'C' => COMPUTERS,
        b'S' => "Servers",
        b'M' => "Monitors",
        b'P' => "Printers",
        other => panic!("{}", other as char),
    };
    match letter {
        b'f' => Rule::Free,
        b'-' => Rule::Refused,
        letter if letter.is_ascii_uppercase() => Rule::Needs(named(letter)),
        letter => Rule::Else(named(letter.to_ascii_uppercase())),
    }
}

#[test]
fn every_combination_follows_the_rule_table() {
    let mut combinations = 0;
    let catalogue = Catalogue::published().unwrap();
    for (name, above, letters) in TABLE {
        let way: Vec<&str> = std::iter::once(name).chain(*above).copied().collect();
        let parents: Vec<(&str, Option<&str>)> =
            way.iter().enumerate().map(|(step, name)| (*name, way.get(step + 1).copied())).collect();
        let tree = Tree::of(&directory(&parents));
        for (ham, era) in [("3.0", 0), ("9.9", 0), ("10.0.0", 1), ("10.1.0", 2), ("11.0.1", 2)] {
            for (license, licence_restricts, newest) in
                [("3", false, false), ("4", true, false), ("4.1", true, false), ("5.0", true, true)]
            {
                for flag in [false, true] {
                    let restricts = licence_restricts || flag;
                    let column = if era == 2 && newest { 6 } else { era * 2 + usize::from(restricts) };
                    let rule = rule(letters.as_bytes()[column]);
                    let terms = Terms { custom_category_licensing: flag, ..terms(ham, license) };
                    for chosen in 0..1_u32 << ALL.len() {
                        let opted_in: Vec<&str> =
                            ALL.iter().enumerate().filter(|(bit, _)| chosen >> bit & 1 == 1).map(|(_, name)| *name).collect();
                        let chosen = Choices::recorded(&catalogue, opted_in.iter().map(|name| (*name, Choice::OptedIn)));
                        let licensing = Licensing::new(catalogue.clone(), terms.clone(), chosen, &tree);
                        let verdict = licensing.verdict(Some(category(name)));
                        let found = (
                            verdict.has_access(),
                            verdict.licensed_under().map(|place| licensing.catalogue().name(place).to_owned()),
                        );
                        let under = |name: &str| (true, Some(name.to_owned()));
                        let expected = match rule {
                            Rule::Needs(name) | Rule::Else(name) if opted_in.contains(&name) => under(name),
                            Rule::Else(_) | Rule::Free => (true, None),
                            Rule::Needs(_) | Rule::Refused => (false, None),
                        };
                        assert_eq!(found, expected, "{name} below {above:?}: HAM {ham}, licence {license}, {flag}, {opted_in:?}");
                        combinations += 1;
                    }
                }
            }
        }
    }
    assert_eq!(combinations, TABLE.len() * 5 * 4 * 2 * 16);
}

#[test]
fn who_opts_out_gives_up_what_lies_below() {
    let catalogue = Catalogue::published().unwrap();
    let terms = terms("10.1.0", "3");
    let tree = Tree::of(&directory(&[("Laptop", Some("Computer"))]));
    let check = |choices: Choices, access: bool| {
        let licensing = Licensing::new(catalogue.clone(), terms.clone(), choices, &tree);
        assert_eq!(licensing.verdict(Some(category("Laptop"))).has_access(), access);
    };
    let opted_in = choices(&[COMPUTERS]);
    let (opted_out, _) = opted_in.with(&catalogue, &terms, COMPUTERS, Choice::OptedOut).unwrap();
    check(Choices::default(), true);
    check(opted_in, true);
    check(opted_out, false);
}

#[test]
fn what_is_not_entitled_does_not_count_though_it_is_opted_in() {
    let tree = Tree::of(&directory(&[("Laptop", Some("Computer"))]));
    let terms = Terms { entitlements: Entitlements::new(["ham_server_license"]), ..terms("10.1.0", "5.0") };
    let licensing = Licensing::new(Catalogue::published().unwrap(), terms, choices(&[COMPUTERS, "Servers"]), &tree);
    for (name, access) in [("Computer", false), ("Laptop", false), ("Server", true)] {
        assert_eq!(licensing.verdict(Some(category(name))).has_access(), access, "{name}");
    }
    let denied = licensing.check_category(Some(category("Laptop"))).unwrap_err().to_string();
    assert!(denied.contains("needs the entitlement ham_computer_license"), "{denied}");
}

#[test]
fn assets_without_a_category_follow_the_custom_ones() {
    for (license, access) in [("3", true), ("4", false), ("5.0", false)] {
        for unknown in [None, Some(category("Gone"))] {
            assert_eq!(licensing("10.1.0", license, &ALL, &[]).verdict(unknown).has_access(), access, "{license}");
        }
    }
}

#[test]
fn a_report_says_what_opting_in_would_do() {
    let parents = [("Laptop", Some("Computer")), ("Drone", None)];
    let tree = Tree::of(&directory(&parents));
    let before = licensing("10.1.0", "5.0", &["Servers"], &parents);
    let mut census = Census::default();
    let mut add = |name: &str, status, excluded, assets| {
        census.add(&AssetFacts::new(Some(category(name)), "alm_hardware", Some(status), None, excluded), assets);
    };
    add("Computer", 1, false, 3);
    add("Computer", 7, false, 4);
    add("Laptop", 6, false, 2);
    add("Laptop", 6, true, 5);
    add("Linux server", 1, false, 2);
    add("Drone", 1, false, 1);
    add("Consumables", 10, false, 7);
    let report = Report::new(&census, &before, Rounding::Up, Some(3));
    let computers = before.catalogue().find(COMPUTERS).unwrap();
    let row = report.row(computers).unwrap();
    assert_eq!((row.quotient.count, row.waiting, row.excluded, row.in_force), (0, 5, 5, false));
    assert_eq!((report.consumed, report.colour, report.counted()), (2, Some(Colour::Green), 2));
    assert_eq!((report.free, report.without_category), (7, 1));
    let (choices, _) = before.choices().with(before.catalogue(), before.terms(), COMPUTERS, Choice::OptedIn).unwrap();
    let after = Report::new(&census, &before.with_choices(choices, &tree), Rounding::Up, Some(3));
    let row = after.row(computers).unwrap();
    assert_eq!((row.quotient.count, row.waiting, row.excluded, row.units), (5, 0, 5, Some(2)));
    assert_eq!((after.consumed, after.colour), (4, Some(Colour::Red)));
    assert_eq!(
        after.rows[before.catalogue().find("Servers").unwrap().index()].application,
        Some(Application::TelecomNetworkInventory)
    );
}

const NAMES: [&str; 10] = ["Computer", "Server", "Monitor", "Printer", "Hardware", "Consumables", "a", "b", "c", "d"];
const RESOURCES: [&str; 5] = [COMPUTERS, "Servers", "Monitors", "Printers", "Unclassified hardware"];

/// The rules of the custom categories, read off for one category by walking up.
fn plain(id: CategoryId, references: &References, licensing: &Licensing) -> (bool, Option<Place>) {
    let catalogue = licensing.catalogue();
    let name = |id: CategoryId| references.display(Table::ModelCategory, id.0).unwrap();
    let custom = |id| crate::asset::category::by_name(name(id)).is_none();
    let own = |id| catalogue.of_model(name(id), true);
    let licensable = |id| own(id).filter(|place| licensing.availability(*place) != Availability::NotInVersion);
    if let Some(place) = licensable(id) {
        let in_force = licensing.is_in_force(place);
        return (in_force, in_force.then_some(place));
    }
    let mut seen = vec![id];
    let mut excluded = false;
    let mut nearest = None;
    while let Some(above) = references.parent(Table::ModelCategory, seen[seen.len() - 1].0).map(CategoryId) {
        if seen.contains(&above) {
            break;
        }
        nearest = licensable(above);
        if nearest.is_some() {
            break;
        }
        if !custom(above) && licensing.terms().ham_version == Version::new(10, 0) {
            excluded = true;
            break;
        }
        seen.push(above);
    }
    match nearest {
        Some(place) if licensing.is_in_force(place) => (true, Some(place)),
        _ if !custom(id) => (true, None),
        _ => (!excluded && !licensing.terms().restricts_custom_categories(), None),
    }
}

fn sites() -> impl Strategy<Value = (Vec<Option<usize>>, Vec<&'static str>, Terms)> {
    let parents = prop::collection::vec(prop::option::of(0..NAMES.len()), NAMES.len()).prop_map(|mut parents| {
        // A parent stands further back, so that there is no circle.
        for (child, parent) in parents.iter_mut().enumerate() {
            *parent = parent.filter(|parent| *parent != child).map(|parent| (parent.max(child) * 7 + 3) % NAMES.len());
        }
        let order: Vec<usize> = (0..NAMES.len()).map(|place| (place * 7 + 3) % NAMES.len()).collect();
        let rank: BTreeMap<usize, usize> = order.iter().enumerate().map(|(rank, name)| (*name, rank)).collect();
        for child in 0..parents.len() {
            parents[child] = parents[child].filter(|parent| rank[parent] > rank[&child]);
        }
        parents
    });
    let terms =
        (prop::sample::select(vec!["9.0", "10.0.0", "10.1.0"]), prop::sample::select(vec!["3", "4", "5.0"]), any::<bool>())
            .prop_map(|(ham, license, flag)| Terms { custom_category_licensing: flag, ..terms(ham, license) });
    (parents, prop::sample::subsequence(RESOURCES.to_vec(), 0..=RESOURCES.len()), terms)
}

proptest! {
    #[test]
    fn one_loop_finds_what_walking_up_finds((parents, opted_in, terms) in sites()) {
        let named: Vec<_> = NAMES.iter().zip(&parents).map(|(name, parent)| (*name, parent.map(|parent| NAMES[parent]))).collect();
        let references = directory(&named);
        let licensing = Licensing::new(Catalogue::published().unwrap(), terms, choices(&opted_in), &Tree::of(&references));
        for name in NAMES {
            let verdict = licensing.verdict(Some(category(name)));
            let found = (verdict.has_access(), verdict.licensed_under());
            prop_assert_eq!(found, plain(category(name), &references, &licensing), "{} {:?}", name, named);
            prop_assert_eq!(licensing.check_category(Some(category(name))).is_ok(), found.0);
        }
    }

    #[test]
    fn opting_in_takes_nothing_away(
        (parents, opted_in, terms) in sites(),
        more in prop::sample::select(RESOURCES.to_vec()),
        counts in prop::collection::vec(0_u64..100, NAMES.len()),
    ) {
        let named: Vec<_> = NAMES.iter().zip(&parents).map(|(name, parent)| (*name, parent.map(|parent| NAMES[parent]))).collect();
        let tree = Tree::of(&directory(&named));
        let before = Licensing::new(Catalogue::published().unwrap(), terms, choices(&opted_in), &tree);
        let mut all = opted_in;
        all.push(more);
        let after = before.with_choices(choices(&all), &tree);
        let mut census = Census::default();
        for (name, assets) in NAMES.iter().zip(&counts) {
            let (was, is) = (before.verdict(Some(category(name))), after.verdict(Some(category(name))));
            prop_assert!(is.has_access() || !was.has_access(), "{}", name);
            prop_assert!(was.licensed_under().is_none_or(|place| is.licensed_under() == Some(place)), "{}", name);
            census.add(&AssetFacts::new(Some(category(name)), "alm_hardware", Some(1), None, false), *assets);
        }
        let report = |licensing| Report::new(&census, licensing, Rounding::Up, None);
        let (was, is) = (report(&before), report(&after));
        prop_assert!(is.counted() >= was.counted() && is.consumed >= was.consumed);
        let places = |report: &Report| {
            let waiting: u64 = report.rows.iter().map(|row| row.waiting).sum();
            report.counted() + waiting + report.free + report.without_category
        };
        prop_assert_eq!(places(&was), counts.iter().sum::<u64>(), "no asset is lost");
        prop_assert_eq!(places(&is), counts.iter().sum::<u64>(), "no asset is lost");

        // What is told beforehand, without going through the tree again.
        let place = before.catalogue().find(more).unwrap();
        if !before.is_in_force(place) && after.is_in_force(place) {
            let under = |licensable: Option<Place>| licensable == Some(place);
            let assets: u64 =
                census.categories().filter(|(id, _)| under(before.licensable_under(*id))).map(|(_, count)| count.counting).sum();
            let told = was.with_in_force(place, assets, Rounding::Up, &before);
            prop_assert_eq!(told.row(place).map(|row| (row.quotient, row.units)), is.row(place).map(|row| (row.quotient, row.units)));
            prop_assert_eq!((told.counted(), told.consumed, told.colour), (is.counted(), is.consumed, is.colour));
        }
    }
}
