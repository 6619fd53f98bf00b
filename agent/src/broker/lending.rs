//! Programs that run on a borrowed seat.
//!
//! In: a wish for a seat, the borrowed seats of this machine. Out: leave to use one of them; the collector is only asked whether it
//! took the borrowed seat back.

use super::{
    book::Book,
    borrow::lends,
    caller::Caller,
    collector::{self, Said},
    lease::{Holder, Lease, Standing},
    service::{Broker, Reply, held},
};
use crate::uplink::Link;
use chrono::{DateTime, Utc};
use muster_wire::{
    checkout::{CheckoutGranted, CheckoutRequest},
    problem::Code,
};
use uuid::Uuid;

impl Broker {
    /// A borrowed seat of the same user and application, and until when it lends itself. The collector may have taken it back;
    /// where it cannot be asked, what it signed holds.
    pub(super) async fn lent(&self, link: &Link, request: &CheckoutRequest) -> Option<(Uuid, DateTime<Utc>)> {
        loop {
            let now = self.now();
            let until = |lease: &Lease| Some((self.lends(lease.grant.as_deref()?, request, now)?, lease.id));
            let (until, id) = self.book().borrowed().filter_map(until).max()?;
            match collector::heartbeat(link, id, now).await {
                Said::Seat(..) | Said::Away(_) => return Some((id, until)),
                Said::Refused(problem) if problem.code() == Some(Code::NotFound) => {
                    tracing::warn!(checkout = %id, "the collector took a borrowed seat back");
                    let mut book = self.book();
                    book.forget(id);
                    self.recall(&mut book, id, now);
                }
                _ => return None,
            }
        }
    }

    /// A borrowed seat is no more; what runs on it goes on with another, if there is one.
    pub(super) fn recall(&self, book: &mut Book, id: Uuid, now: DateTime<Utc>) {
        book.recall(id, now, |grant, request| self.lends(grant, request, now), Uuid::new_v4);
    }

    fn lends(&self, grant: &str, request: &CheckoutRequest, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        lends(grant, self.parts.signer, &request.application, &request.user, now)
    }

    /// A check-out that uses a borrowed seat; the collector need not know of it.
    pub(super) fn on_borrowed(
        &self,
        id: Uuid,
        caller: Caller,
        request: CheckoutRequest,
        holder: Option<Holder>,
        (lender, until): (Uuid, DateTime<Utc>),
    ) -> Reply {
        let now = self.now();
        let standing = Standing::Seat { until: Some(until) };
        let (lease_seconds, lent_by) = (self.lease_seconds(&request.application), Some(lender));
        let mut lease = Lease {
            id,
            uid: caller.uid,
            request,
            holder,
            lease_seconds,
            grant: None,
            lent_by,
            standing,
            heard_at: now,
            next_at: now,
        };
        lease.plan(now);
        let granted = CheckoutGranted { shared: true, ..held(&lease, now) };
        self.book().put(lease);
        self.woken.notify_one();
        Reply::Granted { new: true, granted }
    }
}
