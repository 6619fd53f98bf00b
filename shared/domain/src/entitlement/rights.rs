//! How many rights an entitlement has, how many are left to allocate, and what it costs (seed 004, domain 6.6).

use crate::asset::InstallStatus;
use crate::currency::to_minor_unit;
use crate::decimal::Decimal;

/// What was bought: a number of rights, or packs of rights.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Purchase {
    /// Rights as they were entered.
    pub rights: Option<u64>,
    /// Rights in a pack.
    pub rights_per_pack: Option<u64>,
    /// Packs.
    pub packs: Option<u64>,
}

impl Purchase {
    /// Purchased rights: packs decide where both of their numbers are known.
    #[must_use]
    pub fn rights(self) -> u64 {
        let packs = self.rights_per_pack.zip(self.packs).map(|(rights, packs)| rights.saturating_mul(packs));
        packs.or(self.rights).unwrap_or_default()
    }
}

/// Active rights: those that were entered, otherwise the purchased ones; none of a retired entitlement.
#[must_use]
pub fn active_rights(state: InstallStatus, purchased: u64, entered: Option<u64>) -> u64 {
    if state == InstallStatus::Retired { 0 } else { entered.unwrap_or(purchased) }
}

/// Rights left to allocate; below zero where more are allocated than there are.
#[must_use]
pub fn available(active: u64, allocated: u64) -> i64 {
    let difference = i128::from(active) - i128::from(allocated);
    i64::try_from(difference).unwrap_or(if difference < 0 { i64::MIN } else { i64::MAX })
}

/// What all rights cost over all periods; `None` where it is more than money can be. Each period is a bill: it is rounded to the
/// smallest unit of the currency, and the sum is that of the bills.
#[must_use]
pub fn total_cost(purchased: u64, unit_cost: Decimal, periods: u64, currency: &str) -> Option<Decimal> {
    to_minor_unit(unit_cost.times(purchased)?, currency).times(periods)
}

/// What an entitlement says about the price of a right: its rights and what each of them cost. Nothing where no price is known, and
/// nothing where it is below zero: a credit is no price (domain 6.5).
#[must_use]
pub fn priced(rights: u64, unit_cost: Option<Decimal>) -> Option<(u64, Decimal)> {
    unit_cost.filter(|cost| *cost >= Decimal::default()).map(|cost| (rights, cost))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_follow_the_field_rules() {
        let packs = |rights, rights_per_pack, packs| Purchase { rights, rights_per_pack, packs }.rights();
        assert_eq!(packs(None, Some(2), Some(24)), 48);
        assert_eq!(packs(Some(7), Some(2), Some(24)), 48);
        assert_eq!(packs(Some(7), Some(2), None), 7);
        assert_eq!(packs(None, None, None), 0);
        assert_eq!(active_rights(InstallStatus::Retired, 25, Some(25)), 0);
        assert_eq!(active_rights(InstallStatus::InUse, 25, Some(20)), 20);
        assert_eq!(active_rights(InstallStatus::Build, 25, None), 25);
        assert_eq!((available(25, 9), available(3, 5), available(u64::MAX, 0)), (16, -2, i64::MAX));
    }

    #[test]
    fn a_credit_is_no_price() {
        for (cost, expected) in [(None, false), (Some("-0.01"), false), (Some("0"), true), (Some("5"), true)] {
            let cost = cost.map(|cost| cost.parse().unwrap());
            assert_eq!(priced(3, cost), cost.filter(|_| expected).map(|cost| (3, cost)), "{cost:?}");
        }
    }

    #[test]
    fn money_adds_up_to_the_cent() {
        let cost =
            |rights, unit: &str, periods| total_cost(rights, unit.parse().unwrap(), periods, "EUR").map(|cost| cost.to_string());
        assert_eq!(cost(100, "1", 2).as_deref(), Some("200"));
        assert_eq!(cost(3, "0.0333", 3).as_deref(), Some("0.30"));
        assert_eq!(cost(11, "200.005", 1).as_deref(), Some("2200.06"));
        // Each period is billed by itself.
        assert_eq!(cost(1, "0.335", 3).as_deref(), Some("1.02"));
        assert_eq!(cost(u64::MAX, "1", 2), None);
    }
}
