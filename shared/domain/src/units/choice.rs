//! Opting in and out: a deliberate act, decided before it is recorded (domain 3.3).
//!
//! In: what was chosen so far, the terms of the site, and a wish. Out: what would be chosen then, or why it cannot be. Who chose
//! it and when is the caller's record; what it does to assets and units is a report before and one after.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::catalogue::{Catalogue, Place};
use super::terms::{Availability, Terms};
use super::version::Version;

/// The first version that asks for opting in; before it everything was in use.
const CHOSEN_SINCE: u32 = 3;

/// What was chosen for a resource category.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// It is used and paid for.
    OptedIn,
    /// It was given up; what lies below it, too.
    OptedOut,
}

/// What was chosen for each resource category; one without an entry was never opted in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choices(BTreeMap<Place, Choice>);

/// Why a choice cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceError {
    /// No such resource category.
    #[error("there is no resource category {name:?}; known are: {known}")]
    Unknown {
        /// What was given.
        name: String,
        /// Those that there are.
        known: String,
    },
    /// It is chosen already.
    #[error("{name} is opted {} already", match .choice { Choice::OptedIn => "in", Choice::OptedOut => "out" })]
    Already {
        /// The resource category.
        name: String,
        /// What it is.
        choice: Choice,
    },
    /// These versions do not have it.
    #[error(
        "{name} needs Hardware Asset Management {ham} and licence version {license}; here it is {here_ham} with {here_license}"
    )]
    Versions {
        /// The resource category.
        name: String,
        /// The version it needs.
        ham: Version,
        /// The licence version it needs.
        license: Version,
        /// The site's version.
        here_ham: Version,
        /// The site's licence version.
        here_license: Version,
    },
    /// Its entitlement is missing.
    #[error("{name} needs the entitlement {entitlement}, which neither the licence key nor sn_ham_active_entitlements holds")]
    Entitlement {
        /// The resource category.
        name: String,
        /// The entitlement.
        entitlement: String,
    },
    /// Its application is missing.
    #[error("{name} needs one of these applications to be installed: {applications}")]
    Application {
        /// The resource category.
        name: String,
        /// Those that support it.
        applications: String,
    },
}

impl Choices {
    /// What was recorded; names that the catalogue no longer has are left out.
    #[must_use]
    pub fn recorded<'a>(catalogue: &Catalogue, choices: impl IntoIterator<Item = (&'a str, Choice)>) -> Self {
        Self(choices.into_iter().filter_map(|(name, choice)| Some((catalogue.find(name)?, choice))).collect())
    }

    /// What was chosen for a resource category.
    #[must_use]
    pub fn get(&self, place: Place) -> Option<Choice> {
        self.0.get(&place).copied()
    }

    /// These choices with one more, and the place it is for.
    ///
    /// # Errors
    /// When there is no such category, when it is chosen already, and when one that is not available would be opted in.
    pub fn with(&self, catalogue: &Catalogue, terms: &Terms, name: &str, choice: Choice) -> Result<(Self, Place), ChoiceError> {
        let place = find(catalogue, name)?;
        if self.get(place) == Some(choice) {
            return Err(ChoiceError::Already { name: catalogue.name(place).to_owned(), choice });
        }
        if choice == Choice::OptedIn {
            check_available(catalogue, terms, place)?;
        }
        let mut choices = self.clone();
        choices.0.insert(place, choice);
        Ok((choices, place))
    }

    /// These choices after an upgrade of Hardware Asset Management: from a version without opting in, everything is opted in that
    /// these versions have, except what needs an explicit act (domain 3.3). Any other upgrade opts nothing in.
    #[must_use]
    pub fn after_upgrade(&self, catalogue: &Catalogue, from: Version, terms: &Terms) -> Self {
        let mut choices = self.clone();
        if from.major() < CHOSEN_SINCE && terms.ham_version.major() >= CHOSEN_SINCE {
            for (place, row) in catalogue.rows() {
                if !row.explicit_opt_in && row.is_licensed_in(terms.ham_version, terms.license_version) {
                    choices.0.entry(place).or_insert(Choice::OptedIn);
                }
            }
        }
        choices
    }
}

/// The place of a resource category's name.
///
/// # Errors
/// When there is none of this name, with those that there are.
pub fn find(catalogue: &Catalogue, name: &str) -> Result<Place, ChoiceError> {
    catalogue.find(name).ok_or_else(|| {
        let known: Vec<&str> = catalogue.rows().map(|(_, row)| row.name.as_str()).collect();
        ChoiceError::Unknown { name: name.chars().take(64).collect(), known: known.join(", ") }
    })
}

/// Whether a resource category can be used.
///
/// # Errors
/// What it lacks.
pub fn check_available(catalogue: &Catalogue, terms: &Terms, place: Place) -> Result<(), ChoiceError> {
    let Some(row) = catalogue.get(place) else { return Ok(()) };
    let name = row.name.clone();
    match terms.availability(row) {
        Availability::Available => Ok(()),
        Availability::NotInVersion => Err(ChoiceError::Versions {
            name,
            ham: row.ham_version.unwrap_or(Version::new(0, 0)),
            license: row.license_version.unwrap_or(Version::new(0, 0)),
            here_ham: terms.ham_version,
            here_license: terms.license_version,
        }),
        Availability::NoEntitlement => {
            Err(ChoiceError::Entitlement { name, entitlement: row.entitlement.clone().unwrap_or_default() })
        }
        Availability::NoApplication => {
            let applications: Vec<&str> = row.applications.iter().map(|application| application.name()).collect();
            Err(ChoiceError::Application { name, applications: applications.join(", ") })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{choices, terms};
    use super::*;
    use crate::units::{Application, Entitlements, Environment};

    fn names(choices: &Choices, catalogue: &Catalogue) -> Vec<String> {
        let opted_in = catalogue.rows().filter(|(place, _)| choices.get(*place) == Some(Choice::OptedIn));
        opted_in.map(|(_, row)| row.name.clone()).collect()
    }

    #[test]
    fn a_choice_is_made_once_and_for_what_is_available() {
        let catalogue = Catalogue::published().unwrap();
        let full = terms("10.1.0", "5.0");
        let none = Terms { entitlements: Entitlements::default(), ..full.clone() };
        let without_telecom = Terms { installed: [Application::HardwareAssetManagement].into(), ..full.clone() };
        let check = |terms: &Terms, before: &[&str], name: &str, choice: Choice, expected: Result<&[&str], &str>| match (
            choices(before).with(&catalogue, terms, name, choice),
            expected,
        ) {
            (Ok((after, place)), Ok(expected)) => {
                assert_eq!(names(&after, &catalogue), expected);
                assert_eq!(after.get(place), Some(choice));
            }
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
            (outcome, expected) => panic!("{name}: {outcome:?}, not {expected:?}"),
        };
        use Choice::{OptedIn, OptedOut};
        check(&full, &[], "servers", OptedIn, Ok(&["Servers"]));
        check(&full, &["Servers"], "Network Gear", OptedIn, Ok(&["Servers", "Network Gear"]));
        check(&full, &["Servers"], "Servers", OptedOut, Ok(&[]));
        check(&full, &[], "Servers", OptedOut, Ok(&[]));
        check(&full, &["Servers"], "Servers", OptedIn, Err("Servers is opted in already"));
        check(&full, &[], "Server", OptedIn, Err("known are: End User Computers, Servers"));
        check(&none, &[], "Servers", OptedIn, Err("ham_server_license"));
        check(&Terms { environment: Environment::NonProduction, ..none.clone() }, &[], "Servers", OptedIn, Ok(&["Servers"]));
        check(&none, &["Servers"], "Servers", OptedOut, Ok(&[]));
        check(&terms("10.0.0", "5.0"), &[], "Printers", OptedIn, Err("here it is 10.0 with 5.0"));
        check(&terms("10.1.0", "4"), &[], "Monitors", OptedIn, Err("licence version 5.0"));
        check(&without_telecom, &[], "Telecom Network Inventory", OptedIn, Err("Telecommunications Network Inventory"));
    }

    #[test]
    fn an_upgrade_opts_in_what_was_in_use_before() {
        let catalogue = Catalogue::published().unwrap();
        let older = ["End User Computers", "Servers", "Network Gear", "Telecom Network Inventory"];
        let check = |from: &str, terms: Terms, before: &[&str], expected: &[&str]| {
            let after = choices(before).after_upgrade(&catalogue, from.parse().unwrap(), &terms);
            assert_eq!(names(&after, &catalogue), expected, "{from}");
        };
        check("1.0", terms("10.0.0", "4"), &[], &older);
        check("2.0", terms("10.1.0", "5.0"), &[], &older);
        check("2.9", terms("3.0", "3"), &[], &older);
        check("1.0", terms("2.0", "3"), &[], &[]);
        check("3.0", terms("10.1.0", "5.0"), &[], &[]);
        check("10.0.0", terms("10.1.0", "5.0"), &["Servers"], &["Servers"]);
        let gave_up = Choices(std::iter::once((catalogue.find("Servers").unwrap(), Choice::OptedOut)).collect());
        let after = gave_up.after_upgrade(&catalogue, "2.0".parse().unwrap(), &terms("10.1.0", "5.0"));
        assert!(!names(&after, &catalogue).contains(&"Servers".to_owned()), "what was given up stays so");
    }
}
