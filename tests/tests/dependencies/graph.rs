//! The packages that are really compiled on Linux. In: the workspace. Out: name, version, licence and source of each.
//!
//! `cargo metadata` knows licences and sources but also lists optional packages that no feature switches on (ring behind
//! rustls-webpki is one); `cargo tree` knows which are built. A package counts when both name it.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use cargo_metadata::{CargoOpt, MetadataCommand};

const TARGET: &str = "x86_64-unknown-linux-gnu";

/// One package of the graph.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// Its SPDX expression, when it states one.
    pub(crate) license: Option<String>,
    /// Where it comes from, as Cargo.lock writes it; `None` for our own.
    pub(crate) source: Option<String>,
}

pub(crate) fn packages(root: &Path) -> Vec<Package> {
    let built = built(root);
    let metadata = MetadataCommand::new()
        .manifest_path(root.join("Cargo.toml"))
        .features(CargoOpt::SomeFeatures(Vec::new()))
        .other_options(["--locked", "--filter-platform", TARGET].map(str::to_owned))
        .exec()
        .unwrap_or_else(|error| panic!("cargo metadata: {error}"));
    let packages: Vec<Package> = metadata
        .packages
        .into_iter()
        .filter(|package| built.contains(&(package.name.to_string(), package.version.to_string())))
        .map(|package| Package {
            name: package.name.to_string(),
            version: package.version.to_string(),
            license: package.license,
            source: package.source.map(|source| source.repr),
        })
        .collect();
    assert_eq!(packages.len(), built.len(), "cargo metadata and cargo tree see different graphs");
    packages
}

/// Name and version of what is built, with build scripts, macros and tests.
fn built(root: &Path) -> BTreeSet<(String, String)> {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["tree", "--workspace", "--edges", "normal,build,dev", "--target", TARGET])
        .args(["--prefix", "none", "--format", "{p}", "--locked"])
        .current_dir(root)
        .output()
        .unwrap_or_else(|error| panic!("cargo tree: {error}"));
    assert!(output.status.success(), "cargo tree: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let pair = |line: &str| {
        let (name, rest) = line.split_once(" v")?;
        Some((name.to_owned(), rest.split(' ').next()?.to_owned()))
    };
    text.lines()
        .filter(|line| !line.is_empty())
        .map(|line| pair(line).unwrap_or_else(|| panic!("line of cargo tree: {line}")))
        .collect()
}

#[test]
fn the_graph_has_what_we_know_is_in_it_and_nothing_that_is_switched_off() {
    let packages = packages(&super::root());
    let has = |name: &str| packages.iter().any(|package| package.name == name);
    assert!(has("rustls") && has("aws-lc-rs") && has("serde_derive") && has("proptest") && has("muster-collector"));
    let lock = super::read(&super::root().join("Cargo.lock"));
    assert!(lock.contains("name = \"windows-sys\"") && !has("windows-sys"), "only what Linux builds counts");
}
