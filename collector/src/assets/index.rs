//! Which asset a line of a file is about: by its id, else its asset tag, else its serial number.
//!
//! In: every asset of the store once, then the lines in their order. Out: the asset, a new one, or why it cannot be told.

use crate::sheet::Nameless;
use muster_domain::{
    asset::{Asset, Field, Value, identity::is_junk},
    ids::AssetId,
};
use std::collections::{HashMap, hash_map::Entry};

/// The assets of the store, by what a line can name them by.
#[derive(Debug, Default)]
pub(super) struct Index {
    tags: HashMap<String, Holder>,
    serials: HashMap<String, Holder>,
    /// Lines by what they claimed.
    claimed: HashMap<Claim, u64>,
    /// The ids of lines without any key.
    nameless: Nameless,
}

/// Who has a tag or a serial number.
#[derive(Debug, Clone, Copy)]
struct Holder {
    asset: AssetId,
    /// How many assets have it.
    count: u32,
    /// For a serial number: the asset has a tag.
    tagged: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Claim {
    Asset(AssetId),
    Tag(String),
    Serial(String),
}

/// The asset of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// One that exists, or is said to.
    Known(AssetId),
    /// None yet; the record gets an id.
    New,
    /// None to recognise it by: a record with this id, which the same line always has.
    Nameless(AssetId),
}

impl Index {
    /// Takes an asset in.
    pub(super) fn add(&mut self, asset: &Asset) {
        let text = |field| asset.get(field).and_then(Value::as_text);
        let (tag, serial) = (tag_key(text(Field::AssetTag)), serial_key(text(Field::SerialNumber)));
        let tagged = tag.is_some();
        for (key, map) in [(tag, &mut self.tags), (serial, &mut self.serials)] {
            let Some(key) = key else { continue };
            match map.entry(key) {
                Entry::Vacant(entry) => {
                    entry.insert(Holder { asset: asset.id(), count: 1, tagged });
                }
                Entry::Occupied(mut entry) => entry.get_mut().count += 1,
            }
        }
    }

    /// The asset with this tag or serial number, where only one has it.
    pub(super) fn named(&self, text: &str) -> Option<AssetId> {
        let tagged = tag_key(Some(text)).and_then(|key| self.tags.get(&key));
        let holder = tagged.or_else(|| self.serials.get(&serial_key(Some(text))?));
        holder.filter(|holder| holder.count == 1).map(|holder| holder.asset)
    }

    /// The asset of a line with these cells. What the line claims is taken from then on: no later line has it.
    ///
    /// # Errors
    /// Why it cannot be told, with the other line or asset.
    pub(super) fn target(
        &mut self,
        line: u64,
        id: Option<AssetId>,
        tag: Option<&str>,
        serial: Option<&str>,
        cells: &[String],
    ) -> Result<Target, String> {
        let (tag, serial) = (tag_key(tag), serial_key(serial));
        // Assets that have the same tag already are told apart by their ids, and come in again as they were exported.
        let shared = |map: &HashMap<String, Holder>, key: &Option<String>| {
            id.is_some() && key.as_ref().and_then(|key| map.get(key)).is_some_and(|holder| holder.count > 1)
        };
        let tag_claim = tag.clone().filter(|_| !shared(&self.tags, &tag)).map(Claim::Tag);
        let serial_claim = serial.clone().filter(|_| !shared(&self.serials, &serial)).map(Claim::Serial);
        for (name, claim) in [("asset_tag", tag_claim), ("serial_number", serial_claim)] {
            if let Some(claim) = claim {
                self.claim(line, claim, |other| format!("the {name} of line {line} is also on line {other}"))?;
            }
        }
        let target = self.find(id, tag.as_deref(), serial.as_deref(), cells)?;
        if let Target::Known(asset) = target {
            self.claim(line, Claim::Asset(asset), |other| format!("line {line} is about asset {asset}, and so is line {other}"))?;
        }
        Ok(target)
    }

    fn claim(&mut self, line: u64, claim: Claim, told: impl FnOnce(u64) -> String) -> Result<(), String> {
        match self.claimed.entry(claim) {
            Entry::Occupied(entry) => Err(told(*entry.get())),
            Entry::Vacant(entry) => {
                entry.insert(line);
                Ok(())
            }
        }
    }

    fn find(&mut self, id: Option<AssetId>, tag: Option<&str>, serial: Option<&str>, cells: &[String]) -> Result<Target, String> {
        let by_tag = tag.and_then(|tag| self.tags.get(tag)).copied();
        let by_serial = serial.and_then(|serial| self.serials.get(serial)).copied();
        let is = |holder: Option<Holder>, asset: AssetId| holder.is_none_or(|holder| holder.count == 1 && holder.asset == asset);
        let taken = |name: &str, holder: Option<Holder>| match holder {
            Some(holder) if holder.count > 1 => {
                format!("{} assets have this {name}; give the id of the one that is meant", holder.count)
            }
            Some(holder) => format!("the {name} is that of asset {}", holder.asset),
            None => String::new(),
        };
        if let Some(id) = id {
            // An asset may be one of several with its tag: the id says which, and the line changes nothing about that.
            let fits = |holder: Option<Holder>| holder.is_none_or(|holder| holder.count > 1) || is(holder, id);
            return match (fits(by_tag), fits(by_serial)) {
                (false, _) => Err(taken("asset_tag", by_tag)),
                (_, false) => Err(taken("serial_number", by_serial)),
                _ => Ok(Target::Known(id)),
            };
        }
        match (by_tag, by_serial) {
            (Some(holder), _) if holder.count > 1 => Err(taken("asset_tag", by_tag)),
            (Some(holder), serial) if is(serial, holder.asset) => Ok(Target::Known(holder.asset)),
            (Some(_), _) => Err(taken("serial_number", by_serial)),
            (None, Some(holder)) if holder.count > 1 => Err(taken("serial_number", by_serial)),
            (None, Some(holder)) if tag.is_some() && holder.tagged => {
                Err(format!("{}, which has another asset_tag; give its id to change the tag", taken("serial_number", by_serial)))
            }
            (None, Some(holder)) => Ok(Target::Known(holder.asset)),
            (None, None) if tag.is_some() || serial.is_some() => Ok(Target::New),
            (None, None) => Ok(Target::Nameless(AssetId(self.nameless.id(cells.iter().map(String::as_str))))),
        }
    }
}

/// A tag as it is compared.
fn tag_key(text: Option<&str>) -> Option<String> {
    text.map(|text| text.trim().to_lowercase()).filter(|text| !text.is_empty())
}

/// A serial number as it is compared; none for one that says nothing about the machine.
fn serial_key(text: Option<&str>) -> Option<String> {
    tag_key(text).filter(|text| !is_junk(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use uuid::Uuid;

    fn id(number: u128) -> AssetId {
        AssetId(Uuid::from_u128(number))
    }

    fn index() -> Index {
        let mut index = Index::default();
        for (number, tag, serial) in
            [(1, "P-1", "SN-1"), (2, "P-2", "SN-2"), (3, "", "SN-3"), (4, "", "SN-9"), (5, "", "SN-9"), (6, "", "None")]
        {
            let mut asset = Asset::new(id(number), None, DateTime::UNIX_EPOCH);
            let text = |text: &str| (!text.is_empty()).then(|| Value::Text(text.to_owned()));
            asset.edit(&[(Field::AssetTag, text(tag)), (Field::SerialNumber, text(serial))], DateTime::UNIX_EPOCH).unwrap();
            index.add(&asset);
        }
        index
    }

    #[test]
    fn a_line_finds_its_asset() {
        let check = |id: Option<AssetId>, tag: &str, serial: &str, expected: Result<Target, &str>| {
            let given = |text: &'static str| Some(text).filter(|text| !text.is_empty());
            let (tag, serial) = (given(Box::leak(tag.into())), given(Box::leak(serial.into())));
            match (index().target(7, id, tag, serial, &["x".to_owned()]), expected) {
                (Ok(target), Ok(expected)) => assert_eq!(target, expected, "{id:?} {tag:?} {serial:?}"),
                (Err(reason), Err(part)) => assert!(reason.contains(part), "{reason}"),
                (target, expected) => panic!("{id:?} {tag:?} {serial:?}: {target:?}, not {expected:?}"),
            }
        };
        check(Some(id(1)), "P-1", "SN-1", Ok(Target::Known(id(1))));
        check(Some(id(1)), "P-7", "SN-7", Ok(Target::Known(id(1))));
        check(Some(id(1)), "P-2", "", Err("the asset_tag is that of asset 00000000-0000-0000-0000-000000000002"));
        check(Some(id(4)), "", "SN-9", Ok(Target::Known(id(4))));
        check(None, "p-1 ", "", Ok(Target::Known(id(1))));
        check(None, "P-1", "SN-1", Ok(Target::Known(id(1))));
        check(None, "P-1", "SN-7", Ok(Target::Known(id(1))));
        check(None, "P-1", "SN-2", Err("the serial_number is that of asset"));
        check(None, "", "sn-3", Ok(Target::Known(id(3))));
        check(None, "P-7", "SN-3", Ok(Target::Known(id(3))));
        check(None, "P-7", "SN-1", Err("has another asset_tag"));
        check(None, "", "SN-9", Err("2 assets have this serial_number"));
        check(None, "P-7", "SN-7", Ok(Target::New));
        check(None, "P-7", "None", Ok(Target::New));
        check(None, "1234", "", Ok(Target::New));
    }

    #[test]
    fn a_key_belongs_to_the_first_line_that_has_it() {
        let mut index = index();
        let mut check = |line, id, tag: Option<&str>, serial: Option<&str>, part: Option<&str>| {
            let reason = index.target(line, id, tag, serial, &[]).err();
            match part {
                None => assert_eq!(reason, None, "line {line}"),
                Some(part) => assert!(reason.as_deref().is_some_and(|reason| reason.contains(part)), "{reason:?}"),
            }
        };
        check(2, None, Some("A-1"), Some("B-1"), None);
        check(3, None, Some("a-1"), None, Some("the asset_tag of line 3 is also on line 2"));
        check(4, None, None, Some("B-1"), Some("the serial_number of line 4 is also on line 2"));
        check(5, None, Some("P-1"), None, None);
        check(6, Some(id(1)), None, None, Some("line 6 is about asset 00000000-0000-0000-0000-000000000001, and so is line 5"));
        // Two assets have this serial number: with their ids both lines are good, in the form they were exported.
        check(7, Some(id(4)), None, Some("SN-9"), None);
        check(8, Some(id(5)), None, Some("SN-9"), None);
        check(9, Some(id(5)), None, Some("SN-9"), Some("line 9 is about asset"));
    }

    #[test]
    fn a_line_without_a_key_is_the_same_record_each_time() {
        let ids = || {
            let mut index = index();
            ["a", "a", "b"].map(|cell| index.target(1, None, None, None, &[cell.to_owned()]).unwrap())
        };
        let [first, second, third] = ids();
        assert!(first != second && second != third && first != third);
        assert_eq!(ids(), [first, second, third]);
    }
}
