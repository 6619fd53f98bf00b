//! Epochs and sequence numbers of one agent (contract 2.1): which report is new, which one is old, and when two copies of one
//! identity must exist. Data in, data out.

use crate::store::records::{AgentProgress, DIGESTS_KEPT, Digest, ReportMark};

/// What becomes of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// It is new.
    Take,
    /// It was taken before, or is older than what was taken: acknowledged without effect.
    Known,
    /// It contradicts what was taken: the agent goes on with this epoch.
    Resync(u64),
    /// Its epoch was replaced and the agent knows: another copy of the identity sent it.
    Forked,
}

/// Decides about a report.
pub(super) fn decide(progress: &AgentProgress, mark: &ReportMark) -> Decision {
    if let Some(epoch) = progress.resync_to.filter(|epoch| mark.epoch < *epoch) {
        // The answer may have been lost; it is given again until the agent uses the new epoch.
        return Decision::Resync(epoch);
    }
    if mark.epoch < progress.epoch {
        return Decision::Forked;
    }
    if mark.epoch > progress.epoch {
        return Decision::Take;
    }
    if mark.seq > progress.seq {
        return Decision::Take;
    }
    match progress.recent.iter().find(|(seq, _)| *seq == mark.seq) {
        Some((_, digest)) if *digest != mark.digest => Decision::Resync(progress.epoch.saturating_add(1)),
        _ => Decision::Known,
    }
}

/// Notes a report that was taken.
pub(super) fn advance(progress: &mut AgentProgress, mark: &ReportMark) {
    if mark.epoch != progress.epoch {
        progress.epoch = mark.epoch;
        progress.recent.clear();
        progress.resync_to = None;
    }
    progress.seq = mark.seq;
    push_recent(&mut progress.recent, mark.seq, mark.digest);
}

fn push_recent(recent: &mut Vec<(u64, Digest)>, seq: u64, digest: Digest) {
    if recent.len() >= DIGESTS_KEPT {
        recent.drain(..=recent.len() - DIGESTS_KEPT);
    }
    recent.push((seq, digest));
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use muster_domain::ids::AgentId;
    use proptest::prelude::*;
    use uuid::Uuid;

    pub(super) fn fresh() -> AgentProgress {
        AgentProgress {
            agent: AgentId(Uuid::nil()),
            epoch: 1,
            seq: 0,
            resync_to: None,
            recent: Vec::new(),
            hardware_digest: None,
            boot_id: None,
            last_seen: DateTime::UNIX_EPOCH,
            agent_version: String::new(),
            dropped: 0,
        }
    }

    fn mark(epoch: u64, seq: u64, content: u8) -> ReportMark {
        ReportMark { epoch, seq, digest: [content; 16] }
    }

    #[test]
    fn one_agent_two_copies_and_lost_answers() {
        let mut progress = fresh();
        for (step, expected) in [
            (mark(1, 1, 1), Decision::Take),
            (mark(1, 1, 1), Decision::Known),
            (mark(1, 3, 3), Decision::Take),
            (mark(1, 2, 2), Decision::Known),
            (mark(1, 3, 9), Decision::Resync(2)),
            (mark(1, 4, 9), Decision::Resync(2)),
            (mark(2, 4, 9), Decision::Take),
            (mark(2, 5, 5), Decision::Take),
            (mark(1, 5, 5), Decision::Forked),
            (mark(1 << 53, 9, 1), Decision::Take),
            (mark(1 << 53, 9, 2), Decision::Resync((1 << 53) + 1)),
        ] {
            let decision = decide(&progress, &step);
            assert_eq!(decision, expected, "{step:?}");
            match decision {
                Decision::Take => advance(&mut progress, &step),
                Decision::Resync(epoch) => progress.resync_to = Some(epoch),
                Decision::Known | Decision::Forked => {}
            }
        }
    }

    proptest! {
        /// Whatever is repeated or comes late, each report has its effect at most once, and the newest one always has.
        #[test]
        fn a_report_takes_effect_at_most_once(order in proptest::collection::vec(1_u64..200, 1..400)) {
            let mut progress = fresh();
            let mut taken = std::collections::BTreeSet::new();
            for seq in order {
                let report = mark(1, seq, u8::try_from(seq % 251).unwrap());
                let newest = taken.last().is_none_or(|last| seq > *last);
                match decide(&progress, &report) {
                    Decision::Take => {
                        prop_assert!(newest && taken.insert(seq));
                        advance(&mut progress, &report);
                    }
                    Decision::Known => prop_assert!(!newest),
                    other => prop_assert!(false, "{other:?}"),
                }
                prop_assert!(progress.recent.len() <= DIGESTS_KEPT);
            }
        }
    }
}
