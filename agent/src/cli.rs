//! The command line (contract 1.2).
//!
//! In: arguments. Out: one command. Nothing is read or opened here.

use clap::{Args, Parser, Subcommand, ValueEnum};
use muster_runtime::{config::Interval, logging::LogArgs, output::Format};
use std::path::PathBuf;

/// The agent of muster: looks at this machine, reports to the collector what it saw, and keeps the licence verdict.
#[derive(Debug, Parser)]
#[command(name = "muster-agent", version, propagate_version = true, after_help = EXIT_CODES)]
pub struct Cli {
    /// The log.
    #[command(flatten)]
    pub log: LogArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Longest time for which the collector lends anything.
const MOST_HOURS: u32 = 366 * 24;

const EXIT_CODES: &str = "Exit codes: 0 done, 1 failed, 2 bad usage, 3 the licence forbids it, 4 not found,\n\
    69 the collector cannot be reached, 75 try again later, 78 bad configuration or unusable state directory";

const ENFORCE: &str = "\
Verify the licence verdict and run the hook of [enforce] in agent.toml that it asks for.

Nobody has to call this: muster-enforce.service does, as root, for every verdict that the agent
writes, and where there is no such service the agent does it itself.

  on_disable  runs when the product is disabled (or unlicensed), after two verdicts of the same
              change that were issued at least `delay` apart
  on_enable   runs with the first verdict that says that it may be used again

A hook is a command and its arguments, without a shell. It runs once for each change of the
licence's state, also when it fails; over restarts, too. One that was interrupted, by a power cut
for instance, is shown as interrupted in `muster-agent status` and is not run again: run it by
hand. Nothing runs on a verdict that does not verify, is older than one seen before, or whose
validity is over.

A hook gets PATH, MUSTER_HOOK, MUSTER_STATE, MUSTER_REASON, MUSTER_CHANGE_ID and
MUSTER_COLLECTOR_ID and nothing else, stands in /, and is killed with its process group after
5 minutes. The end of what it prints is kept for root.

Who runs it: where the directory `enforce.dir` exists (/var/lib/muster-enforce, made by the
package), the root helper, which remembers there what ran and whose verdicts it obeys
(collector.json: pinned when root enrols this machine, else at the first run; only root changes
it). Elsewhere the agent, with its own rights, remembering it in its state directory.";

const EXEC: &str = "\
Take a licence of an application, run a command, and give the licence back when it ends.

The running agent takes the licence for the calling user and keeps it while this process lives,
whatever happens to the program, to this process or to the agent. The exit code is the command's
own, or 128 and the number of the signal that ended it. TERM, HUP, INT and QUIT are passed on.

  3    no licence is free (one line says who holds them), the product is disabled, it is not lent
       for so long, or the collector cannot be reached and the application has offline = \"deny\"
  4    there is no such application
  69   no agent runs on this machine; nothing is known of licences then. With --borrow: the
       collector cannot be reached, and nothing is borrowed for so long
  126  the command cannot be run
  127  the command was not found

With --wait the command starts as soon as a licence is free, at the latest after SECONDS; where the
application has a queue, in the order of asking. While the collector cannot be reached, an
application with offline = \"allow\" starts without a licence; its use is told afterwards.

With --borrow the licence is borrowed: it stays with the calling user on this machine after the
command has ended, for DURATION from now (whole hours, such as 8h or 3d), and every further
`exec` of that user runs on it, whether the collector can be reached or not. `status` shows it,
`return` gives it back early. The application says for how long it lends (borrow_max_hours).";

const RETURN: &str = "\
Give a borrowed licence back before its time.

  4    the calling user has borrowed no licence of this application here
  69   no agent runs on this machine

Programs that run on it go on; the agent takes a licence of its own for them as soon as one is free.
While the collector cannot be reached, it is told later; the licence is free there only then.";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Enrol this machine at a collector with a join token; as root the files go to the state directory's owner
    Enroll(EnrollArgs),
    /// Report until stopped; without an identity, enrol from the token file or credential, else wait for one
    Run(Place),
    /// Collect, deliver what waits, exit; beside a running agent it asks that one
    Once(Place),
    /// Print as JSON what would be sent; needs neither collector nor identity
    Show(ShowArgs),
    /// Print identity, last contact, backlog and verdict
    Status(StatusArgs),
    /// Take a licence of an application, run a command, give the licence back
    #[command(long_about = EXEC)]
    Exec(ExecArgs),
    /// Give a borrowed licence back before its time
    #[command(long_about = RETURN)]
    Return(ReturnArgs),
    /// Verify the licence verdict and run the hook of [enforce] that it asks for
    #[command(long_about = ENFORCE)]
    Enforce(Place),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Which configuration and which state directory.
#[derive(Debug, Clone, Default, Args)]
pub struct Place {
    /// The configuration file [default: /etc/muster/agent.toml, if it exists]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The state directory [default: the configuration's, else /var/lib/muster-agent]
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
}

/// Arguments of `enroll`.
#[derive(Debug, Args)]
pub struct EnrollArgs {
    /// The collector's address, https://HOST:PORT; several are tried in this order
    #[arg(long, value_name = "URL", required = true, value_parser = collector)]
    pub collector: Vec<String>,
    /// The file with the join token, - for standard input; a file in /etc/muster is removed afterwards
    #[arg(long, value_name = "FILE")]
    pub token_file: PathBuf,
    /// Where.
    #[command(flatten)]
    pub place: Place,
}

/// Arguments of `show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// What to show
    pub what: Shown,
    /// Where.
    #[command(flatten)]
    pub place: Place,
}

/// What `show` can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shown {
    /// What this machine is
    Hardware,
    /// Who is logged in
    Sessions,
    /// What is installed
    Software,
    /// The whole next report
    Report,
}

/// Arguments of `status`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// How to print it [default: table on a terminal, json otherwise]
    #[arg(long, value_enum)]
    pub output: Option<Format>,
    /// Where.
    #[command(flatten)]
    pub place: Place,
}

/// Arguments of `exec`.
#[derive(Debug, Args)]
pub struct ExecArgs {
    /// The application whose licence is taken
    #[arg(long, value_name = "NAME")]
    pub application: String,
    /// How long to wait for a free licence
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub wait: u64,
    /// Borrow the licence for so long: whole hours, such as 8h or 3d
    #[arg(long, value_name = "DURATION", value_parser = hours)]
    pub borrow: Option<u32>,
    /// Where.
    #[command(flatten)]
    pub place: Place,
    /// The command and its arguments
    #[arg(required = true, last = true, value_name = "COMMAND")]
    pub command: Vec<std::ffi::OsString>,
}

/// Arguments of `return`.
#[derive(Debug, Args)]
pub struct ReturnArgs {
    /// The application whose licence is borrowed
    #[arg(long, value_name = "NAME")]
    pub application: String,
    /// Where.
    #[command(flatten)]
    pub place: Place,
}

/// A time for which a licence is borrowed, in hours.
fn hours(text: &str) -> Result<u32, String> {
    let seconds = text.parse::<Interval>().map_err(|error| error.to_string())?.get().as_secs();
    match u32::try_from(seconds / 3600) {
        Ok(hours @ 1..=MOST_HOURS) if seconds.is_multiple_of(3600) => Ok(hours),
        _ => Err(format!("licences are borrowed for whole hours, 1h to {}d", MOST_HOURS / 24)),
    }
}

fn collector(text: &str) -> Result<String, &'static str> {
    crate::config::check_url(text).map(|()| text.trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_definition_holds() {
        Cli::command().debug_assert();
    }

    #[test]
    fn reads_what_the_contract_writes() {
        for (line, good) in [
            ("enroll --collector https://a:8443 --token-file - --state-dir /s", true),
            ("enroll --collector http://a:8443 --token-file -", false),
            ("enroll --token-file -", false),
            ("run --config /c --state-dir /s --log debug --log-format json", true),
            ("--log debug run", true),
            ("once", true),
            ("show hardware", true),
            ("show everything", false),
            ("status --output csv", true),
            ("enforce", true),
            ("enforce --config /c --state-dir /s", true),
            ("exec --application CAD -- cad --x drawing", true),
            ("exec --application CAD --wait 60 -- cad", true),
            ("exec --application CAD --wait -1 -- cad", false),
            ("exec --application CAD cad", false),
            ("exec --application CAD", false),
            ("exec -- cad", false),
            ("exec --application CAD --borrow 8h -- cad", true),
            ("exec --application CAD --borrow 3d --wait 5 -- cad", true),
            ("exec --application CAD --borrow 90m -- cad", false),
            ("exec --application CAD --borrow 0h -- cad", false),
            ("exec --application CAD --borrow 8 -- cad", false),
            ("exec --application CAD --borrow 367d -- cad", false),
            ("return --application CAD", true),
            ("return", false),
            ("completions bash", true),
            ("", false),
        ] {
            let words = std::iter::once("muster-agent").chain(line.split_whitespace());
            assert_eq!(Cli::try_parse_from(words).is_ok(), good, "{line}");
        }
    }
}
