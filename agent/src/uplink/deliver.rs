//! The delivery of the outbox: one report after the other, in their order, until it is empty.
//!
//! In: reports from the outbox, the identity, the plan of retries. Out: acknowledged reports; epoch, receipt, verdict and
//! certificate as the collector says. A report leaves the outbox only when the collector took it or can never take it.

use super::{
    answer::{Outcome, Refusal, judge},
    http::{Answer, Http, HttpError, TransportError},
    link::Link,
    plan::{Plan, Retry},
    renewal::{self, RenewError, Renewal},
    tls::tls_config,
};
use crate::{
    identity::{Identity, StateDir},
    policy::Policies,
    report::{Outbox, Waiting},
    verdict::Verdicts,
};
use muster_runtime::{clock::SharedClock, exit::Exit, random};
use muster_wire::{
    path,
    policy::PolicyDocument,
    report::{Need, Report, ReportResponse},
};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::watch;

/// Timers do not run in suspend; the time since boot is looked at this often.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);
/// The first delivery after a start is spread over at most this, so that a site that comes up does not come at once.
const START_SPREAD: Duration = Duration::from_secs(30);
/// A collector that answers every epoch with another one is not followed for ever.
const RESYNCS: u32 = 3;

/// Why a report is not delivered yet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UplinkError {
    /// There was no answer.
    #[error(transparent)]
    Transport(TransportError),
    /// This agent may not report.
    #[error("{}: {reason}", match why {
        Refusal::Pending => "this agent waits for an administrator's approval",
        Refusal::Revoked => "this agent was revoked",
        Refusal::Identity => "the collector does not take this agent's certificate",
        Refusal::Other => "the collector refuses this agent",
    })]
    Refused {
        /// Why.
        why: Refusal,
        /// What the collector said.
        reason: String,
    },
    /// The collector asks to wait.
    #[error("the collector asks to try again later: {reason}")]
    Later {
        /// What it said.
        reason: String,
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
    /// This agent cannot go on.
    #[error("{0}")]
    Local(String),
}

impl UplinkError {
    /// The exit code that goes with it (contract 1).
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Transport(error) if error.is_unreachable() => Exit::Unreachable,
            Self::Later { .. } | Self::Refused { why: Refusal::Pending, .. } => Exit::TryAgain,
            Self::Transport(_) | Self::Refused { .. } | Self::Local(_) => Exit::Failed,
        }
    }

    /// Whether no collector answered.
    #[must_use]
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Transport(error) if error.is_unreachable())
    }

    fn retry(&self) -> Retry {
        match self {
            Self::Refused { .. } => Retry::Refused,
            Self::Later { retry_after, .. } => Retry::Later { retry_after: *retry_after },
            Self::Transport(_) | Self::Local(_) => Retry::Later { retry_after: None },
        }
    }
}

/// How one try ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivered {
    /// Nothing waits.
    Nothing,
    /// The collector took the report with this number.
    Taken(u64),
    /// The next try can follow at once: a new epoch, or a report that was let go.
    Again,
    /// It waits; try later.
    Failed(UplinkError),
}

/// Where what the collector tells this machine goes.
#[derive(Debug, Clone)]
pub struct Told {
    /// The licence's state.
    pub verdicts: Arc<Mutex<Verdicts>>,
    /// What holds for applications.
    pub policies: Arc<Policies>,
}

/// The uplink of an enrolled agent.
#[derive(Debug)]
pub struct Uplink {
    http: Arc<Http>,
    proxy: String,
    collectors: Vec<String>,
    preferred: usize,
    identity: Identity,
    state: Arc<StateDir>,
    outbox: Arc<Outbox>,
    told: Told,
    other_policy: bool,
    links: watch::Sender<Link>,
    plan: Plan,
    renewal: Renewal,
    resyncs: u32,
    clock: SharedClock,
}

impl Uplink {
    /// Builds it; nothing is sent yet. Without `collectors` those of the enrolment are used.
    ///
    /// # Errors
    /// When TLS or the proxy cannot be set up.
    pub fn new(
        identity: Identity,
        state: Arc<StateDir>,
        outbox: Arc<Outbox>,
        told: Told,
        collectors: Vec<String>,
        proxy: String,
        clock: SharedClock,
    ) -> Result<Self, HttpError> {
        let http = Arc::new(Http::new(tls_config(&identity, &clock)?, &proxy, Arc::clone(&clock))?);
        let links = watch::Sender::new(Link { http: Arc::clone(&http), collectors: Vec::new() });
        let renewal = Renewal::of(&identity)?;
        let mut uplink = Self {
            http,
            proxy,
            collectors: Vec::new(),
            preferred: 0,
            identity,
            state,
            outbox,
            told,
            other_policy: false,
            links,
            plan: Plan::default(),
            renewal,
            resyncs: 0,
            clock,
        };
        uplink.set_collectors(collectors);
        Ok(uplink)
    }

    /// Other addresses or another proxy, after a reload of the configuration.
    ///
    /// # Errors
    /// When the proxy cannot be used; then everything stays as it was.
    pub fn reconfigure(&mut self, collectors: Vec<String>, proxy: String) -> Result<(), HttpError> {
        if proxy != self.proxy {
            self.http = Arc::new(Http::new(tls_config(&self.identity, &self.clock)?, &proxy, Arc::clone(&self.clock))?);
            self.proxy = proxy;
        }
        self.set_collectors(collectors);
        self.plan.succeeded();
        Ok(())
    }

    /// The way to the collector as it is now, for what does not wait for a report.
    #[must_use]
    pub fn links(&self) -> watch::Receiver<Link> {
        self.links.subscribe()
    }

    /// The first delivery happens a random while after the start, unless somebody asks for it.
    pub fn spread_start(&mut self) {
        let spread = random::jitter(self.outbox.first_within().min(START_SPREAD));
        self.plan.hold_until(self.clock.boottime() + spread);
    }

    /// Runs until it is dropped; `reload` brings new addresses and proxies.
    pub async fn run(&mut self, reload: &mut tokio::sync::mpsc::Receiver<(Vec<String>, String)>) {
        let outbox = Arc::clone(&self.outbox);
        loop {
            let now = self.clock.boottime();
            let empty = outbox.backlog().reports == 0;
            let wait = self.plan.wait(now);
            if empty || !wait.is_zero() {
                tokio::select! {
                    () = outbox.filled(), if empty => {}
                    () = tokio::time::sleep(wait.min(LONGEST_SLEEP)), if !empty => {}
                    () = outbox.prompted() => self.plan.release(),
                    () = outbox.urged() => { self.plan.urge(self.clock.boottime()); }
                    Some((collectors, proxy)) = reload.recv() => {
                        if let Err(error) = self.reconfigure(collectors, proxy) {
                            tracing::error!(%error, "the new configuration of the uplink cannot be used; the old one stays");
                        }
                    }
                }
                continue;
            }
            self.deliver().await;
        }
    }

    /// Tries to deliver the oldest report once, and plans the next try.
    pub async fn deliver(&mut self) -> Delivered {
        if self.renewal.is_due(self.clock.now()) {
            self.renew().await;
        }
        let outcome = match self.outbox.front() {
            Ok(None) => return Delivered::Nothing,
            Ok(Some(Waiting { seq, report: Ok(report) })) => match self.send(&report).await {
                Ok(Outcome::Unacceptable { reason }) if report.software.is_some() => {
                    tracing::error!(seq, reason, "the collector cannot take this report with its software list; it goes without");
                    self.outbox.refuse_list(report.software_digest.unwrap_or_default(), reason);
                    Delivered::Again
                }
                Ok(outcome) => self.act(seq, outcome),
                Err(error) => Delivered::Failed(error),
            },
            Ok(Some(Waiting { seq, report: Err(error) })) => {
                self.act(seq, Outcome::Unacceptable { reason: format!("it cannot be read back: {error}") })
            }
            Err(error) => Delivered::Failed(UplinkError::Local(format!("the spool cannot be read: {error}"))),
        };
        if let Delivered::Failed(error) = &outcome {
            self.plan.failed(error.retry(), self.clock.boottime(), random::jitter);
            if self.outbox.failed(&error.to_string(), error.is_unreachable()) {
                tracing::warn!(%error, waiting = self.outbox.backlog().reports, "no delivery; reports are kept");
            }
        } else {
            if self.plan.failures() > 0 {
                tracing::info!(waiting = self.outbox.backlog().reports, "the collector answers again");
            }
            self.plan.succeeded();
            self.fetch_policy().await;
        }
        outcome
    }

    fn act(&mut self, seq: u64, outcome: Outcome) -> Delivered {
        match outcome {
            Outcome::Taken(response) => self.taken(seq, &response),
            Outcome::Resync { epoch } => self.resync(epoch),
            Outcome::Refused { why, reason } => Delivered::Failed(UplinkError::Refused { why, reason }),
            Outcome::Unacceptable { reason } => {
                tracing::error!(seq, reason, "the collector can never take this report; it is let go and counted");
                self.outbox.discard(seq);
                Delivered::Again
            }
            Outcome::Later { retry_after, reason } => Delivered::Failed(UplinkError::Later { reason, retry_after }),
        }
    }

    fn taken(&mut self, seq: u64, response: &ReportResponse) -> Delivered {
        if response.acked_seq < seq {
            let reason = format!("report {seq} was answered, but only {} is stored", response.acked_seq);
            return Delivered::Failed(UplinkError::Later { reason, retry_after: None });
        }
        self.resyncs = 0;
        if response.need.contains(&Need::Renew) {
            self.renewal.ask(self.clock.now());
        }
        self.other_policy =
            !matches!(response.policy.version, 0) && response.policy.version != self.told.policies.current().version;
        if let Some(text) = &response.verdict {
            let mut verdicts = self.told.verdicts.lock().unwrap_or_else(PoisonError::into_inner);
            match verdicts.accept(text) {
                Ok(true) => tracing::info!(state = verdicts.view(self.clock.now()).state.name(), "new verdict"),
                Ok(false) => {}
                Err(error) => tracing::error!(%error, "the verdict is not used"),
            }
        }
        self.outbox.taken(seq, response, self.clock.now());
        Delivered::Taken(seq)
    }

    /// The new epoch is on disk before a report goes out under it: using the old one again would look like a copy of this
    /// machine.
    fn resync(&mut self, epoch: u64) -> Delivered {
        let local = |reason: String| Delivered::Failed(UplinkError::Local(reason));
        if epoch <= self.identity.record.epoch || self.resyncs >= RESYNCS {
            self.resyncs = 0;
            return local(format!("the collector asks for epoch {epoch} again and again"));
        }
        let mut record = self.identity.record.clone();
        record.epoch = epoch;
        if let Err(error) = self.state.store_record(&record) {
            return local(format!("the new epoch cannot be stored: {error}"));
        }
        tracing::warn!(epoch, "the collector asks to go on under a new epoch");
        self.identity.record = record;
        self.outbox.set_epoch(epoch);
        self.resyncs += 1;
        Delivered::Again
    }

    async fn send(&mut self, report: &Report) -> Result<Outcome, UplinkError> {
        let body = serde_json::to_vec(report).map_err(|error| UplinkError::Local(error.to_string()))?;
        let mut last = UplinkError::Local("no collector is configured".to_owned());
        for turn in 0..self.collectors.len() {
            let index = (self.preferred + turn) % self.collectors.len();
            let Some(url) = self.collectors.get(index) else { break };
            let answered: Result<Answer, _> = self.http.post_compressed(url, path::REPORT, body.clone()).await;
            match answered {
                Ok(answer) => {
                    if self.preferred != index {
                        self.preferred = index;
                        self.publish();
                    }
                    return Ok(judge(&answer));
                }
                Err(error) => last = UplinkError::Transport(error),
            }
        }
        Err(last)
    }

    /// A renewal that fails is tried again later; reports go on meanwhile.
    async fn renew(&mut self) {
        match self.try_renew().await {
            Ok(()) => tracing::info!("the certificate is renewed"),
            Err(error) => {
                tracing::warn!(%error, "the certificate could not be renewed");
                self.renewal.postpone(self.clock.now());
            }
        }
    }

    async fn try_renew(&mut self) -> Result<(), RenewError> {
        let url = self.collectors.get(self.preferred).cloned().unwrap_or_default();
        renewal::renew(&self.http, &url, &mut self.identity, &self.state).await?;
        let wrong = |error: &dyn std::fmt::Display| RenewError::Answer(error.to_string());
        let tls = tls_config(&self.identity, &self.clock).map_err(|error| wrong(&error))?;
        self.http = Arc::new(Http::new(tls, &self.proxy, Arc::clone(&self.clock)).map_err(|error| wrong(&error))?);
        self.publish();
        self.renewal = Renewal::of(&self.identity).map_err(|error| wrong(&error))?;
        Ok(())
    }

    fn set_collectors(&mut self, collectors: Vec<String>) {
        self.collectors = if collectors.is_empty() { self.identity.record.collectors.clone() } else { collectors };
        self.preferred = 0;
        self.publish();
    }

    /// The collector that answered last comes first.
    fn publish(&self) {
        let (before, from) = self.collectors.split_at(self.preferred.min(self.collectors.len()));
        let collectors = from.iter().chain(before).cloned().collect();
        self.links.send_replace(Link { http: Arc::clone(&self.http), collectors });
    }

    /// Asks for the policy that the last answer named, if it is another one. What fails is tried after the next report.
    async fn fetch_policy(&mut self) {
        if !std::mem::take(&mut self.other_policy) {
            return;
        }
        let link = self.links.borrow().clone();
        let answer = match link.call(reqwest::Method::GET, path::POLICY, None).await {
            Ok(answer) if answer.status == 200 => answer,
            Ok(answer) => return tracing::warn!(reason = answer.reason(), "the policy cannot be had"),
            Err(error) => return tracing::warn!(%error, "the policy cannot be had"),
        };
        match serde_json::from_slice::<PolicyDocument>(&answer.body) {
            Ok(document) => {
                let (version, applications) = (document.version, document.applications.len());
                match self.told.policies.accept(document) {
                    Ok(true) => tracing::info!(version, applications, "new policy"),
                    Ok(false) => {}
                    Err(error) => tracing::warn!(%error, "the policy cannot be stored; it is in force until the next start"),
                }
            }
            Err(error) => tracing::warn!(%error, "the policy cannot be read"),
        }
    }
}
