//! The applications that hardware can be licensed under, and which of them has a resource category.
//!
//! A resource category is licensed under one application only, the first installed one of a fixed order (domain 3.6).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::version::Version;

/// An application, in the order in which they take a resource category.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Application {
    /// Zero Touch Mobility.
    #[serde(rename = "ZTM")]
    ZeroTouchMobility,
    /// Telecommunications Network Inventory.
    #[serde(rename = "TNI")]
    TelecomNetworkInventory,
    /// Hardware Asset Management.
    #[serde(rename = "HAM")]
    HardwareAssetManagement,
    /// Operational Technology Asset Management. It has the assets of operational technology, and no other.
    #[serde(rename = "OTAM")]
    OperationalTechnology,
}

/// The first version in which the applications have an order.
const ORDERED_SINCE: Version = Version::new(10, 1);

impl Application {
    /// Every application.
    pub const ALL: [Self; 4] =
        [Self::ZeroTouchMobility, Self::TelecomNetworkInventory, Self::HardwareAssetManagement, Self::OperationalTechnology];

    /// The short name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::ZeroTouchMobility => "ZTM",
            Self::TelecomNetworkInventory => "TNI",
            Self::HardwareAssetManagement => "HAM",
            Self::OperationalTechnology => "OTAM",
        }
    }

    /// The name that people read.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ZeroTouchMobility => "Zero Touch Mobility",
            Self::TelecomNetworkInventory => "Telecommunications Network Inventory",
            Self::HardwareAssetManagement => "Hardware Asset Management",
            Self::OperationalTechnology => "Operational Technology Asset Management",
        }
    }

    /// The application of a short name, compared without case.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|application| application.code().eq_ignore_ascii_case(code.trim()))
    }
}

/// The application that a resource category is licensed under: of those that support it, the first installed one. Before
/// HAM 10.1.0 there is no order, and Hardware Asset Management comes first.
#[must_use]
pub fn licensed_under(
    supporting: &[Application],
    installed: &BTreeSet<Application>,
    ham_version: Version,
) -> Option<Application> {
    let available = || supporting.iter().copied().filter(|application| installed.contains(application));
    let ham = available().find(|application| *application == Application::HardwareAssetManagement);
    if ham_version < ORDERED_SINCE { ham.or_else(|| available().min()) } else { available().min() }
}

/// The application of one asset of the category: an asset of operational technology is licensed elsewhere.
#[must_use]
pub fn licensed_for(
    ot_entity: bool,
    supporting: &[Application],
    installed: &BTreeSet<Application>,
    ham_version: Version,
) -> Option<Application> {
    if ot_entity { Some(Application::OperationalTechnology) } else { licensed_under(supporting, installed, ham_version) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Application::{HardwareAssetManagement as Ham, TelecomNetworkInventory as Tni, ZeroTouchMobility as Ztm};

    #[test]
    fn the_first_installed_application_has_the_category() {
        let check = |supporting: &[Application], installed: &[Application], ham: Version, expected: Option<Application>| {
            let installed = installed.iter().copied().collect();
            assert_eq!(licensed_under(supporting, &installed, ham), expected, "{supporting:?} {installed:?} {ham}");
            assert_eq!(licensed_for(true, supporting, &installed, ham), Some(Application::OperationalTechnology));
        };
        let (now, before) = (Version::new(10, 1), Version::new(10, 0));
        check(&[Ztm, Ham], &[Ham, Ztm], now, Some(Ztm));
        check(&[Ham, Ztm], &[Ham, Tni], now, Some(Ham));
        check(&[Ham, Ztm], &[Tni], now, None);
        check(&[Tni, Ham], &[Ham, Tni, Ztm], now, Some(Tni));
        check(&[Tni, Ham], &[Ham, Tni, Ztm], before, Some(Ham));
        check(&[Tni], &[Ham], now, None);
        check(&[Tni], &[Ham, Tni], before, Some(Tni));
        check(&[Ham], &[Ham, Tni, Ztm], now, Some(Ham));
        check(&[], &[Ham], now, None);
    }

    #[test]
    fn codes_lead_back() {
        for application in Application::ALL {
            assert_eq!(Application::from_code(&application.code().to_lowercase()), Some(application));
            assert_eq!(serde_json::to_string(&application).unwrap(), format!("\"{}\"", application.code()));
        }
        assert_eq!(Application::from_code("SAM"), None);
    }
}
