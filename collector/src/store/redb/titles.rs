//! Software by number: what is installed on thousands of machines is stored once.
//!
//! In: software, within a unit of work. Out: its number, and back. Each is counted; what is on no asset any more goes.

use super::{
    codec,
    fault::Fault,
    tables::{TITLE_NUMBERS, TITLES, folded},
};
use crate::store::{StoreError, records::TitleRecord};
use muster_domain::software::Software;
use redb::{ReadableTable, Table, WriteTransaction};

/// Both tables, open for changes.
pub(super) struct Titles<'t> {
    rows: Table<'t, u64, &'static [u8]>,
    numbers: Table<'t, &'static str, u64>,
}

impl<'t> Titles<'t> {
    pub(super) fn open(txn: &'t WriteTransaction) -> Result<Self, Fault> {
        Ok(Self { rows: txn.open_table(TITLES)?, numbers: txn.open_table(TITLE_NUMBERS)? })
    }

    /// The software with a number.
    pub(super) fn software(&self, number: u64) -> Result<Software, Fault> {
        find(&self.rows, number).map(|title| title.software)
    }

    /// The number of software that one more asset has.
    pub(super) fn add(&mut self, software: &Software) -> Result<u64, Fault> {
        let key = key(software);
        let known = self.numbers.get(key.as_str())?.map(|number| number.value());
        if let Some(number) = known {
            self.count(number, |installs| installs.saturating_add(1))?;
            return Ok(number);
        }
        let number = self.rows.last()?.map_or(0, |(number, _)| number.value()).saturating_add(1);
        self.numbers.insert(key.as_str(), number)?;
        codec::put(&mut self.rows, number, &TitleRecord { software: software.clone(), installs: 1 })?;
        Ok(number)
    }

    /// One asset less has the software with this number.
    pub(super) fn release(&mut self, number: u64) -> Result<(), Fault> {
        self.count(number, |installs| installs.saturating_sub(1))
    }

    fn count(&mut self, number: u64, change: impl FnOnce(u64) -> u64) -> Result<(), Fault> {
        let title = find(&self.rows, number)?;
        match change(title.installs) {
            0 => {
                self.numbers.remove(key(&title.software).as_str())?;
                self.rows.remove(number)?;
                Ok(())
            }
            installs => codec::put(&mut self.rows, number, &TitleRecord { installs, ..title }),
        }
    }
}

/// The software with a number, which an asset refers to.
pub(super) fn find(rows: &impl ReadableTable<u64, &'static [u8]>, number: u64) -> Result<TitleRecord, Fault> {
    let missing = || StoreError::Corrupt { table: "titles", reason: format!("software {number} is installed and not there") };
    codec::get(rows, number)?.ok_or_else(|| missing().into())
}

/// Software as a key: what sorts it comes first. The texts have no control characters.
pub(super) fn key(software: &Software) -> String {
    let Software { name, version, publisher, source, architecture } = software;
    let text = |value: &Option<String>| value.as_ref().map_or_else(String::new, |value| format!("={value}"));
    let (version, publisher, architecture) = (text(version), text(publisher), text(architecture));
    format!("{}\0{name}\0{version}\0{publisher}\0{source}\0{architecture}", folded(name))
}
