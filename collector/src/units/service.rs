//! The subscription units of the site: what holds now, and the report on it.

use super::{
    choosing::Effect,
    error::UnitsError,
    site::{Inputs, Site, Standing},
};
use crate::{
    assets::ReferenceTables,
    compliance::{Compliance, Granted},
    publish::UnitsStatus,
    settings::{Settings, Values},
    store::{
        Stores,
        records::{AuditEntry, ResourceCategoryRecord},
    },
};
use arc_swap::ArcSwapOption;
use chrono::{DateTime, Utc};
use muster_domain::{
    asset::{Action, Asset, References, reference::Table},
    units::{AssetFacts, Availability, Census, Choice, Denied, Place},
};
use std::{collections::BTreeMap, sync::Arc};
use tokio::sync::Mutex;

/// What the units work with.
#[derive(Clone)]
pub struct Parts {
    /// The store.
    pub stores: Stores,
    /// The model categories.
    pub references: Arc<ReferenceTables>,
    /// The settings.
    pub settings: Arc<Settings>,
    /// The licence in force, and the believed clock.
    pub compliance: Arc<Compliance>,
}

/// The subscription units of the site.
pub struct Units {
    pub(super) parts: Parts,
    pub(super) last: ArcSwapOption<UnitsStatus>,
    /// Held during a change, so that two of them do not both come from the same state.
    pub(super) changing: Mutex<()>,
    resolved: ArcSwapOption<Resolved>,
}

/// A site with everything that it was made of, so that it is made again only after one of them changed.
struct Resolved {
    values: Arc<Values>,
    granted: Option<Granted>,
    /// The model categories only: other tables change with every report.
    references: References,
    categories: Vec<ResourceCategoryRecord>,
    site: Arc<Site>,
}

impl Units {
    /// Over these parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let (last, resolved) = (ArcSwapOption::empty(), ArcSwapOption::empty());
        Self { parts, last, changing: Mutex::new(()), resolved }
    }

    /// The site as it is now. What the store holds is read each time, because another collector may have changed it; the model
    /// categories are gone through only after a change.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn site(&self) -> Result<Arc<Site>, UnitsError> {
        let Parts { stores, references, settings, compliance } = &self.parts;
        let (categories, acts) = (stores.units.categories().await?, stores.units.choices().await?);
        let (values, granted, references) = (settings.values(), compliance.granted(), references.snapshot());
        if let Some(last) = &*self.resolved.load()
            && last.references.shares(&references, Table::ModelCategory)
            && (&last.values, &last.granted, &last.categories, &last.site.acts) == (&values, &granted, &categories, &acts)
        {
            return Ok(Arc::clone(&last.site));
        }
        let inputs = Inputs { settings: &values, granted: granted.as_ref(), references: &references, categories: &categories };
        let site = Arc::new(Site::new(&inputs, acts)?);
        let references = references.only(Table::ModelCategory);
        let resolved = Resolved { values, granted, references, categories, site: Arc::clone(&site) };
        self.resolved.store(Some(Arc::new(resolved)));
        Ok(site)
    }

    /// The report as of now.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn standing(&self) -> Result<Standing, UnitsError> {
        let site = self.site().await?;
        let report = site.report(&self.census().await?);
        self.last.store(Some(Arc::new(UnitsStatus { consumed: report.consumed, entitled: report.entitled })));
        Ok(Standing { site, report })
    }

    /// The report as of now, with what opting in would do for each resource category that could be opted in and has assets.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn prospects(&self) -> Result<(Standing, Vec<Effect>), UnitsError> {
        let site = self.site().await?;
        let census = self.census().await?;
        let report = site.report(&census);
        let could =
            |row: &&muster_domain::units::Row| !row.in_force && row.waiting > 0 && row.availability == Availability::Available;
        // Each resource category changes nothing but its own assets, so that one look at the site tells them all.
        let licensing = &site.licensing;
        let mut assets = BTreeMap::<Place, u64>::new();
        for (category, count) in census.categories() {
            if let Some(place) = licensing.licensable_under(category) {
                *assets.entry(place).or_default() += count.counting;
            }
        }
        let effect = |row: &muster_domain::units::Row| {
            let assets = assets.get(&row.place).copied().unwrap_or_default();
            let after = report.with_in_force(row.place, assets, site.rounding, licensing);
            Effect::between(licensing.catalogue().name(row.place), Choice::OptedIn, row.place, (&report, &after))
        };
        let effects = report.rows.iter().filter(could).map(effect).collect();
        Ok((Standing { site, report }, effects))
    }

    /// Units consumed as of the last report, none before the first, against what the licence in force entitles to now.
    #[must_use]
    pub fn status(&self) -> Option<UnitsStatus> {
        let last = self.last.load().as_deref().copied()?;
        Some(UnitsStatus { entitled: self.parts.compliance.granted().and_then(|granted| granted.units), ..last })
    }

    /// Whether an action may be done with an asset.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn check_action(&self, asset: &Asset, action: &Action) -> Result<Result<(), Denied>, UnitsError> {
        Ok(self.site().await?.licensing.check_action(asset, action))
    }

    /// The assets of the site by model category, without reading them one by one.
    pub(super) async fn census(&self) -> Result<Census, UnitsError> {
        let mut census = Census::default();
        for (head, assets) in self.parts.stores.assets.heads().await? {
            census.add(&AssetFacts::of_head(&head), assets);
        }
        Ok(census)
    }
}

pub(super) fn entry(at: DateTime<Utc>, by: &str, action: &str, subject: &str, detail: serde_json::Value) -> AuditEntry {
    AuditEntry { at, actor: by.to_owned(), action: action.to_owned(), subject: subject.to_owned(), detail }
}

impl std::fmt::Debug for Units {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Units")
    }
}
