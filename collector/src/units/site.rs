//! A site at one moment: its terms, its categories, what was chosen, and what follows.

use super::{
    error::UnitsError,
    query::{self, Behind},
};
use crate::{
    compliance::Granted,
    settings::Values,
    store::records::{ResourceCategoryRecord, UnitChoiceRecord},
};
use muster_domain::{
    asset::References,
    units::{Catalogue, Census, Choices, Entitlements, Environment, Licensing, Place, Report, Rounding, Terms, Tree, Version},
};
use std::sync::Arc;

/// The licence version of a key that names none, or none that can be read: the newest, which grants nothing by itself.
const PRESENT_LICENSE: Version = Version::new(5, 0);

/// A site at one moment.
#[derive(Debug, Clone)]
pub struct Site {
    /// What holds for each model category.
    pub licensing: Licensing,
    /// Every act of opting in or out, oldest first.
    pub acts: Vec<UnitChoiceRecord>,
    /// How parts of a unit are rounded.
    pub rounding: Rounding,
    /// Units that were bought.
    pub entitled: Option<u64>,
    pub(super) tree: Arc<Tree>,
}

/// A site with its report.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The site.
    pub site: Arc<Site>,
    /// The report.
    pub report: Report,
}

/// What a site is made of, besides what was chosen.
#[derive(Clone, Copy)]
pub(super) struct Inputs<'a> {
    pub(super) settings: &'a Values,
    pub(super) granted: Option<&'a Granted>,
    pub(super) references: &'a References,
    pub(super) categories: &'a [ResourceCategoryRecord],
}

impl Site {
    pub(super) fn new(inputs: &Inputs<'_>, acts: Vec<UnitChoiceRecord>) -> Result<Self, UnitsError> {
        let Inputs { settings, granted, references, categories } = *inputs;
        let rows: Vec<_> = categories.iter().map(|record| record.category.clone()).collect();
        let catalogue = Catalogue::with(&rows)?;
        let choices = Choices::recorded(&catalogue, acts.iter().map(|act| (act.category.as_str(), act.choice)));
        let tree = Tree::of(references);
        if let Some(name) = tree.circle() {
            tracing::error!(category = name, "a model category lies below itself; its children are judged without it");
        }
        let licensing = Licensing::new(catalogue, terms(settings, granted), choices, &tree);
        let entitled = granted.and_then(|granted| granted.units);
        Ok(Self { licensing, acts, rounding: settings.units_rounding, entitled, tree: Arc::new(tree) })
    }

    /// The last act for a resource category.
    #[must_use]
    pub fn last_act(&self, name: &str) -> Option<&UnitChoiceRecord> {
        let name = name.to_lowercase();
        self.acts.iter().rfind(|act| act.category.to_lowercase() == name)
    }

    /// The encoded query for the assets of a resource category; none where it would be too long, or would find nothing.
    #[must_use]
    pub fn query(&self, place: Place) -> Option<String> {
        self.query_of(Behind::Category(place))
    }

    /// The encoded query for the assets behind a number; none where it would be too long, or would find nothing.
    #[must_use]
    pub fn query_of(&self, behind: Behind) -> Option<String> {
        query::of(&self.licensing, &self.tree, behind)
    }

    pub(super) fn report(&self, census: &Census) -> Report {
        Report::new(census, &self.licensing, self.rounding, self.entitled)
    }

    /// The site after other choices.
    pub(super) fn with_choices(&self, choices: Choices) -> Self {
        let Self { licensing, acts, rounding, entitled, tree } = self;
        let licensing = licensing.with_choices(choices, tree);
        Self { licensing, acts: acts.clone(), rounding: *rounding, entitled: *entitled, tree: Arc::clone(tree) }
    }
}

fn terms(settings: &Values, granted: Option<&Granted>) -> Terms {
    let license_version = granted.and_then(|granted| granted.ham_license_version.as_deref());
    let license_version = license_version.and_then(|text| {
        let version = text.parse::<Version>();
        version.inspect_err(|error| tracing::warn!(%error, "the licence version of the key cannot be read")).ok()
    });
    let of_key = granted.map(|granted| granted.entitlements.as_slice()).unwrap_or_default();
    let non_production = granted.is_some_and(|granted| granted.environment == "non-production");
    Terms {
        ham_version: settings.ham_version,
        license_version: license_version.unwrap_or(PRESENT_LICENSE),
        environment: if non_production { Environment::NonProduction } else { Environment::Production },
        entitlements: Entitlements::in_force(of_key, &settings.ham_entitlements),
        installed: settings.ham_applications.clone(),
        custom_category_licensing: settings.custom_category_licensing,
    }
}
