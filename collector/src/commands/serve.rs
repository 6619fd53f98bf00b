//! `serve`: the daemon, from configuration to the last commit.

use crate::{
    app::App,
    config::{self, Overrides},
    store::StoreError,
};
use muster_runtime::{
    clock::{SharedClock, SystemClock},
    durable,
    exit::Exit,
    logging::{self, LogArgs},
    service,
    shutdown::Shutdown,
    signals::{self, Reloads},
    tls,
};
use std::{net::SocketAddr, path::PathBuf, sync::Arc};

/// Options of `serve`.
#[derive(Debug, Clone, clap::Args)]
pub struct ServeArgs {
    /// The configuration instead of /etc/muster/collector.toml.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The data directory.
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// The store: `redb`, the file in the data directory.
    #[arg(long, value_name = "URL")]
    pub store: Option<String>,
    /// Where agents connect.
    #[arg(long, value_name = "ADDR")]
    pub agent_listen: Option<SocketAddr>,
    /// Where administrators connect.
    #[arg(long, value_name = "ADDR")]
    pub admin_listen: Option<SocketAddr>,
    /// Where other inventory agents connect.
    #[arg(long, value_name = "ADDR")]
    pub interop_listen: Option<SocketAddr>,
}

/// Serves until SIGTERM or SIGINT.
pub async fn serve(args: ServeArgs, log: &LogArgs) -> Exit {
    let overrides = overrides(&args);
    let config = match config::load(&overrides) {
        Ok(config) => config,
        Err(error) => {
            super::say(&error);
            return Exit::Config;
        }
    };
    logging::init(log, config.log_level.as_str(), config.log_format.as_str());
    tls::install_default();
    let clock: SharedClock = Arc::new(SystemClock);
    let began = clock.boottime();
    let shutdown = Shutdown::new();
    let app = match App::build(&config, Arc::clone(&clock), shutdown.clone()).await {
        Ok(app) => app,
        Err(error) => {
            super::say(&format!("{error:#}"));
            return exit_of(&error);
        }
    };
    let addresses = app.addresses();
    let listen =
        serde_json::json!({"agents": addresses.agents, "admin": addresses.admin, "interop": addresses.interop}).to_string();
    let listen_file = config.data_dir.join("listen.json");
    if let Err(error) = durable::write(&listen_file, listen.as_bytes(), 0o644) {
        super::say(&format!("{}: {error}", listen_file.display()));
        return Exit::Failed;
    }
    let ready_in = clock.boottime().saturating_sub(began);
    tracing::info!(agents = %addresses.agents, admin = %addresses.admin, ready_in_ms = ready_in.as_millis(), "serving");
    tokio::spawn(stop_on_signal(shutdown.clone()));
    tokio::spawn(reload_on_signal(overrides, shutdown));
    match app.run().await {
        Ok(()) => {
            tracing::info!("stopped");
            Exit::Done
        }
        Err(error) => {
            super::say(&format!("{error:#}"));
            Exit::Failed
        }
    }
}

fn overrides(args: &ServeArgs) -> Overrides {
    let ServeArgs { config, data_dir, store, agent_listen, admin_listen, interop_listen } = args.clone();
    let text = |address: SocketAddr| address.to_string();
    let values = [
        ("data_dir", data_dir.map(|dir| dir.to_string_lossy().into_owned())),
        ("store", store),
        ("agents.listen", agent_listen.map(text)),
        ("admin.listen", admin_listen.map(text)),
        ("interop.listen", interop_listen.map(text)),
    ];
    let values = values.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect();
    Overrides { config, values }
}

async fn stop_on_signal(shutdown: Shutdown) {
    signals::terminate().await;
    tracing::info!("stopping");
    shutdown.trigger();
}

/// SIGHUP: the log level at once; everything else is checked, and needs a restart.
async fn reload_on_signal(overrides: Overrides, shutdown: Shutdown) {
    let Ok(mut reloads) = Reloads::new() else { return };
    while shutdown.run_until(reloads.next()).await.is_some() {
        service::reloading();
        match config::load(&overrides) {
            Ok(config) => match logging::set_default_level(config.log_level.as_str()) {
                Ok(()) => tracing::info!("configuration read again; the log level is in force, the rest after a restart"),
                Err(error) => tracing::error!(%error, "the log level stays as it was"),
            },
            Err(error) => tracing::error!(%error, "the configuration is wrong; everything stays as it was"),
        }
        service::ready("serving");
    }
}

/// 78 for a data directory or configuration that cannot be used, 75 for a store that may come back.
fn exit_of(error: &anyhow::Error) -> Exit {
    match error.downcast_ref::<StoreError>() {
        Some(StoreError::Unavailable { .. } | StoreError::Busy) => Exit::TryAgain,
        _ => Exit::Config,
    }
}
