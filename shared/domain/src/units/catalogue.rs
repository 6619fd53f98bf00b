//! The resource categories of a site: the published ones with what an administrator changed and added.
//!
//! In: rows. Out: a catalogue in which every model category belongs to one row at most, or an error that names the row.

use std::collections::BTreeMap;
use std::num::NonZeroU64;

use super::category::{ResourceCategory, published};
use crate::asset::reference::{NameError, folded, read_name};

/// Most resource categories of a site.
pub const MAX_CATEGORIES: usize = 200;
/// Most assets that make one unit.
pub const MAX_RATIO: u32 = 1_000_000;
/// Most model categories that one row lists.
const MAX_MODELS: usize = 10_000;

/// A resource category's place in its catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place(usize);

impl Place {
    /// The place as a number, from 0.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0
    }
}

/// Resource categories that fit together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalogue {
    rows: Vec<ResourceCategory>,
    by_name: BTreeMap<String, Place>,
    by_model: BTreeMap<String, Place>,
    by_part: Vec<(String, Place)>,
    denominator: NonZeroU64,
}

/// Why resource categories cannot be as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CatalogueError {
    /// A name that cannot be one.
    #[error("resource category {row:?}: {error}")]
    Name {
        /// The row.
        row: String,
        /// What is wrong.
        error: NameError,
    },
    /// The ratio is out of bounds.
    #[error("resource category {0:?}: ratio must be from 1 to {MAX_RATIO} assets for one unit")]
    Ratio(String),
    /// No application supports it.
    #[error("resource category {0:?}: applications must name at least one")]
    NoApplication(String),
    /// A model category stands in two rows.
    #[error("the model category {model:?} stands in {first:?} and in {second:?}; take it out of one of them first")]
    Twice {
        /// The model category.
        model: String,
        /// One row.
        first: String,
        /// The other row.
        second: String,
    },
    /// Too many rows or too many model categories.
    #[error("{0}")]
    TooMany(String),
    /// The ratios have no common denominator that can be worked with.
    #[error("the ratios of the resource categories differ too much to add their units exactly; use rounder numbers")]
    Denominator,
}

impl Catalogue {
    /// The published categories.
    ///
    /// # Errors
    /// Those of [`Catalogue::with`]; a test shows that there are none.
    pub fn published() -> Result<Self, CatalogueError> {
        Self::with(&[])
    }

    /// The published categories; a row of the same name takes the place of a published one, another one is added.
    ///
    /// # Errors
    /// The first row that cannot be.
    pub fn with(changes: &[ResourceCategory]) -> Result<Self, CatalogueError> {
        let mut rows = published();
        for change in changes {
            let name = folded(&change.name);
            match rows.iter_mut().find(|row| folded(&row.name) == name) {
                Some(row) => *row = ResourceCategory { name: row.name.clone(), ..change.clone() },
                None => rows.push(change.clone()),
            }
        }
        Self::of(rows)
    }

    fn of(rows: Vec<ResourceCategory>) -> Result<Self, CatalogueError> {
        if rows.len() > MAX_CATEGORIES {
            return Err(CatalogueError::TooMany(format!("there are more than {MAX_CATEGORIES} resource categories")));
        }
        let (mut by_name, mut by_model, mut by_part) = (BTreeMap::new(), BTreeMap::<String, Place>::new(), Vec::new());
        let mut denominator = NonZeroU64::MIN;
        for (place, row) in rows.iter().enumerate().map(|(index, row)| (Place(index), row)) {
            check(row)?;
            denominator = least_common_multiple(denominator, row.ratio.into()).ok_or(CatalogueError::Denominator)?;
            by_name.insert(folded(&row.name), place);
            by_part.extend(row.name_contains.as_deref().map(|part| (folded(part), place)));
            for model in &row.model_categories {
                let first = by_model.insert(folded(model), place).filter(|first| *first != place);
                if let Some(first) = first.and_then(|Place(first)| rows.get(first)) {
                    let (first, second) = (first.name.clone(), row.name.clone());
                    return Err(CatalogueError::Twice { model: model.clone(), first, second });
                }
            }
        }
        Ok(Self { rows, by_name, by_model, by_part, denominator })
    }

    /// Every row with its place.
    pub fn rows(&self) -> impl Iterator<Item = (Place, &ResourceCategory)> {
        self.rows.iter().enumerate().map(|(index, row)| (Place(index), row))
    }

    /// The row at a place of this catalogue.
    #[must_use]
    pub fn get(&self, Place(index): Place) -> Option<&ResourceCategory> {
        self.rows.get(index)
    }

    /// The name of the row at a place.
    #[must_use]
    pub fn name(&self, place: Place) -> &str {
        self.get(place).map_or("", |row| row.name.as_str())
    }

    /// The place of a name, compared without case.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<Place> {
        self.by_name.get(&folded(name)).copied()
    }

    /// The row that a model category is one of the own of: the row that lists it, else the first whose part its name contains;
    /// the latter for model categories of hardware only.
    #[must_use]
    pub fn of_model(&self, model_category: &str, is_hardware: bool) -> Option<Place> {
        let name = folded(model_category);
        let listed = self.by_model.get(&name).copied();
        let part = || self.by_part.iter().find(|(part, _)| name.contains(part.as_str())).map(|(_, place)| *place);
        listed.or_else(|| is_hardware.then(part).flatten())
    }

    /// What every ratio divides.
    #[must_use]
    pub const fn denominator(&self) -> NonZeroU64 {
        self.denominator
    }
}

fn check(row: &ResourceCategory) -> Result<(), CatalogueError> {
    let named = |name: &str| read_name(name).map_err(|error| CatalogueError::Name { row: row.name.clone(), error });
    named(&row.name)?;
    let texts = row.model_categories.iter().chain(&row.name_contains).chain(&row.entitlement);
    texts.map(String::as_str).try_for_each(|text| named(text).map(drop))?;
    if row.ratio.get() > MAX_RATIO {
        return Err(CatalogueError::Ratio(row.name.clone()));
    }
    if row.applications.is_empty() {
        return Err(CatalogueError::NoApplication(row.name.clone()));
    }
    if row.model_categories.len() > MAX_MODELS {
        let text = format!("resource category {:?} lists more than {MAX_MODELS} model categories", row.name);
        return Err(CatalogueError::TooMany(text));
    }
    Ok(())
}

fn least_common_multiple(a: NonZeroU64, b: NonZeroU64) -> Option<NonZeroU64> {
    let (mut divisor, mut rest) = (a.get(), b.get());
    while rest != 0 {
        (divisor, rest) = (rest, divisor % rest);
    }
    a.checked_mul(NonZeroU64::new(b.get() / divisor)?)
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    fn row(name: &str) -> ResourceCategory {
        let mut row = published().swap_remove(0);
        (row.name, row.model_categories) = (name.to_owned(), vec![]);
        row
    }

    #[test]
    fn a_model_category_is_found_in_its_row() {
        let catalogue = Catalogue::published().unwrap();
        let check = |model: &str, hardware: bool, expected: Option<&str>| {
            let found = catalogue.of_model(model, hardware).map(|place| catalogue.name(place));
            assert_eq!(found, expected, "{model}");
        };
        check("computer ", true, Some("End User Computers"));
        check("Linux server", false, Some("Servers"));
        check("Blade SERVER", true, Some("Servers"));
        check("Blade Server", false, None);
        check("IP Router", true, Some("Network Gear"));
        check("Drone", true, None);
        check("Consumables", false, None);
        assert_eq!(catalogue.denominator().get(), 60);
        assert_eq!(catalogue.find(" servers").map(|place| catalogue.name(place)), Some("Servers"));
    }

    #[test]
    fn a_row_is_changed_added_or_refused() {
        let mut servers = published().into_iter().find(|row| row.name == "Servers").unwrap();
        (servers.name, servers.ratio) = ("SERVERS".to_owned(), NonZeroU32::new(2).unwrap());
        let drones = ResourceCategory { model_categories: vec!["Drone".into(), "Server drone".into()], ..row("Drones") };
        let catalogue = Catalogue::with(&[servers, drones.clone()]).unwrap();
        assert_eq!(catalogue.rows().count(), 10);
        let place = catalogue.find("Servers").unwrap();
        assert_eq!((catalogue.name(place), catalogue.get(place).unwrap().ratio.get()), ("Servers", 2));
        assert_eq!(catalogue.of_model("server DRONE", true), catalogue.find("Drones"));
        let check = |change: ResourceCategory, part: &str| {
            let error = Catalogue::with(&[change]).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        };
        check(
            ResourceCategory { model_categories: vec!["IP switch".into()], ..drones.clone() },
            "\"Network Gear\" and in \"Drones\"",
        );
        check(ResourceCategory { ratio: NonZeroU32::MAX, ..drones.clone() }, "from 1 to 1000000");
        check(ResourceCategory { applications: vec![], ..drones.clone() }, "at least one");
        check(ResourceCategory { name: " ".into(), ..drones.clone() }, "give a name");
        check(ResourceCategory { name_contains: Some(String::new()), ..drones }, "give a name");
        let many: Vec<ResourceCategory> = (0..MAX_CATEGORIES).map(|number| row(&format!("r{number}"))).collect();
        assert!(matches!(Catalogue::with(&many), Err(CatalogueError::TooMany(_))));
        let primes = [999_983, 999_979, 999_961, 999_959]
            .map(|ratio| ResourceCategory { ratio: NonZeroU32::new(ratio).unwrap(), ..row(&ratio.to_string()) });
        assert_eq!(Catalogue::with(&primes), Err(CatalogueError::Denominator));
    }
}
