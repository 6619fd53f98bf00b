//! The programs of the product. In: how they are to be built. Out: the directory they are in, as cargo says it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::ValueEnum;

use crate::run::{Steps, cargo};

/// What is installed.
pub(crate) const PROGRAMS: [&str; 3] = ["muster-collector", "muster-vendor", "muster-agent"];

/// How programs are built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Profile {
    /// For use.
    Release,
    /// The one that the tests use, which is there already.
    Dev,
}

/// Builds the programs and returns the directory they are in.
///
/// # Errors
/// The build fails.
pub(crate) fn build(steps: &mut Steps, profile: Profile) -> Result<PathBuf> {
    match profile {
        Profile::Release => build_packages(steps, profile, &["--package=muster-collector", "--package=muster-agent"]),
        // As the tests build them: with the features of the whole workspace and of its tests, so that nothing is compiled again.
        Profile::Dev => build_packages(steps, profile, &["--workspace", "--examples"]),
    }
}

/// The same for a choice of packages.
///
/// # Errors
/// The build fails.
pub(crate) fn build_packages(steps: &mut Steps, profile: Profile, packages: &[&str]) -> Result<PathBuf> {
    let (name, directory) = match profile {
        Profile::Release => ("release", "release"),
        Profile::Dev => ("dev", "debug"),
    };
    steps.run("build", cargo(&["build", "--locked", "--bins", "--profile", name]).args(packages))?;
    let output = cargo(&["metadata", "--no-deps", "--format-version", "1"]).output().context("run cargo metadata")?;
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).context("what cargo metadata prints")?;
    let target = metadata.get("target_directory").and_then(serde_json::Value::as_str).context("cargo's target directory")?;
    Ok(Path::new(target).join(directory))
}
