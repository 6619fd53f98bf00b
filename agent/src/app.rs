//! The running agent: its parts, put together, and the loop that keeps them going.
//!
//! In: configuration, identity, a locked state directory. Out: `build()` opens everything, `run()` serves until it is told
//! to stop. Only this file knows all the parts.

use crate::{
    broker::{Broker, BrokerParts, Signer},
    collect::hardware::Roots,
    config::{Config, EnforceConfig},
    enforce::{Hooks, Trigger},
    identity::{Identity, StateDir},
    policy::Policies,
    report::{Outbox, Reporter, ReporterOptions, Watch, WatchOptions, boot_id},
    socket::{Desk, bind, serve},
    spool::{Limits, SpoolError},
    uplink::{Delivered, HttpError, Told, Uplink},
    verdict::Verdicts,
};
use muster_runtime::{clock::SharedClock, exit::Exit, service, shutdown::Shutdown, signals::Reloads};
use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    net::UnixListener,
    sync::{mpsc, watch},
};

/// How long a stopping agent goes on delivering.
const DRAIN: Duration = Duration::from_secs(5);
/// A reporter that did not turn for so long is stuck; then the watchdog is left alone.
const STUCK: Duration = Duration::from_secs(180);

/// Why the agent cannot start.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The spool cannot be opened.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// The uplink cannot be set up.
    #[error(transparent)]
    Uplink(#[from] HttpError),
}

impl AppError {
    /// The exit code that goes with it.
    #[must_use]
    pub fn exit(&self) -> Exit {
        Exit::Config
    }
}

/// The parts of an enrolled agent.
#[derive(Debug)]
pub struct App {
    config: Config,
    state: Arc<StateDir>,
    outbox: Arc<Outbox>,
    told: Told,
    reporter: Reporter,
    uplink: Uplink,
    collectors: watch::Sender<Vec<String>>,
    listener: Option<UnixListener>,
    signer: Signer,
    clock: SharedClock,
}

impl App {
    /// Opens everything, with the socket for local applications. A socket that cannot be bound is said and left out.
    ///
    /// # Errors
    /// When the spool or TLS cannot be used.
    pub fn build(config: Config, state: StateDir, identity: Identity, clock: SharedClock) -> Result<Self, AppError> {
        let listener = match bind(&config.socket.path) {
            Ok(listener) => Some(listener),
            Err(error) => {
                tracing::error!(%error, "no socket for local applications");
                None
            }
        };
        let mut app = Self::build_quiet(config, state, identity, clock)?;
        app.listener = listener;
        app.uplink.spread_start();
        Ok(app)
    }

    /// The same without a socket, for one delivery.
    ///
    /// # Errors
    /// When the spool or TLS cannot be used.
    pub fn build_quiet(config: Config, state: StateDir, identity: Identity, clock: SharedClock) -> Result<Self, AppError> {
        let record = &identity.record;
        let first_interval = Duration::from_secs(record.next_report_in);
        let outbox = Outbox::open(state.path(), Limits::default(), record.epoch, first_interval)?;
        let verdicts = Verdicts::open(state.path(), config.runtime_dir(), record.collector_id, record.verify_key);
        let told = Told { verdicts: Arc::new(Mutex::new(verdicts)), policies: Arc::new(Policies::open(state.path())) };
        let signer = Signer { collector_id: record.collector_id, key: record.verify_key };
        let (outbox, state) = (Arc::new(outbox), Arc::new(state));
        let watch = Watch::new(
            WatchOptions {
                roots: Roots::system(),
                software: config.software.root.clone(),
                sessions: config.session_options(),
                policy: told.policies.subscribe(),
                fingerprint_key: record.fingerprint_key,
                boot_id: boot_id(),
                clock: Arc::clone(&clock),
            },
            &outbox.progress(),
        );
        let addresses = if config.collector.is_empty() { record.collectors.clone() } else { config.collector.clone() };
        let (collectors, heard) = watch::channel(addresses.clone());
        let reporter =
            Reporter::new(ReporterOptions { watch, outbox: Arc::clone(&outbox), collectors: heard, clock: Arc::clone(&clock) });
        let uplink = Uplink::new(
            identity,
            Arc::clone(&state),
            Arc::clone(&outbox),
            told.clone(),
            addresses,
            config.proxy.clone(),
            Arc::clone(&clock),
        )?;
        Ok(Self { config, state, outbox, told, reporter, uplink, collectors, listener: None, signer, clock })
    }

    /// The two halves, for whoever drives them himself, and the directory they keep locked.
    #[must_use]
    pub fn into_parts(self) -> (Reporter, Uplink, Arc<StateDir>) {
        (self.reporter, self.uplink, self.state)
    }

    /// Serves until the shutdown, then delivers what it can within a few seconds. `load` reads the configuration again.
    pub async fn run(
        mut self,
        shutdown: Shutdown,
        mut reloads: Reloads,
        trigger: &Trigger,
        load: impl Fn() -> Result<Config, String>,
    ) {
        self.warn_about_hooks();
        let taken = self.told.verdicts.lock().unwrap_or_else(PoisonError::into_inner).taken();
        let (hooks, heard) = watch::channel(self.config.enforce.clone());
        let (asks, asked) = mpsc::channel(16);
        let (renew_uplink, mut new_uplink) = mpsc::channel(1);
        let broker = Arc::new(Broker::new(BrokerParts {
            links: self.uplink.links(),
            policies: Arc::clone(&self.told.policies),
            verdicts: Arc::clone(&self.told.verdicts),
            outbox: Arc::clone(&self.outbox),
            signer: self.signer,
            state: self.state.path().to_owned(),
            boot_id: boot_id(),
            clock: Arc::clone(&self.clock),
        }));
        let desk = Desk {
            outbox: Arc::clone(&self.outbox),
            verdicts: Arc::clone(&self.told.verdicts),
            policies: Arc::clone(&self.told.policies),
            broker: Arc::clone(&broker),
            asks,
            collectors: self.collectors.subscribe(),
            state: self.state.path().to_owned(),
            hooks: hooks.subscribe(),
            clock: Arc::clone(&self.clock),
        };
        let socket = self.listener.is_some().then(|| self.config.socket.path.clone());
        let local = async {
            match self.listener.take() {
                Some(listener) => serve(listener, desk).await,
                // The desk stays: while it lives, so does the channel of those who ask.
                None => std::future::pending::<()>().await,
            }
        };
        let pulse = self.reporter.pulse();
        let reload = async {
            loop {
                reloads.next().await;
                service::reloading();
                reconfigure(&self.config, load(), &self.collectors, &hooks, &renew_uplink).await;
                service::ready("reporting");
            }
        };
        let alive = {
            let (pulse, clock) = (pulse, Arc::clone(&self.clock));
            move || clock.boottime().saturating_sub(pulse.get()) < STUCK
        };
        service::ready("reporting");
        tracing::info!(collectors = ?*self.collectors.borrow(), "the agent runs");
        let work = async {
            tokio::select! {
                () = self.reporter.run(asked) => {}
                () = self.uplink.run(&mut new_uplink) => {}
                () = local => {}
                () = broker.run() => {}
                () = reload => {}
                () = trigger.run(taken, heard) => {}
            }
        };
        let stopped = shutdown.run_until(petting(Some(&alive), work)).await;
        debug_assert!(stopped.is_none(), "none of the loops ends by itself");
        service::stopping();
        tracing::info!("the agent stops");
        if self.outbox.contact().borrow().error.is_none() {
            // What is not delivered now is on disk, and delivered after the next start.
            let _ = tokio::time::timeout(DRAIN, drain(&mut self.uplink)).await;
        }
        if let Some(path) = socket {
            remove(&path);
        }
        if let Err(error) = self.state.hand_over() {
            tracing::warn!(%error, "what root wrote stays root's");
        }
    }

    fn warn_about_hooks(&self) {
        if Hooks::helper_never_ran(&self.config.enforce, self.state.path()) {
            let dir = self.config.enforce.dir.display();
            tracing::warn!("[enforce] names hooks, and {dir} is there for muster-enforce.service, which has not run yet");
        }
    }
}

/// Runs `work`, and tells the service manager meanwhile that the process lives, as long as `alive` says so.
pub async fn petting<F: Future>(alive: Option<&dyn Fn() -> bool>, work: F) -> F::Output {
    let Some(every) = service::watchdog() else { return work.await };
    tokio::pin!(work);
    let mut ticks = tokio::time::interval(every);
    loop {
        tokio::select! {
            output = &mut work => return output,
            _ = ticks.tick() => if alive.is_none_or(|alive| alive()) { service::pet() },
        }
    }
}

async fn drain(uplink: &mut Uplink) {
    while matches!(uplink.deliver().await, Delivered::Taken(_) | Delivered::Again) {}
}

/// Takes over what can change while the agent runs, and names what cannot.
async fn reconfigure(
    old: &Config,
    new: Result<Config, String>,
    collectors: &watch::Sender<Vec<String>>,
    hooks: &watch::Sender<EnforceConfig>,
    uplink: &mpsc::Sender<(Vec<String>, String)>,
) {
    let new = match new {
        Ok(new) => new,
        Err(error) => {
            tracing::error!(error, "the new configuration is not used; the old one stays");
            return;
        }
    };
    let Config { collector, proxy, state_dir, sessions, software, socket, enforce } = new;
    if (&state_dir, &sessions, &software, &socket) != (&old.state_dir, &old.sessions, &old.software, &old.socket) {
        tracing::warn!("state_dir, [sessions], [software] and [socket] change with the next start");
    }
    hooks.send_if_modified(|hooks| std::mem::replace(hooks, enforce.clone()) != enforce);
    if !collector.is_empty() {
        collectors.send_replace(collector.clone());
    }
    // The uplink lives as long as this task.
    let _ = uplink.send((collector, proxy)).await;
    tracing::info!("the configuration was read again");
}

fn remove(path: &PathBuf) {
    if let Err(error) = std::fs::remove_file(path) {
        tracing::debug!(%error, "the socket cannot be removed");
    }
}
