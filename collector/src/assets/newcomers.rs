//! Display values that a file brings and nobody knows yet.
//!
//! In: a cell that names no record, and which lines are good otherwise. Out: the id its record is going to have, the names to make
//! records of, once each and not too many, and their sums. It stores nothing.

use muster_domain::asset::{
    Field, Table,
    field::Kind,
    reference::{folded, read_name},
};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

use crate::{sheet::NewReferences, store::records::ReferenceRecord};

/// Most new names of one import: a column that was taken for another must not fill a table.
const MOST: usize = 10_000;
/// Names that the sums show of each table.
const SHOWN: usize = 20;

/// A name that is to become a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewName {
    /// Its table.
    pub table: Table,
    /// What is to be called so.
    pub name: String,
    /// What the lines point to until the record is there.
    pub id: Uuid,
}

/// The new names of an import.
#[derive(Debug, Default)]
pub struct NewNames {
    /// By table and folded name.
    made: BTreeMap<(Table, String), Uuid>,
    sums: BTreeMap<Table, NewReferences>,
}

impl NewNames {
    /// The name in a cell of this field, if a record may be made of it. What looks like an id names a record that is gone. A model
    /// category decides what is counted: nobody makes one by the way.
    ///
    /// # Errors
    /// Why the text cannot be a name.
    pub(super) fn read(&self, field: Field, cell: &str) -> Result<Option<NewName>, String> {
        let Kind::Reference(table) = field.kind() else { return Ok(None) };
        self.named(table, field.name(), cell)
    }

    /// The same of a table, for a field of this name.
    ///
    /// # Errors
    /// Why the text cannot be a name.
    pub fn named(&self, table: Table, field: &str, cell: &str) -> Result<Option<NewName>, String> {
        if table == Table::ModelCategory || !Table::KEPT.contains(&table) || Uuid::try_parse(cell.trim()).is_ok() {
            return Ok(None);
        }
        let name = read_name(cell).map_err(|error| {
            let text = error.to_string();
            format!("{field}: {}", text.strip_prefix("name: ").unwrap_or(&text))
        })?;
        let made = self.made.get(&(table, folded(&name))).copied();
        let id = made.unwrap_or_else(|| ReferenceRecord::id_of(table, &name));
        Ok(Some(NewName { table, name, id }))
    }

    /// Those names of a line that no earlier line brought; they are taken from then on.
    ///
    /// # Errors
    /// When they would be too many. Then none is taken.
    pub fn take(&mut self, names: &[NewName]) -> Result<Vec<NewName>, String> {
        let mut keys = BTreeSet::new();
        let key = |name: &NewName| (name.table, folded(&name.name));
        let fresh = |name: &&NewName| !self.made.contains_key(&key(name)) && keys.insert(key(name));
        let fresh: Vec<NewName> = names.iter().filter(fresh).cloned().collect();
        if self.made.len() + fresh.len() > MOST {
            let first = fresh.first().map_or("", |name| name.name.as_str());
            return Err(format!(
                "{first:?} would be new, and the file brought {MOST} new names before it, the most of one import; if the columns are right, import the refused lines again"
            ));
        }
        for name in &fresh {
            self.made.insert(key(name), name.id);
        }
        Ok(fresh)
    }

    /// A name has become a record with this id, made by this import or, in the meantime, by somebody else.
    pub fn became(&mut self, name: &NewName, id: Uuid, here: bool) {
        self.made.insert((name.table, folded(&name.name)), id);
        if here {
            let table = name.table.name();
            let sum = self.sums.entry(name.table).or_insert_with(|| NewReferences { table, count: 0, names: Vec::new() });
            sum.count += 1;
            if sum.names.len() < SHOWN {
                sum.names.push(name.name.clone());
            }
        }
    }

    /// The sums, by table.
    #[must_use]
    pub fn sums(&self) -> Vec<NewReferences> {
        self.sums.values().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(names: &NewNames, field: Field, cell: &str) -> NewName {
        names.read(field, cell).unwrap().unwrap()
    }

    #[test]
    fn names_become_records_where_that_is_wanted() {
        let names = NewNames::default();
        for field in [Field::Location, Field::AssignedTo, Field::Model, Field::Company, Field::Vendor, Field::Ci] {
            assert_eq!(read(&names, field, " New one ").name, "New one");
        }
        for (field, cell) in [
            (Field::ModelCategory, "Toaster"),
            (Field::Parent, "P1"),
            (Field::Comments, "text"),
            (Field::Location, "00000000-0000-0000-0000-000000000001"),
        ] {
            assert_eq!(names.read(field, cell), Ok(None), "{field:?}");
        }
        for (cell, reason) in
            [("two\nlines", "location: the name has control"), (&"x".repeat(256), "location: the name is longer")]
        {
            assert!(names.read(Field::Location, cell).unwrap_err().starts_with(reason));
        }
    }

    #[test]
    fn a_name_is_new_once() {
        let mut names = NewNames::default();
        let berlin = read(&names, Field::Location, "Berlin");
        let again = read(&names, Field::Location, " BERLIN");
        let company = read(&names, Field::Company, "Berlin");
        assert_eq!(names.take(&[berlin.clone(), again.clone(), company.clone()]), Ok(vec![berlin.clone(), company.clone()]));
        let other = Uuid::from_u128(7);
        names.became(&berlin, other, true);
        names.became(&company, company.id, false);
        assert_eq!(names.take(&[again]), Ok(vec![]));
        assert_eq!(read(&names, Field::Location, "berlin").id, other, "the id that it got in the end");
        assert_eq!(names.sums(), [NewReferences { table: "locations", count: 1, names: vec!["Berlin".to_owned()] }]);
    }

    #[test]
    fn there_is_an_end_to_new_names() {
        let mut names = NewNames::default();
        for number in 0..MOST - 1 {
            let name = read(&names, Field::Location, &format!("L{number}"));
            names.take(&[name]).unwrap();
        }
        let two = [read(&names, Field::Location, "one"), read(&names, Field::Company, "two")];
        assert!(names.take(&two).unwrap_err().contains("10000 new names"));
        assert_eq!(names.take(&two[..1]).unwrap().len(), 1, "a refused line takes nothing");
        assert!(names.take(&two[1..]).is_err());
    }
}
