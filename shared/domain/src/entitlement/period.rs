//! Subscription periods and how many of them a subscription has (seed 004, domain 6.6).

use chrono::{Datelike as _, Months, NaiveDate};
use serde::{Deserialize, Serialize};

/// How often a subscription is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum SubscriptionPeriod {
    /// Each month.
    Monthly,
    /// Each three months.
    Quarterly,
    /// Each twelve months.
    Annually,
    /// Once.
    #[serde(rename = "Entire Subscription Period")]
    Entire,
}

/// Dates that make no subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PeriodError {
    /// A period without its dates.
    #[error("a subscription that is paid {0} needs its start and its end")]
    NoDates(&'static str),
    /// An end before its start.
    #[error("the subscription ends on {end}, before it starts on {start}")]
    EndsBefore {
        /// First day.
        start: NaiveDate,
        /// Last day.
        end: NaiveDate,
    },
}

impl SubscriptionPeriod {
    /// Every period.
    pub const ALL: [Self; 4] = [Self::Monthly, Self::Quarterly, Self::Annually, Self::Entire];

    /// The name that people see.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Monthly => "Monthly",
            Self::Quarterly => "Quarterly",
            Self::Annually => "Annually",
            Self::Entire => "Entire Subscription Period",
        }
    }

    /// The period of a name, compared without case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name().eq_ignore_ascii_case(name.trim()))
    }

    const fn months(self) -> Option<u32> {
        match self {
            Self::Monthly => Some(1),
            Self::Quarterly => Some(3),
            Self::Annually => Some(12),
            Self::Entire => None,
        }
    }

    /// Periods begun from the first to the last day, both inside; one for the entire subscription.
    ///
    /// # Errors
    /// When a date is missing that the period needs, or they are in the wrong order.
    pub fn count(self, start: Option<NaiveDate>, end: Option<NaiveDate>) -> Result<u64, PeriodError> {
        if let (Some(start), Some(end)) = (start, end)
            && end < start
        {
            return Err(PeriodError::EndsBefore { start, end });
        }
        let Some(months) = self.months() else { return Ok(1) };
        let (Some(start), Some(end)) = (start, end) else { return Err(PeriodError::NoDates(self.name())) };
        let month = |date: NaiveDate| i64::from(date.year()) * 12 + i64::from(date.month0());
        // The calendar ends long before these numbers do.
        let between = u32::try_from(month(end) - month(start)).unwrap_or(u32::MAX);
        let whole = between / months;
        // A period that begins beyond the calendar does not begin.
        let begun = start.checked_add_months(Months::new(whole * months)).is_some_and(|begin| begin <= end);
        Ok(u64::from(whole) + u64::from(begun))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Option<NaiveDate> {
        text.parse().ok()
    }

    #[test]
    fn periods_are_counted_as_they_begin() {
        let check = |period: SubscriptionPeriod, start: &str, end: &str, expected: u64| {
            assert_eq!(period.count(date(start), date(end)), Ok(expected), "{} {start} {end}", period.name());
        };
        check(SubscriptionPeriod::Monthly, "2026-01-01", "2026-02-28", 2);
        check(SubscriptionPeriod::Monthly, "2026-01-01", "2026-03-01", 3);
        check(SubscriptionPeriod::Monthly, "2026-01-31", "2026-02-27", 1);
        check(SubscriptionPeriod::Monthly, "2026-01-01", "2026-01-01", 1);
        check(SubscriptionPeriod::Quarterly, "2026-01-15", "2026-07-14", 2);
        check(SubscriptionPeriod::Quarterly, "2026-01-15", "2026-07-15", 3);
        check(SubscriptionPeriod::Annually, "2026-01-01", "2028-12-31", 3);
        check(SubscriptionPeriod::Annually, "2024-02-29", "2025-02-27", 1);
        check(SubscriptionPeriod::Entire, "2026-01-01", "2028-12-31", 1);
        check(SubscriptionPeriod::Entire, "2026-01-01", "", 1);
        check(SubscriptionPeriod::Monthly, "2026-01-15", "2026-02-14", 1);
        check(SubscriptionPeriod::Monthly, "2026-01-15", "2026-02-15", 2);
        check(SubscriptionPeriod::Monthly, "2026-01-31", "2026-02-28", 2);
        check(SubscriptionPeriod::Annually, "2026-01-01", "2028-01-01", 3);
        check(SubscriptionPeriod::Monthly, "-262143-01-01", "+262142-12-31", 6_291_432);
    }

    #[test]
    fn dates_that_make_no_subscription_are_refused() {
        let count =
            |period: SubscriptionPeriod, start: &str, end: &str| period.count(date(start), date(end)).unwrap_err().to_string();
        assert!(count(SubscriptionPeriod::Monthly, "2026-01-01", "").contains("paid Monthly needs its start and its end"));
        assert!(count(SubscriptionPeriod::Annually, "", "2026-01-01").contains("its start"));
        assert!(count(SubscriptionPeriod::Entire, "2026-01-02", "2026-01-01").contains("before it starts on 2026-01-02"));
    }
}
