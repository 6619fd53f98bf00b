//! Prices of rights: averages, what the missing ones cost, what the unused ones did (domain 6.5). Money is exact; only a result is
//! rounded, half up to four places.

use std::cmp::Ordering;

use crate::decimal::Decimal;

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
pub struct Purchase {
    /// Rights that are missing by its metric.
    pub needed: u64,
    /// What rights of it cost until now.
    pub average: Option<Average>,
    /// The price that an administrator set; zero is none.
    pub override_cost: Decimal,
}

impl Average {
    /// The price of one right.
    #[must_use]
    pub fn price(self) -> Option<Decimal> {
        self.of(1)
    }

    /// What so many rights cost.
    #[must_use]
    pub fn of(self, rights: u64) -> Option<Decimal> {
        let cost = self.cost.checked_mul(i128::from(rights))?;
        let by = i128::from(self.rights);
        let half_up = cost.checked_mul(2)?.checked_add(by)?.div_euclid(by * 2);
        i64::try_from(half_up).ok().map(Decimal::from_ten_thousandths)
    }
}

/// The average of entitlements, each with its rights and the price of one; `None` without any right that has a price.
#[must_use]
pub fn average(entitlements: impl IntoIterator<Item = (u64, Decimal)>) -> Option<Average> {
    let (mut cost, mut sum) = (0_i128, 0_u64);
    for (rights, price) in entitlements {
        cost = cost.checked_add(i128::from(rights).checked_mul(i128::from(price.ten_thousandths()))?)?;
        sum = sum.checked_add(rights)?;
    }
    (sum > 0).then_some(Average { cost, rights: sum })
}

impl Purchase {
    /// What the missing rights cost this way: by the price that was set, otherwise by the average; `None` without either.
    #[must_use]
    pub fn cost(self) -> Option<Decimal> {
        if self.override_cost > Decimal::default() {
            let cost = self.override_cost.ten_thousandths().checked_mul(i64::try_from(self.needed).ok()?)?;
            return Some(Decimal::from_ten_thousandths(cost));
        }
        self.average.and_then(|average| average.of(self.needed))
    }
}

/// The place of the cheapest way, the first of equals; one without a price comes behind all others.
#[must_use]
pub fn cheapest(options: &[Purchase]) -> Option<usize> {
    let order = |one: Option<Decimal>, other: Option<Decimal>| match (one, other) {
        (Some(one), Some(other)) => one.cmp(&other),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    };
    let costs = options.iter().map(|option| option.cost()).enumerate();
    costs.min_by(|(_, one), (_, other)| order(*one, *other)).map(|(place, _)| place)
}

/// What unused rights cost; nothing where all are used. `None` without a price.
#[must_use]
pub fn over_licensed(average: Option<Average>, available: i64) -> Option<Decimal> {
    average?.of(u64::try_from(available).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn averages_are_weighted_by_rights_and_exact() {
        let seventy = average([(10, money("100")), (30, money("60"))]).unwrap();
        assert_eq!((seventy.price(), seventy.of(4)), (Some(money("70")), Some(money("280"))));
        // A third of a cent is not rounded before it is multiplied.
        let third = average([(1, money("0.01")), (2, money("0"))]).unwrap();
        assert_eq!((third.price(), third.of(3)), (Some(money("0.0033")), Some(money("0.01"))));
        assert_eq!(average([(0, money("5"))]), None);
        assert_eq!(average([]), None);
    }

    #[test]
    fn the_cheapest_way_is_the_first_of_equals() {
        let option = |needed, price: Option<&str>, set: &str| Purchase {
            needed,
            average: price.and_then(|price| average([(1, money(price))])),
            override_cost: money(set),
        };
        let check = |options: &[Purchase], place: Option<usize>, cost: Option<&str>| {
            let found = cheapest(options);
            assert_eq!(found, place);
            assert_eq!(found.and_then(|place| options[place].cost()), cost.map(money));
        };
        check(&[option(16, Some("50"), "0"), option(1, Some("700"), "0")], Some(1), Some("700"));
        check(&[option(4, Some("100"), "90")], Some(0), Some("360"));
        check(&[option(2, None, "0"), option(1, Some("8"), "0"), option(2, Some("4"), "0")], Some(1), Some("8"));
        check(&[option(2, None, "0")], Some(0), None);
        check(&[], None, None);
    }

    #[test]
    fn unused_rights_cost_what_they_did() {
        let average = average([(40, money("70"))]);
        assert_eq!(over_licensed(average, 6), Some(money("420")));
        assert_eq!(over_licensed(average, -6), Some(money("0")));
        assert_eq!(over_licensed(None, 6), None);
    }
}
