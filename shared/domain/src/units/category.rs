//! A resource category, and the nine that are published (domain 3.1).
//!
//! They are data: an administrator changes a row or adds one, and every rule reads the row and not the name.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use super::solution::Application;
use super::version::Version;

/// What assets are licensed under, and at which ratio.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceCategory {
    /// Its name.
    pub name: String,
    /// How many assets make one subscription unit.
    pub ratio: NonZeroU32,
    /// The model categories that are its own.
    pub model_categories: Vec<String>,
    /// Every model category of hardware whose name contains this is its own, too, unless another row lists it.
    pub name_contains: Option<String>,
    /// The entitlement that it needs.
    pub entitlement: Option<String>,
    /// Whether it needs its entitlement outside production, too.
    pub always_entitled: bool,
    /// The first version of Hardware Asset Management that has it.
    pub ham_version: Option<Version>,
    /// The first licence version that has it.
    pub license_version: Option<Version>,
    /// The applications that support it; one of them must be installed.
    pub applications: Vec<Application>,
    /// Whether an upgrade from a version without opting in leaves it out.
    pub explicit_opt_in: bool,
}

impl ResourceCategory {
    /// Whether it is licensed in these versions at all.
    #[must_use]
    pub fn is_licensed_in(&self, ham_version: Version, license_version: Version) -> bool {
        self.ham_version.is_none_or(|needed| needed <= ham_version)
            && self.license_version.is_none_or(|needed| needed <= license_version)
    }
}

/// The nine published resource categories.
#[must_use]
pub fn published() -> Vec<ResourceCategory> {
    use Application::{HardwareAssetManagement as Ham, TelecomNetworkInventory as Tni, ZeroTouchMobility as Ztm};
    let row = |name: &str, ratio: u32, models: &[&str], entitlement: &str, applications: &[Application]| ResourceCategory {
        name: name.to_owned(),
        ratio: NonZeroU32::new(ratio).unwrap_or(NonZeroU32::MIN),
        model_categories: models.iter().map(ToString::to_string).collect(),
        name_contains: None,
        entitlement: Some(entitlement.to_owned()),
        always_entitled: false,
        ham_version: None,
        license_version: None,
        applications: applications.to_vec(),
        explicit_opt_in: false,
    };
    let newer = |name: &str, ratio: u32, model: &str, entitlement: &str| ResourceCategory {
        ham_version: Some(Version::new(10, 1)),
        license_version: Some(Version::new(5, 0)),
        explicit_opt_in: true,
        ..row(name, ratio, &[model], entitlement, &[Ham])
    };
    vec![
        row("End User Computers", 4, &["Computer"], "ham_computer_license", &[Ham]),
        ResourceCategory {
            name_contains: Some("server".to_owned()),
            ..row("Servers", 1, SERVERS, "ham_server_license", &[Tni, Ham])
        },
        row("Network Gear", 5, &["Network gear", "IP Switch", "IP Router"], "ham_networkgear_license", &[Tni, Ham]),
        ResourceCategory {
            always_entitled: true,
            explicit_opt_in: true,
            ..row("Mobile Device", 10, &["Mobile Device"], "ham_mobiledevice_license", &[Ztm, Ham])
        },
        row("Telecom Network Inventory", 1, TELECOM, "ham_tni_license", &[Tni]),
        // Its entitlement is not published; this one follows the names of the others.
        newer("Unclassified hardware", 1, "Hardware", "ham_unclassified_license"),
        newer("Monitors", 15, "Monitor", "ham_monitor_license"),
        newer("Storage", 3, "Storage Device", "ham_storage_license"),
        newer("Printers", 10, "Printer", "ham_printer_license"),
    ]
}

const SERVERS: &[&str] = &[
    "AIX Server",
    "ESX Server",
    "HPUX Server",
    "Linux server",
    "Netware Server",
    "OS/X Server",
    "Server",
    "Solaris Server",
    "Unix Server",
    "Windows Server",
];

const TELECOM: &[&str] = &["Card", "Network Interface", "Logical connection", "Physical connection", "Telco equipment"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asset::category::{SEEDED, by_name};

    #[test]
    fn the_rows_are_the_published_ones() {
        let check = |name: &str, ratio: u32, models: usize, entitlement: &str, newer: bool| {
            let rows = published();
            let row = rows.iter().find(|row| row.name == name).unwrap_or_else(|| panic!("{name}"));
            assert_eq!((row.ratio.get(), row.model_categories.len()), (ratio, models), "{name}");
            assert_eq!(row.entitlement.as_deref(), Some(entitlement));
            for (ham, license, licensed) in [
                ("10.0.0", "4", !newer),
                ("10.0.0", "5.0", !newer),
                ("10.1.0", "4", !newer),
                ("10.1.0", "5.0", true),
                ("11", "6", true),
            ] {
                assert_eq!(
                    row.is_licensed_in(ham.parse().unwrap(), license.parse().unwrap()),
                    licensed,
                    "{name} {ham} {license}"
                );
            }
        };
        check("End User Computers", 4, 1, "ham_computer_license", false);
        check("Servers", 1, 10, "ham_server_license", false);
        check("Network Gear", 5, 3, "ham_networkgear_license", false);
        check("Mobile Device", 10, 1, "ham_mobiledevice_license", false);
        check("Telecom Network Inventory", 1, 5, "ham_tni_license", false);
        check("Unclassified hardware", 1, 1, "ham_unclassified_license", true);
        check("Monitors", 15, 1, "ham_monitor_license", true);
        check("Storage", 3, 1, "ham_storage_license", true);
        check("Printers", 10, 1, "ham_printer_license", true);
        assert_eq!(published().len(), 9);
    }

    #[test]
    fn every_seeded_category_but_the_consumables_is_in_one_row() {
        let models: Vec<String> = published().into_iter().flat_map(|row| row.model_categories).collect();
        assert_eq!(models.len() + 1, SEEDED.len());
        for model in models {
            assert!(by_name(&model).is_some_and(|category| category.name == model && model != "Consumables"), "{model}");
        }
    }
}
