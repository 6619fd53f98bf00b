//! Assets by ratio, exactly, and how the units of a report are rounded (domain 3.2).

use std::fmt;
use std::num::{NonZeroU32, NonZeroU64};

use serde::{Deserialize, Serialize};

use crate::decimal::four_places;

/// Assets for one unit, and how many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quotient {
    /// Assets.
    pub count: u64,
    /// Assets that make one unit.
    pub ratio: NonZeroU32,
}

/// How parts of a unit are rounded. The texts do not say; up, for each category, never pays too little.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// Up, for each resource category.
    #[default]
    Up,
    /// To the nearest, a half up, for each resource category.
    Nearest,
    /// Down, for each resource category.
    Down,
    /// Exact for each resource category; the sum is rounded up.
    UpSum,
}

impl Rounding {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Up, Self::Nearest, Self::Down, Self::UpSum];
    /// The names of all, in their order.
    pub const NAMES: [&'static str; 4] = [Self::Up.name(), Self::Nearest.name(), Self::Down.name(), Self::UpSum.name()];

    /// Its name, as settings and reports have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Nearest => "nearest",
            Self::Down => "down",
            Self::UpSum => "up_sum",
        }
    }

    /// The one of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }
}

/// The number with four places, a half up.
impl fmt::Display for Quotient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&four_places(self.count.into(), self.ratio.get().into()))
    }
}

impl Quotient {
    /// The units of one resource category; none where only the sum is rounded.
    #[must_use]
    pub fn units(self, rounding: Rounding) -> Option<u64> {
        let (count, ratio) = (u128::from(self.count), u128::from(self.ratio.get()));
        let units = match rounding {
            Rounding::Up => count.div_ceil(ratio),
            Rounding::Nearest => (count * 2 + ratio) / (ratio * 2),
            Rounding::Down => count / ratio,
            Rounding::UpSum => return None,
        };
        // No more units than assets.
        u64::try_from(units).ok()
    }
}

/// The units of several resource categories; every ratio divides `denominator`.
#[must_use]
pub fn sum(quotients: &[Quotient], rounding: Rounding, denominator: NonZeroU64) -> u64 {
    let denominator = u128::from(denominator.get());
    let part = |quotient: &Quotient| match quotient.units(rounding) {
        Some(units) => u128::from(units) * denominator,
        None => {
            let (count, ratio) = (u128::from(quotient.count), u128::from(quotient.ratio.get()));
            (count / ratio).saturating_mul(denominator).saturating_add(count % ratio * (denominator / ratio))
        }
    };
    let parts = quotients.iter().map(part).fold(0_u128, u128::saturating_add);
    u64::try_from(parts.div_ceil(denominator)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn quotient(count: u64, ratio: u32) -> Quotient {
        Quotient { count, ratio: NonZeroU32::new(ratio).unwrap() }
    }

    #[test]
    fn units_are_rounded_as_the_setting_says() {
        let check = |count, ratio, decimal: &str, [up, nearest, down]: [u64; 3]| {
            let quotient = quotient(count, ratio);
            assert_eq!(quotient.to_string(), decimal, "{count}/{ratio}");
            for (rounding, expected) in [(Rounding::Up, up), (Rounding::Nearest, nearest), (Rounding::Down, down)] {
                assert_eq!(quotient.units(rounding), Some(expected), "{count}/{ratio} {rounding:?}");
            }
            assert_eq!(quotient.units(Rounding::UpSum), None);
        };
        check(0, 4, "0", [0, 0, 0]);
        check(8, 4, "2", [2, 2, 2]);
        check(12, 5, "2.40", [3, 2, 2]);
        check(7, 3, "2.3333", [3, 2, 2]);
        check(2, 3, "0.6667", [1, 1, 0]);
        check(5, 10, "0.50", [1, 1, 0]);
        check(1, 15, "0.0667", [1, 0, 0]);
        check(u64::MAX, 1, "18446744073709551615", [u64::MAX; 3]);
        check(u64::MAX, 2, "9223372036854775807.50", [1 << 63, 1 << 63, u64::MAX / 2]);
    }

    #[test]
    fn the_sum_can_be_rounded_once() {
        let check = |quotients: &[(u64, u32)], rounding, expected| {
            let quotients: Vec<Quotient> = quotients.iter().map(|(count, ratio)| quotient(*count, *ratio)).collect();
            assert_eq!(sum(&quotients, rounding, NonZeroU64::new(60).unwrap()), expected, "{quotients:?} {rounding:?}");
        };
        // A tenth and two tenths and seven tenths are one.
        let tenths = [(1, 10), (3, 15), (7, 10)];
        check(&tenths, Rounding::Up, 3);
        check(&tenths, Rounding::UpSum, 1);
        check(&tenths, Rounding::Nearest, 1);
        check(&tenths, Rounding::Down, 0);
        check(&[(5, 4), (1, 3)], Rounding::UpSum, 2);
        check(&[], Rounding::UpSum, 0);
        check(&[(u64::MAX, 1), (u64::MAX, 1)], Rounding::Up, u64::MAX);
    }

    proptest! {
        #[test]
        fn rounding_keeps_its_order(counts in prop::collection::vec(0_u64..1_000_000, 0..6)) {
            let ratios = [4, 1, 5, 10, 15, 3];
            let quotients: Vec<Quotient> = counts.iter().zip(ratios).map(|(count, ratio)| quotient(*count, ratio)).collect();
            let of = |rounding| sum(&quotients, rounding, NonZeroU64::new(60).unwrap());
            prop_assert!(of(Rounding::Down) <= of(Rounding::UpSum) && of(Rounding::UpSum) <= of(Rounding::Up));
            prop_assert!(of(Rounding::Up) - of(Rounding::Down) <= counts.len() as u64);
            let exact: u64 = counts.iter().zip(ratios).map(|(count, ratio)| count * (60 / ratio as u64)).sum();
            prop_assert_eq!(of(Rounding::UpSum), exact.div_ceil(60));
        }
    }
}
