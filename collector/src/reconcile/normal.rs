//! Normalisation as administrators see it: the rules, what they make of a title, what no rule knows, which products there are.
//!
//! In: the records and the titles of the store. Out: lists. Nothing is kept: a changed rule shows at once.

use super::gather::model_matches;
use crate::store::{StoreError, ports::SoftwareStore};
use chrono::NaiveDate;
use muster_domain::{
    record::{Shelf, normalization},
    software::{
        Models, Software,
        normal::{BUILT_IN_ORDER, Normalised, Normaliser, Rule, Step, Unrecognised},
    },
};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};
use uuid::Uuid;

/// Titles that are read at once.
const PAGE: usize = 5_000;

/// A rule of normalisation, and whose it is.
#[derive(Debug, Clone)]
pub struct KnownRule {
    /// The rule.
    pub rule: Rule,
    /// Whether it comes with the product.
    pub built_in: bool,
}

/// A product that is installed, as normalisation names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledProduct {
    /// What it is.
    pub normalised: Normalised,
    /// On how many assets it is, title by title.
    pub installs: u64,
    /// How many titles of sources are this.
    pub titles: u64,
    /// The software model that says most about it.
    pub model: Option<Uuid>,
    /// Other models that say as much.
    pub ties: Vec<Uuid>,
}

/// Every rule in its order, and what is wrong with those that are left out.
#[must_use]
pub fn normalization_rules(shelf: &Shelf) -> (Vec<KnownRule>, Vec<String>) {
    let (rules, wrong) = normalization::in_force(shelf);
    let own: BTreeSet<String> = normalization::own_ids(shelf);
    let known = |rule: Rule| KnownRule { built_in: rule.order >= BUILT_IN_ORDER && !own.contains(&rule.id.to_lowercase()), rule };
    (rules.into_iter().map(known).collect(), wrong)
}

/// What the rules make of software, and which were tried.
#[must_use]
pub fn explain(shelf: &Shelf, software: &Software) -> (Normalised, Vec<Step>) {
    let (normaliser, _) = normalization::normaliser(shelf);
    (normaliser.normalise(software), normaliser.explain(software))
}

/// Names that no rule is about, the most frequent first.
///
/// # Errors
/// When the store cannot be read.
pub async fn unrecognised(software: &dyn SoftwareStore, shelf: &Shelf) -> Result<Vec<Unrecognised>, StoreError> {
    let (normaliser, _) = normalization::normaliser(shelf);
    let titles = titles(software).await?;
    Ok(normaliser.unrecognised(titles.iter().map(|(software, installs)| (software, *installs))))
}

/// What is installed as publishers, products, versions and editions with the models they are of, the most frequent first.
///
/// # Errors
/// When the store cannot be read.
pub async fn products(
    software: &dyn SoftwareStore,
    shelf: &Shelf,
    today: NaiveDate,
) -> Result<Vec<InstalledProduct>, StoreError> {
    let (normaliser, _) = normalization::normaliser(shelf);
    let models = Models::new(model_matches(shelf, today));
    let titles = titles(software).await?;
    let mut found: Vec<_> = counted(&normaliser, titles)
        .into_iter()
        .map(|(normalised, (titles, installs))| {
            let best = models.best(&normalised);
            let (model, ties) =
                best.map_or((None, Vec::new()), |best| (Some(*best.model), best.ties.into_iter().copied().collect()));
            InstalledProduct { normalised, installs, titles, model, ties }
        })
        .collect();
    // The map is ordered by what it is already, and this sort keeps the order of equals.
    found.sort_by_key(|product| Reverse(product.installs));
    Ok(found)
}

fn counted(normaliser: &Normaliser, titles: Vec<(Software, u64)>) -> BTreeMap<Normalised, (u64, u64)> {
    let mut found: BTreeMap<Normalised, (u64, u64)> = BTreeMap::new();
    for (software, installs) in titles {
        let (titles, sum) = found.entry(normaliser.normalise(&software)).or_default();
        *titles = titles.saturating_add(1);
        *sum = sum.saturating_add(installs);
    }
    found
}

/// All titles with their counts.
async fn titles(software: &dyn SoftwareStore) -> Result<Vec<(Software, u64)>, StoreError> {
    let mut all: Vec<(Software, u64)> = Vec::new();
    loop {
        let after = all.last().map(|(software, _)| software.clone());
        let page = software.titles(None, after, PAGE).await?;
        let is_last = page.len() < PAGE;
        all.extend(page.into_iter().map(|title| (title.software, title.installs)));
        if is_last {
            return Ok(all);
        }
    }
}
