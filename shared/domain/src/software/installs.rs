//! What one machine has installed, over time.
//!
//! In: what was known and a newly reported list. Out: what is installed since when, what was updated and what was removed. Pure.

use super::{Software, order_versions};
use chrono::{DateTime, NaiveDate, Utc};
use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet, VecDeque},
};

/// How many removals of a machine are remembered; the oldest go first.
pub const REMOVALS_KEPT: usize = 500;

/// Something on a list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// What.
    pub software: Software,
    /// When it was installed, as the machine says.
    pub install_date: Option<NaiveDate>,
}

/// Something that is installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Install {
    /// What.
    pub software: Software,
    /// When this version was installed, as the machine says.
    pub install_date: Option<NaiveDate>,
    /// When it was first on a list, in whatever version.
    pub first_seen: DateTime<Utc>,
    /// When it was on a list with another version than before; none as long as it has its first.
    pub updated_at: Option<DateTime<Utc>>,
}

/// Something that was installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// What, in its last version.
    pub software: Software,
    /// When it was first on a list.
    pub first_seen: DateTime<Utc>,
    /// When it was on a list no more.
    pub removed_at: DateTime<Utc>,
}

/// Everything known of one machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Installs {
    /// What is installed, ordered by software, each one once.
    pub present: Vec<Install>,
    /// What was removed, the newest last, at most [`REMOVALS_KEPT`].
    pub removed: Vec<Removal>,
    /// How many removals before those are remembered no more.
    pub forgotten: u64,
}

/// What a list changed, in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Difference {
    /// New on the machine.
    pub installed: usize,
    /// In another version than before.
    pub updated: usize,
    /// Gone.
    pub removed: usize,
}

impl Installs {
    /// Takes a whole list that arrived at `at`. Software of the same source, name and architecture in another version is updated, not
    /// removed and installed; where several versions stand side by side, the oldest ones count as the updated ones. In the same version
    /// it is the same install, whoever is said to publish it now.
    pub fn observe(&mut self, found: &[Found], at: DateTime<Utc>) -> Difference {
        let mut before: BTreeMap<Software, Install> =
            std::mem::take(&mut self.present).into_iter().map(|install| (install.software.clone(), install)).collect();
        let mut seen = BTreeSet::new();
        let mut fresh = Vec::new();
        for found in found {
            if !seen.insert(&found.software) {
                continue;
            }
            match before.remove(&found.software) {
                Some(known) => self.present.push(Install { install_date: found.install_date, ..known }),
                None => fresh.push(found),
            }
        }
        fresh.sort_by(|left, right| by_line(&left.software, &right.software));
        let mut left: BTreeMap<(String, String, Option<String>), VecDeque<Install>> = BTreeMap::new();
        let mut before: Vec<Install> = before.into_values().collect();
        before.sort_by(|left, right| by_line(&left.software, &right.software));
        for install in before {
            left.entry(line(&install.software)).or_default().push_back(install);
        }
        let present = |found: &Found, first_seen, updated_at| Install {
            software: found.software.clone(),
            install_date: found.install_date,
            first_seen,
            updated_at,
        };
        fresh.retain(|found| {
            let Some(line) = left.get_mut(&line(&found.software)) else { return true };
            let same = line.iter().position(|install| install.software.version == found.software.version);
            let Some(old) = same.and_then(|place| line.remove(place)) else { return true };
            self.present.push(present(found, old.first_seen, old.updated_at));
            false
        });
        let mut difference = Difference::default();
        for found in fresh {
            match left.get_mut(&line(&found.software)).and_then(VecDeque::pop_front) {
                Some(old) => {
                    difference.updated += 1;
                    self.present.push(present(found, old.first_seen, Some(at)));
                }
                None => {
                    difference.installed += 1;
                    self.present.push(present(found, at, None));
                }
            }
        }
        for Install { software, first_seen, .. } in left.into_values().flatten() {
            difference.removed += 1;
            self.removed.push(Removal { software, first_seen, removed_at: at });
        }
        let surplus = self.removed.len().saturating_sub(REMOVALS_KEPT);
        self.removed.drain(..surplus);
        self.forgotten = self.forgotten.saturating_add(u64::try_from(surplus).unwrap_or(u64::MAX));
        self.present.sort_by(|left, right| left.software.cmp(&right.software));
        difference
    }
}

/// The same line together, its oldest version first.
fn by_line(left: &Software, right: &Software) -> Ordering {
    let versions = || order_versions(left.version.as_deref(), right.version.as_deref());
    left.line().cmp(&right.line()).then_with(versions).then_with(|| left.cmp(right))
}

fn line(software: &Software) -> (String, String, Option<String>) {
    let (source, name, architecture) = software.line();
    (source.to_owned(), name.to_owned(), architecture.map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(day: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + day * 86_400, 0).unwrap()
    }

    /// `name version` of dpkg, for amd64.
    fn software(text: &str) -> Software {
        let (name, version) = text.split_once(' ').unwrap();
        Software {
            name: name.to_owned(),
            version: Some(version.to_owned()),
            publisher: None,
            source: "dpkg".to_owned(),
            architecture: Some("amd64".to_owned()),
        }
    }

    fn list(texts: &[&str]) -> Vec<Found> {
        texts.iter().map(|text| Found { software: software(text), install_date: None }).collect()
    }

    /// `name version first-seen/updated`, by day.
    fn shown(installs: &Installs) -> Vec<String> {
        let day = |time: DateTime<Utc>| (time - at(0)).num_days();
        let one = |install: &Install| {
            let Install { software, first_seen, updated_at, .. } = install;
            let updated = updated_at.map_or_else(|| "-".to_owned(), |updated| day(updated).to_string());
            format!("{} {} {}/{updated}", software.name, software.version.as_deref().unwrap_or("-"), day(*first_seen))
        };
        installs.present.iter().map(one).collect()
    }

    #[test]
    fn lists_follow_each_other() {
        let mut installs = Installs::default();
        for (day, reported, expected, (installed, updated, removed)) in [
            (0, &["bash 5", "vim 9"][..], &["bash 5 0/-", "vim 9 0/-"][..], (2, 0, 0)),
            (1, &["vim 9", "bash 5", "bash 5"], &["bash 5 0/-", "vim 9 0/-"], (0, 0, 0)),
            (2, &["bash 6", "vim 9", "zsh 1"], &["bash 6 0/2", "vim 9 0/-", "zsh 1 2/-"], (1, 1, 0)),
            (3, &["zsh 1"], &["zsh 1 2/-"], (0, 0, 2)),
            (4, &["bash 6", "zsh 1"], &["bash 6 4/-", "zsh 1 2/-"], (1, 0, 0)),
            (5, &["zsh 1", "zsh 2"], &["zsh 1 2/-", "zsh 2 5/-"], (1, 0, 1)),
            (6, &["zsh 3", "zsh 4"], &["zsh 3 2/6", "zsh 4 5/6"], (0, 2, 0)),
            (7, &[], &[], (0, 0, 2)),
            (8, &["zsh 9", "zsh 10"], &["zsh 10 8/-", "zsh 9 8/-"], (2, 0, 0)),
            (9, &["zsh 10", "zsh 11"], &["zsh 10 8/-", "zsh 11 8/9"], (0, 1, 0)),
            (10, &["zsh 8", "zsh 9"], &["zsh 8 8/10", "zsh 9 8/10"], (0, 2, 0)),
            (11, &["zsh 10"], &["zsh 10 8/11"], (0, 1, 1)),
        ] {
            let difference = installs.observe(&list(reported), at(day));
            assert_eq!(difference, Difference { installed, updated, removed }, "day {day}");
            assert_eq!(shown(&installs), expected, "day {day}");
        }
        let removed: Vec<_> = installs.removed.iter().map(|gone| (gone.software.name.as_str(), gone.removed_at)).collect();
        assert_eq!(removed, [("bash", at(3)), ("vim", at(3)), ("bash", at(5)), ("zsh", at(7)), ("zsh", at(7)), ("zsh", at(11))]);
        let last = installs.removed.last().unwrap();
        assert_eq!(last.software.version.as_deref(), Some("9"), "the oldest version is the one that was updated");
    }

    #[test]
    fn another_publisher_is_no_update() {
        let mut installs = Installs::default();
        let by = |publisher: &str, version: &str| Found {
            software: Software { publisher: Some(publisher.to_owned()), ..software(&format!("bash {version}")) },
            install_date: None,
        };
        installs.observe(&[by("GNU", "5"), by("Debian", "6")], at(0));
        let difference = installs.observe(&[by("Debian", "5"), by("Debian", "6"), by("GNU", "6")], at(1));
        assert_eq!(difference, Difference { installed: 1, ..Difference::default() });
        assert_eq!(shown(&installs), ["bash 5 0/-", "bash 6 0/-", "bash 6 1/-"]);
        let difference = installs.observe(&[by("x", "5"), by("x", "7")], at(2));
        assert_eq!(difference, Difference { updated: 1, removed: 1, ..Difference::default() });
        assert_eq!(shown(&installs), ["bash 5 0/-", "bash 7 0/2"]);
        assert_eq!(installs.present[0].software.publisher.as_deref(), Some("x"));
    }

    #[test]
    fn only_the_newest_removals_are_remembered() {
        let mut installs = Installs::default();
        let many: Vec<String> = (0..REMOVALS_KEPT + 3).map(|number| format!("p{number:04} 1")).collect();
        installs.observe(&list(&many.iter().map(String::as_str).collect::<Vec<_>>()), at(0));
        installs.observe(&[], at(1));
        assert_eq!((installs.removed.len(), installs.removed[0].software.name.as_str()), (REMOVALS_KEPT, "p0003"));
        assert_eq!(installs.forgotten, 3);
    }

    proptest! {
        #[test]
        fn what_is_present_is_what_was_reported_last(
            lists in proptest::collection::vec(proptest::collection::vec((0..4_u8, 0..3_u8), 0..8), 1..6)
        ) {
            let mut installs = Installs::default();
            for (day, reported) in lists.iter().enumerate() {
                let texts: Vec<String> = reported.iter().map(|(name, version)| format!("p{name} {version}")).collect();
                let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                let before = installs.present.len();
                let difference = installs.observe(&list(&texts), at(i64::try_from(day).unwrap()));
                let expected: BTreeSet<Software> = texts.iter().map(|text| software(text)).collect();
                prop_assert_eq!(installs.present.iter().map(|install| install.software.clone()).collect::<Vec<_>>(), expected.into_iter().collect::<Vec<_>>());
                prop_assert_eq!(before + difference.installed, installs.present.len() + difference.removed);
                let again = installs.clone().observe(&list(&texts), at(99));
                prop_assert_eq!(again, Difference::default());
            }
        }
    }
}
