//! When to try the collector again.
//!
//! In: what happened, and the time since boot (which goes on in suspend and never jumps). Out: the moment of the next try.
//! Pure but for the randomness it is given. Full jitter keeps 10,000 agents from coming back together after an outage.

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(15 * 60);
/// Only a person ends a refusal; asking more often helps nobody.
const SLOW: Duration = Duration::from_secs(5 * 60);
/// A collector does not mean longer than this, whatever it says.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(3600);
/// What is added to a `Retry-After` at most: agents that were told the same do not come back together.
const RETRY_AFTER_SPREAD: Duration = Duration::from_secs(60);
/// How often somebody on this machine can make the agent try before its time.
const URGENT_EVERY: Duration = Duration::from_secs(10);

/// Why a try did not succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// No answer, or an answer that says "later".
    Later {
        /// How long the collector asked to wait.
        retry_after: Option<Duration>,
    },
    /// The agent is refused until a person acts.
    Refused,
}

/// The plan. Times are durations since boot.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    failures: u32,
    not_before: Option<Duration>,
    last_urgent: Option<Duration>,
}

impl Plan {
    /// After an answer that took the report.
    pub fn succeeded(&mut self) {
        self.failures = 0;
        self.not_before = None;
    }

    /// After a try that did not succeed. `jitter(d)` is uniform in 0..=d.
    pub fn failed(&mut self, why: Retry, now: Duration, jitter: impl FnOnce(Duration) -> Duration) {
        let ceiling = FIRST.saturating_mul(2_u32.saturating_pow(self.failures.min(16))).min(LONGEST);
        let wait = match why {
            Retry::Later { retry_after: None } => jitter(ceiling),
            Retry::Later { retry_after: Some(asked) } => {
                let asked = asked.min(LONGEST_RETRY_AFTER);
                asked + jitter((asked / 2).clamp(FIRST, RETRY_AFTER_SPREAD))
            }
            Retry::Refused => SLOW + jitter(SLOW / 5),
        };
        self.failures = self.failures.saturating_add(1);
        self.not_before = Some(now + wait);
    }

    /// The first try after a start is not before this.
    pub fn hold_until(&mut self, moment: Duration) {
        self.not_before = Some(moment);
    }

    /// A report of a login or logout came in: the spread start is over. After a failure it waits as everything does.
    pub fn release(&mut self) {
        if self.failures == 0 {
            self.not_before = None;
        }
    }

    /// How long to wait from `now`; zero when a try is due.
    #[must_use]
    pub fn wait(&self, now: Duration) -> Duration {
        self.not_before.map_or(Duration::ZERO, |moment| moment.saturating_sub(now))
    }

    /// How many tries failed since the last that succeeded.
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// Somebody asks for a try now. Says whether it is granted; it is not when one was granted just before.
    pub fn urge(&mut self, now: Duration) -> bool {
        let granted = self.last_urgent.is_none_or(|last| now.saturating_sub(last) >= URGENT_EVERY);
        if granted {
            self.last_urgent = Some(now);
            self.not_before = None;
        }
        granted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Duration = Duration::from_secs(1000);
    const ALL: fn(Duration) -> Duration = |max| max;

    fn after(plan: &mut Plan, why: Retry) -> u64 {
        plan.failed(why, NOW, ALL);
        plan.wait(NOW).as_secs()
    }

    #[test]
    fn doubles_up_to_a_quarter_of_an_hour_and_forgets_on_success() {
        let mut plan = Plan::default();
        let later = Retry::Later { retry_after: None };
        let waits: Vec<u64> = (0..13).map(|_| after(&mut plan, later)).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
        plan.succeeded();
        assert_eq!((plan.wait(NOW), plan.failures()), (Duration::ZERO, 0));
        assert_eq!(after(&mut plan, later), 1);
    }

    #[test]
    fn what_the_collector_asks_is_the_least_and_is_spread() {
        for (asked, least, most) in [(0, 0, 1), (1, 1, 2), (30, 30, 45), (600, 600, 660), (u64::MAX / 4, 3600, 3660)] {
            let why = Retry::Later { retry_after: Some(Duration::from_secs(asked)) };
            let mut plan = Plan::default();
            plan.failed(why, NOW, |_| Duration::ZERO);
            assert_eq!(plan.wait(NOW).as_secs(), least, "{asked}");
            assert_eq!(after(&mut plan, why), most, "{asked}");
        }
    }

    #[test]
    fn a_refusal_is_asked_about_slowly() {
        let mut plan = Plan::default();
        assert_eq!(after(&mut plan, Retry::Refused), 360);
        plan.failed(Retry::Refused, NOW, |_| Duration::ZERO);
        assert_eq!(plan.wait(NOW).as_secs(), 300);
    }

    #[test]
    fn somebody_can_ask_for_a_try_now_and_then() {
        let mut plan = Plan::default();
        plan.failed(Retry::Refused, NOW, ALL);
        assert!(plan.urge(NOW));
        assert_eq!(plan.wait(NOW), Duration::ZERO);
        plan.failed(Retry::Refused, NOW, ALL);
        assert!(!plan.urge(NOW + Duration::from_secs(9)));
        assert!(plan.urge(NOW + Duration::from_secs(10)));
    }

    #[test]
    fn a_login_ends_a_spread_start_but_no_backoff() {
        let mut plan = Plan::default();
        plan.hold_until(NOW + Duration::from_secs(30));
        assert_eq!(plan.wait(NOW).as_secs(), 30);
        plan.release();
        assert_eq!(plan.wait(NOW), Duration::ZERO);
        plan.failed(Retry::Refused, NOW, ALL);
        plan.release();
        assert_eq!(plan.wait(NOW).as_secs(), 360);
    }

    proptest! {
        #[test]
        fn never_waits_longer_than_promised(tries in 0..200_u32, share in 0..=1000_u32) {
            let mut plan = Plan::default();
            for _ in 0..tries {
                plan.failed(Retry::Later { retry_after: None }, NOW, |max| max * share / 1000);
                prop_assert!(plan.wait(NOW) <= LONGEST);
            }
        }
    }
}
