//! Version numbers of Hardware Asset Management and of its licence: text such as `10.1.0`, compared number by number.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How many numbers a version has at most.
const PARTS: usize = 4;

/// A version. `5`, `5.0` and `5.0.0` are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version([u32; PARTS]);

/// A text that is no version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a version: give one to {PARTS} numbers with dots between them, such as 10.1.0")]
pub struct VersionError(String);

impl Version {
    /// From the first two numbers; the others are 0.
    #[must_use]
    pub const fn new(major: u32, minor: u32) -> Self {
        Self([major, minor, 0, 0])
    }

    /// The first number.
    #[must_use]
    pub const fn major(self) -> u32 {
        let Self([major, ..]) = self;
        major
    }
}

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let error = || VersionError(text.chars().take(64).collect());
        let mut numbers = [0; PARTS];
        let mut parts = text.trim().split('.');
        for (number, part) in numbers.iter_mut().zip(&mut parts) {
            // `parse` would take a sign, too.
            let digits = Some(part).filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
            *number = digits.and_then(|part| part.parse().ok()).ok_or_else(error)?;
        }
        if parts.next().is_some() { Err(error()) } else { Ok(Self(numbers)) }
    }
}

impl fmt::Display for Version {
    /// At least two numbers, without zeros that say nothing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self([major, minor, patch, build]) = self;
        write!(f, "{major}.{minor}")?;
        match (patch, build) {
            (0, 0) => Ok(()),
            (patch, 0) => write!(f, ".{patch}"),
            (patch, build) => write!(f, ".{patch}.{build}"),
        }
    }
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn versions_are_compared_number_by_number() {
        let version = |text: &str| text.parse::<Version>().unwrap();
        for (lower, higher) in [("9.9", "10.0.0"), ("3", "4"), ("10.0.9", "10.1"), ("10.1.0", "10.1.0.1"), ("4.9", "5.0")] {
            assert!(version(lower) < version(higher), "{lower} {higher}");
        }
        for same in ["5", "5.0", " 5.0.0 ", "05.00"] {
            assert_eq!(version(same), Version::new(5, 0));
        }
        let check = |text: &str, shown: &str| assert_eq!(version(text).to_string(), shown);
        check("5", "5.0");
        check("10.1.0", "10.1");
        check("10.1.2", "10.1.2");
        check("11.0.0.1", "11.0.0.1");
        for wrong in ["", ".", "5.", ".5", "v5", "5.x", "1.2.3.4.5", "-1", "+1", "4294967296", "1 2"] {
            assert!(wrong.parse::<Version>().is_err(), "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn versions_print_and_read_back(parts in prop::array::uniform4(any::<u32>())) {
            let version = Version(parts);
            prop_assert_eq!(version.to_string().parse::<Version>(), Ok(version));
        }

        #[test]
        fn no_text_panics(text in ".{0,24}") {
            let _ = text.parse::<Version>();
        }
    }
}
