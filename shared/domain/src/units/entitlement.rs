//! The entitlements of a site: which resource categories were bought, and where that matters.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// What an installation is used for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Environment {
    /// A resource category is available only with its entitlement.
    #[default]
    Production,
    /// Every resource category is available, except one that always needs its entitlement.
    NonProduction,
}

/// The entitlements that a site holds, compared without case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entitlements(BTreeSet<String>);

impl Entitlements {
    /// From names.
    #[must_use]
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self(names.into_iter().map(folded).filter(|name| !name.is_empty()).collect())
    }

    /// From the comma-separated setting `sn_ham_active_entitlements`.
    #[must_use]
    pub fn from_setting(text: &str) -> Self {
        Self::new(text.split(','))
    }

    /// Those in force: what the licence key names; a key that names none leaves it to the setting, because entitlements are not
    /// downloaded to a site of its own.
    #[must_use]
    pub fn in_force(key: &[String], setting: &[String]) -> Self {
        let of_key = Self::new(key.iter().map(String::as_str));
        if of_key.0.is_empty() { Self::new(setting.iter().map(String::as_str)) } else { of_key }
    }

    /// Whether this one is held.
    #[must_use]
    pub fn holds(&self, name: &str) -> bool {
        self.0.contains(&folded(name))
    }

    /// The names, in lower case and in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

fn folded(name: &str) -> String {
    name.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_wins_over_the_setting() {
        let list = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        let check = |key: &[&str], setting: &[&str], expected: &[&str]| {
            let held = Entitlements::in_force(&list(key), &list(setting));
            assert_eq!(held.names().collect::<Vec<_>>(), expected, "{key:?} {setting:?}");
        };
        check(&["ham_server_license"], &["ham_computer_license"], &["ham_server_license"]);
        check(&[], &["ham_computer_license", " HAM_Server_License "], &["ham_computer_license", "ham_server_license"]);
        check(&[" "], &[], &[]);
        assert_eq!(Entitlements::from_setting(" ham_a,, ham_b ,"), Entitlements::new(["HAM_B", "ham_a"]));
        assert!(Entitlements::from_setting("ham_a").holds(" Ham_A") && !Entitlements::from_setting("").holds(""));
    }
}
