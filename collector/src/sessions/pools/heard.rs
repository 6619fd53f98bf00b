//! The time in which check-outs could be heard: leases run down in no other.
//!
//! Leases are kept in wall time, because people read them. A wall clock that is set, a machine that slept and a collector that
//! stood still are found by the time since boot, and the leases are moved by the difference.

use chrono::{DateTime, TimeDelta, Utc};
use std::time::Duration;

/// A longer pause between two looks means that the collector stood still.
const STOOD_STILL: Duration = Duration::from_secs(10);
/// Smaller differences between the clocks are a clock that is being corrected.
const TOLERANCE: TimeDelta = TimeDelta::seconds(1);

/// When somebody last looked, by both clocks.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Heard {
    last: Option<(DateTime<Utc>, Duration)>,
}

impl Heard {
    /// By how much leases must be moved, because that much of the wall time since the last look did not count.
    pub(super) fn look(&mut self, wall: DateTime<Utc>, boot: Duration) -> TimeDelta {
        let Some((last_wall, last_boot)) = self.last.replace((wall, boot)) else { return TimeDelta::zero() };
        let passed = boot.saturating_sub(last_boot);
        let counted = if passed > STOOD_STILL { TimeDelta::zero() } else { TimeDelta::from_std(passed).unwrap_or_default() };
        let by = (wall - last_wall) - counted;
        if by.abs() > TOLERANCE {
            return by;
        }
        // What is not moved now is seen again at the next look, so that small differences do not add up unseen.
        self.last = Some((last_wall + counted, boot));
        TimeDelta::zero()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_time_in_which_somebody_could_be_heard_counts() {
        let wall = |seconds: i64| DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap();
        let mut heard = Heard::default();
        for (at, boot, moved) in [
            (0, 100, 0),
            (5, 105, 0),
            // Somebody sets the wall clock forward, and back.
            (3605, 105, 3600),
            (3606, 106, 0),
            (7, 107, -3600),
            // The machine slept; the collector was stopped.
            (67, 167, 60),
            (68, 168, 0),
            // The wall clock runs a little fast; that adds up.
            (73, 172, 0),
            (78, 176, 2),
            (83, 180, 0),
        ] {
            assert_eq!(heard.look(wall(at), Duration::from_secs(boot)), TimeDelta::seconds(moved), "{at} {boot}");
        }
    }
}
