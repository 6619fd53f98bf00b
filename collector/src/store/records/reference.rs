//! What reference fields point to.

use chrono::{DateTime, Utc};
use muster_domain::asset::{
    category,
    reference::{Table, folded},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// A record of a reference table. It is stored as JSON, so that tables can get fields of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferenceRecord {
    /// Whose record it is.
    pub table: Table,
    /// Its id.
    pub id: Uuid,
    /// Its display value, unique in its table without regard to case.
    pub name: String,
    /// The record above it, of the same table.
    pub parent: Option<Uuid>,
    /// Whether it should be chosen for anything new; what points to it stays.
    pub active: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl ReferenceRecord {
    /// A new record. Its id follows from its name.
    #[must_use]
    pub fn new(table: Table, name: &str, parent: Option<Uuid>, now: DateTime<Utc>) -> Self {
        let name = name.trim().to_owned();
        Self { table, id: Self::id_of(table, &name), name, parent, active: true, created_at: now, updated_at: now }
    }

    /// The id that a record of this name gets when it is made (a UUID of version 8, of a digest): reports that bring a new name
    /// at the same time, or again, make one record.
    #[must_use]
    pub fn id_of(table: Table, name: &str) -> Uuid {
        let mut hash = Sha256::new();
        hash.update(b"muster-reference");
        for part in [table.name(), &folded(name)] {
            hash.update([0]);
            hash.update(part.as_bytes());
        }
        let digest: [u8; 32] = hash.finalize().into();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(digest.split_at(16).0);
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
    }

    /// The model categories that exist from the start.
    #[must_use]
    pub fn seeds(now: DateTime<Utc>) -> Vec<Self> {
        let seed = |category: &category::Category| Self {
            id: category.id.0,
            ..Self::new(Table::ModelCategory, category.name, None, now)
        };
        category::SEEDED.iter().map(seed).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_follows_from_table_and_folded_name() {
        let id = ReferenceRecord::id_of(Table::Model, "ThinkPad T14");
        assert_eq!(ReferenceRecord::id_of(Table::Model, " thinkpad t14 "), id);
        assert_ne!(ReferenceRecord::id_of(Table::Company, "ThinkPad T14"), id);
        assert_eq!(id.get_version_num(), 8);
        // Fixed: it is what makes a name the same record after years.
        assert_eq!(id.to_string(), "eb1310cd-f8d1-8e8c-9bea-ab46d0668511");
    }
}
