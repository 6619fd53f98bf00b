//! Licences and tokens that are out at the same time (domain 5.4).

use std::collections::BTreeMap;

use chrono::{DateTime, Days, Utc};

use super::answer::Answer;
use super::error::MetricError;
use super::factor::Factors;
use super::inputs::{Inputs, PEAK_PERIOD_DAYS};
use super::registry::{Evaluate, Group, Input, Metric};

/// The group.
pub const GROUP: Group = Group {
    name: "Concurrent Licenses",
    pack: Some("Engineering Applications"),
    metrics: &[
        at_peak("Floating", "One right for each licence of a shared pool that is out at the same time.", peak),
        at_peak("Network", "One right for each licence of a network server that is out at the same time.", peak),
        Metric::new(
            "Token",
            "Tokens of one pool, of which each product takes its own number.",
            "The largest sum of tokens, over all products, that were out at the same moment.",
            &[Input::Checkouts],
            token,
        ),
    ],
};

const fn at_peak(name: &'static str, description: &'static str, evaluate: Evaluate) -> Metric {
    let formula = "The highest daily peak in the days looked back on, 30 unless set, today included.";
    Metric::new(name, description, formula, &[Input::DailyPeaks], evaluate)
}

fn peak<'a>(inputs: &Inputs<'a>, _: &Factors) -> Result<Answer<'a>, MetricError> {
    let today = inputs.today.ok_or(MetricError::Missing { field: "today" })?;
    let days = inputs.period_days.unwrap_or(PEAK_PERIOD_DAYS);
    // As many days as the period has, of which today is the last.
    let before = today.checked_sub_days(Days::new(days.into()));
    let within = inputs.daily_peaks.iter().filter(|day| day.date <= today && before.is_none_or(|before| day.date > before));
    Ok(Answer::whole(within.map(|day| day.peak).max().unwrap_or(0)))
}

fn token<'a>(inputs: &Inputs<'a>, _: &Factors) -> Result<Answer<'a>, MetricError> {
    let mut changes = BTreeMap::<DateTime<Utc>, (u128, u128)>::new();
    for checkout in &inputs.checkouts {
        let (start, tokens) = (checkout.start, u128::from(checkout.tokens));
        if let Some(end) = checkout.end {
            if end < start {
                return Err(MetricError::Wrong(format!("tokens were given back at {end}, before they were taken at {start}")));
            }
            changes.entry(end).or_default().1 += tokens;
        }
        changes.entry(start).or_default().0 += tokens;
    }
    // What is given back at a moment is no longer out at it, also what was taken at the same moment: then both sums hold it.
    let (mut out, mut most) = (0_u128, 0_u128);
    for (taken, given_back) in changes.into_values() {
        out = (out + taken).saturating_sub(given_back);
        most = most.max(out);
    }
    Ok(Answer::whole(u64::try_from(most).unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;
    use crate::metric::record::{Checkout, DailyPeak};

    #[test]
    fn the_period_ends_today() {
        let check = |days: Option<u32>, date: &str, expected: u64| {
            let date: NaiveDate = date.parse().unwrap();
            let inputs = Inputs {
                today: "2026-06-17".parse().ok(),
                period_days: days,
                daily_peaks: vec![DailyPeak { date, peak: 5 }],
                ..Inputs::default()
            };
            assert_eq!(peak(&inputs, &Factors::default()), Ok(Answer::whole(expected)), "{days:?} {date}");
        };
        check(None, "2026-06-17", 5);
        check(None, "2026-05-19", 5);
        check(None, "2026-05-18", 0);
        check(None, "2026-06-18", 0);
        check(Some(1), "2026-06-17", 5);
        check(Some(1), "2026-06-16", 0);
        check(Some(u32::MAX), "0001-01-01", 5);
    }

    #[test]
    fn what_is_given_back_is_no_longer_out() {
        let check = |checkouts: &[(i64, Option<i64>)], expected: u64| {
            let at = |second| DateTime::from_timestamp(second, 0).unwrap();
            let checkouts =
                checkouts.iter().map(|(start, end)| Checkout { tokens: 3, start: at(*start), end: end.map(at) }).collect();
            let inputs = Inputs { checkouts, ..Inputs::default() };
            assert_eq!(token(&inputs, &Factors::default()).map_err(|_| ()), Ok(Answer::whole(expected)));
        };
        check(&[(0, Some(10)), (10, Some(20))], 3);
        check(&[(0, Some(11)), (10, Some(20))], 6);
        check(&[(0, None), (10, None)], 6);
        check(&[(5, Some(5))], 0);
        check(&[], 0);
    }
}
