//! What was wanted of an application, from the history of the store and from what lives now.
//!
//! In: sessions and check-outs. Out: each stretch of use as a demand, once. A session that was refused a seat wanted one for as long as
//! it lasted. What left no trace is not among it: a check-out that was refused, or that gave up its place, is known as a number of
//! its day only.

use super::groups::Groups;
use crate::{
    sessions::seats::{Counting, lingered, spans},
    store::records::{CheckoutEnd, ClosedCheckout, ClosedSession, Ending, GroupRecord, PauseReason, SessionRecord},
};
use chrono::{DateTime, Utc};
use muster_domain::session::{Application, ClaimId, Claimant, Demand, Entry, Finish, Interval, Origin, Standing, fold_user};
use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

/// A session that lives, with the groups that its agent reports.
pub(super) type Live = (Arc<SessionRecord>, Vec<String>);

/// The demand of one application.
pub(super) struct History {
    application: Application,
    counting: Counting,
    groups: Groups,
    demands: BTreeMap<ClaimId, Demand>,
}

impl History {
    pub(super) fn new(application: Application, counting: Counting, groups: Vec<GroupRecord>) -> Self {
        let groups = Groups::new(groups, &counting.realms);
        Self { application, counting, groups, demands: BTreeMap::new() }
    }

    /// What lives: it counts as it is now, whatever is stored of its end.
    pub(super) fn live(&mut self, sessions: &[Live], checkouts: &[Entry]) {
        for (record, groups) in sessions {
            self.session(record, None, groups);
        }
        for entry in checkouts {
            let held = matches!(entry.standing, Standing::Held { .. } | Standing::Waiting { .. });
            if held {
                self.add(entry.id, entry.claimant.clone(), (entry.asked_at, None));
            }
        }
    }

    /// What is over.
    pub(super) fn closed(&mut self, sessions: &[ClosedSession], checkouts: &[ClosedCheckout]) {
        for ClosedSession { session, ending } in sessions {
            self.session(session, Some(*ending), &[]);
        }
        let name = self.application.name.to_lowercase();
        for closed in checkouts.iter().filter(|closed| closed.application.to_lowercase() == name) {
            let until = lingered(&self.application, closed.until, closed.end == CheckoutEnd::Returned);
            // Who had waited had wanted the seat since then, and for as long.
            let until = closed.asked_at.checked_add_signed(until - closed.since).unwrap_or(until);
            self.add(ClaimId::Checkout(closed.id), closed.claimant.clone(), (closed.asked_at, Some(until)));
        }
    }

    /// How many stretches there are.
    pub(super) fn len(&self) -> usize {
        self.demands.len()
    }

    pub(super) fn into_demands(self) -> Vec<Demand> {
        self.demands.into_values().collect()
    }

    fn session(&mut self, record: &SessionRecord, ending: Option<Ending>, reported: &[String]) {
        let record = &*wanted(record);
        let stretches = spans(&self.application, record, ending, &self.counting);
        if stretches.is_empty() {
            return;
        }
        let host = (self.counting.hosts)(record.agent);
        let origin =
            Origin { user: &record.user, client: &record.client_ip, host: host.as_deref(), display: record.tty.as_deref() };
        let user = fold_user(&record.user, &self.counting.realms);
        let claimant = Claimant::new(origin, self.groups.of(&user).chain(reported.iter().map(String::as_str)));
        for Interval { id, key: _, start, end } in stretches {
            self.add(ClaimId::Session(id), claimant.clone(), (start, end));
        }
    }

    fn add(&mut self, id: ClaimId, claimant: Claimant, (at, end): (DateTime<Utc>, Option<DateTime<Utc>>)) {
        // A lingering seat is part of the stretch already.
        let demand = Demand { id, claimant, at, held: end.map(|end| end - at), finish: Finish::Ended };
        self.demands.entry(id).or_insert(demand);
    }
}

/// A session as if it had never been refused a seat: what it wanted.
fn wanted(record: &SessionRecord) -> Cow<'_, SessionRecord> {
    if record.idle.iter().all(|span| span.why != PauseReason::Refused) {
        return Cow::Borrowed(record);
    }
    let mut record = record.clone();
    record.idle.retain(|span| span.why != PauseReason::Refused);
    Cow::Owned(record)
}
