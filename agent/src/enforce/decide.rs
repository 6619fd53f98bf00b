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

#[cfg(test)]
mod tests {
    use super::*;
    use muster_runtime::config::Interval;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};
    use uuid::Uuid;

    const DELAY: i64 = 900;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn config(delay: i64) -> EnforceConfig {
        let command = |name: &str| vec![name.to_owned()];
        EnforceConfig {
            on_disable: command("disable"),
            on_enable: command("enable"),
            delay: Interval::from_secs(delay.cast_unsigned()),
            ..EnforceConfig::default()
        }
    }

    fn verdict(change: &str, seq: u64, state: LicenseState, issued: i64) -> Verdict {
        Verdict {
            collector_id: Uuid::from_u128(1),
            seq,
            state,
            reason: None,
            change_id: change.to_owned(),
            issued_at: at(issued),
            valid_until: at(issued + 100_000),
            applications: BTreeMap::new(),
        }
    }

    /// The hooks that a row of verdicts calls for, each looked at when it was issued.
    fn hooks(verdicts: &[Verdict], delay: i64) -> Vec<(Hook, String)> {
        let (mut memory, mut called) = (Memory::default(), Vec::new());
        for verdict in verdicts {
            let (next, action) = decide(&memory, verdict, &config(delay), verdict.issued_at);
            if let Action::Run(hook) = action {
                called.push((hook, verdict.change_id.clone()));
            }
            memory = next;
        }
        called
    }

    #[test]
    fn the_table() {
        use Hook::{OnDisable, OnEnable};
        use LicenseState::{Compliant, Disabled, Grace, Other, Unlicensed};
        // (change, number, state, issued), then the hooks.
        type Row<'a> = (&'a [(&'a str, u64, LicenseState, i64)], &'a [(Hook, &'a str)]);
        let rows: &[Row<'_>] = &[
            (&[("a", 1, Compliant, 0), ("b", 2, Grace, 10), ("c", 3, Compliant, 20)], &[]),
            (&[("a", 1, Disabled, 0)], &[]),
            (&[("a", 1, Disabled, 0), ("a", 1, Disabled, 0)], &[]),
            (&[("a", 1, Disabled, 0), ("a", 1, Disabled, DELAY - 1)], &[]),
            (&[("a", 1, Disabled, 0), ("a", 1, Disabled, DELAY)], &[(OnDisable, "a")]),
            (&[("a", 1, Disabled, 0), ("a", 1, Disabled, 600), ("a", 1, Disabled, 1200)], &[(OnDisable, "a")]),
            (&[("a", 1, Disabled, 0), ("a", 1, Disabled, DELAY), ("a", 1, Disabled, 9000)], &[(OnDisable, "a")]),
            // Another change begins anew, and so does one that was over in between.
            (&[("a", 1, Disabled, 0), ("b", 2, Disabled, DELAY)], &[]),
            (&[("a", 1, Disabled, 0), ("b", 2, Compliant, 100), ("c", 3, Disabled, 1000)], &[]),
            // Enabled at once; off to off and on to on cross no border.
            (
                &[
                    ("a", 1, Unlicensed, 0),
                    ("a", 1, Unlicensed, DELAY),
                    ("b", 2, Disabled, 2000),
                    ("b", 2, Disabled, 5000),
                    ("c", 3, Grace, 5001),
                    ("d", 4, Compliant, 5002),
                ],
                &[(OnDisable, "a"), (OnEnable, "c")],
            ),
            // An old verdict put back changes nothing, nor does a state that is not known.
            (&[("a", 1, Disabled, 0), ("b", 2, Compliant, 100), ("a", 1, Disabled, 50), ("a", 1, Disabled, 99)], &[]),
            (
                &[("a", 1, Disabled, 0), ("a", 1, Disabled, DELAY), ("b", 2, Compliant, 1000), ("a", 1, Disabled, 999)],
                &[(OnDisable, "a"), (OnEnable, "b")],
            ),
            (&[("a", 1, Other, 0), ("a", 1, Other, DELAY)], &[]),
            // One that was shown and has the number of the one before.
            (&[("a", 1, Compliant, 1000), ("b", 1, Disabled, 0), ("b", 1, Disabled, 950)], &[]),
            // A restored collector counts from an earlier number; one whose clock was set back begins to wait anew.
            (&[("a", 9, Compliant, 0), ("b", 2, Disabled, 10), ("b", 2, Disabled, 2000)], &[(OnDisable, "b")]),
            (&[("a", 1, Disabled, 9000), ("a", 1, Disabled, 0), ("a", 1, Disabled, DELAY)], &[(OnDisable, "a")]),
            // The same change again, e.g. of a restored collector: once is once.
            (
                &[
                    ("a", 1, Disabled, 0),
                    ("a", 1, Disabled, DELAY),
                    ("b", 2, Compliant, 1000),
                    ("a", 3, Disabled, 2000),
                    ("a", 3, Disabled, 5000),
                ],
                &[(OnDisable, "a"), (OnEnable, "b")],
            ),
        ];
        for (verdicts, expected) in rows {
            let verdicts: Vec<_> =
                verdicts.iter().map(|(change, seq, state, issued)| verdict(change, *seq, *state, *issued)).collect();
            let expected: Vec<_> = expected.iter().map(|(hook, change)| (*hook, (*change).to_owned())).collect();
            assert_eq!(hooks(&verdicts, DELAY), expected, "{verdicts:#?}");
        }
        let same = [verdict("a", 1, Disabled, 0), verdict("a", 1, Disabled, 0), verdict("a", 1, Disabled, 1)];
        assert_eq!(hooks(&same[..2], 0), []);
        assert_eq!(hooks(&same, 0).len(), 1);
    }

    #[test]
    fn nothing_runs_on_a_verdict_whose_validity_is_over_or_without_a_command() {
        let first = verdict("a", 1, LicenseState::Disabled, 0);
        let second = verdict("a", 1, LicenseState::Disabled, DELAY);
        let (seen, _) = decide(&Memory::default(), &first, &config(DELAY), at(0));
        let late = second.valid_until + TimeDelta::seconds(1);
        assert_eq!(decide(&seen, &second, &config(DELAY), late), (seen.clone(), Action::Nothing));
        assert_eq!(decide(&seen, &second, &config(DELAY), second.valid_until).1, Action::Run(Hook::OnDisable));
        let silent = EnforceConfig { on_disable: Vec::new(), ..config(DELAY) };
        let (off, action) = decide(&seen, &second, &silent, at(DELAY));
        assert_eq!((action, &off.run(Hook::OnDisable).unwrap().outcome), (Action::Nothing, &Outcome::NotConfigured));
        let enabled = verdict("b", 2, LicenseState::Compliant, DELAY + 1);
        assert_eq!(decide(&off, &enabled, &silent, at(DELAY + 1)).1, Action::Run(Hook::OnEnable));
    }

    /// Where the one who runs hooks is killed.
    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Killed {
        Never,
        BeforeItIsOnDisk,
        DuringTheHook,
        BeforeTheEndIsOnDisk,
    }

    /// A look at the verdict, as the runner does it. Gives the hook that ran.
    fn look(disk: &mut Vec<u8>, verdict: &Verdict, killed: Killed) -> Option<Hook> {
        let mut memory: Memory = serde_json::from_slice(disk).unwrap();
        if memory.give_up_unfinished() {
            *disk = serde_json::to_vec(&memory).unwrap();
        }
        let (mut next, action) = decide(&memory, verdict, &config(DELAY), verdict.issued_at);
        if killed == Killed::BeforeItIsOnDisk {
            return None;
        }
        *disk = serde_json::to_vec(&next).unwrap();
        let Action::Run(hook) = action else { return None };
        if matches!(killed, Killed::Never) {
            next.end(hook, Outcome::Exited { code: 0 }, verdict.issued_at);
            *disk = serde_json::to_vec(&next).unwrap();
        }
        Some(hook)
    }

    proptest! {
        #[test]
        fn exactly_once_whatever_happens(
            steps in prop::collection::vec((any::<bool>(), 0..3u8, 1..1000i64, 0..4u8, any::<prop::sample::Index>()), 1..80),
        ) {
            let mut disk = serde_json::to_vec(&Memory::default()).unwrap();
            let (mut now, mut seq, mut off) = (0, 0, false);
            let (mut issued, mut ran): (Vec<Verdict>, Vec<(Hook, String)>) = (Vec::new(), Vec::new());
            for (change, kind, passed, killed, old) in steps {
                now += passed;
                if change {
                    seq += 1;
                    off = !off;
                }
                let state = if off { LicenseState::Disabled } else { LicenseState::Compliant };
                // Now and then somebody puts an old verdict back.
                let verdict = match kind {
                    0 if !issued.is_empty() => old.get(&issued).clone(),
                    _ => verdict(&seq.to_string(), seq, state, now),
                };
                issued.push(verdict.clone());
                let killed = match killed {
                    0 => Killed::BeforeItIsOnDisk,
                    1 => Killed::DuringTheHook,
                    2 => Killed::BeforeTheEndIsOnDisk,
                    _ => Killed::Never,
                };
                if let Some(hook) = look(&mut disk, &verdict, killed) {
                    ran.push((hook, verdict.change_id));
                }
            }
            // Then all is quiet: the state in force is looked at until it must have been acted on.
            for _ in 0..3 {
                now += DELAY;
                let state = if off { LicenseState::Disabled } else { LicenseState::Compliant };
                let verdict = verdict(&seq.to_string(), seq, state, now);
                if let Some(hook) = look(&mut disk, &verdict, Killed::Never) {
                    ran.push((hook, verdict.change_id));
                }
            }
            let changes: BTreeSet<_> = ran.iter().map(|(_, change)| change).collect();
            prop_assert_eq!(changes.len(), ran.len(), "a change had two hooks: {:?}", ran);
            let expected = [Hook::OnDisable, Hook::OnEnable].into_iter().cycle();
            prop_assert!(ran.iter().map(|(hook, _)| *hook).eq(expected.take(ran.len())), "they take turns: {:?}", ran);
            prop_assert_eq!(ran.len() % 2 == 1, off, "the last one is that of the state in force: {:?}", ran);
        }
    }
}
