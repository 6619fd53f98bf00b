//! `cargo xtask`: the tasks of this repository. In: a subcommand. Out: its work, shown as it goes, and an exit code: 0
//! done, 1 failed, 2 bad usage. Nothing of the product is here, and no task is hidden in a script.

mod apt;
mod bench;
mod children;
mod demo;
mod install;
mod npm;
mod programs;
mod python;
mod run;
mod soak;
mod test;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The tasks of the muster repository.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Install what is missing, then check format and lints and run all tests.
    Test(test::Args),
    /// Show the product at work on this machine: a collector on loopback, a demo licence, this machine as its agent.
    Demo(demo::Args),
    /// Measure.
    #[command(subcommand)]
    Bench(bench::Bench),
    /// Run the long versions of the tests: simulated lives, more cases, kill -9 in a loop, fuzzing.
    Soak(soak::Args),
    /// Build the programs and put them, their units and sample configuration in place.
    Install(install::Args),
}

fn main() -> ExitCode {
    let done = match Cli::parse().task {
        Task::Test(args) => test::run(&args),
        Task::Demo(args) => demo::run(&args),
        Task::Bench(bench) => bench::run(&bench),
        Task::Soak(args) => soak::run(&args),
        Task::Install(args) => install::run(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            run::say(&format!("cargo xtask: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
