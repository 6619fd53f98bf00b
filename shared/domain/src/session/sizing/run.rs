//! A pool whose past is gone through: every event at its own instant, the figures on the way.

use chrono::{DateTime, Utc};

use crate::session::asked::Asked;
use crate::session::pool::{Ask, ClaimId, Event, Finish, Outcome, Pool, PoolRules};

/// What a run came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// The highest named and floating use together at one instant.
    pub peak: u64,
    /// When it was first reached; `None` when nothing was used.
    pub peak_at: Option<DateTime<Utc>>,
    /// The highest use of named seats.
    pub named_peak: u64,
    /// The highest use of floating seats.
    pub floating_peak: u64,
    /// What was asked, and what came of it.
    pub asked: Asked,
    /// Check-outs whose lease ran out.
    pub expired: u64,
}

/// What was in use from an instant on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Since when.
    pub at: DateTime<Utc>,
    /// Named seats in use.
    pub named: u64,
    /// Floating seats in use, also beyond the limit.
    pub floating: u64,
    /// How many wait.
    pub queued: u64,
}

/// A pool, and what it came to so far.
#[derive(Debug, Clone)]
pub struct Run {
    pool: Pool,
    figures: Figures,
    log: Vec<(DateTime<Utc>, Event)>,
    steps: Option<Vec<Step>>,
}

impl Run {
    /// An open pool that nobody uses yet.
    #[must_use]
    pub fn new(rules: PoolRules) -> Self {
        let mut pool = Pool::new(rules);
        pool.open(DateTime::<Utc>::MIN_UTC);
        Self { pool, figures: Figures::default(), log: Vec::new(), steps: None }
    }

    /// The same, with every change of what is in use kept.
    #[must_use]
    pub fn recorded(rules: PoolRules) -> Self {
        Self { steps: Some(Vec::new()), ..Self::new(rules) }
    }

    /// A claim asks for a seat.
    pub fn claim(&mut self, ask: Ask, now: DateTime<Utc>) -> Outcome {
        self.pass(now);
        let outcome = self.pool.claim(ask, now);
        self.note(now);
        outcome
    }

    /// A claim is heard of; whether it has a seat or a place.
    pub fn heartbeat(&mut self, id: ClaimId, now: DateTime<Utc>) -> bool {
        self.pass(now);
        let known = self.pool.heartbeat(id, now).is_some();
        self.note(now);
        known
    }

    /// A claim is over; whether it had a seat, a place or a refusal.
    pub fn end(&mut self, id: ClaimId, how: Finish, now: DateTime<Utc>) -> bool {
        self.pass(now);
        let known = self.pool.end(id, how, now);
        self.note(now);
        known
    }

    /// Time passes: what is due by now ends at the instant at which it is due, and who waits for it is served then.
    pub fn pass(&mut self, now: DateTime<Utc>) {
        while let Some(due) = self.pool.next_due().filter(|due| *due <= now) {
            self.pool.expire(due);
            self.note(due);
        }
    }

    /// The pool as it is now.
    #[must_use]
    pub const fn pool(&self) -> &Pool {
        &self.pool
    }

    /// What it came to so far.
    #[must_use]
    pub const fn figures(&self) -> &Figures {
        &self.figures
    }

    /// Every change of what is in use; nothing for a run that does not keep them.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        self.steps.as_deref().unwrap_or_default()
    }

    /// What happened since this was last asked, each with its instant.
    pub fn take_log(&mut self) -> Vec<(DateTime<Utc>, Event)> {
        std::mem::take(&mut self.log)
    }

    fn note(&mut self, at: DateTime<Utc>) {
        // The pool keeps what changed for a store; there is none here.
        drop(self.pool.take_changes());
        let events = self.pool.take_events();
        for event in &events {
            self.figures.asked.count(event);
            self.figures.expired += u64::from(matches!(event, Event::Finished { how: Finish::Expired, .. }));
        }
        let (named, floating) = (self.pool.named_in_use(), self.pool.floating_in_use());
        let figures = &mut self.figures;
        if named + floating > figures.peak {
            figures.peak = named + floating;
            figures.peak_at = Some(at);
        }
        figures.named_peak = figures.named_peak.max(named);
        figures.floating_peak = figures.floating_peak.max(floating);
        if let Some(steps) = &mut self.steps {
            let step = Step { at, named, floating, queued: self.pool.queued() };
            if steps.last().is_none_or(|last| Step { at, ..*last } != step) {
                steps.push(step);
            }
        }
        self.log.extend(events.into_iter().map(|event| (at, event)));
    }
}
