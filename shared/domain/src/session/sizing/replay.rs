//! Goes through demand as it was with a pool of other rules.
//!
//! What is wanted is taken as it is: who is refused does not ask again, and who waits takes the seat later for as long. Nobody gives
//! up a place: how long people would have waited is what this is asked for.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use super::run::{Figures, Run};
use crate::session::pool::{Ask, ClaimId, Claimant, Denial, Event, Finish, Outcome, PoolRules};

/// Most claims that wait at once: a queue that grows longer is no queue, and whoever comes then is turned away.
pub const MOST_WAITING: u64 = 250;

/// One claim as it was, or as it would have been.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    /// Which claim; no two have the same.
    pub id: ClaimId,
    /// For whom.
    pub claimant: Claimant,
    /// When a seat was asked for.
    pub at: DateTime<Utc>,
    /// For how long it was held; `None` for one that is not over. What is negative is none.
    pub held: Option<TimeDelta>,
    /// How it ended: a seat that is released may linger.
    pub finish: Finish,
}

/// The time that is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Its first instant. Who has a seat then asks for it then, in the order in which they had asked.
    pub from: DateTime<Utc>,
    /// The first instant after it.
    pub to: DateTime<Utc>,
}

impl Window {
    /// All of time.
    pub const ALL: Self = Self { from: DateTime::<Utc>::MIN_UTC, to: DateTime::<Utc>::MAX_UTC };

    /// Whether a demand reaches into it.
    #[must_use]
    pub fn has(self, demand: &Demand) -> bool {
        let over = demand.held.is_some_and(|held| {
            let end = ended(demand.at, held);
            // Of one instant, or over when the window begins.
            if held <= TimeDelta::zero() { end < self.from } else { end <= self.from }
        });
        !over && demand.at < self.to && self.from < self.to
    }
}

/// A claim that would have been refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// Which demand, by its place in the list.
    pub demand: usize,
    /// When.
    pub at: DateTime<Utc>,
    /// Named seats in use at that moment.
    pub named: u64,
    /// Floating seats in use at that moment.
    pub floating: u64,
}

/// What the pool would have done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replay {
    /// The figures.
    pub figures: Figures,
    /// Who would have been refused, in the order of time.
    pub refusals: Vec<Refusal>,
    /// Claims that would have found [`MOST_WAITING`] others waiting and were left out.
    pub turned_away: u64,
}

/// What happens at an instant: what ends makes room for what begins, and what has no length was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    End,
    Begin,
    EndOfInstant,
}

/// An instant, what happens then, when its demand began, and which one that is.
type Turn = (DateTime<Utc>, Phase, DateTime<Utc>, usize);

/// Replays demand against the rules of a pool.
#[must_use]
pub fn replay(demands: &[Demand], rules: &PoolRules, window: Window) -> Replay {
    let mut run = Run::new(rules.clone().without_lease());
    let mut found = Replay::default();
    let mut events: BTreeSet<Turn> = demands.iter().zip(0..).filter_map(|(demand, place)| begin(demand, place, window)).collect();
    let mut waiting: BTreeMap<ClaimId, usize> = BTreeMap::new();
    loop {
        // A seat that lingers becomes free between two events.
        let due = run.pool().next_due().filter(|due| events.first().is_none_or(|(next, ..)| due < next));
        if let Some(due) = due.filter(|due| *due < window.to) {
            run.pass(due);
        } else if let Some((now, phase, _, place)) = events.pop_first().filter(|(now, ..)| *now < window.to) {
            let Some(demand) = demands.get(place) else { continue };
            if phase != Phase::Begin {
                run.end(demand.id, demand.finish, now);
            } else if let Outcome::Granted(_) = ask(&mut run, demand, place, now, &mut found) {
                events.extend(end(demand, place, now, window));
            } else if run.pool().standing(demand.id).is_some() {
                waiting.insert(demand.id, place);
            }
        } else {
            break;
        }
        for (at, event) in run.take_log() {
            if let Event::Granted { id, waited: Some(_), .. } = event
                && let Some(place) = waiting.remove(&id)
                && let Some(demand) = demands.get(place)
            {
                events.extend(end(demand, place, at, window));
            }
        }
    }
    let Replay { figures, turned_away, .. } = &mut found;
    figures.clone_from(run.figures());
    // Whoever was turned away had no place.
    let asked = &mut figures.asked;
    asked.queued -= *turned_away;
    asked.gave_up -= *turned_away;
    asked.longest_queue = asked.longest_queue.min(MOST_WAITING);
    found
}

/// A demand asks for its seat. What it does not get it is not waiting for, either, unless it has a place.
fn ask(run: &mut Run, demand: &Demand, place: usize, now: DateTime<Utc>, found: &mut Replay) -> Outcome {
    let outcome = run.claim(Ask { id: demand.id, claimant: demand.claimant.clone(), borrow: None }, now);
    match outcome {
        Outcome::Granted(_) => {}
        Outcome::Queued { position } if position > MOST_WAITING => {
            run.end(demand.id, Finish::Ended, now);
            found.turned_away += 1;
        }
        Outcome::Queued { .. } => {}
        Outcome::Denied(why) => {
            if why == Denial::Exhausted {
                let (named, floating) = (run.pool().named_in_use(), run.pool().floating_in_use());
                found.refusals.push(Refusal { demand: place, at: now, named, floating });
            }
            // A pool remembers the sessions that it refused; here each comes once.
            run.end(demand.id, Finish::Ended, now);
        }
    }
    outcome
}

/// When a demand begins in a window, if it reaches into it.
fn begin(demand: &Demand, place: usize, window: Window) -> Option<Turn> {
    window.has(demand).then(|| (demand.at.max(window.from), Phase::Begin, demand.at, place))
}

/// When a demand that gets its seat now ends: what lies before the window is over.
fn end(demand: &Demand, place: usize, now: DateTime<Utc>, window: Window) -> Option<Turn> {
    let passed = (window.from.max(demand.at) - demand.at).max(TimeDelta::zero());
    let left = demand.held?.checked_sub(&passed).unwrap_or(TimeDelta::zero()).max(TimeDelta::zero());
    let phase = if left.is_zero() { Phase::EndOfInstant } else { Phase::End };
    Some((ended(now, left), phase, demand.at, place))
}

fn ended(at: DateTime<Utc>, held: TimeDelta) -> DateTime<Utc> {
    at.checked_add_signed(held.max(TimeDelta::zero())).unwrap_or(DateTime::<Utc>::MAX_UTC)
}
