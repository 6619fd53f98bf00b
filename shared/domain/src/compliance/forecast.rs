//! When the limit is reached if the count goes on as it did: the Theil–Sen slope of the nightly counts with Sen's 90 % band.
//!
//! In: one count for each night, under one query, and the limit. Out: dates. The median of all slopes between two nights is not
//! moved by a few odd nights; the band takes the slopes between which the true one lies nine times in ten. Exact in whole numbers
//! and fractions: growth that is a line is met to the day.

use chrono::{Datelike as _, Days, NaiveDate};

/// The fewest nights a forecast is made from.
pub const MIN_NIGHTS: usize = 14;

/// The most nights a forecast looks back.
pub const MAX_NIGHTS: usize = 366;

/// Days ahead beyond which no date is named.
pub const HORIZON_DAYS: u64 = 3650;

/// 1.645, the quantile of a band that holds nine times in ten, in thousandths.
const Z_MILLI: u128 = 1645;

/// A forecast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forecast {
    /// Nights it was made from.
    pub nights: usize,
    /// The first and the last of them.
    pub span: Option<(NaiveDate, NaiveDate)>,
    /// The count of the last night.
    pub count: Option<u64>,
    /// The limit.
    pub limit: u64,
    /// How fast the count grows; none for too few nights.
    pub slope: Option<Slope>,
    /// When the limit is reached.
    pub outlook: Outlook,
}

/// Growth in thousandths of an asset per day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slope {
    /// The median.
    pub median_milli: i64,
    /// The lower end of the band.
    pub low_milli: i64,
    /// The upper end of the band.
    pub high_milli: i64,
}

/// When the limit is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outlook {
    /// There are fewer nights than [`MIN_NIGHTS`].
    TooFewNights,
    /// The last night was at the limit or over it.
    Reached,
    /// At this rate it is reached.
    Growing {
        /// The first date on which the line is at the limit.
        on: NaiveDate,
        /// The same for the upper end of the band.
        earliest: NaiveDate,
        /// The same for the lower end of the band; none when it may never be.
        latest: Option<NaiveDate>,
    },
    /// At this rate it is not reached within [`HORIZON_DAYS`].
    Steady {
        /// The date for the upper end of the band, when that one reaches it.
        earliest: Option<NaiveDate>,
    },
}

/// A fraction whose denominator is positive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fraction(i128, i128);

/// The forecast from nightly counts: one for each date, oldest first. Only the last [`MAX_NIGHTS`] are looked at.
#[must_use]
pub fn forecast(nights: &[(NaiveDate, u64)], limit: u64) -> Forecast {
    let nights = nights.get(nights.len().saturating_sub(MAX_NIGHTS)..).unwrap_or_default();
    let points: Vec<(i128, i128)> =
        nights.iter().map(|(date, count)| (i128::from(date.num_days_from_ce()), i128::from(*count))).collect();
    let span = nights.first().zip(nights.last()).map(|((first, _), (last, _))| (*first, *last));
    let count = nights.last().map(|(_, count)| *count);
    let base = Forecast { nights: nights.len(), span, count, limit, slope: None, outlook: Outlook::TooFewNights };
    let (Some((_, last)), true) = (span, nights.len() >= MIN_NIGHTS) else { return base };
    let slopes = slopes(&points);
    let (Some(median), Some((low, high))) = (median(&slopes), band(&slopes, points.len())) else { return base };
    let slope = Slope { median_milli: median.milli(), low_milli: low.milli(), high_milli: high.milli() };
    let level = level(&points, median);
    let reached = |slope: Fraction| reached(last, level, slope, limit);
    let outlook = if count.is_some_and(|count| count >= limit) {
        Outlook::Reached
    } else {
        match (reached(median), reached(high)) {
            (Some(on), earliest) => Outlook::Growing { on, earliest: earliest.unwrap_or(on), latest: reached(low) },
            (None, earliest) => Outlook::Steady { earliest },
        }
    };
    Forecast { slope: Some(slope), outlook, ..base }
}

/// The slopes between every two nights, ascending.
fn slopes(points: &[(i128, i128)]) -> Vec<Fraction> {
    let mut slopes = Vec::with_capacity(points.len() * points.len() / 2);
    for (index, (day, count)) in points.iter().enumerate() {
        let later = points.iter().skip(index + 1).filter(|(other, _)| other > day);
        slopes.extend(later.map(|(other, counted)| Fraction(counted - count, other - day)));
    }
    slopes.sort_by(|one, other| one.compare(*other));
    slopes
}

fn median(ascending: &[Fraction]) -> Option<Fraction> {
    let upper = *ascending.get(ascending.len() / 2)?;
    if ascending.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = *ascending.get(ascending.len() / 2 - 1)?;
    Some(Fraction(lower.0 * upper.1 + upper.0 * lower.1, 2 * lower.1 * upper.1).reduced())
}

/// Sen's interval: the slopes as many places from the middle as Kendall's statistic varies.
fn band(ascending: &[Fraction], nights: usize) -> Option<(Fraction, Fraction)> {
    let n = nights as u128;
    let spread = (Z_MILLI * Z_MILLI * n * (n - 1) * (2 * n + 5) / 18).isqrt().div_ceil(1000);
    let pairs = ascending.len();
    let half = usize::try_from(spread.div_ceil(2)).unwrap_or(pairs);
    let low = ascending.get((pairs / 2).saturating_sub(half))?;
    let high = ascending.get((pairs / 2 + half).min(pairs - 1))?;
    Some((*low, *high))
}

/// Where the line stands on the last night: the median of what each night says of it.
fn level(points: &[(i128, i128)], slope: Fraction) -> Fraction {
    let last = points.last().map_or(0, |(day, _)| *day);
    let mut levels: Vec<Fraction> =
        points.iter().map(|(day, count)| Fraction(count * slope.1 + slope.0 * (last - day), slope.1)).collect();
    levels.sort_by(|one, other| one.compare(*other));
    median(&levels).unwrap_or(Fraction(0, 1))
}

/// The first date after `last` on which a line is at the limit.
fn reached(last: NaiveDate, level: Fraction, slope: Fraction, limit: u64) -> Option<NaiveDate> {
    let missing = Fraction(i128::from(limit) * level.1 - level.0, level.1);
    let days = if missing.0 <= 0 {
        // The line is there while the last night is not yet: any night may be.
        1
    } else if slope.0 <= 0 {
        return None;
    } else {
        let (numerator, denominator) = (missing.0 * slope.1, missing.1 * slope.0);
        (numerator + denominator - 1) / denominator
    };
    let days = u64::try_from(days).ok().filter(|days| *days <= HORIZON_DAYS)?;
    last.checked_add_days(Days::new(days))
}

impl Fraction {
    fn compare(self, other: Self) -> std::cmp::Ordering {
        (self.0 * other.1).cmp(&(other.0 * self.1))
    }

    fn reduced(self) -> Self {
        let (mut a, mut b) = (self.0.abs(), self.1);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        let divisor = a.max(1);
        Self(self.0 / divisor, self.1 / divisor)
    }

    /// In thousandths, rounded half away from zero.
    fn milli(self) -> i64 {
        let twice = 2000 * self.0 / self.1;
        let rounded = (twice + twice.signum()) / 2;
        i64::try_from(rounded).unwrap_or(if rounded < 0 { i64::MIN } else { i64::MAX })
    }
}

/// Thousandths as a decimal number with three places.
#[must_use]
pub fn milli_text(milli: i64) -> String {
    let sign = if milli < 0 { "-" } else { "" };
    let whole = milli.unsigned_abs();
    format!("{sign}{}.{:03}", whole / 1000, whole % 1000)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn nights(count: impl Fn(u64) -> u64, nights: u64) -> Vec<(NaiveDate, u64)> {
        (0..nights).map(|night| (date("2026-01-01") + Days::new(night), count(night))).collect()
    }

    fn outlook(data: &[(NaiveDate, u64)], limit: u64) -> Outlook {
        forecast(data, limit).outlook
    }

    #[test]
    fn the_limit_is_met_at_the_present_rate() {
        let on = |text: &str| Outlook::Growing { on: date(text), earliest: date(text), latest: Some(date(text)) };
        let check = |data: Vec<(NaiveDate, u64)>, limit: u64, expected: Outlook| assert_eq!(outlook(&data, limit), expected);
        check(nights(|night| 400 + night, 30), 500, on("2026-04-11"));
        check(nights(|night| 400 + 2 * night, 30), 501, on("2026-02-21"));
        check(nights(|_| 400, 30), 500, Outlook::Steady { earliest: None });
        check(nights(|night| 400 - night, 30), 500, Outlook::Steady { earliest: None });
        check(nights(|night| 400 + night, 13), 500, Outlook::TooFewNights);
        check(Vec::new(), 500, Outlook::TooFewNights);
        check(nights(|night| 471 + night, 30), 500, Outlook::Reached);
        check(nights(|night| 900 - night, 30), 500, Outlook::Reached);
        check(nights(|night| 400 + night / 10, 30), 100_000, Outlook::Steady { earliest: None });
        // Nights that were missed are no growth.
        let missed = nights(|night| 400 + night, 60).into_iter().step_by(4).collect();
        check(missed, 500, on("2026-04-11"));
        // Three odd nights of thirty move nothing.
        let odd = nights(|night| if [5, 11, 29].contains(&night) { 20 } else { 400 + night }, 30);
        let Outlook::Growing { on: day, latest, .. } = outlook(&odd, 500) else { panic!("it grows") };
        assert_eq!(day, date("2026-04-11"));
        assert!(latest.is_none_or(|latest| latest >= day));
    }

    #[test]
    fn a_slope_reads_as_a_decimal() {
        for (milli, expected) in [(0, "0.000"), (1250, "1.250"), (-40, "-0.040"), (-12_001, "-12.001")] {
            assert_eq!(milli_text(milli), expected);
        }
        let slope = forecast(&nights(|night| 400 + night / 3, 90), 1000).slope.unwrap();
        assert!((330..=337).contains(&slope.median_milli), "{slope:?}");
    }

    proptest! {
        #[test]
        fn growth_that_is_a_line_is_met_exactly(start in 0_u64..1_000_000, rate in 1_u64..10_000, seen in 14_u64..200, ahead in 1_u64..3000) {
            let data = nights(|night| start + rate * night, seen);
            let on = data[data.len() - 1].0 + Days::new(ahead);
            let limit = start + rate * (seen - 1 + ahead);
            prop_assert_eq!(outlook(&data, limit), Outlook::Growing { on, earliest: on, latest: Some(on) });
            let next = on + Days::new(1);
            prop_assert_eq!(outlook(&data, limit + 1), Outlook::Growing { on: next, earliest: next, latest: Some(next) });
        }

        #[test]
        fn the_band_holds_the_date_and_nothing_overflows(
            steps in prop::collection::vec((1_u64..40, 0_u64..=u64::MAX), 0..60), small: bool, limit: u64
        ) {
            let mut day = date("2000-01-01");
            let data: Vec<(NaiveDate, u64)> = steps.into_iter().map(|(step, count)| {
                day = day + Days::new(step);
                (day, if small { count % 1000 } else { count })
            }).collect();
            let forecast = forecast(&data, if small { limit % 2000 } else { limit });
            if let Some(slope) = forecast.slope {
                prop_assert!(slope.low_milli <= slope.median_milli && slope.median_milli <= slope.high_milli);
            }
            if let Outlook::Growing { on, earliest, latest } = forecast.outlook {
                prop_assert!(earliest <= on && latest.is_none_or(|latest| on <= latest) && on > day);
            }
        }
    }
}
