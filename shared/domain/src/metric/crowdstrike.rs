//! CrowdStrike: sensors on average over four weeks (domain 5.6).

use std::num::NonZeroU64;

use super::amount::Amount;
use super::answer::Answer;
use super::count::sum;
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
    let hours = sum(inputs.hourly_counts.iter().map(|count| count.hours));
    if hours != HOURS.get() {
        return Err(MetricError::Wrong(format!("hourly_counts hold {hours} hours, and the metric takes {HOURS}")));
    }
    let endpoint_hours = sum(inputs.hourly_counts.iter().map(|count| count.endpoint_count.saturating_mul(count.hours)));
    Ok(Answer::rounded_up(Amount::ratio(endpoint_hours, HOURS)))
}

fn weekly<'a>(inputs: &Inputs<'a>, _: &Factors) -> Result<Answer<'a>, MetricError> {
    let weeks = inputs.weekly_counts.len();
    if u64::try_from(weeks) != Ok(WEEKS.get()) {
        return Err(MetricError::Wrong(format!("weekly_counts hold {weeks} weeks, and the metric takes {WEEKS}")));
    }
    Ok(Answer::rounded_up(Amount::ratio(sum(inputs.weekly_counts.iter().copied()), WEEKS)))
}
