//! When to warn that a licence or a grace ends: 60, 30, 14, 7 and 1 days before.
//!
//! In: the standing, the terms, the site date, and what was warned of already. Out: what to warn of now, and which thresholds
//! were crossed since. Pure; who is told, and how, is the shell's.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::state::Standing;
use super::terms::Terms;

/// Days before an end on which a warning is due, the earliest first.
pub const WARNING_DAYS: [u64; 5] = [60, 30, 14, 7, 1];

/// What ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The licence.
    Expiry,
    /// The grace over a limit.
    Grace,
}

/// A warning that stands on a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// What ends.
    pub ending: Ending,
    /// The site date at whose start it ends.
    pub on: NaiveDate,
    /// Whole dates until then; 0 when a grace has ended and the run that disables is still to come.
    pub days_left: u64,
    /// The last of [`WARNING_DAYS`] that was reached.
    pub threshold: u64,
}

/// A threshold that was warned of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crossed {
    /// The end it belongs to.
    pub on: NaiveDate,
    /// The threshold.
    pub threshold: u64,
}

/// What was warned of already. It is stored, so that each threshold is told once, also over restarts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warned {
    /// Of the licence's end.
    pub expiry: Option<Crossed>,
    /// Of the end of grace.
    pub grace: Option<Crossed>,
}

impl Ending {
    /// The word for it in the audit log.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Expiry => "expiry",
            Self::Grace => "grace",
        }
    }
}

/// The warnings of this date, at most one for each ending. A licence that does not run warns of nothing: there is nothing left
/// that could end. It shows the standing as given: derive expiry first.
#[must_use]
pub fn warnings(standing: &Standing, terms: &Terms, today: NaiveDate) -> Vec<Warning> {
    let grace = match *standing {
        Standing::Unlicensed | Standing::Disabled { .. } => return Vec::new(),
        Standing::Compliant => None,
        Standing::Grace { start } => Some((Ending::Grace, terms.grace_end(start))),
    };
    let warn = |(ending, on): (Ending, NaiveDate)| {
        let days_left = u64::try_from(on.signed_duration_since(today).num_days()).unwrap_or(0);
        let threshold = WARNING_DAYS.into_iter().rev().find(|threshold| days_left <= *threshold)?;
        Some(Warning { ending, on, days_left, threshold })
    };
    [Some((Ending::Expiry, terms.expires)), grace].into_iter().flatten().filter_map(warn).collect()
}

impl Warned {
    /// Takes the warnings of a date in and gives those whose threshold is new. After days without a look only the most urgent
    /// one of each ending is new. Another end, or a warning that no longer stood, begins anew.
    pub fn cross(&mut self, standing: &[Warning]) -> Vec<Warning> {
        let mut crossed = Vec::new();
        for (ending, last) in [(Ending::Expiry, &mut self.expiry), (Ending::Grace, &mut self.grace)] {
            let warning = standing.iter().find(|warning| warning.ending == ending);
            let known = |warning: &Warning| last.is_some_and(|last| last.on == warning.on && last.threshold <= warning.threshold);
            match warning {
                None => *last = None,
                Some(warning) if known(warning) => {}
                Some(warning) => {
                    *last = Some(Crossed { on: warning.on, threshold: warning.threshold });
                    crossed.push(*warning);
                }
            }
        }
        crossed
    }
}

#[cfg(test)]
mod tests {
    use chrono::Days;
    use proptest::prelude::*;

    use super::super::state::DisabledReason;
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn shown(standing: &Standing, terms: &Terms, today: NaiveDate) -> Vec<(&'static str, u64, u64)> {
        warnings(standing, terms, today)
            .into_iter()
            .map(|found| (found.ending.word(), found.days_left, found.threshold))
            .collect()
    }

    #[test]
    fn each_date_has_its_warnings() {
        let terms = Terms::new(100, date("2027-01-01"));
        let check = |standing: Standing, today: &str, expected: &[(&str, u64, u64)]| {
            assert_eq!(shown(&standing, &terms, date(today)), expected, "{standing:?} {today}");
        };
        check(Standing::Compliant, "2026-11-01", &[]);
        check(Standing::Compliant, "2026-11-02", &[("expiry", 60, 60)]);
        check(Standing::Compliant, "2026-12-01", &[("expiry", 31, 60)]);
        check(Standing::Compliant, "2026-12-02", &[("expiry", 30, 30)]);
        check(Standing::Compliant, "2026-12-18", &[("expiry", 14, 14)]);
        check(Standing::Compliant, "2026-12-24", &[("expiry", 8, 14)]);
        check(Standing::Compliant, "2026-12-25", &[("expiry", 7, 7)]);
        check(Standing::Compliant, "2026-12-30", &[("expiry", 2, 7)]);
        check(Standing::Compliant, "2026-12-31", &[("expiry", 1, 1)]);
        let grace = Standing::Grace { start: date("2026-06-01") };
        check(grace, "2026-06-01", &[("grace", 60, 60)]);
        check(grace, "2026-07-01", &[("grace", 30, 30)]);
        check(grace, "2026-07-31", &[("grace", 0, 1)]);
        check(grace, "2026-09-30", &[("grace", 0, 1)]);
        check(Standing::Grace { start: date("2026-12-01") }, "2026-12-20", &[("expiry", 12, 14), ("grace", 41, 60)]);
        // What does not run warns of nothing.
        check(Standing::Unlicensed, "2026-12-31", &[]);
        check(Standing::Disabled { reason: DisabledReason::Expired }, "2027-01-01", &[]);
        check(Standing::Disabled { reason: DisabledReason::GraceElapsed { start: date("2026-06-01") } }, "2026-12-31", &[]);
        let longer = Terms { grace_until: Some(date("2026-12-01")), ..terms };
        assert_eq!(shown(&grace, &longer, date("2026-06-01")), []);
    }

    #[test]
    fn a_threshold_is_crossed_once_for_each_end() {
        let warning = |ending, on: &str, threshold| Warning { ending, on: date(on), days_left: threshold, threshold };
        let expiry = |on, threshold| warning(Ending::Expiry, on, threshold);
        let grace = |on, threshold| warning(Ending::Grace, on, threshold);
        let mut warned = Warned::default();
        let mut check = |standing: &[Warning], expected: &[Warning]| assert_eq!(warned.cross(standing), expected, "{standing:?}");
        check(&[], &[]);
        check(&[expiry("2027-01-01", 60)], &[expiry("2027-01-01", 60)]);
        check(&[expiry("2027-01-01", 60)], &[]);
        // Switched off for weeks: only the most urgent.
        check(&[expiry("2027-01-01", 7), grace("2027-02-01", 60)], &[expiry("2027-01-01", 7), grace("2027-02-01", 60)]);
        check(&[expiry("2027-01-01", 7), grace("2027-02-01", 60)], &[]);
        // A clock that went back warns of nothing a second time.
        check(&[expiry("2027-01-01", 30), grace("2027-02-01", 30)], &[grace("2027-02-01", 30)]);
        // A renewed licence, and a new grace after the old one was over.
        check(&[expiry("2028-01-01", 60)], &[expiry("2028-01-01", 60)]);
        check(&[expiry("2028-01-01", 60), grace("2027-02-01", 60)], &[grace("2027-02-01", 60)]);
    }

    proptest! {
        /// A site that looks every day is told each threshold exactly once, whatever day it begins on.
        #[test]
        fn a_daily_look_tells_each_threshold_once(ahead in 60_u64..400, restart in 0_u64..60) {
            let start = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
            let terms = Terms::new(1, start + Days::new(ahead));
            let mut warned = Warned::default();
            let mut told = Vec::new();
            for day in 0..ahead {
                if day == restart {
                    let text = serde_json::to_string(&warned).unwrap();
                    warned = serde_json::from_str(&text).unwrap();
                }
                told.extend(warned.cross(&warnings(&Standing::Compliant, &terms, start + Days::new(day))).iter().map(|found| found.days_left));
            }
            prop_assert_eq!(told, WARNING_DAYS.to_vec());
        }
    }
}
