//! What the workspace is built from: bans, licences and sources of `deny.toml`, and one table of versions.
//!
//! In: `deny.toml`, the manifests, and cargo's own view of the graph (from Cargo.lock). Out: a failure that
//! names the package and what to do about it. cargo-deny reads the same file where it is installed; here nothing has to be.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod graph;
mod policy;
mod spdx;
mod table;

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn toml(path: &Path) -> toml::Table {
    read(path).parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn expect_none(breaches: &[String]) {
    assert!(breaches.is_empty(), "{} breach(es):\n  {}", breaches.len(), breaches.join("\n  "));
}

#[test]
fn nothing_banned_is_in_the_graph() {
    expect_none(&policy::Policy::read(&root()).banned(&graph::packages(&root())));
}

#[test]
fn every_licence_is_allowed() {
    expect_none(&policy::Policy::read(&root()).licences(&graph::packages(&root())));
}

#[test]
fn every_package_comes_from_an_allowed_source() {
    expect_none(&policy::Policy::read(&root()).sources(&graph::packages(&root())));
}

#[test]
fn members_take_their_dependencies_from_the_one_table() {
    expect_none(&table::breaches(&root()));
}
