//! When a delivery that failed is tried again.

use muster_runtime::random;
use std::time::Duration;

/// Seconds to the next attempt, by the number of attempts before; the last one repeats.
const DELAYS: [u64; 9] = [2, 5, 30, 120, 600, 1800, 3600, 7200, 14_400];
/// The longest wait that a receiver may ask for.
const ASKED: u64 = 86_400;

/// The time to the next attempt after so many, with up to a tenth more, so that what failed together does not come back together.
/// `asked` are seconds that the receiver asked for.
pub(super) fn delay(attempts: u32, asked: Option<u64>) -> Duration {
    let place = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    let own = DELAYS.get(place).or(DELAYS.last()).copied().unwrap_or(ASKED);
    let wait = Duration::from_secs(own.max(asked.unwrap_or(0).min(ASKED)));
    wait + random::jitter(wait / 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_and_follow_the_receiver() {
        let check = |attempts: u32, asked: Option<u64>, seconds: u64| {
            let found = delay(attempts, asked).as_secs_f64();
            let least = Duration::from_secs(seconds).as_secs_f64();
            assert!(found >= least && found <= least * 1.1 + 0.001, "{attempts} {asked:?}: {found}");
        };
        check(1, None, 2);
        check(2, None, 5);
        check(9, None, 14_400);
        check(1000, None, 14_400);
        check(1, Some(60), 60);
        check(4, Some(1), 120);
        check(1, Some(u64::MAX), 86_400);
    }
}
