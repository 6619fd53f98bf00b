//! The command line of `muster-collector` (contract 1.1).

use crate::{
    client::{self, ClientArgs},
    commands::{self, CalcArgs, CheckArgs, InitArgs, KeysCommand, RestoreArgs, ServeArgs, VerifyArgs},
};
use clap::{CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;
use muster_runtime::{
    exit::Exit,
    logging::{self, LogArgs},
    tls,
};

const AFTER: &str = "Exit codes: 0 done, 1 failed, 2 bad usage, 3 the licence forbids it, 4 not found, 69 the collector cannot be \
reached, 75 try again later, 78 bad configuration or unusable data directory.";

/// The collector daemon and its admin client.
#[derive(Debug, Parser)]
#[command(name = "muster-collector", version, about, after_help = AFTER, disable_help_subcommand = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    client: ClientArgs,
    #[command(flatten)]
    log: LogArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a data directory: keys, authority, first owner.
    Init(InitArgs),
    /// Run the daemon.
    Serve(ServeArgs),
    /// Check the configuration and say what is wrong.
    CheckConfig(CheckArgs),
    /// Put a backup back into a data directory.
    Restore(RestoreArgs),
    /// Look through a data directory: every row of the store, the audit log, the keys.
    Verify(VerifyArgs),
    /// The keys of a collector, for backups and for another machine.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Compute by the rules without a server: cases in, answers out.
    Calc(CalcArgs),
    /// Explain a language that options are written in.
    Help {
        /// What to explain; the commands when absent.
        topic: Option<Topic>,
    },
    /// Print the completions of a shell.
    Completions {
        /// Which shell.
        shell: Shell,
    },
    #[command(flatten)]
    Client(client::Command),
}

/// What `help` explains.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Topic {
    /// Encoded queries, as `asset list --query` and licence keys use them.
    Query,
    /// Rules that say what installed software is, as `record normalization-rules` keeps them.
    Normalisation,
}

fn explain(topic: Option<Topic>) -> Exit {
    let page = match topic {
        Some(Topic::Query) => commands::QUERY_REFERENCE.to_owned(),
        Some(Topic::Normalisation) => commands::NORMALISATION_REFERENCE.to_owned(),
        None => Cli::command().render_long_help().to_string(),
    };
    if muster_runtime::output::print(&page).is_ok() { Exit::Done } else { Exit::Failed }
}

/// Runs what the command line says.
#[must_use]
pub fn run(cli: Cli) -> Exit {
    let Cli { command, client, log } = cli;
    if let Command::Completions { shell } = command {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut Cli::command(), "muster-collector", &mut script);
        let printed = muster_runtime::output::print(&String::from_utf8_lossy(&script));
        return if printed.is_ok() { Exit::Done } else { Exit::Failed };
    }
    if let Command::Help { topic } = command {
        return explain(topic);
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            commands::say(&format!("cannot start: {error}"));
            return Exit::Failed;
        }
    };
    runtime.block_on(async {
        match command {
            Command::Serve(args) => commands::serve(args, &log).await,
            other => {
                logging::init(&log, "warn", "text");
                tls::install_default();
                match other {
                    Command::Init(args) => commands::init(args, client.output).await,
                    Command::CheckConfig(args) => commands::check_config(args),
                    Command::Calc(args) => commands::calc(&args),
                    Command::Restore(args) => commands::restore(args, client.output).await,
                    Command::Verify(args) => commands::verify(args, client.output).await,
                    Command::Keys(command) => commands::keys(command, client.output),
                    Command::Client(command) => client::run(command, &client).await,
                    Command::Serve(_) | Command::Help { .. } | Command::Completions { .. } => Exit::Done,
                }
            }
        }
    })
}
