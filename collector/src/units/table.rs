//! The table of resource categories: rows that an administrator changes, adds, or takes back.

use super::{
    error::UnitsError,
    service::{Units, entry},
};
use crate::store::records::ResourceCategoryRecord;
use chrono::{DateTime, Utc};
use muster_domain::units::{Application, Catalogue, ResourceCategory, Version, category::published, choice::find};
use serde_json::json;
use std::num::NonZeroU32;

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
    /// The first version of Hardware Asset Management that has it, or any.
    pub ham_version: Option<Option<String>>,
    /// The first licence version that has it, or any.
    pub license_version: Option<Option<String>>,
}

impl Units {
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

    /// Takes a changed resource category back to the published row; tells whether it differed.
    ///
    /// # Errors
    /// When there is no published one of that name, and those of the store.
    pub async fn reset_category(&self, name: &str, by: &str, at: DateTime<Utc>) -> Result<bool, UnitsError> {
        let _changing = self.changing.lock().await;
        let mut records = self.parts.stores.units.categories().await?;
        let folded = name.trim().to_lowercase();
        let own = records.iter().position(|record| record.category.name.to_lowercase() == folded);
        let Some(row) = published().into_iter().find(|row| row.name.to_lowercase() == folded) else {
            return Err(match own {
                Some(_) => UnitsError::Value(format!(
                    "{:?} was added at this site and has no published row to go back to; set its model categories to none instead",
                    name.trim()
                )),
                None => find_published(name).err().unwrap_or_else(|| UnitsError::Value(format!("{name:?} is not known"))),
            });
        };
        let Some(before) = own.map(|own| records.remove(own)) else { return Ok(false) };
        let rows: Vec<_> = records.into_iter().map(|record| record.category).collect();
        // Another row may have taken a model category that the published one lists.
        Catalogue::with(&rows)?;
        let detail = json!({"before": before.category, "after": row});
        let audit = entry(at, by, "units.reset_category", &row.name, detail);
        Ok(self.parts.stores.units.remove_category(&row.name, audit).await?)
    }
}

fn changed(name: &str, before: Option<ResourceCategory>, change: CategoryChange) -> Result<ResourceCategory, UnitsError> {
    let CategoryChange { ratio, model_categories, name_contains, entitlement, applications, ham_version, license_version } =
        change;
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
    let version = |name: &str, text: Option<String>| {
        let version = text.map(|text| text.parse::<Version>()).transpose();
        version.map_err(|error| UnitsError::Value(format!("{name}: {error}")))
    };
    row.ham_version = ham_version.map_or(Ok(row.ham_version), |text| version("ham_version", text))?;
    row.license_version = license_version.map_or(Ok(row.license_version), |text| version("license_version", text))?;
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
