//! How many seats a pool needs: what each number would have denied, and the smallest that denies nobody.

use std::collections::{BTreeMap, BTreeSet};

use super::replay::{Demand, Replay, Window, replay};
use super::run::Figures;
use crate::session::application::AtLimit;
use crate::session::pool::PoolRules;

/// Numbers shown on either side of the one that was asked for.
const NEAR: u64 = 2;
/// Numbers shown between the one that was asked for and the smallest without denial.
const BETWEEN: u64 = 3;

/// Demand that pools of different sizes are measured by, and what is known of them by now: no size is gone through twice for a number
/// alone.
#[derive(Debug, Clone)]
pub struct Sizing<'a> {
    demands: &'a [Demand],
    rules: &'a PoolRules,
    window: Window,
    unlimited: Option<Figures>,
    /// What numbers of seats would have denied.
    denied: BTreeMap<u64, u64>,
}

/// What a number of seats would have denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SizeRow {
    /// Floating seats.
    pub seats: u64,
    /// Claims that would have been refused.
    pub denied: u64,
}

impl<'a> Sizing<'a> {
    /// Demand within a window; named users, reservations, access lists and sharing are those of the rules.
    #[must_use]
    pub const fn new(demands: &'a [Demand], rules: &'a PoolRules, window: Window) -> Self {
        Self { demands, rules, window, unlimited: None, denied: BTreeMap::new() }
    }

    /// What so many floating seats would have done, had nobody been let in beyond them and nobody waited.
    #[must_use]
    pub fn refusing(&mut self, seats: u64) -> Replay {
        let found = self.replay(Some(seats), AtLimit::Refuse);
        self.denied.insert(seats, found.figures.asked.denied);
        found
    }

    /// What so many floating seats would have done, had everybody waited who can.
    #[must_use]
    pub fn queueing(&self, seats: u64) -> Replay {
        self.replay(Some(seats), AtLimit::Queue)
    }

    /// What was wanted: the use without a limit.
    #[must_use]
    pub fn unlimited(&mut self) -> Figures {
        let figures = self.unlimited.take().unwrap_or_else(|| self.replay(None, AtLimit::Refuse).figures);
        self.unlimited.insert(figures).clone()
    }

    /// The smallest number of floating seats that would have denied nobody.
    ///
    /// As long as nobody is refused, a pool of any size is used alike, so that this is the highest use; seats that are kept for a
    /// group and not used by it come on top.
    #[must_use]
    pub fn least_without_denial(&mut self) -> u64 {
        let mut most = self.unlimited().floating_peak;
        let reserved = self.rules.reserved();
        if reserved == 0 {
            return most;
        }
        let mut least = most;
        most = most.saturating_add(reserved);
        while least < most {
            let middle = least + (most - least) / 2;
            if self.denied(middle) == 0 { most = middle } else { least = middle + 1 }
        }
        least
    }

    /// What some numbers would have denied.
    #[must_use]
    pub fn table(&mut self, numbers: impl IntoIterator<Item = u64>) -> Vec<SizeRow> {
        numbers.into_iter().map(|seats| SizeRow { seats, denied: self.denied(seats) }).collect()
    }

    /// The numbers that help to choose: those around the one that was asked for, the smallest without denial and the one below it, the
    /// limit of now, and a few between.
    #[must_use]
    pub fn numbers(asked: u64, least: u64, limit: Option<u64>) -> BTreeSet<u64> {
        let mut numbers: BTreeSet<u64> = (asked.saturating_sub(NEAR)..=asked.saturating_add(NEAR)).collect();
        numbers.extend([least.saturating_sub(1), least]);
        numbers.extend(limit);
        let (low, high) = (asked.min(least), asked.max(least));
        let step = (high - low) / (BETWEEN + 1);
        if step > 1 {
            numbers.extend((1..=BETWEEN).map(|part| low + part * step));
        }
        numbers
    }

    fn denied(&mut self, seats: u64) -> u64 {
        let known = self.denied.get(&seats).copied();
        known.unwrap_or_else(|| self.refusing(seats).figures.asked.denied)
    }

    fn replay(&self, floating: Option<u64>, at_limit: AtLimit) -> Replay {
        replay(self.demands, &self.rules.clone().sized(floating, at_limit), self.window)
    }
}
