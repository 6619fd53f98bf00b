//! What was asked of a pool in some time, and what came of it: of a day, of an hour, of a replay.
//!
//! In: the events of a pool. Out: numbers. It knows no time of its own.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::pool::{Denial, Event, Finish};

/// What was asked of a pool in some time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Seats that were given; claims that shared one are not among them.
    pub granted: u64,
    /// Floating seats among them that were given beyond the limit.
    pub over_use: u64,
    /// Claims that were refused because no seat was free.
    pub denied: u64,
    /// Claims that the access lists kept out.
    pub not_admitted: u64,
    /// Claims that had to wait.
    pub queued: u64,
    /// The longest queue.
    pub longest_queue: u64,
    /// Claims that got a seat after they had waited.
    pub served: u64,
    /// Claims that gave up their place, or did not ask for it any more.
    pub gave_up: u64,
    /// How long those that were served had waited, together, in milliseconds.
    pub waited_ms: u64,
    /// How long the one that waited longest had waited, in milliseconds.
    pub longest_wait_ms: u64,
}

impl Asked {
    /// Counts an event; whether it counts.
    pub fn count(&mut self, event: &Event) -> bool {
        match event {
            Event::Granted { granted, waited, .. } => {
                self.granted += u64::from(!granted.shared);
                self.over_use += u64::from(granted.over_use && !granted.shared);
                if let Some(waited) = waited {
                    let waited = milliseconds(*waited);
                    self.served += 1;
                    self.waited_ms = self.waited_ms.saturating_add(waited);
                    self.longest_wait_ms = self.longest_wait_ms.max(waited);
                } else if granted.shared {
                    return false;
                }
            }
            Event::Denied { why: Denial::Exhausted, .. } => self.denied += 1,
            Event::Denied { why: Denial::NotAdmitted, .. } => self.not_admitted += 1,
            Event::Queued { length, .. } => {
                self.queued += 1;
                self.longest_queue = self.longest_queue.max(*length);
            }
            Event::Left { how: Finish::Expired | Finish::Released | Finish::Ended, .. } => self.gave_up += 1,
            Event::Denied { why: Denial::Closed | Denial::TooLong, .. } | Event::Finished { .. } => return false,
        }
        true
    }

    /// How long those that were served had waited, together, in seconds, rounded to the nearest.
    #[must_use]
    pub const fn waited_seconds(&self) -> u64 {
        seconds(self.waited_ms)
    }

    /// How long the one that waited longest had waited, in seconds, rounded to the nearest.
    #[must_use]
    pub const fn longest_wait_seconds(&self) -> u64 {
        seconds(self.longest_wait_ms)
    }

    /// How long those that were served had waited on average, in seconds, rounded to the nearest; nothing when nobody was.
    #[must_use]
    pub fn mean_wait_seconds(&self) -> Option<u64> {
        self.waited_ms.checked_div(self.served).map(seconds)
    }

    /// Takes in what was asked in another time.
    pub(super) fn add(&mut self, other: &Self) {
        let Self { granted, over_use, denied, not_admitted, queued, longest_queue, served, gave_up, waited_ms, longest_wait_ms } =
            *other;
        self.granted += granted;
        self.over_use += over_use;
        self.denied += denied;
        self.not_admitted += not_admitted;
        self.queued += queued;
        self.longest_queue = self.longest_queue.max(longest_queue);
        self.served += served;
        self.gave_up += gave_up;
        self.waited_ms = self.waited_ms.saturating_add(waited_ms);
        self.longest_wait_ms = self.longest_wait_ms.max(longest_wait_ms);
    }
}

const fn seconds(milliseconds: u64) -> u64 {
    milliseconds.saturating_add(500) / 1000
}

fn milliseconds(time: TimeDelta) -> u64 {
    u64::try_from(time.num_milliseconds()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::SessionId;
    use crate::session::{ClaimId, Granted, SeatKind};

    #[test]
    fn what_is_asked() {
        let id = ClaimId::Session(SessionId(1));
        let granted = |shared, over_use, waited: Option<i64>| Event::Granted {
            id,
            granted: Granted { kind: SeatKind::Floating, shared, over_use, until: None, borrowed: false },
            waited: waited.map(TimeDelta::milliseconds),
        };
        let denied = |why| Event::Denied { id, why };
        for (event, expected) in [
            (granted(false, false, None), Some(Asked { granted: 1, ..Asked::default() })),
            (granted(false, true, None), Some(Asked { granted: 1, over_use: 1, ..Asked::default() })),
            (granted(true, true, None), None),
            (
                granted(false, false, Some(1500)),
                Some(Asked { granted: 1, served: 1, waited_ms: 1500, longest_wait_ms: 1500, ..Asked::default() }),
            ),
            (granted(true, false, Some(7)), Some(Asked { served: 1, waited_ms: 7, longest_wait_ms: 7, ..Asked::default() })),
            (denied(Denial::Exhausted), Some(Asked { denied: 1, ..Asked::default() })),
            (denied(Denial::NotAdmitted), Some(Asked { not_admitted: 1, ..Asked::default() })),
            (denied(Denial::Closed), None),
            (denied(Denial::TooLong), None),
            (Event::Queued { id, length: 3 }, Some(Asked { queued: 1, longest_queue: 3, ..Asked::default() })),
        ] {
            let mut asked = Asked::default();
            let counted = asked.count(&event);
            assert_eq!(counted.then_some(asked), expected, "{event:?}");
            assert!(counted || asked == Asked::default(), "{event:?}");
        }
        let mut both = Asked { served: 1, waited_ms: 100, longest_wait_ms: 100, longest_queue: 2, ..Asked::default() };
        both.add(&Asked { served: 2, waited_ms: 50, longest_wait_ms: 30, longest_queue: 1, ..Asked::default() });
        assert_eq!((both.longest_wait_ms, both.longest_queue, both.waited_ms), (100, 2, 150));
    }

    #[test]
    fn waits_are_told_in_whole_seconds() {
        for (waited_ms, longest_wait_ms, served, expected) in [
            (0, 0, 0, (0, 0, None)),
            (499, 499, 1, (0, 0, Some(0))),
            (1_500, 1_000, 2, (2, 1, Some(1))),
            (1_499, 1_498, 3, (1, 1, Some(0))),
            (u64::MAX, u64::MAX, 1, (u64::MAX / 1000, u64::MAX / 1000, Some(u64::MAX / 1000))),
        ] {
            let asked = Asked { waited_ms, longest_wait_ms, served, ..Asked::default() };
            assert_eq!((asked.waited_seconds(), asked.longest_wait_seconds(), asked.mean_wait_seconds()), expected);
        }
    }
}
