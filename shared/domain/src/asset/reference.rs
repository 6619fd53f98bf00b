//! What reference fields point to: the tables, and a directory from ids to display values and back.
//!
//! A reference is stored as an id. People write and read display values ("Computer"), so every border goes through a
//! [`Directory`].

use std::collections::BTreeMap;

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

impl Table {
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

/// Ids to display values and back.
pub trait Directory {
    /// The display value of a record.
    fn display(&self, table: Table, id: Uuid) -> Option<&str>;

    /// The record with this display value, compared without case.
    fn find(&self, table: Table, display: &str) -> Option<Uuid>;
}

/// A directory in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct References {
    by_id: BTreeMap<(Table, Uuid), String>,
    by_display: BTreeMap<(Table, String), Uuid>,
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

    /// Adds a record, or gives a known one another display value. Where two have the same one, the first is found by it.
    pub fn insert(&mut self, table: Table, id: Uuid, display: &str) {
        if let Some(old) = self.by_id.insert((table, id), display.to_owned()) {
            let key = (table, old.to_lowercase());
            if self.by_display.get(&key) == Some(&id) {
                self.by_display.remove(&key);
            }
        }
        self.by_display.entry((table, display.to_lowercase())).or_insert(id);
    }
}

impl Directory for References {
    fn display(&self, table: Table, id: Uuid) -> Option<&str> {
        self.by_id.get(&(table, id)).map(String::as_str)
    }

    fn find(&self, table: Table, display: &str) -> Option<Uuid> {
        self.by_display.get(&(table, display.trim().to_lowercase())).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
