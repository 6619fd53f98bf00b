//! Opting in and out: what it would do, and the record of who did it when.

use super::{
    error::UnitsError,
    service::{Units, entry},
    site::{Inputs, Site},
};
use crate::{settings::Values, store::records::UnitChoiceRecord};
use chrono::{DateTime, Utc};
use muster_domain::units::{Census, Choice, Choices, Place, Report, Version};
use serde_json::json;
use std::sync::Arc;

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

/// What a change of settings does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SettingsEffect {
    /// Assets that count, and units, before.
    pub before: (u64, u64),
    /// Assets that count, and units, after.
    pub after: (u64, u64),
    /// Units that were bought.
    pub entitled: Option<u64>,
}

impl Effect {
    /// Of a choice with these reports before and after.
    pub(super) fn between(name: &str, choice: Choice, place: Place, (before, after): (&Report, &Report)) -> Self {
        Self { category: name.to_owned(), choice, before: totals(before, place), after: totals(after, place) }
    }
}

impl Units {
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
            site = Arc::new(after);
        }
        Ok(effects)
    }

    /// What other settings would do to the units; with another version of Hardware Asset Management what its upgrade opts in, too.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn effect_of(&self, settings: &Values) -> Result<SettingsEffect, UnitsError> {
        let site = self.site().await?;
        let (granted, references) = (self.parts.compliance.granted(), self.parts.references.snapshot());
        let categories = self.parts.stores.units.categories().await?;
        let inputs = Inputs { settings, granted: granted.as_ref(), references: &references, categories: &categories };
        let mut then = Site::new(&inputs, site.acts.clone())?;
        let from = site.licensing.terms().ham_version;
        if from != settings.ham_version {
            let licensing = &then.licensing;
            let choices = licensing.choices().after_upgrade(licensing.catalogue(), from, licensing.terms());
            then = then.with_choices(choices);
        }
        let census = self.census().await?;
        let (before, after) = (site.report(&census), then.report(&census));
        let sums = |report: &Report| (report.counted(), report.consumed);
        Ok(SettingsEffect { before: sums(&before), after: sums(&after), entitled: before.entitled })
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
        let effect = Effect::between(&category, choice, place, (&before.report(census), &after.report(census)));
        let Effect { before, after, .. } = effect;
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
