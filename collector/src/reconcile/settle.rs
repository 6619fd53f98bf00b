//! What a run means for the removal candidates and remedies that earlier runs found and people worked on.
//!
//! In: what is stored, what the run found. Out: what is to be stored. States that people set stay, and what is closed stays closed,
//! as long as every run finds it. What a run does not find any more is over; where a later one finds it again, it begins anew.

use chrono::{DateTime, Utc};
use muster_domain::reconcile::run::{CandidateState, RemedyState};

use crate::store::records::{CandidateRecord, RemedyRecord, StepRecord};

/// Who a step is by that no person took.
const RUN: &str = "collector";

/// A removal candidate that a run found.
pub(super) fn found(before: Option<&CandidateRecord>, found: CandidateRecord, at: DateTime<Utc>) -> CandidateRecord {
    let step = |to| StepRecord { at, by: RUN.to_owned(), to };
    let Some(before) = before else {
        return CandidateRecord { steps: vec![step(found.state)], found_at: at, ..found };
    };
    let (revision, found_at) = (before.revision.saturating_add(1), before.found_at);
    let mut steps = before.steps.clone();
    if before.gone {
        steps.push(step(found.state));
        return CandidateRecord { revision, found_at, steps, ..found };
    }
    CandidateRecord { revision, found_at, steps, state: before.state, ..found }
}

/// A removal candidate that a run of its publisher did not find: what was to be removed is gone, anything else is called off.
pub(super) fn missing(mut one: CandidateRecord, at: DateTime<Utc>) -> CandidateRecord {
    let to = match one.state {
        CandidateState::AwaitingRevocation => Some(CandidateState::ClosedComplete),
        state if state.is_closed() => None,
        _ => Some(CandidateState::ClosedCanceled),
    };
    if let Some(to) = to {
        one.state = to;
        one.steps.push(StepRecord { at, by: RUN.to_owned(), to });
    }
    one.revision = one.revision.saturating_add(1);
    one.gone = true;
    one
}

/// A removal candidate that a run opened which did not come to its end: it is called off before anybody has seen it. None where it
/// was open before, or somebody has seen it all the same.
pub(super) fn taken_back(mut one: CandidateRecord, begun: DateTime<Utc>, at: DateTime<Utc>) -> Option<CandidateRecord> {
    is_opening(one.steps.last(), begun).then(|| {
        one.state = CandidateState::ClosedCanceled;
        one.steps.push(StepRecord { at, by: RUN.to_owned(), to: one.state });
        one.revision = one.revision.saturating_add(1);
        one.gone = true;
        one
    })
}

/// The same of a remedy.
pub(super) fn taken_back_remedy(mut one: RemedyRecord, begun: DateTime<Utc>, at: DateTime<Utc>) -> Option<RemedyRecord> {
    is_opening(one.steps.last(), begun).then(|| {
        one.state = RemedyState::Void;
        one.steps.push(StepRecord { at, by: RUN.to_owned(), to: one.state });
        one.revision = one.revision.saturating_add(1);
        one.gone = true;
        one
    })
}

/// Whether the last step is the one with which a run began.
fn is_opening<T>(last: Option<&StepRecord<T>>, begun: DateTime<Utc>) -> bool {
    last.is_some_and(|step| step.by == RUN && step.at == begun)
}

/// A remedy that a run found. One that was complete and is still needed begins anew.
pub(super) fn found_remedy(before: Option<&RemedyRecord>, found: RemedyRecord, at: DateTime<Utc>) -> RemedyRecord {
    let step = || StepRecord { at, by: RUN.to_owned(), to: RemedyState::New };
    let Some(before) = before else { return RemedyRecord { steps: vec![step()], ..found } };
    let revision = before.revision.saturating_add(1);
    let mut steps = before.steps.clone();
    if before.gone || before.state == RemedyState::Complete {
        steps.push(step());
        return RemedyRecord { revision, steps, state: RemedyState::New, ..found };
    }
    RemedyRecord { revision, steps, state: before.state, ..found }
}

/// A remedy that a run of its publisher did not find: it is void, unless it was done.
pub(super) fn missing_remedy(mut one: RemedyRecord, at: DateTime<Utc>) -> RemedyRecord {
    if matches!(one.state, RemedyState::New | RemedyState::InProgress | RemedyState::CompletedWithErrors) {
        let to = if one.state == RemedyState::New { RemedyState::Void } else { RemedyState::Complete };
        one.state = to;
        one.steps.push(StepRecord { at, by: RUN.to_owned(), to });
    }
    one.revision = one.revision.saturating_add(1);
    one.gone = true;
    one
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::conformance::{candidate, fixtures::at, remedy};

    #[test]
    fn a_candidate_keeps_what_people_said_while_it_is_found() {
        use CandidateState::{AwaitingApproval, AwaitingRevocation, ClosedCanceled, ClosedComplete, ClosedSkipped};
        // Stored state and whether it was gone; the state after it was found, and after it was missed.
        let check = |state, gone, when_found, when_missing| {
            let before = CandidateRecord { state, gone, revision: 3, ..candidate(1) };
            let news = CandidateRecord { state: AwaitingRevocation, rights: 7, run: 9, ..candidate(1) };
            let after = found(Some(&before), news, at(5));
            assert_eq!(
                (after.state, after.revision, after.rights, after.run, after.gone),
                (when_found, 4, 7, 9, false),
                "{state:?}"
            );
            let after = missing(before, at(5));
            assert_eq!((after.state, after.revision, after.gone), (when_missing, 4, true), "{state:?}");
        };
        check(AwaitingApproval, false, AwaitingApproval, ClosedCanceled);
        check(AwaitingRevocation, false, AwaitingRevocation, ClosedComplete);
        check(ClosedSkipped, false, ClosedSkipped, ClosedSkipped);
        check(ClosedComplete, false, ClosedComplete, ClosedComplete);
        check(ClosedComplete, true, AwaitingRevocation, ClosedComplete);
        check(ClosedCanceled, true, AwaitingRevocation, ClosedCanceled);
        let new = found(None, candidate(1), at(5));
        assert_eq!((new.revision, new.steps.len(), new.found_at), (1, 1, at(5)));
        // Where the run does not come to its end, only what it opened is taken back.
        let back = taken_back(new.clone(), at(5), at(6)).unwrap();
        assert_eq!((back.state, back.gone, back.revision, back.steps.len()), (ClosedCanceled, true, 2, 2));
        assert_eq!(found(Some(&back), candidate(1), at(7)).state, candidate(1).state, "the next run opens it again");
        assert_eq!(taken_back(new.clone(), at(4), at(6)), None);
        let seen = found(Some(&new), candidate(1), at(7));
        assert_eq!(taken_back(seen, at(7), at(8)), None);
    }

    #[test]
    fn a_remedy_goes_on_until_it_is_not_needed() {
        use RemedyState::{Complete, CompletedWithErrors, InProgress, New, Void};
        let check = |state, gone, when_found, when_missing| {
            let before = RemedyRecord { state, gone, revision: 3, ..remedy(1) };
            let after = found_remedy(Some(&before), RemedyRecord { count: 7, ..remedy(1) }, at(5));
            assert_eq!((after.state, after.revision, after.count, after.gone), (when_found, 4, 7, false), "{state:?}");
            assert_eq!(missing_remedy(before, at(5)).state, when_missing, "{state:?}");
        };
        check(New, false, New, Void);
        check(InProgress, false, InProgress, Complete);
        check(CompletedWithErrors, false, CompletedWithErrors, Complete);
        check(Complete, false, New, Complete);
        check(Void, false, Void, Void);
        check(Void, true, New, Void);
    }
}
