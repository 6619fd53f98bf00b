//! Which hook a verdict asks for.
//!
//! In: what is remembered, a verdict that was verified, the configuration, the time. Out: what to remember from now on, and
//! what to do. Pure: data in, data out.
//!
//! A hook runs when this machine crosses the border between "may be used" (compliant, grace) and "may not" (disabled,
//! unlicensed; contract section 4), not when the reason changes on one side of it.

use super::memory::{Hook, Memory, Newest, Outcome, Pending, Run};
use crate::config::EnforceConfig;
use chrono::{DateTime, TimeDelta, Utc};
use muster_wire::verdict::{LicenseState, Verdict};

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Nothing.
    Nothing,
    /// Run this hook, as soon as the memory is on disk.
    Run(Hook),
}

/// Decides. The memory that comes back with [`Action::Run`] says already that the hook was started.
///
/// `on_enable` runs with the first verdict, `on_disable` with the second one of the same change that was issued at least
/// `delay` after the first (contract 3). A verdict whose validity is over, that is older than what was seen before, or
/// whose state this build does not know, changes nothing. A change that a hook was run for never has one again.
#[must_use]
pub fn decide(memory: &Memory, verdict: &Verdict, config: &EnforceConfig, now: DateTime<Utc>) -> (Memory, Action) {
    let mut next = memory.clone();
    if next.collector_id != Some(verdict.collector_id) {
        // Numbers and times of another collector say nothing about this one's.
        next.collector_id = Some(verdict.collector_id);
        (next.newest, next.pending) = (None, None);
    }
    let Some(off) = is_off(verdict.state).filter(|_| now <= verdict.valid_until && !is_older(verdict, next.newest.as_ref()))
    else {
        return (memory.clone(), Action::Nothing);
    };
    next.newest = Some(newer(next.newest.take(), verdict));
    let hook = match (off, next.off) {
        (false, false) => {
            next.pending = None;
            return (next, Action::Nothing);
        }
        (true, true) => return (next, Action::Nothing),
        (true, false) => Hook::OnDisable,
        (false, true) => Hook::OnEnable,
    };
    if next.changes.contains(&verdict.change_id) {
        return (next, Action::Nothing);
    }
    if hook == Hook::OnDisable && !is_confirmed(next.pending.as_ref(), verdict, config) {
        let held = next.pending.take().filter(|held| held.change_id == verdict.change_id && held.issued_at <= verdict.issued_at);
        let first = || Pending { change_id: verdict.change_id.clone(), issued_at: verdict.issued_at };
        next.pending = Some(held.unwrap_or_else(first));
        return (next, Action::Nothing);
    }
    let configured = !config.command(hook).is_empty();
    next.begin(
        hook,
        Run {
            change_id: verdict.change_id.clone(),
            state: verdict.state,
            reason: verdict.reason.clone(),
            started_at: now,
            ended_at: (!configured).then_some(now),
            outcome: if configured { Outcome::Started } else { Outcome::NotConfigured },
        },
    );
    (next, if configured { Action::Run(hook) } else { Action::Nothing })
}

fn is_off(state: LicenseState) -> Option<bool> {
    match state {
        LicenseState::Disabled | LicenseState::Unlicensed => Some(true),
        LicenseState::Compliant | LicenseState::Grace => Some(false),
        LicenseState::Other => None,
    }
}

/// Whether it was issued before the newest one. The number may go back alone: a restored collector counts from an earlier
/// one. The time may go back alone, while the number says that it is not an old one: somebody set the collector's clock.
fn is_older(verdict: &Verdict, newest: Option<&Newest>) -> bool {
    newest.is_some_and(|newest| {
        let same = verdict.seq == newest.seq && verdict.change_id == newest.change_id;
        verdict.issued_at < newest.issued_at && verdict.seq <= newest.seq && !same
    })
}

fn newer(newest: Option<Newest>, verdict: &Verdict) -> Newest {
    let (seq, issued_at) = newest.map_or((verdict.seq, verdict.issued_at), |newest| (newest.seq, newest.issued_at));
    Newest { seq: seq.max(verdict.seq), issued_at: issued_at.max(verdict.issued_at), change_id: verdict.change_id.clone() }
}

/// Whether there was a verdict of the same change at least `delay` before this one.
fn is_confirmed(pending: Option<&Pending>, verdict: &Verdict, config: &EnforceConfig) -> bool {
    let Some(pending) = pending.filter(|pending| pending.change_id == verdict.change_id) else { return false };
    let apart = verdict.issued_at - pending.issued_at;
    // Also without a delay it takes two: the same one read again is one.
    apart > TimeDelta::zero() && apart.to_std().is_ok_and(|apart| apart >= config.delay.get())
}
