//! `check-config`: says what is wrong with the configuration, with file, line and key, before a restart does.

use crate::config::{self, Overrides};
use muster_runtime::{exit::Exit, output};
use std::path::PathBuf;

/// Options of `check-config`.
#[derive(Debug, Clone, clap::Args)]
pub struct CheckArgs {
    /// The file to check instead of /etc/muster/collector.toml.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Checks.
#[must_use]
pub fn check_config(args: CheckArgs) -> Exit {
    match config::load(&Overrides { config: args.config, values: Vec::new() }) {
        Ok(config) => {
            let text = format!(
                "The configuration is right.\n  data directory  {}\n  agents          {}\n  administrators  {} (TLS {})\n  time zone       {}\n  nightly run     {}\n  single sign-on  {}\n",
                config.data_dir.display(),
                config.agents.listen,
                config.admin.listen,
                if config.admin.tls { "on" } else { "off" },
                config.zone_name,
                config.nightly_at.format("%H:%M"),
                config.oidc.as_ref().map_or("off", |oidc| oidc.issuer.as_str()),
            );
            match output::print(&text) {
                Ok(()) => Exit::Done,
                Err(_) => Exit::Failed,
            }
        }
        Err(error) => {
            super::say(&error);
            Exit::Config
        }
    }
}
