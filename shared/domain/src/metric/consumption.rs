//! Software as a service by its publisher's unit (domain 5.5).

use super::answer::{Answer, Detail};
use super::error::MetricError;
use super::factor::Factors;
use super::inputs::Inputs;
use super::registry::{Group, Input, Metric};

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
    let times = |cost: crate::decimal::Decimal, count| cost.times(count).ok_or(MetricError::TooLarge);
    let spend = purchase.unit_cost.map(|cost| times(cost, purchase.rights)).transpose()?;
    let total_cost = spend.map(|spend| times(spend, periods)).transpose()?;
    let answer = inputs.units_consumed.map_or_else(Answer::default, Answer::exact);
    Ok(answer.with(Detail::Spend { total_cost, spend }))
}
