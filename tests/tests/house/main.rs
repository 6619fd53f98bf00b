//! The house rules that no compiler checks: who may import whom, and what a file looks like.
//!
//! In: the manifests and sources of this repository. Out: a failure that lists every breach as `file: what is wrong; what
//! to do`. The tables that say who may name whom are in `layers.rs`; a rule changes there, in review, or not at all.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod code;
mod layers;
mod modules;
mod names;
mod schemas;
mod text;

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    // Read through, so that paths below it compare and print without `..`.
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the repository")
}

fn expect_none(breaches: &[String]) {
    assert!(breaches.is_empty(), "{} breach(es):\n  {}", breaches.len(), breaches.join("\n  "));
}

#[test]
fn crates_import_only_what_their_row_allows() {
    expect_none(&layers::crates(&root()));
}

#[test]
fn stages_of_the_collector_name_only_what_their_row_allows() {
    expect_none(&layers::stages(&root()));
}

#[test]
fn the_rules_of_the_product_are_pure() {
    expect_none(&layers::purity(&root()));
}

#[test]
fn every_source_file_belongs_to_a_program() {
    expect_none(&layers::orphans(&root()));
}

#[test]
fn every_source_file_keeps_the_form_of_the_house() {
    let files = text::sources(&root());
    assert!(files.len() > 20, "only {} sources were found", files.len());
    expect_none(&files.iter().flat_map(|file| file.breaches()).collect::<Vec<_>>());
}

#[test]
fn every_schema_of_the_api_has_a_name_of_its_own() {
    expect_none(&schemas::twins(&text::sources(&root())));
}

#[test]
fn no_file_names_a_place_outside_the_repository() {
    expect_none(&text::everything(&root()).iter().flat_map(|file| file.places()).collect::<Vec<_>>());
}
