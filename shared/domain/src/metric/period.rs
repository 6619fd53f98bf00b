//! How long a subscription is paid for at a time, and how many such periods there are between two days.

use chrono::{Datelike as _, Months, NaiveDate};
use serde::{Deserialize, Serialize};

use super::error::MetricError;

/// How long a subscription is paid for at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SubscriptionPeriod {
    /// A month.
    Monthly,
    /// Three months.
    Quarterly,
    /// A year.
    Annually,
    /// As long as it lasts.
    #[serde(rename = "Entire Subscription Period")]
    Entire,
}

impl SubscriptionPeriod {
    /// The periods begun between two days, both included (domain 6.6).
    ///
    /// # Errors
    /// When a day that the period needs is missing, or the end is before the start.
    pub fn count(self, start: Option<NaiveDate>, end: Option<NaiveDate>) -> Result<u64, MetricError> {
        if let (Some(start), Some(end)) = (start, end)
            && end < start
        {
            return Err(MetricError::Wrong(format!("the subscription ends on {end}, before it starts on {start}")));
        }
        let months = match self {
            Self::Monthly => 1,
            Self::Quarterly => 3,
            Self::Annually => 12,
            Self::Entire => return Ok(1),
        };
        let start = start.ok_or(MetricError::Missing { field: "start" })?;
        let end = end.ok_or(MetricError::Missing { field: "end" })?;
        let month = |date: NaiveDate| i64::from(date.year()) * 12 + i64::from(date.month0());
        let whole = u32::try_from((month(end) - month(start)) / months).map_err(|_| MetricError::TooLarge)?;
        let months = u32::try_from(months).map_err(|_| MetricError::TooLarge)?.saturating_mul(whole);
        // A period that begins beyond the calendar does not begin.
        let begun = start.checked_add_months(Months::new(months)).is_some_and(|begin| begin <= end);
        Ok(u64::from(whole) + u64::from(begun))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_that_has_begun_counts() {
        let check = |period: SubscriptionPeriod, start: &str, end: &str, expected: Result<u64, &str>| {
            let date = |text: &str| text.parse::<NaiveDate>().ok();
            let found = period.count(date(start), date(end)).map_err(|error| error.to_string());
            match expected {
                Ok(expected) => assert_eq!(found, Ok(expected), "{period:?} {start} {end}"),
                Err(part) => assert!(found.as_ref().is_err_and(|error| error.contains(part)), "{found:?}"),
            }
        };
        use SubscriptionPeriod::{Annually, Entire, Monthly, Quarterly};
        check(Monthly, "2026-01-01", "2026-02-28", Ok(2));
        check(Monthly, "2026-01-01", "2026-01-01", Ok(1));
        check(Monthly, "2026-01-15", "2026-02-14", Ok(1));
        check(Monthly, "2026-01-15", "2026-02-15", Ok(2));
        check(Monthly, "2026-01-31", "2026-02-28", Ok(2));
        check(Quarterly, "2026-01-01", "2026-12-31", Ok(4));
        check(Annually, "2026-01-01", "2028-01-01", Ok(3));
        check(Annually, "2024-02-29", "2025-02-27", Ok(1));
        check(Entire, "2026-01-01", "", Ok(1));
        check(Monthly, "2026-01-01", "", Err("end is missing"));
        check(Monthly, "", "2026-01-01", Err("start is missing"));
        check(Entire, "2026-01-02", "2026-01-01", Err("before it starts"));
    }
}
