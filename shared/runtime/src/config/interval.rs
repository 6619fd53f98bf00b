//! Durations as people write them: `30s`, `5m`, `1h30m`, `2d`.
//!
//! Comes in: text. Goes out: a [`Duration`] with a spelling that reads back as the same. Calendar units (months, years) do
//! not exist here, because they have no fixed length.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Longer intervals are refused: they are typing errors, and adding them to a date could overflow.
const LONGEST: Duration = Duration::from_secs(100 * 366 * 24 * 60 * 60);

/// Units from the longest to the shortest, in milliseconds.
const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// A span of time in a configuration, in whole milliseconds, at most 100 years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Interval(Duration);

/// Why a text is no [`Interval`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IntervalError {
    /// It does not follow the grammar.
    #[error("expected a duration such as \"30s\", \"5m\", \"1h30m\" or \"2d\" (units: d, h, m, s, ms)")]
    Malformed,
    /// It is longer than 100 years.
    #[error("the duration is longer than 100 years")]
    TooLong,
}

impl Interval {
    /// `seconds` as an interval, e.g. for a default; more than 100 years become 100 years.
    #[must_use]
    pub const fn from_secs(seconds: u64) -> Self {
        if seconds > LONGEST.as_secs() { Self(LONGEST) } else { Self(Duration::from_secs(seconds)) }
    }

    /// The span of time.
    #[must_use]
    pub const fn get(self) -> Duration {
        self.0
    }

    /// Whether it is no time at all; what that means is the key's business.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0.is_zero()
    }
}

impl From<Interval> for Duration {
    fn from(interval: Interval) -> Self {
        interval.0
    }
}

impl FromStr for Interval {
    type Err = IntervalError;

    /// Numbers with units, each unit at most once and from the longest to the shortest.
    fn from_str(text: &str) -> Result<Self, IntervalError> {
        let mut rest = text.trim();
        let mut units = UNITS.as_slice();
        let mut milliseconds = 0_u64;
        loop {
            let digits = rest.find(|character: char| !character.is_ascii_digit()).ok_or(IntervalError::Malformed)?;
            let (number, tail) = rest.split_at(digits);
            let unit_end = tail.find(|character: char| !character.is_ascii_lowercase()).unwrap_or(tail.len());
            let (unit, tail) = tail.split_at(unit_end);
            let place = units.iter().position(|(name, _)| *name == unit).ok_or(IntervalError::Malformed)?;
            let [(_, size), shorter @ ..] = units.get(place..).unwrap_or_default() else {
                return Err(IntervalError::Malformed);
            };
            if number.is_empty() {
                return Err(IntervalError::Malformed);
            }
            let number: u64 = number.parse().map_err(|_| IntervalError::TooLong)?;
            milliseconds =
                number.checked_mul(*size).and_then(|part| milliseconds.checked_add(part)).ok_or(IntervalError::TooLong)?;
            if tail.is_empty() {
                break;
            }
            (rest, units) = (tail, shorter);
        }
        let duration = Duration::from_millis(milliseconds);
        if duration > LONGEST { Err(IntervalError::TooLong) } else { Ok(Self(duration)) }
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX);
        if rest == 0 {
            return formatter.write_str("0s");
        }
        for (name, size) in UNITS {
            if rest >= size {
                write!(formatter, "{}{name}", rest / size)?;
                rest %= size;
            }
        }
        Ok(())
    }
}

impl Serialize for Interval {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Interval {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(IntervalVisitor)
    }
}

struct IntervalVisitor;

impl de::Visitor<'_> for IntervalVisitor {
    type Value = Interval;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a duration in quotes such as \"30s\" or \"5m\"")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Interval, E> {
        text.parse().map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_read_and_written() {
        let check = |text: &str, milliseconds: u64, written: &str| {
            let interval: Interval = text.parse().unwrap();
            assert_eq!((interval.get(), interval.to_string().as_str()), (Duration::from_millis(milliseconds), written), "{text}");
            assert_eq!(interval.to_string().parse(), Ok(interval), "{text}");
        };
        check("30s", 30_000, "30s");
        check("5m", 300_000, "5m");
        check("15m", 900_000, "15m");
        check("1h", 3_600_000, "1h");
        check("2d", 172_800_000, "2d");
        check("250ms", 250, "250ms");
        check("1h30m", 5_400_000, "1h30m");
        check("1d2h3m4s5ms", 93_784_005, "1d2h3m4s5ms");
        check("90s", 90_000, "1m30s");
        check("48h", 172_800_000, "2d");
        check("0s", 0, "0s");
        check("0d", 0, "0s");
        check(" 5m ", 300_000, "5m");
        check("36600d", 36_600 * 86_400_000, "36600d");
    }

    #[test]
    fn other_texts_are_refused() {
        let check = |text: &str, expected: IntervalError| assert_eq!(text.parse::<Interval>(), Err(expected), "{text}");
        for text in
            ["", " ", "5", "m", "5 m", "5m 3s", "-5m", "+5m", "5M", "5min", "1.5h", "5m5m", "5s5m", "5mx", "5m5", "٥m", "1y"]
        {
            check(text, IntervalError::Malformed);
        }
        check("36601d", IntervalError::TooLong);
        check("99999999999999999999s", IntervalError::TooLong);
        check("18446744073709551615d", IntervalError::TooLong);
        check("18446744073709551615ms", IntervalError::TooLong);
    }

    #[test]
    fn the_longest_interval_is_the_bound_of_both_ways() {
        assert_eq!(Interval::from_secs(u64::MAX).to_string(), "36600d");
        assert_eq!(Interval::from_secs(90), "90s".parse().unwrap());
        assert!(Interval::default().is_zero());
        assert_eq!(Duration::from(Interval::from_secs(1)), Duration::from_secs(1));
        assert_eq!(serde_json::to_string(&Interval::from_secs(90)).unwrap(), "\"1m30s\"");
    }
}
