//! Factors that publishers print, as tables that an administrator can change: each with where it comes from, and marked where that is
//! a secondary source and wants checking.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::amount::Amount;
use super::{ibm, microsoft, oracle, red_hat, sap, vmware};

/// An exact decimal number from 0 up with at most six places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Factor(u64);

/// Rows of factors, and where they come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table<T> {
    /// The factors, in the order in which they are tried.
    pub rows: Vec<T>,
    /// Where they come from.
    pub source: String,
    /// Whether the source was a secondary one: compare with the publisher's own before relying on it.
    pub check: bool,
}

/// One rule's figures, and where they come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures<T> {
    /// The figures.
    pub value: T,
    /// Where they come from.
    pub source: String,
    /// Whether the source was a secondary one.
    pub check: bool,
}

/// Every factor table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Factors {
    /// IBM's.
    pub ibm: ibm::Factors,
    /// Microsoft's.
    pub microsoft: microsoft::Factors,
    /// Oracle's.
    pub oracle: oracle::Factors,
    /// Red Hat's.
    pub red_hat: red_hat::Factors,
    /// SAP's.
    pub sap: sap::Factors,
    /// VMware's.
    pub vmware: vmware::Factors,
}

/// A factor, or a table of them, that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FactorError {
    /// A text that is no factor.
    #[error("{0:?} is not a decimal number from 0 up with at most 6 places, such as 0.24375")]
    Text(String),
    /// Nothing can be divided by 0.
    #[error("the factor of {0:?} must be above 0")]
    Zero(String),
    /// Nothing to look a factor up in.
    #[error("there are no rows")]
    Empty,
    /// The tiers are not in order.
    #[error("tiers: each must end above the one before it, and only the last may have no end")]
    Tiers,
}

/// One tier of a table: what each unit costs from the end of the tier before it to its own end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tier<T> {
    /// The last unit in this tier; none is "all others".
    pub up_to: Option<u64>,
    /// What each unit costs.
    pub each: T,
}

/// What a processor's name holds, and the factor of such processors. The first row that fits counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessorRow<T> {
    /// Words that all stand in the name, each by itself and in any case; `*` at the end or the beginning of one stands for more letters
    /// and digits there (`power*` finds POWER9). None fits every processor.
    pub words: Vec<String>,
    /// The most occupied sockets of a server that this row is for; none is any number.
    pub max_sockets: Option<u32>,
    /// The factor.
    pub each: T,
}

impl Factor {
    const ONE: NonZeroU64 = NonZeroU64::MIN.saturating_add(999_999);
    /// One for one.
    pub(super) const ONE_RIGHT: Self = Self(1_000_000);

    /// From millionths.
    #[must_use]
    pub const fn millionths(units: u64) -> Self {
        Self(units)
    }

    /// From thousandths.
    #[must_use]
    pub(super) const fn thousandths(units: u64) -> Self {
        Self(units.saturating_mul(1000))
    }

    /// The factor as an amount.
    #[must_use]
    pub fn amount(self) -> Amount {
        Amount::ratio(self.0, Self::ONE)
    }

    /// So many things where `self` of them make one; none where that is 0.
    #[must_use]
    pub fn parts(self, count: u64) -> Option<Amount> {
        Amount::ratio(count, NonZeroU64::new(self.0)?).times(Amount::whole(Self::ONE.get()))
    }
}

impl<T> Table<T> {
    pub(super) fn published(rows: Vec<T>, source: &str) -> Self {
        Self { rows, source: source.to_owned(), check: false }
    }

    pub(super) fn secondary(rows: Vec<T>, source: &str) -> Self {
        Self { check: true, ..Self::published(rows, source) }
    }
}

impl<T> Figures<T> {
    pub(super) fn published(value: T, source: &str) -> Self {
        Self { value, source: source.to_owned(), check: false }
    }
}

impl<T: Copy> Table<Tier<T>> {
    /// The tier that a count falls in; none above the last one.
    #[must_use]
    pub fn tier_of(&self, count: u64) -> Option<T> {
        self.rows.iter().find(|tier| tier.up_to.is_none_or(|end| count <= end)).map(|tier| tier.each)
    }
}

impl<T: Copy> Table<ProcessorRow<T>> {
    /// The factor of a processor in a server with so many occupied sockets; none where no row fits.
    #[must_use]
    pub fn of_processor(&self, name: &str, sockets: Option<u32>) -> Option<T> {
        let fits = |row: &&ProcessorRow<T>| {
            has_words(name, &row.words) && row.max_sockets.is_none_or(|most| sockets.is_some_and(|sockets| sockets <= most))
        };
        self.rows.iter().find(fits).map(|row| row.each)
    }
}

/// Whether all words stand in the name of a processor, as those of a [`ProcessorRow`] do.
pub(super) fn has_words(name: &str, words: &[String]) -> bool {
    let name = name.to_lowercase();
    words.iter().all(|word| has_word(&name, &word.to_lowercase()))
}

/// Whether a word stands in a name; both in small letters.
fn has_word(name: &str, pattern: &str) -> bool {
    let (word, open_end) = pattern.strip_suffix('*').map_or((pattern, false), |word| (word, true));
    let (word, open_start) = word.strip_prefix('*').map_or((word, false), |word| (word, true));
    let parted = |neighbour: Option<char>| neighbour.is_none_or(|c| !c.is_alphanumeric());
    name.match_indices(word).any(|(at, _)| {
        let (before, behind) = (name.get(..at).unwrap_or_default(), name.get(at + word.len()..).unwrap_or_default());
        (open_start || parted(before.chars().next_back())) && (open_end || parted(behind.chars().next()))
    })
}

impl FromStr for Factor {
    type Err = FactorError;

    fn from_str(text: &str) -> Result<Self, FactorError> {
        let read = || {
            let (whole, places) = text.split_once('.').unwrap_or((text, ""));
            let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
            let places = if places.len() > 6 { places.trim_end_matches('0') } else { places };
            if whole.is_empty() || !digits(whole) || !digits(places) || places.len() > 6 {
                return None;
            }
            let places: u64 = format!("{places:0<6}").parse().ok()?;
            whole.parse::<u64>().ok()?.checked_mul(Self::ONE.get())?.checked_add(places).map(Self)
        };
        read().ok_or_else(|| FactorError::Text(super::error::shown(text)))
    }
}

impl fmt::Display for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = format!("{:06}", self.0 % Self::ONE);
        let places = places.trim_end_matches('0');
        let whole = self.0 / Self::ONE;
        if places.is_empty() { write!(f, "{whole}") } else { write!(f, "{whole}.{places}") }
    }
}

impl Serialize for Factor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { self.0.serialize(serializer) }
    }
}

impl<'de> Deserialize<'de> for Factor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            std::borrow::Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
        } else {
            u64::deserialize(deserializer).map(Self)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_are_read_exactly() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(text.parse::<Factor>().ok().map(|factor| factor.to_string()).as_deref(), expected, "{text:?}");
        };
        check("1", Some("1"));
        check("0.24375", Some("0.24375"));
        check("0.50000000", Some("0.5"));
        for wrong in ["", ".", "-1", "1e3", "0.0000001", "1,5", "99999999999999999999"] {
            check(wrong, None);
        }
        assert_eq!(Factor::thousandths(500).parts(3), Some(Amount::whole(6)));
        assert_eq!(Factor::millionths(0).parts(3), None);
    }

    #[test]
    fn the_published_tables_survive_a_change_by_hand() {
        let text = serde_json::to_string(&Factors::default()).unwrap();
        assert_eq!(serde_json::from_str::<Factors>(&text).unwrap(), Factors::default());
        assert_eq!(serde_json::from_str::<Factors>("{}").unwrap(), Factors::default());
    }
}
