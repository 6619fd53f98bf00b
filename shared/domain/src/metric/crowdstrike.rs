//! CrowdStrike: sensors on average over four weeks (domain 5.6).

use std::num::NonZeroU64;

use super::amount::Amount;
use super::answer::Answer;
use super::count::checked_sum;
use super::error::MetricError;
use super::factor::Factors;
use super::inputs::Inputs;
use super::registry::{Group, Input, Metric};

/// Hours of four weeks.
const HOURS: NonZeroU64 = NonZeroU64::MIN.saturating_add(671);
/// Weeks that are averaged.
const WEEKS: NonZeroU64 = NonZeroU64::MIN.saturating_add(3);

/// The group.
pub const GROUP: Group = Group {
    name: "CrowdStrike",
    pack: Some("SaaS License Management"),
    metrics: &[
        Metric::new(
            "Reserved Hourly Average Sensor",
            "Sensors that are active in an hour, on average.",
            "The unique active endpoints of each of the last 672 hours, added and divided by 672, rounded up.",
            &[Input::EndpointCounts],
            hourly,
        ),
        Metric::new(
            "Sensor Subscription",
            "Sensors that are active in a week, on average.",
            "The unique endpoints of each of the last four weeks, added and divided by four, rounded up.",
            &[Input::EndpointCounts],
            weekly,
        ),
    ],
};

fn hourly<'a>(inputs: &Inputs<'a>, _: &Factors) -> Result<Answer<'a>, MetricError> {
    let hours = checked_sum(inputs.hourly_counts.iter().map(|count| Some(count.hours)))?;
    if hours != HOURS.get() {
        return Err(MetricError::Wrong(format!("hourly_counts hold {hours} hours, and the metric takes {HOURS}")));
    }
    let endpoint_hours = inputs.hourly_counts.iter().map(|count| count.endpoint_count.checked_mul(count.hours));
    Ok(Answer::rounded_up(Amount::ratio(checked_sum(endpoint_hours)?, HOURS)))
}

fn weekly<'a>(inputs: &Inputs<'a>, _: &Factors) -> Result<Answer<'a>, MetricError> {
    let weeks = inputs.weekly_counts.len();
    if u64::try_from(weeks) != Ok(WEEKS.get()) {
        return Err(MetricError::Wrong(format!("weekly_counts hold {weeks} weeks, and the metric takes {WEEKS}")));
    }
    Ok(Answer::rounded_up(Amount::ratio(checked_sum(inputs.weekly_counts.iter().copied().map(Some))?, WEEKS)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::record::HourlyCount;

    #[test]
    fn numbers_that_do_not_fit_are_refused() {
        let check = |hourly: &[(u64, u64)], weekly: &[u64], expected: [Result<&str, MetricError>; 2]| {
            let hour = |(endpoint_count, hours): &(u64, u64)| HourlyCount { endpoint_count: *endpoint_count, hours: *hours };
            let inputs =
                Inputs { hourly_counts: hourly.iter().map(hour).collect(), weekly_counts: weekly.to_vec(), ..Inputs::default() };
            for (metric, expected) in GROUP.metrics.iter().zip(expected) {
                let found = metric.evaluate(&inputs, &Factors::default());
                let found = found.map(|answer| answer.required.unwrap().to_string());
                assert_eq!(found, expected.map(str::to_owned), "{}", metric.name);
            }
        };
        check(&[(10, 600), (20, 72)], &[1, 2, 3, 4], [Ok("12"), Ok("3")]);
        check(&[(u64::MAX, 672)], &[u64::MAX, 1, 0, 0], [Err(MetricError::TooLarge), Err(MetricError::TooLarge)]);
        check(&[(1, u64::MAX), (1, 673)], &[u64::MAX, 0, 0, 0], [Err(MetricError::TooLarge), Ok("4611686018427387904")]);
    }
}
