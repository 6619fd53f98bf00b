//! What reference fields point to: the tables, and a directory from ids to display values and back.
//!
//! A reference is stored as an id. People write and read display values ("Computer"), so every border goes through a
//! [`Directory`].

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::category;

/// A table that a reference field points to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Table {
    /// Model categories.
    ModelCategory,
    /// Hardware and other product models.
    Model,
    /// Configuration items.
    ConfigurationItem,
    /// Users.
    User,
    /// Locations.
    Location,
    /// Stockrooms.
    Stockroom,
    /// Companies, vendors among them.
    Company,
    /// Departments.
    Department,
    /// Cost centres.
    CostCenter,
    /// Groups.
    Group,
    /// Assets.
    Asset,
}

/// Most records between a record and the top of its tree, and most steps that a query may walk up.
pub const MAX_DEPTH: u8 = 16;

impl Table {
    /// The tables whose records are kept as such; assets have a table of their own.
    pub const KEPT: [Self; 10] = [
        Self::ModelCategory,
        Self::Model,
        Self::User,
        Self::Location,
        Self::Stockroom,
        Self::Company,
        Self::Department,
        Self::CostCenter,
        Self::Group,
        Self::ConfigurationItem,
    ];

    /// The name of the table in paths and commands.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ModelCategory => "model-categories",
            Self::Model => "models",
            Self::ConfigurationItem => "configuration-items",
            Self::User => "users",
            Self::Location => "locations",
            Self::Stockroom => "stockrooms",
            Self::Company => "companies",
            Self::Department => "departments",
            Self::CostCenter => "cost-centers",
            Self::Group => "groups",
            Self::Asset => "assets",
        }
    }

    /// What people call one record of it.
    #[must_use]
    pub const fn record(self) -> &'static str {
        match self {
            Self::ModelCategory => "model category",
            Self::Model => "model",
            Self::ConfigurationItem => "configuration item",
            Self::User => "user",
            Self::Location => "location",
            Self::Stockroom => "stockroom",
            Self::Company => "company",
            Self::Department => "department",
            Self::CostCenter => "cost center",
            Self::Group => "group",
            Self::Asset => "asset",
        }
    }

    /// The kept table of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::KEPT.into_iter().find(|table| table.name() == name)
    }

    /// Whether its records can lie below each other.
    #[must_use]
    pub const fn has_parents(self) -> bool {
        matches!(self, Self::ModelCategory | Self::Location | Self::Company | Self::Department | Self::CostCenter | Self::Group)
    }

    /// The name of the field that holds a record's display value.
    #[must_use]
    pub const fn display_field(self) -> &'static str {
        match self {
            Self::Model | Self::Asset => "display_name",
            Self::ModelCategory
            | Self::ConfigurationItem
            | Self::User
            | Self::Location
            | Self::Stockroom
            | Self::Company
            | Self::Department
            | Self::CostCenter
            | Self::Group => "name",
        }
    }
}

/// A display value as it is compared: without case, and without space around it.
#[must_use]
pub fn folded(display: &str) -> String {
    display.trim().to_lowercase()
}

/// A display value that cannot be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// There is nothing in it.
    #[error("name: give a name")]
    Empty,
    /// It is too long.
    #[error("name: the name is longer than {MAX_NAME} characters")]
    TooLong,
    /// It has control characters.
    #[error("name: the name has control characters")]
    ControlCharacters,
}

/// Longest display value, in characters.
pub const MAX_NAME: usize = 255;

/// Reads a display value as a person gives it, without the space around it.
///
/// # Errors
/// When it is empty, too long, or cannot be shown on one line.
pub fn read_name(text: &str) -> Result<String, NameError> {
    let name = text.trim();
    if name.is_empty() {
        Err(NameError::Empty)
    } else if name.chars().count() > MAX_NAME {
        Err(NameError::TooLong)
    } else if name.chars().any(char::is_control) {
        Err(NameError::ControlCharacters)
    } else {
        Ok(name.to_owned())
    }
}

/// Ids to display values and back.
pub trait Directory {
    /// The display value of a record.
    fn display(&self, table: Table, id: Uuid) -> Option<&str>;

    /// The record with this display value, compared without case.
    fn find(&self, table: Table, display: &str) -> Option<Uuid>;

    /// The record above a record.
    fn parent(&self, table: Table, id: Uuid) -> Option<Uuid>;

    /// Every record of a table with its display value.
    fn records(&self, table: Table) -> Vec<(Uuid, &str)>;
}

/// A directory in memory. A copy shares the tables that are not changed after it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct References {
    tables: BTreeMap<Table, Arc<Records>>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Records {
    by_id: BTreeMap<Uuid, Entry>,
    by_display: BTreeMap<String, Uuid>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    display: String,
    parent: Option<Uuid>,
}

impl References {
    /// A directory that knows nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A directory that knows the model categories that exist from the start.
    #[must_use]
    pub fn seeded() -> Self {
        let mut references = Self::new();
        for category in &category::SEEDED {
            references.insert(Table::ModelCategory, category.id.0, category.name);
        }
        references
    }

    /// One table of it, shared until one of the two changes it.
    #[must_use]
    pub fn only(&self, table: Table) -> Self {
        Self { tables: self.tables.get(&table).map(|records| (table, Arc::clone(records))).into_iter().collect() }
    }

    /// Whether both still share a table, so that nothing can differ in it. Costs nothing; tables that are merely equal are not
    /// shared.
    #[must_use]
    pub fn shares(&self, other: &Self, table: Table) -> bool {
        match (self.tables.get(&table), other.tables.get(&table)) {
            (Some(own), Some(other)) => Arc::ptr_eq(own, other),
            (None, None) => true,
            _ => false,
        }
    }

    /// Adds a record without a parent, or gives a known one another display value. Where two have the same one, the first is
    /// found by it.
    pub fn insert(&mut self, table: Table, id: Uuid, display: &str) {
        let parent = self.parent(table, id);
        self.put(table, id, display, parent);
    }

    /// Adds a record, or replaces a known one.
    pub fn put(&mut self, table: Table, id: Uuid, display: &str, parent: Option<Uuid>) {
        let records = self.records(table);
        records.forget(id);
        records.by_id.insert(id, Entry { display: display.to_owned(), parent });
        records.by_display.entry(folded(display)).or_insert(id);
    }

    /// Display values that begin so, without regard to case, in the order of the alphabet; at most so many.
    #[must_use]
    pub fn beginning_with(&self, table: Table, beginning: &str, most: usize) -> Vec<&str> {
        let Some(records) = self.tables.get(&table) else { return Vec::new() };
        let beginning = folded(beginning);
        let found = records.by_display.range(beginning.clone()..).take_while(|(display, _)| display.starts_with(&beginning));
        found.take(most).filter_map(|(_, id)| Some(records.by_id.get(id)?.display.as_str())).collect()
    }

    /// Takes a record out.
    pub fn remove(&mut self, table: Table, id: Uuid) {
        self.records(table).forget(id);
    }

    fn records(&mut self, table: Table) -> &mut Records {
        Arc::make_mut(self.tables.entry(table).or_default())
    }

    fn entry(&self, table: Table, id: Uuid) -> Option<&Entry> {
        self.tables.get(&table)?.by_id.get(&id)
    }
}

impl Records {
    fn forget(&mut self, id: Uuid) {
        if let Some(old) = self.by_id.remove(&id) {
            let key = folded(&old.display);
            if self.by_display.get(&key) == Some(&id) {
                self.by_display.remove(&key);
            }
        }
    }
}

impl Directory for References {
    fn display(&self, table: Table, id: Uuid) -> Option<&str> {
        self.entry(table, id).map(|entry| entry.display.as_str())
    }

    fn find(&self, table: Table, display: &str) -> Option<Uuid> {
        self.tables.get(&table)?.by_display.get(&folded(display)).copied()
    }

    fn records(&self, table: Table) -> Vec<(Uuid, &str)> {
        let records = self.tables.get(&table).into_iter().flat_map(|records| &records.by_id);
        records.map(|(id, entry)| (*id, entry.display.as_str())).collect()
    }

    fn parent(&self, table: Table, id: Uuid) -> Option<Uuid> {
        self.entry(table, id)?.parent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_shared_until_it_changes() {
        let mut references = References::seeded();
        let kept = references.only(Table::ModelCategory);
        assert!(kept.shares(&references, Table::ModelCategory) && kept.shares(&references, Table::User));
        references.insert(Table::User, Uuid::from_u128(1), "anna");
        assert!(kept.shares(&references, Table::ModelCategory) && !kept.shares(&references, Table::User));
        references.insert(Table::ModelCategory, Uuid::from_u128(2), "Drone");
        assert!(!kept.shares(&references, Table::ModelCategory));
        assert_eq!(kept, References::seeded());
    }

    #[test]
    fn a_record_is_found_by_its_present_display_value() {
        let mut references = References::seeded();
        let computer = references.find(Table::ModelCategory, " computer ").unwrap();
        assert_eq!(references.display(Table::ModelCategory, computer), Some("Computer"));
        assert_eq!(references.find(Table::Model, "Computer"), None);
        let user = Uuid::from_u128(1);
        references.insert(Table::User, user, "Abel Tuter");
        references.insert(Table::User, Uuid::from_u128(2), "abel tuter");
        assert_eq!(references.find(Table::User, "ABEL TUTER"), Some(user));
        references.insert(Table::User, user, "Abel T.");
        assert_eq!(references.find(Table::User, "Abel T."), Some(user));
        assert_ne!(references.find(Table::User, "Abel Tuter"), Some(user));
    }

    #[test]
    fn copies_keep_what_they_knew() {
        let mut references = References::new();
        let (site, floor) = (Uuid::from_u128(1), Uuid::from_u128(2));
        references.put(Table::Location, site, "Berlin", None);
        references.put(Table::Location, floor, "2nd floor", Some(site));
        let before = references.clone();
        references.put(Table::Location, floor, "Second floor", None);
        references.remove(Table::Location, site);
        assert_eq!(before.parent(Table::Location, floor), Some(site));
        assert_eq!((before.find(Table::Location, "BERLIN"), before.display(Table::Location, site)), (Some(site), Some("Berlin")));
        assert_eq!((references.find(Table::Location, "berlin"), references.display(Table::Location, site)), (None, None));
        assert_eq!((references.parent(Table::Location, floor), references.find(Table::Location, "2nd floor")), (None, None));
        assert_eq!(references.find(Table::Location, "second floor "), Some(floor));
    }

    #[test]
    fn tables_are_found_by_their_names() {
        for table in Table::KEPT {
            assert_eq!(Table::from_name(table.name()), Some(table));
        }
        assert_eq!((Table::from_name("assets"), Table::from_name("Models")), (None, None));
    }
}
