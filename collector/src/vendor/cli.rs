//! The command line of `muster-vendor` and which command does what.
//!
//! In: arguments and the clock. Out: an [`Answer`] to print, or an error with its exit code. Nothing is printed here.

use clap::{CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;
use muster_runtime::{
    clock::Clock,
    exit::Exit,
    logging::LogArgs,
    output::{self, Format},
};

use super::{endorse, error::VendorError, inspect, issue, keygen, renew, report};

/// Makes signing keys, issues, renews and inspects licence keys, and keeps a ledger of them.
#[derive(Debug, Parser)]
#[command(name = "muster-vendor", version, arg_required_else_help = true, max_term_width = 100)]
#[command(after_help = "Exit codes: 0 done, 1 failed, 2 bad usage, 4 a named file or ledger entry does not exist.")]
pub struct Cli {
    /// How and what to log.
    #[command(flatten)]
    pub log: LogArgs,
    /// How to print answers: a table on a terminal, JSON otherwise.
    #[arg(long, global = true, value_enum, value_name = "FORMAT")]
    pub output: Option<Format>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a signing key: DIR/vendor.key (0600) and DIR/vendor.pub.
    Keygen(keygen::Keygen),
    /// Write a statement that lets sites which trust one key trust the next one too.
    Endorse(endorse::Endorse),
    /// Issue a licence key for the collector that wrote a request.
    Issue(Box<issue::Issue>),
    /// Issue the successor of a key from the ledger, with changed terms.
    ///
    /// Terms that are not given stay as they were, except --not-before and --grace-until, which belong to one key only. The
    /// serial is the highest the ledger knows for the machine + 1.
    Renew(Box<renew::Renew>),
    /// Show a licence key, a request, an endorsement or a public key.
    Inspect(inspect::Inspect),
    /// Check an audit pack that a site wrote: signature, keys, counts, grace, nights. Exit 1 when something is wrong.
    VerifyReport(report::VerifyReport),
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        #[arg(value_enum)]
        shell: Shell,
    },
}

/// What a command has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The text for standard output; may be empty.
    pub text: String,
    /// How the program ends once the text is printed.
    pub exit: Exit,
}

impl Answer {
    /// An answer of a command that did everything it was asked for.
    #[must_use]
    pub fn done(text: String) -> Self {
        Self { text, exit: Exit::Done }
    }
}

/// Runs one command.
///
/// # Errors
/// Whatever kept the command from doing what it was asked for.
pub fn execute(cli: &Cli, clock: &dyn Clock) -> Result<Answer, VendorError> {
    match &cli.command {
        Command::Keygen(args) => keygen::run(args, output::choose(cli.output)),
        Command::Endorse(args) => endorse::run(args, clock.now()),
        Command::Issue(args) => issue::run(args, clock.now()),
        Command::Renew(args) => renew::run(args, clock.now()),
        Command::Inspect(args) => inspect::run(args, output::choose(cli.output)),
        Command::VerifyReport(args) => report::run(args, output::choose(cli.output)),
        Command::Completions { shell } => Ok(completions(*shell)),
    }
}

fn completions(shell: Shell) -> Answer {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "muster-vendor", &mut script);
    Answer::done(String::from_utf8_lossy(&script).into_owned())
}
