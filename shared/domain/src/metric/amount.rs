//! Rights and parts of rights, exactly: never a binary fraction, so that a tenth and two tenths are three tenths.

use std::cmp::Ordering;
use std::fmt;
use std::num::NonZeroU64;

use crate::decimal::four_places;

/// An exact number from 0 up, kept as a reduced fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount {
    numerator: u128,
    /// Never 0.
    denominator: u128,
}

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self::whole(0);

    /// A whole number.
    #[must_use]
    pub const fn whole(count: u64) -> Self {
        Self { numerator: count as u128, denominator: 1 }
    }

    /// So many parts of a whole that has `parts` of them.
    #[must_use]
    pub fn ratio(count: u64, parts: NonZeroU64) -> Self {
        Self::reduced(count.into(), parts.get().into())
    }

    /// Both together; none where the fraction does not fit.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        let shared = greatest_common_divisor(self.denominator, other.denominator);
        let (own, others) = (other.denominator / shared, self.denominator / shared);
        let numerator = self.numerator.checked_mul(own)?.checked_add(other.numerator.checked_mul(others)?)?;
        Some(Self::reduced(numerator, self.denominator.checked_mul(own)?))
    }

    /// One times the other; none where the fraction does not fit.
    #[must_use]
    pub fn times(self, other: Self) -> Option<Self> {
        let (first, second) =
            (Self::reduced(self.numerator, other.denominator), Self::reduced(other.numerator, self.denominator));
        let numerator = first.numerator.checked_mul(second.numerator)?;
        Some(Self::reduced(numerator, first.denominator.checked_mul(second.denominator)?))
    }

    /// The next whole number, `u64::MAX` where it is beyond.
    #[must_use]
    pub fn ceil(self) -> u64 {
        u64::try_from(self.numerator.div_ceil(self.denominator)).unwrap_or(u64::MAX)
    }

    fn reduced(numerator: u128, denominator: u128) -> Self {
        let shared = greatest_common_divisor(numerator, denominator);
        Self { numerator: numerator / shared, denominator: denominator / shared }
    }
}

/// The number with four places, a half up.
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&four_places(self.numerator, self.denominator))
    }
}

impl PartialOrd for Amount {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Amount {
    fn cmp(&self, other: &Self) -> Ordering {
        let parts = |amount: &Self| (amount.numerator / amount.denominator, amount.numerator % amount.denominator);
        let ((whole, rest), (others_whole, others_rest)) = (parts(self), parts(other));
        whole.cmp(&others_whole).then_with(|| match (rest, others_rest) {
            (0, 0) => Ordering::Equal,
            (0, _) => Ordering::Less,
            (_, 0) => Ordering::Greater,
            // The smaller part is the one whose reverse is larger; the numbers shrink with every step.
            (rest, others_rest) => {
                let reverse = |numerator, denominator| Self { numerator, denominator };
                reverse(other.denominator, others_rest).cmp(&reverse(self.denominator, rest))
            }
        })
    }
}

/// Never 0, as long as one of the two is not.
const fn greatest_common_divisor(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ratio(count: u64, parts: u64) -> Amount {
        Amount::ratio(count, NonZeroU64::new(parts).unwrap())
    }

    #[test]
    fn parts_add_up_exactly() {
        assert_eq!(ratio(1, 10).plus(ratio(2, 10)), Some(ratio(3, 10)));
        assert_eq!(ratio(1, 3).plus(ratio(2, 3)), Some(Amount::whole(1)));
        assert_eq!(ratio(3, 8).times(ratio(8, 3)), Some(Amount::whole(1)));
        let check = |amount: Amount, ceil, decimal: &str| {
            assert_eq!((amount.ceil(), amount.to_string().as_str()), (ceil, decimal), "{amount:?}");
        };
        check(Amount::ZERO, 0, "0");
        check(ratio(7, 3), 3, "2.3333");
        check(ratio(2, 3), 1, "0.6667");
        check(ratio(1, 20_000), 1, "0.0001");
        check(ratio(1, 20_001), 1, "0");
        check(ratio(u64::MAX, 2), 1 << 63, "9223372036854775807.50");
        check(ratio(19_999, 20_000), 1, "1");
        check(Amount::whole(u64::MAX), u64::MAX, "18446744073709551615");
        let most = Amount::whole(u64::MAX).times(Amount::whole(u64::MAX)).unwrap();
        check(most, u64::MAX, "340282366920938463426481119284349108225");
    }

    proptest! {
        #[test]
        fn the_order_is_that_of_the_numbers(a in 0_u64..1_000_000, b in 1_u64..1_000_000, c in 0_u64..1_000_000, d in 1_u64..1_000_000) {
            prop_assert_eq!(ratio(a, b).cmp(&ratio(c, d)), (u128::from(a) * u128::from(d)).cmp(&(u128::from(c) * u128::from(b))));
            let sum = ratio(a, b).plus(ratio(c, d)).unwrap();
            prop_assert!(sum >= ratio(a, b) && sum >= ratio(c, d));
            prop_assert_eq!(ratio(a, b).ceil(), a.div_ceil(b));
        }
    }
}
