//! The subscription units of the site: reports, choices and resource categories.

use super::{
    error::UnitsError,
    site::{Site, Standing},
};
use crate::{
    assets::ReferenceTables,
    compliance::Compliance,
    publish::UnitsStatus,
    settings::Settings,
    store::{
        Stores,
        records::{AuditEntry, ResourceCategoryRecord, UnitChoiceRecord},
    },
};
use arc_swap::ArcSwapOption;
use chrono::{DateTime, Utc};
use muster_domain::{
    asset::{Action, Asset},
    units::{
        Application, AssetFacts, Catalogue, Census, Choice, Choices, Denied, Place, Report, ResourceCategory, Version,
        category::published, choice::find,
    },
};
use serde_json::json;
use std::{num::NonZeroU32, sync::Arc};
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
    changing: Mutex<()>,
}

/// Assets and units at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    /// Assets of the resource category that count.
    pub category_assets: u64,
    /// Units of the resource category; none where only the sum is rounded.
    pub category_units: Option<u64>,
    /// Assets that count.
    pub assets: u64,
    /// Units.
    pub units: u64,
}

/// What a choice does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// The resource category.
    pub category: String,
    /// What was chosen.
    pub choice: Choice,
    /// Before.
    pub before: Totals,
    /// After.
    pub after: Totals,
}

/// A change of a resource category; what is none stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CategoryChange {
    /// Assets for one unit.
    pub ratio: Option<u32>,
    /// Its model categories.
    pub model_categories: Option<Vec<String>>,
    /// A part of the names of further ones, or no such part.
    pub name_contains: Option<Option<String>>,
    /// The entitlement that it needs, or none.
    pub entitlement: Option<Option<String>>,
    /// The applications that support it.
    pub applications: Option<Vec<String>>,
}

impl Units {
    /// Over these parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self { parts, last: ArcSwapOption::empty(), changing: Mutex::new(()) }
    }

    /// The site as it is now.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn site(&self) -> Result<Site, UnitsError> {
        let Parts { stores, references, settings, compliance } = &self.parts;
        let (categories, acts) = (stores.units.categories().await?, stores.units.choices().await?);
        Site::new(&settings.values(), compliance.granted().as_ref(), &references.snapshot(), &categories, acts)
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

    /// Units as of the last report; none before the first.
    #[must_use]
    pub fn status(&self) -> Option<UnitsStatus> {
        self.last.load().as_deref().copied()
    }

    /// Opts a resource category in or out, or with `dry_run` says what that would do.
    ///
    /// # Errors
    /// When it cannot be chosen, and those of the store.
    pub async fn choose(
        &self,
        name: &str,
        choice: Choice,
        by: &str,
        at: DateTime<Utc>,
        dry_run: bool,
    ) -> Result<Effect, UnitsError> {
        let _changing = self.changing.lock().await;
        let site = self.site().await?;
        let census = self.census().await?;
        let licensing = &site.licensing;
        let (choices, place) = licensing.choices().with(licensing.catalogue(), licensing.terms(), name, choice)?;
        let after = site.with_choices(choices);
        let effect = self.record((&site, &after), &census, (place, choice), (by, at), dry_run).await?;
        Ok(effect)
    }

    /// Opts in what was in use before an upgrade of Hardware Asset Management from this version; usually nothing.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn upgraded(&self, from: Version, by: &str, at: DateTime<Utc>) -> Result<Vec<Effect>, UnitsError> {
        let _changing = self.changing.lock().await;
        let mut site = self.site().await?;
        let catalogue = site.licensing.catalogue().clone();
        let wanted = site.licensing.choices().after_upgrade(&catalogue, from, site.licensing.terms());
        let census = self.census().await?;
        let mut effects = Vec::new();
        for (place, row) in catalogue.rows() {
            let before = site.licensing.choices().get(place);
            let Some(choice) = wanted.get(place).filter(|choice| Some(*choice) != before) else { continue };
            let named = site.acts.iter().map(|act| (act.category.as_str(), act.choice));
            let done = effects.iter().map(|effect: &Effect| (effect.category.as_str(), effect.choice));
            let choices = Choices::recorded(&catalogue, named.chain(done).chain([(row.name.as_str(), choice)]));
            let after = site.with_choices(choices);
            effects.push(self.record((&site, &after), &census, (place, choice), (by, at), false).await?);
            site = after;
        }
        Ok(effects)
    }

    /// Changes a resource category, or adds one: a row of a new name needs a ratio.
    ///
    /// # Errors
    /// What it cannot be, and those of the store.
    pub async fn set_category(&self, name: &str, change: CategoryChange, by: &str, at: DateTime<Utc>) -> Result<(), UnitsError> {
        let _changing = self.changing.lock().await;
        let mut records = self.parts.stores.units.categories().await?;
        let folded = name.trim().to_lowercase();
        let rows = records.iter().map(|record| record.category.clone()).chain(published());
        let before = rows.into_iter().find(|row| row.name.to_lowercase() == folded);
        let category = changed(name.trim(), before.clone(), change)?;
        if before.as_ref() == Some(&category) {
            return Ok(());
        }
        let record = ResourceCategoryRecord { category: category.clone(), updated_at: at };
        records.retain(|record| record.category.name.to_lowercase() != folded);
        records.push(record.clone());
        let rows: Vec<_> = records.into_iter().map(|record| record.category).collect();
        Catalogue::with(&rows)?;
        let detail = json!({"before": before, "after": category});
        let audit = entry(at, by, "units.set_category", &record.category.name, detail);
        Ok(self.parts.stores.units.put_category(record, audit).await?)
    }

    /// Whether an action may be done with an asset.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn check_action(&self, asset: &Asset, action: &Action) -> Result<Result<(), Denied>, UnitsError> {
        Ok(self.site().await?.licensing.check_action(asset, action))
    }

    /// The assets of the site by model category, without reading them one by one.
    async fn census(&self) -> Result<Census, UnitsError> {
        let mut census = Census::default();
        for (head, assets) in self.parts.stores.assets.heads().await? {
            census.add(&AssetFacts::of_head(&head), assets);
        }
        Ok(census)
    }

    async fn record(
        &self,
        (before, after): (&Site, &Site),
        census: &Census,
        (place, choice): (Place, Choice),
        (by, at): (&str, DateTime<Utc>),
        dry_run: bool,
    ) -> Result<Effect, UnitsError> {
        let category = before.licensing.catalogue().name(place).to_owned();
        let (before, after) = (totals(&before.report(census), place), totals(&after.report(census), place));
        let effect = Effect { category: category.clone(), choice, before, after };
        if !dry_run {
            let (assets, units) = ((before.assets, after.assets), (before.units, after.units));
            let detail =
                json!({"assets_before": assets.0, "assets_after": assets.1, "units_before": units.0, "units_after": units.1});
            let action = match choice {
                Choice::OptedIn => "units.opt_in",
                Choice::OptedOut => "units.opt_out",
            };
            let audit = entry(at, by, action, &category, detail);
            let record = UnitChoiceRecord { category, choice, at, by: by.to_owned(), assets, units };
            self.parts.stores.units.choose(record, audit).await?;
        }
        Ok(effect)
    }
}

fn totals(report: &Report, place: Place) -> Totals {
    let row = report.row(place);
    Totals {
        category_assets: row.map_or(0, |row| row.quotient.count),
        category_units: row.and_then(|row| row.units),
        assets: report.counted(),
        units: report.consumed,
    }
}

fn changed(name: &str, before: Option<ResourceCategory>, change: CategoryChange) -> Result<ResourceCategory, UnitsError> {
    let CategoryChange { ratio, model_categories, name_contains, entitlement, applications } = change;
    let value = |text: &str| UnitsError::Value(text.to_owned());
    let ratio = ratio.map(|ratio| NonZeroU32::new(ratio).ok_or_else(|| value("ratio must be at least 1"))).transpose()?;
    let mut row = match before {
        Some(row) => row,
        None => ResourceCategory {
            name: name.to_owned(),
            ratio: ratio.ok_or_else(|| match find_published(name) {
                Err(error) => value(&format!("{error}; to add it, give a ratio")),
                Ok(()) => value("give a ratio"),
            })?,
            model_categories: Vec::new(),
            name_contains: None,
            entitlement: None,
            always_entitled: false,
            ham_version: None,
            license_version: None,
            applications: vec![Application::HardwareAssetManagement],
            explicit_opt_in: true,
        },
    };
    row.ratio = ratio.unwrap_or(row.ratio);
    row.model_categories = model_categories.unwrap_or(row.model_categories);
    row.name_contains = name_contains.unwrap_or(row.name_contains);
    row.entitlement = entitlement.unwrap_or(row.entitlement);
    if let Some(codes) = applications {
        let known = |code: &String| {
            let application = Application::from_code(code).filter(|known| *known != Application::OperationalTechnology);
            application.ok_or_else(|| value(&format!("{code:?} is not one of ZTM, TNI, HAM")))
        };
        row.applications = codes.iter().map(known).collect::<Result<_, _>>()?;
    }
    Ok(row)
}

fn find_published(name: &str) -> Result<(), UnitsError> {
    Ok(find(&Catalogue::published()?, name).map(drop)?)
}

fn entry(at: DateTime<Utc>, by: &str, action: &str, subject: &str, detail: serde_json::Value) -> AuditEntry {
    AuditEntry { at, actor: by.to_owned(), action: action.to_owned(), subject: subject.to_owned(), detail }
}

impl std::fmt::Debug for Units {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Units")
    }
}
