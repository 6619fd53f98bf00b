//! `cargo xtask install`, as an administrator or a package calls it. In: an empty directory. Out: everything in its
//! place, with the modes it needs, and a second installation that leaves configuration alone.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use muster_e2e::files::put;
use muster_e2e::site::Site;

const EXPECTED: [(&str, u32); 16] = [
    ("etc/muster/agent.toml", 0o644),
    ("etc/muster/collector.toml", 0o644),
    ("usr/bin/muster-agent", 0o755),
    ("usr/bin/muster-collector", 0o755),
    ("usr/bin/muster-vendor", 0o755),
    ("usr/lib/systemd/system/muster-agent.service", 0o644),
    ("usr/lib/systemd/system/muster-collector.service", 0o644),
    ("usr/lib/systemd/system/muster-enforce.path", 0o644),
    ("usr/lib/systemd/system/muster-enforce.service", 0o644),
    ("usr/lib/sysusers.d/muster-agent.conf", 0o644),
    ("usr/lib/sysusers.d/muster-collector.conf", 0o644),
    ("usr/lib/tmpfiles.d/muster-agent.conf", 0o644),
    ("usr/lib/tmpfiles.d/muster-collector.conf", 0o644),
    ("usr/share/doc/muster/CHANGELOG.md", 0o644),
    ("usr/share/doc/muster/LICENSE", 0o644),
    ("usr/share/doc/muster/README.md", 0o644),
];

/// Every file below `directory` with its mode.
fn tree(directory: &Path) -> BTreeMap<String, u32> {
    let mut found = BTreeMap::new();
    let mut open = vec![directory.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(directory).unwrap().display().to_string();
                found.insert(name, fs::metadata(&path).unwrap().permissions().mode() & 0o777);
            }
        }
    }
    found
}

#[tokio::test]
async fn everything_is_put_in_place_and_configuration_survives_the_next_time() {
    let site = Site::new().unwrap();
    let prefix = site.path("root");
    let install = ["install", "--profile", "dev", "--prefix", prefix.to_str().unwrap()];
    let ran = site.run("xtask", &install).await.unwrap().expect(0).unwrap();
    let expected = EXPECTED.map(|(file, mode)| (file.to_owned(), mode));
    assert_eq!(tree(&prefix), BTreeMap::from(expected.clone()));
    assert!(ran.stderr.contains("muster-collector init"), "it says what to do next: {}", ran.stderr);

    let config = prefix.join("etc/muster/collector.toml");
    put(&config, b"store = \"redb\"\n").unwrap();
    site.run("xtask", &install).await.unwrap().expect(0).unwrap();
    assert_eq!(fs::read_to_string(&config).unwrap(), "store = \"redb\"\n");
    assert_eq!(tree(&prefix), BTreeMap::from(expected));
}

#[tokio::test]
async fn a_place_that_cannot_be_written_is_named() {
    let site = Site::new().unwrap();
    let prefix = site.path("file");
    put(&prefix, b"in the way").unwrap();
    let ran = site.run("xtask", &["install", "--profile", "dev", "--prefix", prefix.to_str().unwrap()]).await.unwrap();
    let ran = ran.expect(1).unwrap();
    assert!(ran.stderr.contains("file/usr/bin"), "{}", ran.stderr);
}
