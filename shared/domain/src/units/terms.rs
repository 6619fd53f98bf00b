//! What a site may use: the versions, the entitlements, the installed applications, and the switch for custom categories.

use std::collections::BTreeSet;

use super::category::ResourceCategory;
use super::entitlement::{Entitlements, Environment};
use super::solution::{Application, licensed_under};
use super::version::Version;

/// The first licence version that restricts custom model categories.
const RESTRICTED_SINCE: Version = Version::new(4, 0);
/// The version whose unlicensed categories keep their children out, and the first one after it.
const CHILDREN_EXCLUDED: (Version, Version) = (Version::new(10, 0), Version::new(10, 1));

/// What a site may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// The version of Hardware Asset Management.
    pub ham_version: Version,
    /// The licence version.
    pub license_version: Version,
    /// What the installation is used for.
    pub environment: Environment,
    /// The entitlements that it holds.
    pub entitlements: Entitlements,
    /// The applications that are installed.
    pub installed: BTreeSet<Application>,
    /// `sn_hamp.enable_custom_category_licensing`.
    pub custom_category_licensing: bool,
}

/// Whether a resource category can be opted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Availability {
    /// It can.
    Available,
    /// These versions do not have it: what belongs to it is used without a licence.
    NotInVersion,
    /// Its entitlement is not held.
    NoEntitlement,
    /// None of its applications is installed.
    NoApplication,
}

impl Terms {
    /// Whether a custom model category can be used only below an opted-in one (domain 3.4).
    #[must_use]
    pub fn restricts_custom_categories(&self) -> bool {
        self.license_version >= RESTRICTED_SINCE || self.custom_category_licensing
    }

    /// Whether the children of model categories that are used without a licence are kept out: in HAM 10.0.0 only (domain 3.5).
    #[must_use]
    pub fn excludes_children_of_unlicensed(&self) -> bool {
        let (first, after) = CHILDREN_EXCLUDED;
        (first..after).contains(&self.ham_version)
    }

    /// Whether a resource category can be opted in (domain 3.1).
    #[must_use]
    pub fn availability(&self, category: &ResourceCategory) -> Availability {
        let needs_entitlement = self.environment == Environment::Production || category.always_entitled;
        let lacks = |name: &String| needs_entitlement && !self.entitlements.holds(name);
        if !category.is_licensed_in(self.ham_version, self.license_version) {
            Availability::NotInVersion
        } else if category.entitlement.as_ref().is_some_and(lacks) {
            Availability::NoEntitlement
        } else if self.application(category).is_none() {
            Availability::NoApplication
        } else {
            Availability::Available
        }
    }

    /// The application that a resource category is licensed under.
    #[must_use]
    pub fn application(&self, category: &ResourceCategory) -> Option<Application> {
        licensed_under(&category.applications, &self.installed, self.ham_version)
    }
}

#[cfg(test)]
mod tests {
    use super::super::category::published;
    use super::*;

    #[test]
    fn entitlements_matter_in_production_and_always_for_mobile_devices() {
        use Environment::{NonProduction, Production};
        let check = |category: &str, environment, held: &str, installed: &[Application], expected| {
            let terms = Terms {
                ham_version: Version::new(10, 1),
                license_version: Version::new(5, 0),
                environment,
                entitlements: Entitlements::from_setting(held),
                installed: installed.iter().copied().collect(),
                custom_category_licensing: false,
            };
            let row = published().into_iter().find(|row| row.name == category).unwrap();
            assert_eq!(terms.availability(&row), expected, "{category} {environment:?} {held} {installed:?}");
        };
        let (ham, tni) = (Application::HardwareAssetManagement, Application::TelecomNetworkInventory);
        check("Servers", Production, "ham_server_license", &[ham], Availability::Available);
        check("Servers", Production, "ham_computer_license", &[ham], Availability::NoEntitlement);
        check("Servers", NonProduction, "", &[ham], Availability::Available);
        check("Servers", NonProduction, "", &[], Availability::NoApplication);
        check("Mobile Device", NonProduction, "", &[ham], Availability::NoEntitlement);
        check("Mobile Device", NonProduction, "HAM_MobileDevice_License", &[ham], Availability::Available);
        check("Telecom Network Inventory", NonProduction, "", &[ham], Availability::NoApplication);
        check("Telecom Network Inventory", Production, "ham_tni_license", &[ham, tni], Availability::Available);
        check("Telecom Network Inventory", Production, "", &[ham, tni], Availability::NoEntitlement);
    }
}
