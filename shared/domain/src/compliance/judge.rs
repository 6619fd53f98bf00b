//! The licence's state machine: one nightly judgement, a new key, and what holds on a date without a run.
//!
//! Days are site dates. In: what is stored, the terms in force, what was counted, the date. Out: the new standing and what
//! happened. While the clock is frozen nobody calls this: the published state simply stays.

use chrono::NaiveDate;

use super::state::{DisabledReason, Event, Standing};
use super::terms::{Facts, Terms};

/// Why a new key is not taken. The licence in force stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefused {
    /// Its last date has passed.
    #[error("expired: the licence key is not valid after {0}; ask the vendor for a new one")]
    Expired(NaiveDate),
}

/// One run that found these facts.
///
/// Over the limit starts grace on the run's date; a count within the limit ends it; a run on or after the end of grace that is
/// still over disables until a new key. Missed runs change nothing: dates decide. Past the last date the licence is disabled
/// whatever the count.
///
/// "Wrong machine" and "invalid licence" say that no key is in force; they are shown, not stored over a standing. A stored one is
/// judged like a fresh licence, because there are terms again.
#[must_use]
pub fn judge(stored: &Standing, terms: &Terms, facts: Facts, today: NaiveDate) -> (Standing, Vec<Event>) {
    if terms.is_expired(today) {
        let expired = Standing::Disabled { reason: DisabledReason::Expired };
        let events = if *stored == expired { Vec::new() } else { vec![Event::Expired { on: terms.expires }] };
        return (expired, events);
    }
    let (next, mut events) = match (*stored, terms.is_over(facts)) {
        (Standing::Disabled { reason: DisabledReason::GraceElapsed { .. } }, over) if over || !terms.reinstate_by_count => {
            (*stored, Vec::new())
        }
        (Standing::Grace { start }, false) => (Standing::Compliant, vec![Event::GraceCleared { start }]),
        (Standing::Grace { start }, true) => {
            let end = terms.grace_end(start);
            if today >= end {
                let reason = DisabledReason::GraceElapsed { start };
                (Standing::Disabled { reason }, vec![Event::GraceElapsed { start, end }])
            } else {
                (*stored, Vec::new())
            }
        }
        (Standing::Compliant, false) => (Standing::Compliant, Vec::new()),
        (Standing::Compliant, true) => start_grace(terms, facts, today),
        // A key is in force again where none was: it is judged like a fresh one.
        (Standing::Unlicensed | Standing::Disabled { .. }, over) => {
            let (next, mut events) = if over { start_grace(terms, facts, today) } else { (Standing::Compliant, Vec::new()) };
            events.insert(0, Event::Enabled);
            (next, events)
        }
    };
    let users_over_by = terms.users_over_by(facts.user_count);
    if users_over_by > 0 {
        events.push(Event::UsersOverLimit { over_by: users_over_by });
    }
    (next, events)
}

/// A key that is not yet in force is applied: judged at once by its own terms. Within its limit it is compliant, over it a new
/// grace starts today, whatever was before.
///
/// Applying the key that is already in force again is no new key; the caller must not come here with it, or grace would restart.
///
/// # Errors
/// When the key's last date has passed: the stored standing stays.
pub fn apply_key(
    stored: &Standing,
    new_terms: &Terms,
    facts: Facts,
    today: NaiveDate,
) -> Result<(Standing, Vec<Event>), KeyRefused> {
    if new_terms.is_expired(today) {
        return Err(KeyRefused::Expired(new_terms.expires));
    }
    let was_off = derive(stored, new_terms, today).is_off();
    let (next, mut events) = judge(&Standing::Compliant, new_terms, facts, today);
    if was_off {
        events.insert(0, Event::Enabled);
    }
    Ok((next, events))
}

/// What holds on this date without a run: expiry takes effect on every read, and a stored expiry whose date has not come (the
/// clock was wrong, or the key was replaced) does not hold.
#[must_use]
pub fn derive(stored: &Standing, terms: &Terms, today: NaiveDate) -> Standing {
    match (*stored, terms.is_expired(today)) {
        (Standing::Disabled { reason: reason @ (DisabledReason::WrongMachine | DisabledReason::InvalidLicense) }, _) => {
            Standing::Disabled { reason }
        }
        (Standing::Unlicensed, _) => Standing::Unlicensed,
        (_, true) => Standing::Disabled { reason: DisabledReason::Expired },
        (Standing::Disabled { reason: DisabledReason::Expired }, false) => Standing::Compliant,
        (other, false) => other,
    }
}

fn start_grace(terms: &Terms, facts: Facts, today: NaiveDate) -> (Standing, Vec<Event>) {
    let event = Event::GraceStarted { start: today, end: terms.grace_end(today), over_by: terms.over_by(facts.count) };
    (Standing::Grace { start: today }, vec![event])
}

#[cfg(test)]
mod tests {
    use chrono::Days;
    use proptest::prelude::*;

    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn grace(start: &str) -> Standing {
        Standing::Grace { start: date(start) }
    }

    fn elapsed(start: &str) -> Standing {
        Standing::Disabled { reason: DisabledReason::GraceElapsed { start: date(start) } }
    }

    const EXPIRED: Standing = Standing::Disabled { reason: DisabledReason::Expired };

    fn terms() -> Terms {
        Terms::new(100, date("2027-01-01"))
    }

    fn count(count: u64) -> Facts {
        Facts { count, user_count: 0 }
    }

    #[test]
    fn one_run() {
        let check = |stored: Standing, counted: u64, today: &str, expected: Standing| {
            assert_eq!(judge(&stored, &terms(), count(counted), date(today)).0, expected, "{stored:?} {counted} {today}");
        };
        check(Standing::Unlicensed, 100, "2026-01-01", Standing::Compliant);
        check(Standing::Unlicensed, 101, "2026-01-01", grace("2026-01-01"));
        check(Standing::Compliant, 100, "2026-01-01", Standing::Compliant);
        check(Standing::Compliant, 101, "2026-01-01", grace("2026-01-01"));
        check(grace("2026-01-01"), 101, "2026-01-01", grace("2026-01-01"));
        check(grace("2026-01-01"), 101, "2026-03-01", grace("2026-01-01"));
        check(grace("2026-01-01"), 101, "2026-03-02", elapsed("2026-01-01"));
        check(grace("2026-01-01"), 101, "2026-09-02", elapsed("2026-01-01"));
        check(grace("2026-01-01"), 100, "2026-09-02", Standing::Compliant);
        check(grace("2026-01-01"), 101, "2025-12-01", grace("2026-01-01"));
        check(elapsed("2026-01-01"), 0, "2026-03-20", elapsed("2026-01-01"));
        check(Standing::Compliant, 0, "2026-12-31", Standing::Compliant);
        check(Standing::Compliant, 0, "2027-01-01", EXPIRED);
        check(elapsed("2026-01-01"), 101, "2027-01-01", EXPIRED);
        check(EXPIRED, 0, "2026-12-31", Standing::Compliant);
        check(Standing::Disabled { reason: DisabledReason::WrongMachine }, 101, "2026-05-05", grace("2026-05-05"));
    }

    #[test]
    fn users_warn_unless_the_key_says_enforce() {
        let facts = Facts { count: 1, user_count: 12 };
        let warned = Terms { user_limit: Some(10), ..terms() };
        let enforced = Terms { enforce_users: true, ..warned };
        let users = Event::UsersOverLimit { over_by: 2 };
        assert_eq!(judge(&Standing::Compliant, &warned, facts, date("2026-01-01")), (Standing::Compliant, vec![users]));
        let (standing, events) = judge(&Standing::Compliant, &enforced, facts, date("2026-01-01"));
        assert_eq!(standing, grace("2026-01-01"));
        assert_eq!(events.last(), Some(&users));
    }

    #[test]
    fn a_key_may_reinstate_by_count() {
        let terms = Terms { reinstate_by_count: true, ..terms() };
        assert_eq!(judge(&elapsed("2026-01-01"), &terms, count(101), date("2026-04-01")).0, elapsed("2026-01-01"));
        let back = judge(&elapsed("2026-01-01"), &terms, count(100), date("2026-04-01"));
        assert_eq!(back, (Standing::Compliant, vec![Event::Enabled]));
    }

    #[test]
    fn a_new_key_starts_anew() {
        let check = |stored: Standing, counted: u64, today: &str, expected: Result<Standing, KeyRefused>| {
            assert_eq!(apply_key(&stored, &terms(), count(counted), date(today)).map(|(standing, _)| standing), expected);
        };
        check(elapsed("2026-01-01"), 100, "2026-03-10", Ok(Standing::Compliant));
        check(elapsed("2026-01-01"), 101, "2026-03-10", Ok(grace("2026-03-10")));
        check(grace("2026-01-01"), 101, "2026-02-10", Ok(grace("2026-02-10")));
        check(EXPIRED, 5, "2026-12-31", Ok(Standing::Compliant));
        check(EXPIRED, 5, "2027-01-01", Err(KeyRefused::Expired(date("2027-01-01"))));
    }

    #[test]
    fn expiry_holds_without_a_run() {
        let check = |stored: Standing, today: &str, expected: Standing| {
            assert_eq!(derive(&stored, &terms(), date(today)), expected, "{stored:?} {today}");
        };
        check(Standing::Compliant, "2026-12-31", Standing::Compliant);
        check(Standing::Compliant, "2027-01-01", EXPIRED);
        check(grace("2026-12-01"), "2027-01-01", EXPIRED);
        check(elapsed("2026-01-01"), "2027-01-01", EXPIRED);
        check(EXPIRED, "2026-12-31", Standing::Compliant);
        check(Standing::Unlicensed, "2027-01-01", Standing::Unlicensed);
        let wrong = Standing::Disabled { reason: DisabledReason::WrongMachine };
        check(wrong, "2027-01-01", wrong);
    }

    prop_compose! {
        fn any_date()(days in 0_u64..4_000) -> NaiveDate {
            NaiveDate::from_ymd_opt(2024, 1, 1).unwrap() + Days::new(days)
        }
    }

    fn extreme_date() -> impl Strategy<Value = NaiveDate> {
        prop_oneof![any_date(), Just(NaiveDate::MIN), Just(NaiveDate::MAX)]
    }

    fn any_standing() -> impl Strategy<Value = Standing> {
        prop_oneof![
            Just(Standing::Unlicensed),
            Just(Standing::Compliant),
            extreme_date().prop_map(|start| Standing::Grace { start }),
            extreme_date().prop_map(|start| Standing::Disabled { reason: DisabledReason::GraceElapsed { start } }),
            Just(EXPIRED),
            Just(Standing::Disabled { reason: DisabledReason::InvalidLicense }),
        ]
    }

    proptest! {
        /// Runs on any dates in any order: a disablement needs a grace whose end has come, on a date before the expiry.
        #[test]
        fn never_disabled_before_the_end_of_grace(
            runs in prop::collection::vec((any_date(), 90_u64..110), 1..40),
            grace_days in 0_u32..90,
            until in prop::option::of(any_date()),
        ) {
            let terms = Terms { grace_days, grace_until: until, ..Terms::new(100, NaiveDate::MAX) };
            let mut standing = Standing::Compliant;
            for (today, counted) in runs {
                let (next, _) = judge(&standing, &terms, count(counted), today);
                if let Standing::Disabled { reason } = next && next != standing {
                    let DisabledReason::GraceElapsed { start } = reason else { panic!("{reason:?}") };
                    prop_assert_eq!(standing, Standing::Grace { start });
                    prop_assert!(today >= terms.grace_end(start) && counted > 100);
                }
                // The same run twice changes nothing more, except a grace of no days at all.
                let (again, events) = judge(&next, &terms, count(counted), today);
                if today < terms.grace_end(today) {
                    prop_assert_eq!(again, next);
                    prop_assert!(events.is_empty());
                }
                standing = next;
            }
        }

        /// Whatever happened, a valid key runs.
        #[test]
        fn a_valid_key_always_recovers(stored in any_standing(), today in any_date(), counted in 0_u64..200) {
            let terms = Terms::new(100, NaiveDate::MAX);
            let (standing, _) = apply_key(&stored, &terms, count(counted), today).unwrap();
            prop_assert!(!standing.is_off());
        }

        #[test]
        fn no_dates_panic(stored in any_standing(), today in extreme_date(), expires in extreme_date(), until in prop::option::of(extreme_date()), grace_days: u32, counted: u64, limit: u64) {
            let terms = Terms { grace_days, grace_until: until, ..Terms::new(limit, expires) };
            let facts = Facts { count: counted, user_count: counted };
            let (next, _) = judge(&stored, &terms, facts, today);
            let _ = apply_key(&stored, &terms, facts, today);
            let _ = super::super::view(&derive(&next, &terms, today), &terms, today, counted);
        }
    }
}
