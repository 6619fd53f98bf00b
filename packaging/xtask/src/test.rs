//! `cargo xtask test`: everything that must hold before a change lands, in one command on a fresh machine.
//!
//! In: nothing, or a filter for the test runner after `--`. Out: each step with its time, the runners' own output, and
//! a failure that names the step. One build profile serves all tests.

use std::process::Command;

use anyhow::{Result, bail};

use crate::run::{Steps, cargo, say};
use crate::{apt, npm, python};

/// Arguments of `test`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Handed to the test runner (nextest, or libtest without it), such as the name of a test.
    #[arg(last = true)]
    filter: Vec<String>,
}

/// Runs everything.
///
/// # Errors
/// The first step that fails.
pub(crate) fn run(args: &Args) -> Result<()> {
    let mut steps = Steps::default();
    steps.time("needs", "what the tests use of the system", || components(cargo))?;
    apt::ensure(&mut steps, apt::FOR_TESTS)?;
    python::ensure(&mut steps)?;
    npm::ensure(&mut steps)?;
    steps.run("format", &mut cargo(&["fmt", "--all", "--check"]))?;
    steps.run("lints", &mut cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"]))?;
    if args.filter.is_empty() {
        // All of it at once: programs, libraries and tests one after the other leave a core without work for minutes.
        steps.run("build", &mut cargo(&["build", "--workspace", "--all-targets", "--locked"]))?;
        // Before the others, so that the summary of the many stands at the end.
        steps.run("doc tests", &mut cargo(&["test", "--doc", "--workspace", "--locked"]))?;
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    steps.run("tests", &mut runner(args, has(cargo, "nextest"), cores))?;
    say(&steps.summary());
    Ok(())
}

/// The command that runs the tests, half as many more at a time as there are cores: most wait for programs.
fn runner(args: &Args, nextest: bool, cores: usize) -> Command {
    let mut command = if nextest {
        cargo(&["nextest", "run", "--workspace", "--locked", "--no-fail-fast"])
    } else {
        cargo(&["test", "--workspace", "--locked", "--no-fail-fast", "--lib", "--bins", "--tests", "--"])
    };
    command.arg(format!("--test-threads={}", cores + cores.div_ceil(2))).args(&args.filter);
    command
}

/// The parts of the toolchain that not every installation has.
fn components(cargo: impl Fn(&[&str]) -> Command) -> Result<()> {
    let missing: Vec<&str> = [("fmt", "rustfmt"), ("clippy", "clippy")]
        .into_iter()
        .filter(|(subcommand, _)| !has(&cargo, subcommand))
        .map(|(_, component)| component)
        .collect();
    if !missing.is_empty() {
        let missing = missing.join(" ");
        bail!("the Rust toolchain has no {missing}; install it: rustup component add {missing}");
    }
    Ok(())
}

fn has(cargo: impl Fn(&[&str]) -> Command, subcommand: &str) -> bool {
    cargo(&[subcommand, "--version"]).output().is_ok_and(|output| output.status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(nextest: bool, filter: &[&str]) -> String {
        let args = Args { filter: filter.iter().map(ToString::to_string).collect() };
        let command = runner(&args, nextest, 2);
        command.get_args().map(|arg| arg.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_filter_goes_to_the_runner_that_is_there() {
        assert_eq!(line(true, &[]), "nextest run --workspace --locked --no-fail-fast --test-threads=3");
        assert_eq!(
            line(true, &["-E", "test(grace)"]),
            "nextest run --workspace --locked --no-fail-fast --test-threads=3 -E test(grace)"
        );
        let plain = "test --workspace --locked --no-fail-fast --lib --bins --tests -- --test-threads=3";
        assert_eq!(line(false, &[]), plain);
        assert_eq!(line(false, &["grace"]), format!("{plain} grace"));
    }

    #[test]
    fn a_toolchain_without_its_parts_is_told_how_to_get_them() {
        components(|_| Command::new("true")).unwrap();
        let error = components(|_| Command::new("false")).unwrap_err().to_string();
        assert!(error.contains("rustup component add rustfmt clippy"), "{error}");
        let only_fmt = |args: &[&str]| Command::new(if args[0] == "fmt" { "true" } else { "false" });
        assert!(components(only_fmt).unwrap_err().to_string().ends_with("rustup component add clippy"));
    }
}
