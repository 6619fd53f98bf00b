//! What can happen to a site. In: random numbers and the present day. Out: one operation at a time.

use crate::random::Random;

pub(crate) const MINUTE: i64 = 60;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;

/// What happens besides the passing of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    /// Only time passes.
    Nothing,
    /// Assets and users are more or fewer.
    Counts { assets: u64, users: u64 },
    /// A key arrives; it may be expired already.
    Key(Grant),
    /// The program ends (killed or in order) and starts again after so many seconds.
    Restart { down: i64 },
    /// The program is down while somebody turns the clock by so many seconds.
    RestartTurned { down: i64, by: i64 },
    /// The clock is turned by so many seconds while the program runs.
    Turn { by: i64 },
    /// The time service moves the clock: seconds off the true time, half an hour at most.
    Drift { to: i64 },
    /// The clock shows the true time again.
    Right,
    /// An owner says that the clock is right, whatever it shows.
    Confirm,
    /// Until the next operation of this kind, nothing can be counted.
    Broken { broken: bool },
}

/// What the vendor puts in a key, in days from the true date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) assets: u64,
    pub(crate) users: Option<u64>,
    pub(crate) enforce_users: bool,
    pub(crate) reinstate_by_count: bool,
    pub(crate) grace_days: u32,
    /// Days from now before which grace does not end.
    pub(crate) grace_until: Option<i64>,
    /// Days from now; below 1 the key is refused.
    pub(crate) expires: i64,
}

pub(crate) fn grant(random: &mut Random) -> Grant {
    Grant {
        assets: random.count(90, 110),
        users: random.once_in(3).then(|| random.count(3, 8)),
        enforce_users: random.once_in(2),
        reinstate_by_count: random.once_in(5),
        grace_days: if random.once_in(3) { u32::try_from(random.between(0, 90)).expect("days") } else { 60 },
        grace_until: random.once_in(6).then(|| random.between(0, 150)),
        expires: if random.once_in(8) { random.between(-3, 20) } else { random.between(30, 500) },
    }
}

pub(crate) fn next(random: &mut Random) -> Operation {
    // Counts stay where they are for weeks, so that graces also run out.
    match random.between(0, 399) {
        0..=9 => Operation::Counts { assets: random.count(85, 115), users: random.count(1, 9) },
        10..=12 => Operation::Key(grant(random)),
        13..=32 => {
            Operation::Restart { down: if random.once_in(8) { random.between(1, 12 * DAY) } else { random.between(0, HOUR) } }
        }
        33 => Operation::RestartTurned { down: random.between(0, 2 * DAY), by: turn(random) },
        34..=36 => Operation::Turn { by: turn(random) },
        37..=48 => Operation::Drift { to: random.between(-30 * MINUTE, 30 * MINUTE) },
        49..=88 => Operation::Right,
        89..=91 => Operation::Confirm,
        92..=97 => Operation::Broken { broken: random.once_in(3) },
        _ => Operation::Nothing,
    }
}

/// Up to ten years, either way; often only days.
fn turn(random: &mut Random) -> i64 {
    let far = if random.once_in(2) { random.between(30 * DAY, 3_653 * DAY) } else { random.between(2 * DAY, 90 * DAY) };
    if random.once_in(2) { far } else { -far }
}
