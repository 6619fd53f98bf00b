//! What rights cost, what more of them would, and what could be saved: by currency, each amount in its smallest unit, and never across
//! currencies.

use std::collections::{BTreeMap, BTreeSet};

use super::result::Money;
use super::serve::Serving;
use super::warning::Warning;
use crate::decimal::Decimal;
use crate::entitlement::{SubscriptionPeriod, priced, total_cost};
use crate::reconcile::{Average, Purchase, average};

/// Warnings about amounts.
pub(super) type Warnings = BTreeSet<Warning>;

/// The average price of rights, in its currency; none without a price, or where there are several currencies.
pub(super) type Price = Option<(String, Average)>;

/// Adds amounts, each currency by itself.
pub(super) fn add(sum: &mut Money, more: &Money, what: &str, warnings: &mut Warnings) {
    for (currency, amount) in more {
        let known = sum.entry(currency.clone()).or_default();
        match known.plus(*amount) {
            Some(both) => *known = both,
            None => _ = warnings.insert(Warning::TooLarge { what: what.to_owned() }),
        }
    }
}

/// An amount of one currency; nothing where it is zero.
pub(super) fn of(currency: &str, amount: Decimal) -> Money {
    if amount == Decimal::default() { Money::new() } else { Money::from([(currency.to_owned(), amount)]) }
}

/// The average price of rights.
pub(super) fn price(serving: &Serving<'_, '_>, rights: &[usize], what: &str, warnings: &mut Warnings) -> Price {
    let records = rights.iter().filter_map(|right| serving.rights.get(*right)).filter(|right| !right.record.unlimited);
    let prices: Vec<(&str, u64, Decimal)> = records
        .filter_map(|right| {
            priced(right.rights, right.record.unit_cost).map(|(rights, price)| (right.record.currency.trim(), rights, price))
        })
        .collect();
    let currencies: BTreeSet<&str> =
        prices.iter().filter(|(_, rights, _)| *rights > 0).map(|(currency, _, _)| *currency).collect();
    let mut names = currencies.iter();
    let currency = (*names.next()?).to_owned();
    if names.next().is_some() {
        let currencies = currencies.into_iter().collect::<Vec<_>>().join(", ");
        warnings.insert(Warning::SeveralCurrencies { what: what.to_owned(), currencies });
        return None;
    }
    match average(prices.into_iter().map(|(_, rights, price)| (rights, price))) {
        Ok(average) => average.map(|average| (currency, average)),
        Err(_) => {
            warnings.insert(Warning::TooLarge { what: what.to_owned() });
            None
        }
    }
}

/// What an average comes to for so many rights.
pub(super) fn cost(price: &Price, rights: u64, what: &str, warnings: &mut Warnings) -> Money {
    let Some((currency, average)) = price else { return Money::new() };
    match average.cost(rights, currency) {
        Ok(amount) => of(currency, amount),
        Err(_) => {
            warnings.insert(Warning::TooLarge { what: what.to_owned() });
            Money::new()
        }
    }
}

/// What an entitlement costs over all its periods, and in one of them.
pub(super) fn entitlement_cost(
    record: &super::owned::Entitlement,
    today: chrono::NaiveDate,
    warnings: &mut Warnings,
) -> (Money, Money) {
    let Some(unit) = record.unit_cost else { return (Money::new(), Money::new()) };
    let purchased = match (record.unlimited, record.purchased) {
        // The price of a licence without a limit is that of all of it.
        (true, _) => 1,
        (false, 0) => record.rights,
        (false, purchased) => purchased,
    };
    let periods = record.period.map_or(Ok(1), |period: SubscriptionPeriod| period.count(record.start, record.end));
    let periods = periods.unwrap_or_else(|why| {
        warnings.insert(Warning::NoPeriods { entitlement: record.id.clone(), why: why.to_string() });
        1
    });
    let currency = record.currency.trim();
    let (one, all) = (total_cost(purchased, unit, 1, currency), total_cost(purchased, unit, periods, currency));
    if all.is_none() {
        warnings.insert(Warning::TooLarge { what: record.id.clone() });
    }
    let runs = record.start.is_none_or(|start| start <= today) && record.end.is_none_or(|end| today <= end);
    let money = |amount: Option<Decimal>| amount.map(|amount| of(currency, amount)).unwrap_or_default();
    (money(all), if runs { money(one) } else { Money::new() })
}

/// The prices that an administrator set, by model and metric in lower case: of a right, and of a right with maintenance.
pub(super) type Overrides = BTreeMap<(u32, String, String), (Decimal, Decimal, String)>;

pub(super) fn overrides(serving: &Serving<'_, '_>) -> Overrides {
    let site = serving.site;
    let mut records: Vec<_> = site.estate.override_costs.iter().collect();
    records.sort();
    let one = |record: &&super::owned::OverrideCost| {
        let lower = |name: &str| name.trim().to_lowercase();
        let key = (site.models.rank(record.model)?, lower(&record.metric.group), lower(&record.metric.metric));
        Some((key, (record.license_cost, record.license_and_maintenance_cost, record.currency.clone())))
    };
    records.iter().filter_map(one).collect()
}

/// What a right costs by the price that an administrator set; zero is none.
pub(super) fn set_cost(set: Option<&(Decimal, Decimal, String)>, maintenance: bool) -> Option<Decimal> {
    let (license, with_maintenance, _) = set?;
    Some(if maintenance { *with_maintenance } else { *license }).filter(|cost| *cost > Decimal::default())
}

/// What a purchase costs: by the price that was set, otherwise by the average. None where no price is known.
pub(super) fn purchase(
    needed: u64,
    set: Option<&(Decimal, Decimal, String)>,
    maintenance: bool,
    average: &Price,
    what: &str,
    warnings: &mut Warnings,
) -> Option<(String, Decimal)> {
    let cost = set_cost(set, maintenance);
    let of_set = set.filter(|_| cost.is_some()).map(|(_, _, currency)| currency.trim().to_owned());
    let currency = of_set.or_else(|| average.as_ref().map(|(currency, _)| currency.clone()))?;
    let average = average.as_ref().map(|(_, average)| *average);
    let purchase = Purchase { needed, currency: &currency, average, override_cost: cost.unwrap_or_default() };
    let cost = purchase.cost();
    match cost {
        Ok(cost) => Some((currency, cost?)),
        Err(_) => {
            warnings.insert(Warning::TooLarge { what: what.to_owned() });
            None
        }
    }
}
