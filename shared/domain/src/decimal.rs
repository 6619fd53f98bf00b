//! Exact decimal numbers for money: up to four places, no binary fractions.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An exact decimal number with up to four places.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal(i64);

/// A text that is no decimal number with at most four places.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a decimal number with at most 4 places, such as 1299.99")]
pub struct DecimalError(String);

impl Decimal {
    const ONE: i64 = 10_000;

    /// From ten-thousandths.
    #[must_use]
    pub const fn from_ten_thousandths(units: i64) -> Self {
        Self(units)
    }

    /// The number in ten-thousandths.
    #[must_use]
    pub const fn ten_thousandths(self) -> i64 {
        self.0
    }

    /// The number as a whole number, if it is one.
    #[must_use]
    pub const fn whole(self) -> Option<i64> {
        if self.0 % Self::ONE == 0 { Some(self.0 / Self::ONE) } else { None }
    }

    /// The number to so many places, a half away from zero; as it is where that does not fit.
    #[must_use]
    pub const fn to_places(self, places: u32) -> Self {
        let step = Self::step(places);
        let half = if self.0 < 0 { -step / 2 } else { step / 2 };
        match self.0.checked_add(half) {
            Some(units) => Self(units - units % step),
            None => self,
        }
    }

    /// Ten-thousandths that a number with so many places moves in.
    pub(crate) const fn step(places: u32) -> i64 {
        match places {
            0 => Self::ONE,
            1 => 1_000,
            2 => 100,
            3 => 10,
            _ => 1,
        }
    }

    /// The number so many times; none where it does not fit.
    #[must_use]
    pub fn times(self, count: u64) -> Option<Self> {
        i64::try_from(count).ok()?.checked_mul(self.0).map(Self)
    }

    /// Both together; none where it does not fit.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// What is left without the other; none where it does not fit.
    #[must_use]
    pub fn minus(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }
}

/// A quotient with four places, a half up, however large it is; the divisor is above 0.
pub(crate) fn four_places(number: u128, divisor: u128) -> String {
    const PLACES: u128 = 10_000;
    let (whole, rest) = (number / divisor, number % divisor);
    // The rest is below the divisor; where it is too large to be multiplied, its last digits decide nothing.
    let (rest, divisor) = match rest.checked_mul(PLACES * 2) {
        Some(_) => (rest, divisor),
        None => (rest >> 32, divisor >> 32),
    };
    let places = (rest * PLACES * 2 + divisor) / (divisor * 2);
    // There is a rest only of a division, which leaves room for one more.
    shown(whole + places / PLACES, places % PLACES)
}

/// A whole number and ten-thousandths: no places, or at least two.
fn shown(whole: u128, places: u128) -> String {
    let places = format!("{places:04}");
    let places = places.trim_end_matches('0');
    if places.is_empty() { whole.to_string() } else { format!("{whole}.{places:0<2}") }
}

impl TryFrom<i64> for Decimal {
    type Error = DecimalError;

    fn try_from(whole: i64) -> Result<Self, DecimalError> {
        whole.checked_mul(Self::ONE).map(Self).ok_or_else(|| DecimalError(whole.to_string()))
    }
}

impl FromStr for Decimal {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Self, DecimalError> {
        let error = || DecimalError(text.chars().take(64).collect());
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, places) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let places = if places.len() > 4 { places.trim_end_matches('0') } else { places };
        if (whole.is_empty() && places.is_empty()) || !all_digits(whole) || !all_digits(places) || places.len() > 4 {
            return Err(error());
        }
        let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| error())? };
        let places: i64 = format!("{places:0<4}").parse().map_err(|_| error())?;
        let units = whole.checked_mul(Self::ONE).and_then(|units| units.checked_add(places)).ok_or_else(error)?;
        Ok(Self(if negative { -units } else { units }))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (units, one) = (u128::from(self.0.unsigned_abs()), u128::from(Self::ONE.unsigned_abs()));
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}{}", shown(units / one, units % one))
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { self.0.serialize(serializer) }
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            std::borrow::Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
        } else {
            i64::deserialize(deserializer).map(Self)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn decimals_are_read_exactly() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(text.parse::<Decimal>().ok().map(|decimal| decimal.to_string()).as_deref(), expected, "{text:?}");
        };
        check("450", Some("450"));
        check("450.00", Some("450"));
        check("1299.9", Some("1299.90"));
        check("1299.99", Some("1299.99"));
        check("-0.0001", Some("-0.0001"));
        check(".5", Some("0.50"));
        check("5.", Some("5"));
        check("1.50000000", Some("1.50"));
        check("1.23456", None);
        check("", None);
        check("-", None);
        check(".", None);
        check("1e5", None);
        check("1,5", None);
        check("--1", None);
        check("99999999999999999999", None);
    }

    #[test]
    fn numbers_are_rounded_half_away_from_zero() {
        for (exact, expected) in [
            ("5015.2476", "5015.25"),
            ("0.005", "0.01"),
            ("0.0049", "0"),
            ("-0.005", "-0.01"),
            ("-5015.2476", "-5015.25"),
            ("12.5", "12.50"),
            ("7", "7"),
            ("922337203685477.5807", "922337203685477.5807"),
        ] {
            assert_eq!(exact.parse::<Decimal>().unwrap().to_places(2).to_string(), expected, "{exact}");
        }
    }

    #[test]
    fn money_adds_up_or_says_that_it_does_not_fit() {
        let of = |text: &str| text.parse::<Decimal>().unwrap();
        assert_eq!(of("0.10").plus(of("0.20")), Some(of("0.30")));
        assert_eq!(of("0.30").minus(of("0.10")), Some(of("0.20")));
        assert_eq!(of("19.99").times(3), Some(of("59.97")));
        let most = Decimal::from_ten_thousandths(i64::MAX);
        assert_eq!(
            (most.times(2), most.plus(of("1")), Decimal::from_ten_thousandths(i64::MIN).minus(of("1"))),
            (None, None, None)
        );
        assert_eq!(of("1").times(u64::MAX), None);
    }

    proptest! {
        #[test]
        fn decimals_print_and_read_back(units in (i64::MIN + 1)..i64::MAX) {
            let decimal = Decimal::from_ten_thousandths(units);
            prop_assert_eq!(decimal.to_string().parse::<Decimal>(), Ok(decimal));
        }

        #[test]
        fn no_text_panics(text in ".{0,24}") {
            let _ = text.parse::<Decimal>();
        }
    }
}
