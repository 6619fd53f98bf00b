//! What the socket answers.
//!
//! In: method, path, body and caller. Out: status and JSON. A report that somebody asks for is shared by all who ask at that
//! time, so that asking often costs the collector nothing.

use super::{
    checkouts,
    status::{self, Status},
};
use crate::{
    broker::{Broker, Caller, decisions},
    config::EnforceConfig,
    enforce::Hooks,
    identity::Identity,
    policy::Policies,
    report::{Ask, Contact, Outbox},
    verdict::{State, Verdicts, View},
};
use muster_runtime::clock::SharedClock;
use muster_wire::problem::{Code, Problem};
use serde::{Deserialize, Serialize};
use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::{mpsc, oneshot, watch};

/// How long somebody who asked for a report waits for its delivery.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(45);
/// After this long without a try, the last error is the answer: a try was granted to somebody just before.
const TRY_TIMEOUT: Duration = Duration::from_secs(12);

/// What the routes need of the agent.
#[derive(Debug, Clone)]
pub struct Desk {
    /// The reports.
    pub outbox: Arc<Outbox>,
    /// The verdict.
    pub verdicts: Arc<Mutex<Verdicts>>,
    /// What holds for applications.
    pub policies: Arc<Policies>,
    /// The check-outs.
    pub broker: Arc<Broker>,
    /// The reporter.
    pub asks: mpsc::Sender<Ask>,
    /// Where reports go.
    pub collectors: watch::Receiver<Vec<String>>,
    /// The state directory.
    pub state: PathBuf,
    /// What runs when the licence's state changes.
    pub hooks: watch::Receiver<EnforceConfig>,
    /// The clock.
    pub clock: SharedClock,
}

/// The answer to `POST /v1/report`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportNow {
    /// Whether the collector took it.
    pub delivered: bool,
    /// Its number.
    pub seq: u64,
    /// Why it waits, if it does.
    pub reason: Option<String>,
    /// Whether no collector can be reached.
    pub unreachable: bool,
}

/// A request.
#[derive(Debug)]
pub(super) struct Asked {
    /// Who asks, where the system says so.
    pub(super) caller: Option<Caller>,
    /// The method.
    pub(super) method: String,
    /// The path.
    pub(super) path: String,
    /// What stands after the question mark.
    pub(super) query: Option<String>,
    /// The body.
    pub(super) body: Vec<u8>,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Reply {
    /// The HTTP status.
    pub(super) status: u16,
    /// The media type.
    pub(super) kind: &'static str,
    /// The body.
    pub(super) body: Result<String, serde_json::Error>,
}

impl Desk {
    /// Answers one request.
    pub(super) async fn answer(&self, asked: Asked) -> Reply {
        let Asked { caller, method, path, query, body } = asked;
        if let Some(reply) = checkouts::answer(&self.broker, caller, &method, &path, query.as_deref(), body).await {
            return reply;
        }
        match (method.as_str(), path.as_str()) {
            ("GET", "/v1/verdict") => json(200, &self.verdict()),
            ("GET", "/v1/status") => json(200, &self.status()),
            ("POST", "/v1/report") => self.report().await,
            (_, "/v1/verdict" | "/v1/status" | "/v1/report") => {
                problem(&Problem::new(Code::MethodNotAllowed, "see the manual page"))
            }
            _ => problem(&Problem::new(Code::NotFound, "there is /v1/verdict, /v1/checkouts, /v1/status and /v1/report")),
        }
    }

    fn verdict(&self) -> View {
        let mut view = self.verdicts.lock().unwrap_or_else(PoisonError::into_inner).view(self.clock.now());
        if view.state == State::Unknown {
            view.applications = decisions(&self.policies.current());
        }
        view
    }

    fn status(&self) -> Status {
        let identity = Identity::load(&self.state).inspect_err(|error| tracing::warn!(%error, "identity")).ok().flatten();
        let collectors = self.collectors.borrow().clone();
        // Everybody on this machine may ask, so that what a hook printed is left out.
        let hooks = Hooks::look(&self.hooks.borrow(), &self.state, false);
        status::of_running(identity.as_ref(), collectors, &self.outbox, self.verdict(), self.broker.overview(), hooks)
    }

    async fn report(&self) -> Reply {
        let mut contact = self.outbox.contact();
        let before = contact.borrow_and_update().tries;
        let (reply, seq) = oneshot::channel();
        let asked = self.asks.send(Ask { reply }).await.is_ok();
        let Some(seq) = (if asked { seq.await.ok() } else { None }) else {
            return problem(&Problem::new(Code::Unavailable, "the agent is stopping"));
        };
        let delivered = tokio::time::timeout(DELIVERY_TIMEOUT, delivery(&mut contact, seq, before, TRY_TIMEOUT)).await;
        let (delivered, reason, unreachable) = match delivered {
            Ok(Ok(())) => (true, None, false),
            Ok(Err(contact)) => (false, contact.error, contact.unreachable),
            Err(_) => (false, Some("no answer in time".to_owned()), true),
        };
        json(if delivered { 200 } else { 503 }, &ReportNow { delivered, seq, reason, unreachable })
    }
}

/// Waits until the report `seq` has left the outbox, or a try after the first `before` ones did not succeed.
async fn delivery(contact: &mut watch::Receiver<Contact>, seq: u64, before: u64, patience: Duration) -> Result<(), Contact> {
    let settled = |contact: &Contact, tried: bool| match contact {
        contact if contact.through >= seq => Some(Ok(())),
        contact if contact.error.is_some() && (tried || contact.tries > before) => Some(Err(contact.clone())),
        _ => None,
    };
    let mut tried = false;
    loop {
        if let Some(settled) = settled(&contact.borrow_and_update(), tried) {
            return settled;
        }
        match tokio::time::timeout(patience, contact.changed()).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return Err(contact.borrow().clone()),
            Err(_) => tried = true,
        }
    }
}

fn json(status: u16, value: &impl Serialize) -> Reply {
    Reply { status, kind: "application/json", body: serde_json::to_string(value) }
}

pub(super) fn problem(problem: &Problem) -> Reply {
    Reply { kind: "application/problem+json", ..json(problem.status, problem) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contact(tries: u64, through: u64, error: Option<&str>) -> Contact {
        Contact { tries, through, error: error.map(str::to_owned), ..Contact::default() }
    }

    #[tokio::test]
    async fn waits_for_delivery_or_for_the_try_that_failed() {
        let long = Duration::from_secs(3600);
        for (states, patience, expected) in [
            (vec![contact(0, 7, None)], long, Ok(())),
            (vec![contact(0, 5, None), contact(1, 6, None), contact(2, 7, None)], long, Ok(())),
            (vec![contact(0, 5, None), contact(1, 5, Some("refused"))], long, Err("refused")),
            (vec![contact(0, 5, Some("before")), contact(1, 7, None)], long, Ok(())),
            (vec![contact(0, 5, Some("before"))], Duration::ZERO, Err("before")),
        ] {
            let mut states = states.into_iter();
            let (sender, mut receiver) = watch::channel(states.next().unwrap());
            let waiting = tokio::spawn(async move { delivery(&mut receiver, 7, 0, patience).await });
            for state in states {
                tokio::task::yield_now().await;
                sender.send_replace(state);
            }
            let got = waiting.await.unwrap().map_err(|contact| contact.error.unwrap());
            assert_eq!(got.as_ref().map_err(String::as_str).copied(), expected);
        }
    }
}
