//! The site's clock: the wall clock within bounds, so that a wrong one neither disables a site nor lengthens its grace.
//!
//! The bounds are the domain's; here are the readings they need: the highest time believed, and how long the machine ran since.

use chrono::{DateTime, Utc};
use muster_domain::compliance::{Assessment, Mark, assess};
use muster_runtime::clock::{Clock, SharedClock};
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// The site's clock.
#[derive(Debug)]
pub struct SiteClock {
    clock: SharedClock,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    mark: Mark,
    /// Boot time when the mark was made.
    made_at: Duration,
}

impl SiteClock {
    /// A clock that goes on from the mark of an earlier run, if there is one.
    #[must_use]
    pub fn new(clock: SharedClock, earlier: Option<&Mark>) -> Self {
        let mark = assess(earlier, clock.now(), None).mark;
        let state = State { mark, made_at: clock.boottime() };
        Self { clock, state: Mutex::new(state) }
    }

    /// The time to go by now, and what is wrong with the wall clock.
    #[must_use]
    pub fn assess(&self) -> Assessment {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = self.clock.boottime().saturating_sub(state.made_at);
        assess(Some(&state.mark), self.clock.now(), Some(passed))
    }

    /// Moves the mark on and returns it.
    pub fn tick(&self) -> Mark {
        let mark = self.assess().mark;
        self.believe(mark)
    }

    /// Goes on from this mark: an owner confirmed the clock, or a key was issued later than the last one.
    pub fn believe(&self, mark: Mark) -> Mark {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        *state = State { mark, made_at: self.clock.boottime() };
        mark
    }

    /// What the wall clock says.
    #[must_use]
    pub fn wall(&self) -> DateTime<Utc> {
        self.clock.now()
    }
}

/// Everybody else's clock: what happens at this site is stamped with the time that is believed.
impl Clock for SiteClock {
    fn now(&self) -> DateTime<Utc> {
        self.assess().time
    }

    fn boottime(&self) -> Duration {
        self.clock.boottime()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use muster_runtime::clock::TestClock;

    fn start() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    #[test]
    fn a_jump_while_running_freezes_and_is_forgiven_when_the_clock_is_back() {
        let clock = TestClock::at(start());
        let site = SiteClock::new(clock.clone(), None);
        clock.step_wall(TimeDelta::days(3650));
        clock.advance(Duration::from_secs(60));
        let assessment = site.assess();
        assert!(assessment.frozen && assessment.time < start() + TimeDelta::hours(1), "{assessment:?}");
        site.tick();
        clock.step_wall(-TimeDelta::days(3650));
        assert!(site.assess().anomaly.is_none());
        clock.step_wall(TimeDelta::days(3650));
        site.believe(Mark::at(clock.now()));
        assert!(!site.assess().frozen);
    }

    #[test]
    fn over_a_restart_a_year_is_fine_and_ten_are_not() {
        for (days, frozen) in [(1, false), (399, false), (401, true), (3650, true)] {
            let clock = TestClock::at(start() + TimeDelta::days(days));
            let site = SiteClock::new(clock.clone(), Some(&Mark::at(start())));
            assert_eq!(site.assess().frozen, frozen, "{days}");
            site.tick();
            assert_eq!(site.assess().frozen, frozen, "{days} after a tick");
        }
    }

    #[test]
    fn a_step_back_goes_on_from_the_mark() {
        let clock = TestClock::at(start() - TimeDelta::days(30));
        let site = SiteClock::new(clock.clone(), Some(&Mark::at(start())));
        clock.advance(Duration::from_secs(600));
        let assessment = site.assess();
        assert!(assessment.time >= start() + TimeDelta::seconds(600) && !assessment.frozen, "{assessment:?}");
    }
}
