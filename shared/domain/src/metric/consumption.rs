//! Software as a service by its publisher's unit (domain 5.5).

use super::answer::{Answer, Detail};
use super::error::MetricError;
use super::factor::Factors;
use super::inputs::Inputs;
use super::registry::{Group, Input, Metric};
use crate::entitlement::total_cost;

/// The group.
pub const GROUP: Group = Group {
    name: "Consumption",
    pack: Some("SaaS License Management"),
    metrics: &[Metric::new(
        "SaaS Consumption",
        "Units of the publisher that are consumed.",
        "Units consumed are the licences required; the spend is that of the current subscription period, rights times price.",
        &[Input::Purchase, Input::ResourceValue],
        consumption,
    )],
};

fn consumption<'a>(inputs: &Inputs<'a>, _: &Factors) -> Result<Answer<'a>, MetricError> {
    let purchase = inputs.purchase.ok_or(MetricError::Missing { field: "purchased_rights" })?;
    let periods = purchase.period.map_or(Ok(1), |period| period.count(purchase.start, purchase.end))?;
    let over = |periods| {
        let cost = purchase.unit_cost.map(|cost| total_cost(purchase.rights, cost, periods, "").ok_or(MetricError::TooLarge));
        cost.transpose()
    };
    let (spend, total_cost) = (over(1)?, over(periods)?);
    let answer = inputs.units_consumed.map_or_else(Answer::default, Answer::exact);
    Ok(answer.with(Detail::Spend { total_cost, spend }))
}
