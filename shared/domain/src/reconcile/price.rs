//! Prices of rights: averages, what the missing ones cost, what the unused ones did (domain 6.5). Money is exact; only a result is
//! rounded, half up: an average price to four places, an amount to the smallest unit of its currency.

use crate::currency::{minor_digits, to_minor_unit};
use crate::decimal::Decimal;

/// Prices beyond every real one; never the same as no price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the prices of the rights come to more than money can be; look for a unit cost or a number of rights that is too large")]
pub struct TooLarge;

/// An average price of a right, weighted by rights, before it is rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Average {
    /// Ten-thousandths that all rights cost together.
    cost: i128,
    /// Rights, more than none.
    rights: u64,
}

/// A way to buy what is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purchase<'a> {
    /// Rights that are missing by its metric.
    pub needed: u64,
    /// The currency of its prices.
    pub currency: &'a str,
    /// What rights of it cost until now.
    pub average: Option<Average>,
    /// The price that an administrator set; zero is none.
    pub override_cost: Decimal,
}

impl Average {
    /// The price of one right.
    ///
    /// # Errors
    /// When it is too large.
    pub fn price(self) -> Result<Decimal, TooLarge> {
        self.of(1, 1)
    }

    /// What so many rights cost, in the smallest unit of their currency.
    ///
    /// # Errors
    /// When that is too large.
    pub fn cost(self, rights: u64, currency: &str) -> Result<Decimal, TooLarge> {
        self.of(rights, Decimal::step(minor_digits(currency)))
    }

    /// What so many rights cost, in steps of so many ten-thousandths.
    fn of(self, rights: u64, step: i64) -> Result<Decimal, TooLarge> {
        let (step, by) = (i128::from(step), i128::from(self.rights) * i128::from(step));
        let cost = self.cost.checked_mul(i128::from(rights)).and_then(|cost| cost.checked_mul(2)?.checked_add(by));
        let half_up = cost.ok_or(TooLarge)?.div_euclid(by * 2).checked_mul(step).ok_or(TooLarge)?;
        i64::try_from(half_up).map(Decimal::from_ten_thousandths).map_err(|_| TooLarge)
    }
}

/// The average of entitlements, each with its rights and the price of one; `None` without any right that has a price.
///
/// # Errors
/// When all together are too large.
pub fn average(entitlements: impl IntoIterator<Item = (u64, Decimal)>) -> Result<Option<Average>, TooLarge> {
    let (mut cost, mut sum) = (0_i128, 0_u64);
    for (rights, price) in entitlements {
        let one = i128::from(rights) * i128::from(price.ten_thousandths());
        cost = cost.checked_add(one).ok_or(TooLarge)?;
        sum = sum.checked_add(rights).ok_or(TooLarge)?;
    }
    Ok((sum > 0).then_some(Average { cost, rights: sum }))
}

impl Purchase<'_> {
    /// What the missing rights cost this way: by the price that was set, otherwise by the average; `None` without either.
    ///
    /// # Errors
    /// When that is too large.
    pub fn cost(self) -> Result<Option<Decimal>, TooLarge> {
        if self.override_cost > Decimal::default() {
            let cost = self.override_cost.times(self.needed).ok_or(TooLarge)?;
            return Ok(Some(to_minor_unit(cost, self.currency)));
        }
        self.average.map(|average| average.cost(self.needed, self.currency)).transpose()
    }
}

/// The place of the cheapest way, the first of equals; one that is too large comes behind all others with a price, and one without a
/// price last.
#[must_use]
pub fn cheapest(options: &[Purchase<'_>]) -> Option<usize> {
    let order = |cost: Result<Option<Decimal>, TooLarge>| match cost {
        Ok(Some(cost)) => (0, cost),
        Err(TooLarge) => (1, Decimal::default()),
        Ok(None) => (2, Decimal::default()),
    };
    let costs = options.iter().map(|option| order(option.cost())).enumerate();
    costs.min_by_key(|(_, cost)| *cost).map(|(place, _)| place)
}

/// What unused rights cost; nothing where all are used. `None` without a price.
///
/// # Errors
/// When that is too large.
pub fn over_licensed(average: Option<Average>, available: i64, currency: &str) -> Result<Option<Decimal>, TooLarge> {
    average.map(|average| average.cost(u64::try_from(available).unwrap_or_default(), currency)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn averages_are_weighted_by_rights_and_exact() {
        let seventy = average([(10, money("100")), (30, money("60"))]).unwrap().unwrap();
        assert_eq!((seventy.price(), seventy.cost(4, "EUR")), (Ok(money("70")), Ok(money("280"))));
        // A third of a cent is not rounded before it is multiplied.
        let third = average([(1, money("0.01")), (2, money("0"))]).unwrap().unwrap();
        assert_eq!((third.price(), third.cost(3, "EUR")), (Ok(money("0.0033")), Ok(money("0.01"))));
        // It is rounded once.
        let little = average([(20_000, money("0")), (1, money("99.9999"))]).unwrap().unwrap();
        assert_eq!(
            (little.price(), little.cost(1, "EUR"), little.cost(1, "KWD")),
            (Ok(money("0.0050")), Ok(money("0")), Ok(money("0.005")))
        );
        assert_eq!((third.cost(200, "JPY"), third.cost(200, "EUR")), (Ok(money("1")), Ok(money("0.67"))));
        assert_eq!(average([(0, money("5"))]), Ok(None));
        assert_eq!(average([]), Ok(None));
    }

    #[test]
    fn too_large_is_not_without_a_price() {
        let most = Decimal::from_ten_thousandths(i64::MAX);
        let dear = average([(2, most)]).unwrap();
        assert_eq!(dear.unwrap().price(), Ok(most));
        assert_eq!(dear.unwrap().cost(2, "EUR"), Err(TooLarge));
        assert_eq!(average([(u64::MAX, most), (1, most)]), Err(TooLarge));
        assert_eq!(over_licensed(dear, 2, "EUR"), Err(TooLarge));
        let option = |average, override_cost| Purchase { needed: 2, currency: "EUR", average, override_cost };
        assert_eq!(option(None, most).cost(), Err(TooLarge));
        assert_eq!(option(None, Decimal::default()).cost(), Ok(None));
        let options = [option(None, Decimal::default()), option(dear, Decimal::default()), option(None, money("9"))];
        assert_eq!((cheapest(&options), cheapest(&options[..2])), (Some(2), Some(1)));
    }

    #[test]
    fn the_cheapest_way_is_the_first_of_equals() {
        let option = |needed, price: Option<&str>, set: &str| Purchase {
            needed,
            currency: "EUR",
            average: price.and_then(|price| average([(1, money(price))]).unwrap()),
            override_cost: money(set),
        };
        let check = |options: &[Purchase], place: Option<usize>, cost: Option<&str>| {
            let found = cheapest(options);
            assert_eq!(found, place);
            assert_eq!(found.and_then(|place| options[place].cost().unwrap()), cost.map(money));
        };
        check(&[option(16, Some("50"), "0"), option(1, Some("700"), "0")], Some(1), Some("700"));
        check(&[option(4, Some("100"), "90")], Some(0), Some("360"));
        check(&[option(2, None, "0"), option(1, Some("8"), "0"), option(2, Some("4"), "0")], Some(1), Some("8"));
        check(&[option(2, None, "0")], Some(0), None);
        check(&[], None, None);
    }

    #[test]
    fn unused_rights_cost_what_they_did() {
        let average = average([(40, money("70"))]).unwrap();
        assert_eq!(over_licensed(average, 6, "EUR"), Ok(Some(money("420"))));
        assert_eq!(over_licensed(average, -6, "EUR"), Ok(Some(money("0"))));
        assert_eq!(over_licensed(None, 6, "EUR"), Ok(None));
    }
}
