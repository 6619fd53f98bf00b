//! IBM's value units: each core or user is charged at the factor of its own tier; too few rights license nobody (domain 5.7).

use super::amount::Amount;
use super::answer::{Answer, Detail};
use super::error::MetricError;
use super::factor::{Factor, FactorError, Table, Tier};
use super::inputs::Inputs;

/// Value units of so many cores or users; the last tier also takes what is beyond it.
///
/// # Errors
/// When the tiers are not in order.
pub fn value_units(count: u64, table: &Table<Tier<Factor>>) -> Result<Amount, MetricError> {
    let (mut total, mut before) = (Amount::ZERO, 0);
    for (index, tier) in table.rows.iter().enumerate() {
        let last = index + 1 == table.rows.len();
        let end = if last { u64::MAX } else { tier.up_to.ok_or(FactorError::Tiers)? };
        if end <= before {
            return Err(FactorError::Tiers.into());
        }
        let within = Amount::whole(count.min(end).saturating_sub(before));
        let cost = tier.each.amount().times(within).ok_or(MetricError::TooLarge)?;
        total = total.plus(cost).ok_or(MetricError::TooLarge)?;
        before = end;
    }
    if before == 0 && count > 0 { Err(FactorError::Tiers.into()) } else { Ok(total) }
}

/// All are licensed, or none.
pub(super) fn all_or_nothing<'a>(
    inputs: &Inputs<'a>,
    count: u64,
    table: &Table<Tier<Factor>>,
) -> Result<Answer<'a>, MetricError> {
    let answer = Answer::rounded_up(value_units(count, table)?);
    let enough = |owned: u64| answer.required.is_some_and(|required| required <= Amount::whole(owned));
    let licensed = inputs.rights_owned.map(|owned| if enough(owned) { count } else { 0 });
    Ok(answer.with(Detail::AllOrNothing { licensed }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::Factors;

    #[test]
    fn each_unit_is_charged_in_its_own_tier() {
        let factors = Factors::default().ibm;
        let check = |table: &Table<Tier<Factor>>, count: u64, expected: u64| {
            assert_eq!(value_units(count, table).map(Amount::ceil), Ok(expected), "{count}");
        };
        check(&factors.rvu, 150_000, 72_500);
        check(&factors.rvu, 0, 0);
        check(&factors.auvu, 150, 125);
        check(&factors.euvu, 11_000, 8650);
        check(&factors.xuvu, 15_000, 14_375);
        check(&factors.euvu, 999, 999);
        // Beyond the last printed tier its factor goes on.
        check(&factors.xuvu, u64::MAX, value_units(u64::MAX, &factors.xuvu).unwrap().ceil());
    }

    #[test]
    fn tiers_must_be_in_order() {
        let tier = |up_to| Tier { up_to, each: Factor::thousandths(1000) };
        let check = |rows: Vec<Option<u64>>, good: bool| {
            let table = Table::published(rows.iter().map(|end| tier(*end)).collect(), "");
            assert_eq!(value_units(5, &table).is_ok(), good, "{rows:?}");
        };
        check(vec![Some(2), Some(4), None], true);
        check(vec![Some(2)], true);
        check(vec![Some(4), Some(2), None], false);
        check(vec![None, Some(2)], false);
        check(vec![], false);
    }
}
