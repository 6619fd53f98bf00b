//! The daemon put together: `build` opens the store and binds the listeners, `run` serves until shutdown and drains.
//!
//! The only module that knows everyone.

use crate::{
    admin::{
        AdminContext, Hosts, InFlight, Readiness,
        auth::{Directory, Logins},
        disk_has_room,
    },
    assets::ReferenceTables,
    backup::{self, BackupError, Backups},
    compliance::{self, Compliance, TrustedVendors},
    config::Config,
    gateway::{Gateway, Limits, Listener},
    ingest::{self, Fleet, Ingest, SoftwareLists},
    jobs::{Admissions, Certificates, Nightly, PseudonymJob, Reconciling, Ticker, UsageRetention, Weekly},
    notify::{self, Dispatcher, Notifications},
    privacy::{self, Privacy, Pseudonyms},
    publish::{Alerts, Board, Metrics, watch},
    reconcile::{self, Reconciliations},
    records::{self, Records},
    sessions::{self, Keeper, PoolKeeper, Sessions},
    settings::Settings,
    site::{ShownSite, ToldSite},
    sso::SingleSignOn,
    store::{self, StoreError, Stores},
    trust::{Authority, interop::InteropCredentials, keys::KeyFiles, names, serving::Serving},
    units::{self, Units},
};
use anyhow::{Context as _, bail};
use axum::Router;
use muster_license::MachineKey;
use muster_runtime::{
    clock::SharedClock,
    durable::{self, DirLock},
    service,
    shutdown::Shutdown,
};
use std::{net::SocketAddr, sync::Arc};
use tokio::{net::TcpListener, task::JoinSet};

/// Connections of agents at once, in all.
const MAX_AGENT_CONNECTIONS: usize = 20_000;
/// The setting in which `init` keeps the names of the server.
pub const NAMES: &str = "collector.names";

/// The daemon, ready to serve.
pub struct App {
    stores: Stores,
    compliance: Arc<Compliance>,
    sessions: Arc<Sessions>,
    units: Arc<Units>,
    reconciliations: Arc<Reconciliations>,
    settings: Arc<Settings>,
    notifications: Arc<Notifications>,
    privacy: Arc<Privacy>,
    fleet: Arc<Fleet>,
    sso: Option<Arc<SingleSignOn>>,
    board: Arc<Board>,
    directory: Arc<Directory>,
    gateway: Arc<Gateway>,
    agents: Listener,
    admin: TcpListener,
    interop: Option<(TcpListener, Router)>,
    serving: Arc<Serving>,
    admin_tls: bool,
    router: Router,
    clock: SharedClock,
    shutdown: Shutdown,
    addresses: Addresses,
    _lock: DirLock,
}

/// Where the daemon listens.
#[derive(Debug, Clone, Copy)]
pub struct Addresses {
    /// The agent listener.
    pub agents: SocketAddr,
    /// The admin listener.
    pub admin: SocketAddr,
    /// The interop listener, if there is one.
    pub interop: Option<SocketAddr>,
}

impl App {
    /// Opens the data directory and binds the listeners; nothing is served yet.
    ///
    /// # Errors
    /// What cannot be used, where it is and what to do.
    pub async fn build(config: &Config, clock: SharedClock, shutdown: Shutdown) -> anyhow::Result<Self> {
        let dir = &config.data_dir;
        let files = KeyFiles::of(dir);
        if !files.exists("machine.key") {
            bail!("{} is not a collector's data directory; make one with: muster-collector init --data-dir {0}", dir.display());
        }
        let lock = DirLock::acquire(dir).map_err(|error| BackupError::of_lock(error, dir))?;
        durable::remove_unfinished(dir).with_context(|| format!("cannot use {}", dir.display()))?;
        backup::tidy(dir)?;
        // Before the store: opening that one for writing changes its file.
        let machine = Arc::new(
            MachineKey::from_pem(&files.read("machine.key")?)
                .with_context(|| format!("{}", files.path("machine.key").display()))?,
        );
        let stores = store::redb::open(&dir.join("muster.redb")).await;
        let stores = stores.map_err(|error| match error {
            // With the old keys a new store would belong to no agent: only a backup brings back what was there.
            StoreError::NotFound { .. } => anyhow::Error::new(error).context(
                "the store is gone; put the data directory back from a backup. To begin anew, make an empty one with muster-collector \
                 init and enrol the machines again",
            ),
            error => anyhow::Error::new(error).context("cannot open the store"),
        })?;
        // Before any stage writes to the audit log: what happens from here on is told.
        notify::begin(&stores, clock.now()).await?;
        let collector_id = stores
            .system
            .collector_id()
            .await?
            .with_context(|| format!("{}: init did not finish; remove the directory and start over", dir.display()))?;
        let authority = Arc::new(Authority::load(&files, collector_id)?);
        let stored = stores.system.settings().await?;
        let given: Vec<String> = stored.get(NAMES).map(|names| names.lines().map(str::to_owned).collect()).unwrap_or_default();
        let all_names = names::with_local(&given);
        let serving = Arc::new(Serving::new(Arc::clone(&authority), files.clone(), all_names, clock.now())?);

        let settings = Arc::new(Settings::load(Arc::clone(&stores.system)).await?);
        let alerts = Arc::new(Alerts::default());
        let metrics = Arc::new(Metrics::default());
        let references = Arc::new(ReferenceTables::load(Arc::clone(&stores.references)).await?);
        let compliance = Arc::new(
            Compliance::load(
                compliance::Parts {
                    stores: stores.clone(),
                    references: Arc::clone(&references),
                    machine: Arc::clone(&machine),
                    vendors: TrustedVendors::load(&files)?,
                    collector_id,
                    zone: config.zone,
                    nightly_at: config.nightly_at,
                    alerts: Arc::clone(&alerts),
                    settings: Arc::clone(&settings),
                },
                Arc::clone(&clock),
            )
            .await?,
        );
        // From here on, time is what is believed: one wrong clock must not tell two stories.
        let clock = compliance.clock();
        let board = Arc::new(Board::new(
            collector_id,
            machine.id().to_string(),
            config.zone_name.clone(),
            Arc::clone(&clock),
            Arc::clone(&alerts),
        ));
        let live = stores.reports.load().await?;
        let fleet = Arc::new(
            Fleet::load(stores.clone(), live.progress, Arc::clone(&clock), config.agents.silent_after, Arc::clone(&alerts))
                .await?,
        );
        let (for_gate, for_caps, for_hosts) = (Arc::clone(&compliance), Arc::clone(&compliance), Arc::clone(&fleet));
        let sessions = sessions::Parts {
            stores: stores.clone(),
            live: live.sessions,
            zone: config.zone,
            clock: Arc::clone(&clock),
            open_since: Arc::new(move || for_gate.open_since()),
            caps: Arc::new(move |application: &str| for_caps.seats(application)),
            hosts: Arc::new(move |agent| for_hosts.get(agent).map(|agent| agent.record.hostname.clone())),
            settings: Arc::clone(&settings),
        };
        let sessions = Arc::new(Sessions::load(sessions).await?);
        let units = Arc::new(Units::new(units::Parts {
            stores: stores.clone(),
            references: Arc::clone(&references),
            settings: Arc::clone(&settings),
            compliance: Arc::clone(&compliance),
        }));
        let for_today = Arc::clone(&compliance);
        let zone = config.zone;
        let records = Arc::new(
            Records::load(records::Parts {
                stores: stores.clone(),
                references: Arc::clone(&references),
                today: Arc::new(move || zone.site_date(for_today.time())),
            })
            .await?,
        );
        let reconciliations = Arc::new(Reconciliations::new(reconcile::Parts {
            stores: stores.clone(),
            compliance: Arc::clone(&compliance),
            records: Arc::clone(&records),
            settings: Arc::clone(&settings),
            gather: Arc::new(reconcile::Site {
                stores: stores.clone(),
                references: Arc::clone(&references),
                records: Arc::clone(&records),
                compliance: Arc::clone(&compliance),
            }),
            holder: format!("{collector_id}:{}", std::process::id()),
        }));
        let software = Arc::new(SoftwareLists::load(Arc::clone(&stores.software), Arc::clone(board.alerts())).await?);
        let ingest = Arc::new(Ingest::new(ingest::Parts {
            software,
            fleet: Arc::clone(&fleet),
            sessions: Arc::clone(&sessions),
            references: Arc::clone(&references),
            authority: Arc::clone(&authority),
            board: Arc::clone(&board),
            verdicts: Arc::<Compliance>::clone(&compliance),
            verify_key: machine.public().ed25519,
            report_interval: config.agents.report_interval,
        }));
        let gateway = Arc::new(Gateway::new(Arc::clone(&ingest), Arc::clone(&metrics), Arc::clone(&clock)));

        let limits = Limits { per_address: config.agents.max_connections_per_address, total: MAX_AGENT_CONNECTIONS };
        let agents = Listener::bind(config.agents.listen, serving.agents(), limits)
            .await
            .with_context(|| format!("cannot listen for agents on {} (key `agents.listen`)", config.agents.listen))?;
        let admin = bind(config.admin.listen, "administrators", "admin.listen").await?;
        let interop = match config.interop_listen {
            Some(listen) => Some(bind(listen, "applications", "interop.listen").await?),
            None => None,
        };
        let addresses = Addresses {
            agents: agents.address()?,
            admin: admin.local_addr()?,
            interop: interop.as_ref().map(TcpListener::local_addr).transpose()?,
        };
        let notifications = notify::Parts {
            stores: stores.clone(),
            settings: Arc::clone(&settings),
            site: Arc::new(ToldSite {
                compliance: Arc::clone(&compliance),
                sessions: Arc::clone(&sessions),
                fleet: Arc::clone(&fleet),
                records: Arc::clone(&records),
                clock: Arc::clone(&clock),
                heard_from: clock.boottime() + config.agents.silent_after,
            }),
            post: notify::Post::new(
                config.mail.clone(),
                config.webhooks_ca.clone(),
                notify::Signer::new(&machine.secret_for_hkdf()),
                config.console_url(addresses.admin, &given),
                (collector_id, config.zone_name.parse().unwrap_or_default()),
            ),
            alerts: Arc::clone(&alerts),
            clock: Arc::clone(&clock),
            holder: format!("{collector_id}:{}", std::process::id()),
        };
        let notifications = Arc::new(Notifications::load(notifications).await?);
        let privacy = Arc::new(Privacy::new(privacy::Parts {
            stores: stores.clone(),
            sessions: Arc::clone(&sessions),
            references: Arc::clone(&references),
            compliance: Arc::clone(&compliance),
            settings: Arc::clone(&settings),
            pseudonyms: Pseudonyms::new(&machine.secret_for_hkdf()),
        }));
        board.connect(Arc::new(ShownSite {
            compliance: Arc::clone(&compliance),
            sessions: Arc::clone(&sessions),
            fleet: Arc::clone(&fleet),
            units: Arc::clone(&units),
            notifications: Arc::clone(&notifications),
        }));
        let (for_check, served, data_dir) = (Arc::clone(&clock), Arc::clone(&serving), dir.clone());
        // Behind a proxy that speaks TLS in the listener's stead, the address of the console says so.
        let tls = config.admin.tls || config.admin.url.as_deref().is_some_and(|url| url.starts_with("https://"));
        let sso = config.oidc.clone().map(|oidc| SingleSignOn::new(oidc, tls, Arc::clone(&alerts), Arc::clone(&clock)));
        let sso = sso.map(Arc::new);
        let directory = Arc::new(Directory::open(Arc::clone(&stores.people)).await?);
        let credentials = Arc::new(InteropCredentials::open(Arc::clone(&stores.interop)).await?);
        let used = directory.uses().of_kind("interop", &clock);
        let inventories = crate::interop::inventories(Arc::clone(&credentials), ingest, used);
        let context = Arc::new(AdminContext {
            board: Arc::clone(&board),
            metrics,
            stores: stores.clone(),
            references: Arc::clone(&references),
            compliance: Arc::clone(&compliance),
            fleet: Arc::clone(&fleet),
            sessions: Arc::clone(&sessions),
            reconciliations: Arc::clone(&reconciliations),
            units: Arc::clone(&units),
            notifications: Arc::clone(&notifications),
            privacy: Arc::clone(&privacy),
            records: Arc::clone(&records),
            record_imports: records::Imports::new(Arc::clone(&records), Arc::clone(&clock)),
            imports: crate::assets::Importer::new(stores.clone(), Arc::clone(&references), Arc::clone(&clock)),
            settings: Arc::clone(&settings),
            authority,
            interop: credentials,
            logins: Logins::new(Arc::clone(&directory), Arc::clone(&clock)),
            sso: sso.clone(),
            directory: Arc::clone(&directory),
            in_flight: InFlight::default(),
            backups: Arc::new(Backups::new(&stores, dir, collector_id, &machine.id(), &clock)),
            readiness: Readiness::new(
                Arc::clone(&stores.system),
                Box::new(move || {
                    let until = served.until();
                    if for_check.now() < until { Ok(()) } else { Err(format!("the server certificate ended at {until}")) }
                }),
                Box::new(move || disk_has_room(&data_dir)),
                shutdown.clone(),
                Arc::clone(&clock),
            ),
            hosts: Hosts::new(addresses.admin, serving.names().to_vec()),
            agents_on: addresses.agents,
            interop_on: addresses.interop,
            tls: config.admin.tls,
            zone: config.zone,
            started: clock.boottime(),
            clock: Arc::clone(&clock),
        });
        Ok(Self {
            interop: interop.map(|listener| (listener, crate::admin::interop_router(Arc::clone(&context), inventories))),
            router: crate::admin::router(context),
            stores,
            compliance,
            sessions,
            units,
            reconciliations,
            settings,
            notifications,
            privacy,
            fleet,
            sso,
            board,
            directory,
            gateway,
            agents,
            admin,
            admin_tls: config.admin.tls,
            serving,
            clock,
            shutdown,
            addresses,
            _lock: lock,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// Serves until shutdown, lets what is under way finish, and closes the store.
    ///
    /// # Errors
    /// When the store cannot be closed.
    pub async fn run(self) -> anyhow::Result<()> {
        let Self {
            stores,
            compliance,
            sessions,
            units,
            reconciliations,
            settings,
            notifications,
            privacy,
            fleet,
            sso,
            board,
            directory,
            gateway,
            agents,
            admin,
            interop,
            serving,
            admin_tls,
            router,
            clock,
            shutdown,
            ..
        } = self;
        let holder = format!("{}:{}", board.collector_id(), std::process::id());
        let mut listeners = JoinSet::new();
        listeners.spawn(agents.serve(gateway, shutdown.clone()));
        let admin_tls = admin_tls.then(|| serving.admin());
        listeners.spawn(crate::admin::serve(admin, admin_tls, router, shutdown.clone()));
        if let Some((listener, router)) = interop {
            listeners.spawn(crate::admin::serve(listener, Some(serving.interop()), router, shutdown.clone()));
        }
        let mut jobs = JoinSet::new();
        let nightly = Nightly::new(Arc::clone(&compliance), stores.clone(), Arc::clone(&clock), holder);
        jobs.spawn(nightly.run(shutdown.clone(), watch(&board, &clock, "job-nightly", "the nightly run failed")));
        let ticker = Ticker::new(Arc::clone(&compliance));
        jobs.spawn(ticker.run(shutdown.clone(), watch(&board, &clock, "job-ticker", "the licence state cannot be kept")));
        let weekly = Weekly::new(units);
        jobs.spawn(weekly.run(shutdown.clone(), watch(&board, &clock, "job-weekly", "the units cannot be counted")));
        let reconciling = Reconciling::new(reconciliations, Arc::clone(&clock));
        let failed = watch(&board, &clock, "job-reconcile", "the weekly reconciliation failed");
        jobs.spawn(reconciling.run(shutdown.clone(), failed));
        let failed = watch(&board, &clock, "job-pseudonyms", "names cannot be replaced by pseudonyms");
        jobs.spawn(PseudonymJob::new(privacy).run(shutdown.clone(), failed));
        let certificates = Certificates::new(serving, Arc::clone(&clock));
        let failed = watch(&board, &clock, "job-certificates", "the server certificate cannot be renewed");
        jobs.spawn(certificates.run(shutdown.clone(), failed));
        let failed = watch(&board, &clock, "job-notify", "administrators cannot be told what happens");
        jobs.spawn(Dispatcher::new(notifications).run(shutdown.clone(), failed));
        if let Some(sso) = sso {
            jobs.spawn(sso.run(shutdown.clone()));
        }
        jobs.spawn(Admissions::new(Arc::clone(&fleet)).run(shutdown.clone()));
        service::ready(&format!("serving agents on {} and administrators on {}", self.addresses.agents, self.addresses.admin));
        // The keepers end last: what the listeners took while draining is kept, too.
        let after_listeners = Shutdown::new();
        let mut keepers = JoinSet::new();
        let (failed, ending) = (watch(&board, &clock, "job-logins", "last uses cannot be kept"), after_listeners.clone());
        keepers.spawn(async move { directory.uses().run(ending, failed).await });
        let pools = PoolKeeper::new(Arc::clone(&sessions), Arc::clone(board.alerts()));
        let failed = watch(&board, &clock, "job-pools", "decisions about seats cannot be kept");
        keepers.spawn(pools.run(after_listeners.clone(), failed));
        let keeper = Keeper::new(sessions, fleet, Arc::new(UsageRetention::new(compliance, settings)));
        let failed = watch(&board, &clock, "job-sessions", "session peaks cannot be kept");
        keepers.spawn(keeper.run(after_listeners.clone(), failed));
        shutdown.wait().await;
        service::stopping();
        while listeners.join_next().await.is_some() {}
        while jobs.join_next().await.is_some() {}
        after_listeners.trigger();
        while let Some(ended) = keepers.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a keeper ended early");
            }
        }
        stores.system.close().await.context("the store could not be closed")
    }
}

async fn bind(listen: SocketAddr, whom: &str, key: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(listen).await.with_context(|| format!("cannot listen for {whom} on {listen} (key `{key}`)"))
}
