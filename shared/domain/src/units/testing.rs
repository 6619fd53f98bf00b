//! What the tests of the units share: a site with every entitlement, and categories by name.

use uuid::Uuid;

use super::{Application, Catalogue, Choice, Choices, Entitlements, Environment, Licensing, Terms, Tree};
use crate::asset::category::by_name;
use crate::asset::reference::{References, Table};
use crate::ids::CategoryId;

/// The id of a ready-made category, or of a custom one by its name.
pub(super) fn category(name: &str) -> CategoryId {
    by_name(name).map_or_else(
        || {
            let bytes = name.bytes().fold(0xc0_u128, |number, byte| number.wrapping_mul(257).wrapping_add(u128::from(byte)));
            CategoryId(Uuid::from_u128(bytes))
        },
        |category| category.id,
    )
}

/// The ready-made categories, with further ones or other parents.
pub(super) fn directory(parents: &[(&str, Option<&str>)]) -> References {
    let mut references = References::seeded();
    for (name, parent) in parents {
        references.put(Table::ModelCategory, category(name).0, name, parent.map(|parent| category(parent).0));
    }
    references
}

/// The terms of a site that has bought everything.
pub(super) fn terms(ham_version: &str, license_version: &str) -> Terms {
    let catalogue = Catalogue::published().unwrap();
    let entitlements = catalogue.rows().filter_map(|(_, row)| row.entitlement.as_deref());
    Terms {
        ham_version: ham_version.parse().unwrap(),
        license_version: license_version.parse().unwrap(),
        environment: Environment::Production,
        entitlements: Entitlements::new(entitlements),
        installed: [Application::HardwareAssetManagement, Application::TelecomNetworkInventory].into(),
        custom_category_licensing: false,
    }
}

/// The choices of a site.
pub(super) fn choices(opted_in: &[&str]) -> Choices {
    Choices::recorded(&Catalogue::published().unwrap(), opted_in.iter().map(|name| (*name, Choice::OptedIn)))
}

/// The verdicts of such a site.
pub(super) fn licensing(ham: &str, license: &str, opted_in: &[&str], parents: &[(&str, Option<&str>)]) -> Licensing {
    let tree = Tree::of(&directory(parents));
    Licensing::new(Catalogue::published().unwrap(), terms(ham, license), choices(opted_in), &tree)
}
