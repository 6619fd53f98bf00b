//! When an agent reports next: the interval with jitter, so that ten thousand of them stay spread.

use std::time::Duration;

/// Seconds until the next report: the interval ± 10 %, at least 1.
pub(super) fn next_report_in(interval: Duration) -> u64 {
    let spread = interval / 5;
    let from = interval.saturating_sub(spread / 2);
    (from + muster_runtime::random::jitter(spread)).as_secs().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_within_ten_percent() {
        for _ in 0..1000 {
            assert!((270..=330).contains(&next_report_in(Duration::from_secs(300))));
        }
        assert!(next_report_in(Duration::from_secs(1)) >= 1);
    }
}
