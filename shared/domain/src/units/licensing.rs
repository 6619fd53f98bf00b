//! Which resource category decides for each model category, and what follows (domain 3.3 to 3.5).
//!
//! In: the catalogue, the terms of the site, what was chosen, and the tree. Out: one verdict for every model category, found in
//! one loop over the tree, so that an asset costs one look-up.

use std::collections::BTreeMap;

use super::catalogue::{Catalogue, Place};
use super::choice::{Choice, Choices};
use super::terms::{Availability, Terms};
use super::tree::{Node, Tree};
use crate::ids::CategoryId;

/// What holds for the assets of a model category.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Features work and the assets count under this resource category.
    Licensed(Place),
    /// Features work and the assets do not count.
    Free(Free),
    /// Features do not work and the assets do not count.
    Refused(Refused),
}

/// Why features work without a licence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Free {
    /// Its resource category needs newer versions than these.
    NotInVersion(Place),
    /// A ready-made model category without a resource category.
    NoResourceCategory,
    /// These licence versions leave custom model categories alone.
    Custom,
}

/// Why features do not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The resource category that decides was never opted in, or its entitlement or application is missing.
    NotInForce(Place),
    /// A child of a model category that is used without a licence.
    BelowUnlicensed,
    /// No model category above it has a resource category.
    NothingAbove,
    /// The asset has no model category, or one that is not known.
    NoCategory,
}

/// Every verdict of a site at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Licensing {
    catalogue: Catalogue,
    terms: Terms,
    choices: Choices,
    verdicts: BTreeMap<CategoryId, Decided>,
}

/// What was found for one model category.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Decided {
    verdict: Verdict,
    /// The resource category that licenses it as soon as it is in force.
    licensable: Option<Place>,
}

/// What decides for the children of a model category.
#[derive(Debug, Clone, Copy)]
enum Above {
    Licensed(Place),
    Unlicensed,
}

impl Licensing {
    /// Decides for every model category of a tree.
    #[must_use]
    pub fn new(catalogue: Catalogue, terms: Terms, choices: Choices, tree: &Tree) -> Self {
        let mut licensing = Self { catalogue, terms, choices, verdicts: BTreeMap::new() };
        let mut passed_on: Vec<Option<Above>> = Vec::with_capacity(tree.nodes().len());
        for node in tree.nodes() {
            let above = node.parent.and_then(|parent| passed_on.get(parent).copied()).flatten();
            let own = licensing.catalogue.of_model(&node.name, node.hardware);
            let licensable = own.filter(|own| licensing.availability(*own) != Availability::NotInVersion);
            let of_above = above.and_then(|above| if let Above::Licensed(place) = above { Some(place) } else { None });
            let verdict = licensing.decide(node, own, licensable, above);
            licensing.verdicts.insert(node.id, Decided { verdict, licensable: licensable.or(of_above) });
            let unlicensed = (own.is_some() || !node.custom) && licensing.terms.excludes_children_of_unlicensed();
            passed_on.push(licensable.map(Above::Licensed).or_else(|| unlicensed.then_some(Above::Unlicensed)).or(above));
        }
        licensing
    }

    /// The verdict for the assets of a model category.
    #[must_use]
    pub fn verdict(&self, category: Option<CategoryId>) -> Verdict {
        let known = category.and_then(|category| self.verdicts.get(&category));
        known.map_or_else(
            || {
                if self.terms.restricts_custom_categories() {
                    Verdict::Refused(Refused::NoCategory)
                } else {
                    Verdict::Free(Free::Custom)
                }
            },
            |decided| decided.verdict,
        )
    }

    /// The resource category under which the assets of a model category count when it is in force; no other one can license them.
    #[must_use]
    pub fn licensable_under(&self, category: Option<CategoryId>) -> Option<Place> {
        category.and_then(|category| self.verdicts.get(&category)).and_then(|decided| decided.licensable)
    }

    /// Whether a resource category is available and opted in.
    #[must_use]
    pub fn is_in_force(&self, place: Place) -> bool {
        self.choices.get(place) == Some(Choice::OptedIn) && self.availability(place) == Availability::Available
    }

    /// Whether a resource category can be opted in.
    #[must_use]
    pub fn availability(&self, place: Place) -> Availability {
        self.catalogue.get(place).map_or(Availability::NotInVersion, |row| self.terms.availability(row))
    }

    /// The resource categories.
    #[must_use]
    pub const fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// The terms of the site.
    #[must_use]
    pub const fn terms(&self) -> &Terms {
        &self.terms
    }

    /// What was chosen.
    #[must_use]
    pub const fn choices(&self) -> &Choices {
        &self.choices
    }

    /// The same with other choices, for the same tree.
    #[must_use]
    pub fn with_choices(&self, choices: Choices, tree: &Tree) -> Self {
        Self::new(self.catalogue.clone(), self.terms.clone(), choices, tree)
    }

    fn decide(&self, node: &Node, own: Option<Place>, licensable: Option<Place>, above: Option<Above>) -> Verdict {
        // A category with its own licensable resource category is licensed only there, wherever it lies.
        if let Some(own) = licensable {
            return if self.is_in_force(own) { Verdict::Licensed(own) } else { Verdict::Refused(Refused::NotInForce(own)) };
        }
        if let Some(Above::Licensed(place)) = above.filter(|above| self.counts(*above)) {
            return Verdict::Licensed(place);
        }
        match (own, above) {
            (Some(own), _) => Verdict::Free(Free::NotInVersion(own)),
            (None, _) if !node.custom => Verdict::Free(Free::NoResourceCategory),
            (None, Some(Above::Unlicensed)) => Verdict::Refused(Refused::BelowUnlicensed),
            (None, Some(Above::Licensed(place))) => {
                // Who gave a category up gave up what lies below it; who never chose it has lost nothing yet.
                let given_up = self.choices.get(place) == Some(Choice::OptedOut);
                if given_up || self.terms.restricts_custom_categories() {
                    Verdict::Refused(Refused::NotInForce(place))
                } else {
                    Verdict::Free(Free::Custom)
                }
            }
            (None, None) if self.terms.restricts_custom_categories() => Verdict::Refused(Refused::NothingAbove),
            (None, None) => Verdict::Free(Free::Custom),
        }
    }

    fn counts(&self, above: Above) -> bool {
        matches!(above, Above::Licensed(place) if self.is_in_force(place))
    }
}

impl Verdict {
    /// Whether features and workflows work for the assets.
    #[must_use]
    pub const fn has_access(self) -> bool {
        !matches!(self, Self::Refused(_))
    }

    /// The resource category under which the assets count.
    #[must_use]
    pub const fn licensed_under(self) -> Option<Place> {
        if let Self::Licensed(place) = self { Some(place) } else { None }
    }

    /// The resource category that decides, whether or not it is opted in.
    #[must_use]
    pub const fn decided_by(self) -> Option<Place> {
        match self {
            Self::Licensed(place) | Self::Refused(Refused::NotInForce(place)) => Some(place),
            Self::Free(_) | Self::Refused(_) => None,
        }
    }
}
