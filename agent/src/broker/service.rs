//! The broker: what local applications ask, asked of the collector.
//!
//! In: callers and their wishes. Out: answers as the contract words them. Another account's check-out is unknown to everybody
//! but root.

use super::{
    book::Book,
    borrow::Signer,
    caller::Caller,
    collector::{self, Said},
    lease::{Lease, Standing},
    offline,
    overview::Overview,
    request::{Hold, LocalRequest},
};
use crate::{policy::Policies, report::Outbox, uplink::Link, verdict::Verdicts};
use chrono::{DateTime, Utc};
use muster_runtime::clock::SharedClock;
use muster_wire::{
    checkout::{CheckoutGranted, CheckoutQueued, CheckoutRequest},
    problem::{Code, Problem},
};
use std::{
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{Notify, watch};
use uuid::Uuid;

/// Longest time an answer waits for a seat, in seconds: less than the uplink waits for an answer.
const LONGEST_WAIT: i64 = 20;
/// How long a place is kept without a poll, where no policy says so.
const PLACE_SECONDS: i64 = 120;
/// The kind of seat that none is.
const OFFLINE: &str = "offline";

/// What a broker needs of the agent.
#[derive(Debug)]
pub struct BrokerParts {
    /// The way to the collector.
    pub links: watch::Receiver<Link>,
    /// What holds for applications.
    pub policies: Arc<Policies>,
    /// The licence's state.
    pub verdicts: Arc<Mutex<Verdicts>>,
    /// The newest report, for the sessions in it.
    pub outbox: Arc<Outbox>,
    /// Whose grants of borrowed seats are believed.
    pub signer: Signer,
    /// The state directory.
    pub state: PathBuf,
    /// The machine's boot.
    pub boot_id: Uuid,
    /// The clock.
    pub clock: SharedClock,
}

/// The broker.
#[derive(Debug)]
pub struct Broker {
    pub(super) parts: BrokerParts,
    pub(super) woken: Notify,
    book: Mutex<Book>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// 201, or 200 of what was there before: a seat, or leave to run without one.
    Granted {
        /// Whether it is new.
        new: bool,
        /// The seat.
        granted: CheckoutGranted,
    },
    /// 202: a place in the queue.
    Queued(CheckoutQueued),
    /// 204.
    Done,
}

impl Broker {
    /// A broker with what the state directory remembers.
    #[must_use]
    pub fn new(parts: BrokerParts) -> Self {
        let book = Mutex::new(Book::open(&parts.state, parts.clock.now()));
        Self { parts, woken: Notify::new(), book }
    }

    /// `POST /v1/checkouts`.
    ///
    /// # Errors
    /// Why there is no seat.
    pub async fn take(&self, caller: Caller, body: &[u8]) -> Result<Reply, Problem> {
        let LocalRequest { application, user, id, client, wait_seconds, borrow_hours, hold } =
            LocalRequest::parse(body, caller.uid)?;
        let wait_seconds = wait(wait_seconds)?;
        let id = id.unwrap_or_else(Uuid::new_v4);
        let before = self.known(id, caller)?;
        if let Some(lease @ Lease { standing: Standing::Offline { .. }, .. }) = before {
            return Ok(self.offline(&lease, false));
        }
        let holder = match hold {
            Hold::Process => Some(caller.holder(self.parts.boot_id)?),
            Hold::Heartbeat => None,
        };
        let user = match user {
            Some(user) => user,
            None => caller.user().await,
        };
        let link = self.link();
        let sessions = self.parts.outbox.progress().sessions;
        let seat = caller.seat(&user, &sessions, link.collectors.first().map(String::as_str)).await;
        let request = CheckoutRequest {
            id: Some(id),
            application,
            user,
            client_ip: seat.client_ip,
            client: client.unwrap_or_else(|| "local".to_owned()),
            host: None,
            display: seat.display,
            wait_seconds,
            borrow_hours,
        };
        if borrow_hours == 0
            && let Some(lent) = self.lent(&link, &request).await
        {
            return Ok(self.on_borrowed(id, caller, request, holder, lent));
        }
        let said = collector::take(&link, &request, self.now()).await;
        let now = self.now();
        let lease_seconds = self.lease_seconds(&request.application);
        let uid = caller.uid;
        let mut lease = Lease {
            id,
            uid,
            request,
            holder,
            lease_seconds,
            grant: None,
            lent_by: None,
            standing: Standing::Place,
            heard_at: now,
            next_at: now,
        };
        let reply = match said {
            Said::Seat(granted, seconds) => {
                lease.seated(seconds, now);
                lease.grant.clone_from(&granted.grant);
                Reply::Granted { new: true, granted }
            }
            Said::Place(queued) => Reply::Queued(queued),
            Said::Done | Said::Told(_) => {
                return Err(Problem::new(Code::Internal, "the collector's answer says nothing of a seat"));
            }
            Said::Refused(problem) => return Err(problem),
            Said::Away(why) if borrow_hours > 0 => {
                return Err(Problem::new(
                    Code::Unavailable,
                    format!("a licence is borrowed while the collector can be reached: {why}"),
                ));
            }
            Said::Away(why) => {
                let view = self.parts.verdicts.lock().unwrap_or_else(PoisonError::into_inner).view(now);
                lease.lease_seconds = offline::judge(&view, &self.parts.policies.current(), &lease.request.application, &why)?;
                lease.standing = Standing::Offline { use_id: Uuid::new_v4(), since: now };
                lease.plan(now);
                tracing::info!(checkout = %id, why, "used offline");
                self.offline(&lease, true)
            }
        };
        self.book().put(lease);
        self.woken.notify_one();
        Ok(reply)
    }

    /// `GET /v1/checkouts/{id}?wait=`.
    ///
    /// # Errors
    /// 404 for what is not the caller's, 422 for a wrong wait, 503 while the queue cannot be asked.
    pub async fn poll(&self, caller: Caller, id: Uuid, wait_seconds: i64) -> Result<Reply, Problem> {
        let wait_seconds = wait(wait_seconds)?;
        let lease = self.heard(caller, id)?;
        if lease.lent_by.is_some() {
            return Ok(Reply::Granted { new: false, granted: held(&lease, self.now()) });
        }
        let said = collector::poll(&self.link(), id, wait_seconds, self.now()).await;
        self.answer(caller, id, said)
    }

    /// `POST /v1/checkouts/{id}/heartbeat`.
    ///
    /// # Errors
    /// As [`Self::poll`].
    pub async fn heartbeat(&self, caller: Caller, id: Uuid) -> Result<Reply, Problem> {
        let lease = self.heard(caller, id)?;
        if matches!(lease.standing, Standing::Offline { .. }) {
            return Ok(self.offline(&lease, false));
        }
        if lease.lent_by.is_some() {
            return Ok(Reply::Granted { new: false, granted: held(&lease, self.now()) });
        }
        let said = collector::heartbeat(&self.link(), id, self.now()).await;
        self.answer(caller, id, said)
    }

    /// `DELETE /v1/checkouts/{id}`. What cannot be told now is told later.
    ///
    /// # Errors
    /// 404 for what is not the caller's.
    pub async fn give_back(&self, caller: Caller, id: Uuid) -> Result<Reply, Problem> {
        let lease = {
            let mut book = self.book();
            let lease = book.get(id, caller.uid).cloned().ok_or_else(unknown)?;
            let now = self.now();
            book.end(id, now);
            if lease.is_borrowed() {
                self.recall(&mut book, id, now);
            }
            lease
        };
        self.woken.notify_one();
        if !matches!(lease.standing, Standing::Offline { .. }) && lease.lent_by.is_none() {
            match collector::give_back(&self.link(), id, self.now()).await {
                Said::Away(why) => tracing::info!(checkout = %id, why, "a seat is given back later"),
                _ => self.book().returned(id),
            }
        }
        Ok(Reply::Done)
    }

    pub(super) fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn link(&self) -> Link {
        self.parts.links.borrow().clone()
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.parts.clock.now()
    }

    /// What the caller has under an id already.
    fn known(&self, id: Uuid, caller: Caller) -> Result<Option<Lease>, Problem> {
        let book = self.book();
        let before = book.get(id, caller.uid).cloned();
        if before.is_none() && book.knows(id) {
            return Err(Problem::new(Code::Conflict, "this id is another check-out's; make another one"));
        }
        if before.is_none() && book.is_full(caller.uid) {
            return Err(Problem::new(Code::TooMany, "this user has too many check-outs here; give some back"));
        }
        Ok(before)
    }

    /// What everybody on this machine may know.
    #[must_use]
    pub fn overview(&self) -> Overview {
        self.book().overview()
    }

    /// How long a check-out lasts without a heartbeat, as the policy says.
    pub(super) fn lease_seconds(&self, application: &str) -> i64 {
        let seconds = self.parts.policies.current().application(application).map(|found| found.lease_seconds);
        seconds.and_then(|seconds| i64::try_from(seconds).ok()).unwrap_or(PLACE_SECONDS)
    }

    fn heard(&self, caller: Caller, id: Uuid) -> Result<Lease, Problem> {
        let mut book = self.book();
        let now = self.now();
        book.get(id, caller.uid).ok_or_else(unknown)?;
        book.change(id, |lease| {
            lease.heard(now);
            lease.clone()
        })
        .ok_or_else(unknown)
    }

    /// What the collector said about a check-out that is in the book.
    fn answer(&self, caller: Caller, id: Uuid, said: Said) -> Result<Reply, Problem> {
        let now = self.now();
        let mut book = self.book();
        let lease = book.get(id, caller.uid).cloned().ok_or_else(unknown)?;
        match (said, lease.standing) {
            (Said::Seat(granted, seconds), _) => {
                book.change(id, |lease| {
                    lease.seated(seconds, now);
                    // The seat of somebody who waited for one to borrow.
                    lease.grant = granted.grant.clone().or(lease.grant.take());
                });
                Ok(Reply::Granted { new: false, granted })
            }
            (_, Standing::Offline { .. }) => Ok(self.offline(&lease, false)),
            (Said::Place(queued), _) => Ok(Reply::Queued(queued)),
            (Said::Refused(problem), _) => {
                if problem.code() == Some(Code::NotFound) {
                    match lease.holder {
                        // The program goes on; a seat is asked for again.
                        Some(_) => drop(book.change(id, |lease| lease.lost(Uuid::new_v4(), now))),
                        None => book.forget(id),
                    }
                }
                Err(problem)
            }
            (Said::Away(_) | Said::Done | Said::Told(_), Standing::Seat { .. }) => {
                Ok(Reply::Granted { new: false, granted: held(&lease, now) })
            }
            (Said::Away(why), Standing::Place) => Err(Problem::new(Code::Unavailable, why)),
            (Said::Done | Said::Told(_), Standing::Place) => {
                Err(Problem::new(Code::Internal, "the collector's answer says nothing of a seat"))
            }
        }
    }

    fn offline(&self, lease: &Lease, new: bool) -> Reply {
        Reply::Granted { new, granted: CheckoutGranted { kind: OFFLINE.to_owned(), ..held(lease, self.now()) } }
    }
}

impl Reply {
    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Granted { new: true, .. } => 201,
            Self::Granted { new: false, .. } => 200,
            Self::Queued(_) => 202,
            Self::Done => 204,
        }
    }

    /// The body; empty for 204.
    ///
    /// # Errors
    /// When it cannot be encoded.
    pub fn body(&self) -> Result<String, serde_json::Error> {
        match self {
            Self::Granted { granted, .. } => serde_json::to_string(granted),
            Self::Queued(queued) => serde_json::to_string(queued),
            Self::Done => Ok(String::new()),
        }
    }
}

/// A seat as this machine remembers it.
pub(super) fn held(lease: &Lease, now: DateTime<Utc>) -> CheckoutGranted {
    CheckoutGranted {
        id: lease.id,
        kind: "floating".to_owned(),
        shared: false,
        over_use: false,
        expires_at: lease.expires_at().unwrap_or(now),
        grant: None,
    }
}

fn wait(seconds: i64) -> Result<i64, Problem> {
    if seconds < 0 {
        return Err(Problem::new(Code::InvalidValue, format!("the wait must be at least 0 seconds, not {seconds}")));
    }
    Ok(seconds.min(LONGEST_WAIT))
}

fn unknown() -> Problem {
    Problem::new(Code::NotFound, "there is no such check-out")
}
