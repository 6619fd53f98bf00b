//! What people and programs are told about a licence's standing (contract 2.3).

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::state::{DisabledReason, Standing};
use super::terms::Terms;

/// The four states of a licence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// No key was ever applied.
    Unlicensed,
    /// Within the terms.
    Compliant,
    /// Over the limit, still running.
    Grace,
    /// Not running.
    Disabled,
}

/// A standing on a date, in words and numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct View {
    /// The state.
    pub state: State,
    /// `over_limit` in grace; `grace_elapsed`, `expired`, `wrong_machine` or `invalid_license` while disabled.
    pub reason: Option<&'static str>,
    /// Assets over the limit.
    pub over_by: u64,
    /// The first date of grace, also of one that ran out.
    pub grace_start: Option<NaiveDate>,
    /// The first date on which a run that is still over disables.
    pub grace_end: Option<NaiveDate>,
    /// Whole dates from today to the end of grace, never below 0.
    pub days_left: Option<u64>,
}

/// How a standing shows on this date with this count. It shows the standing as given: derive expiry first.
#[must_use]
pub fn view(standing: &Standing, terms: &Terms, today: NaiveDate, count: u64) -> View {
    let (state, reason, start) = match *standing {
        Standing::Unlicensed => (State::Unlicensed, None, None),
        Standing::Compliant => (State::Compliant, None, None),
        Standing::Grace { start } => (State::Grace, Some("over_limit"), Some(start)),
        Standing::Disabled { reason } => {
            let start = if let DisabledReason::GraceElapsed { start } = reason { Some(start) } else { None };
            (State::Disabled, Some(reason.word()), start)
        }
    };
    let end = start.map(|start| terms.grace_end(start));
    let left = |end: NaiveDate| u64::try_from(end.signed_duration_since(today).num_days()).unwrap_or(0);
    let days_left = match state {
        State::Disabled => end.map(|_| 0),
        State::Unlicensed | State::Compliant | State::Grace => end.map(left),
    };
    View { state, reason, over_by: terms.over_by(count), grace_start: start, grace_end: end, days_left }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_standing_in_words_and_numbers() {
        let terms = Terms::new(100, date("2027-01-01"));
        let check =
            |standing: Standing, today: &str, count: u64, expected: (State, Option<&str>, u64, Option<&str>, Option<u64>)| {
                let view = view(&standing, &terms, date(today), count);
                let shown = (view.state, view.reason, view.over_by, view.grace_end.map(|end| end.to_string()), view.days_left);
                assert_eq!(shown, (expected.0, expected.1, expected.2, expected.3.map(str::to_owned), expected.4));
            };
        let grace = Standing::Grace { start: date("2026-01-01") };
        check(Standing::Compliant, "2026-01-01", 100, (State::Compliant, None, 0, None, None));
        check(grace, "2026-01-01", 107, (State::Grace, Some("over_limit"), 7, Some("2026-03-02"), Some(60)));
        check(grace, "2026-03-01", 107, (State::Grace, Some("over_limit"), 7, Some("2026-03-02"), Some(1)));
        check(grace, "2026-04-01", 107, (State::Grace, Some("over_limit"), 7, Some("2026-03-02"), Some(0)));
        let elapsed = Standing::Disabled { reason: DisabledReason::GraceElapsed { start: date("2026-01-01") } };
        check(elapsed, "2026-02-01", 90, (State::Disabled, Some("grace_elapsed"), 0, Some("2026-03-02"), Some(0)));
        let expired = Standing::Disabled { reason: DisabledReason::Expired };
        check(expired, "2027-02-01", 5, (State::Disabled, Some("expired"), 0, None, None));
        check(Standing::Unlicensed, "2027-02-01", 5, (State::Unlicensed, None, 0, None, None));
    }
}
