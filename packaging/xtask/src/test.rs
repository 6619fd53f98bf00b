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
    // Before the others, so that the summary of the many stands at the end.
    if args.filter.is_empty() {
        steps.run("doc tests", &mut cargo(&["test", "--doc", "--workspace", "--locked"]))?;
    }
    steps.run("tests", &mut runner(args, has(cargo, "nextest")))?;
    say(&steps.summary());
    Ok(())
}

/// The command that runs the tests.
fn runner(args: &Args, nextest: bool) -> Command {
    let mut command = if nextest {
        cargo(&["nextest", "run", "--workspace", "--locked", "--no-fail-fast"])
    } else {
        let mut command = cargo(&["test", "--workspace", "--locked", "--no-fail-fast", "--lib", "--bins", "--tests"]);
        if !args.filter.is_empty() {
            command.arg("--");
        }
        command
    };
    command.args(&args.filter);
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
        let command = runner(&args, nextest);
        command.get_args().map(|arg| arg.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_filter_goes_to_the_runner_that_is_there() {
        assert_eq!(line(true, &[]), "nextest run --workspace --locked --no-fail-fast");
        assert_eq!(line(true, &["-E", "test(grace)"]), "nextest run --workspace --locked --no-fail-fast -E test(grace)");
        assert_eq!(line(false, &[]), "test --workspace --locked --no-fail-fast --lib --bins --tests");
        assert_eq!(line(false, &["grace"]), "test --workspace --locked --no-fail-fast --lib --bins --tests -- grace");
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
