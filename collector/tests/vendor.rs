//! The real `muster-vendor`: exit codes, streams and files as an operator meets them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::{
    os::unix::fs::PermissionsExt as _,
    process::{Command, Output},
};

use muster_license::{MachineKey, VendorPublic, open, request};
use muster_runtime::durable;
use serde_json::Value;
use tempfile::TempDir;

fn vendor(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_muster-vendor")).args(arguments).env_remove("MUSTER_LOG").output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn from_a_new_signing_key_to_a_key_that_the_machine_reads() {
    let directory = TempDir::new().unwrap();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let machine = MachineKey::generate().unwrap();
    let facts = serde_json::json!({
        "collector_id": "0193a1b2-0000-7000-8000-000000000001", "created_at": "2026-11-20T08:30:00Z", "version": "0.1.0",
    });
    let request = request::sign(serde_json::from_value(facts).unwrap(), &machine).unwrap();
    durable::write(path("request").as_ref(), request.as_bytes(), 0o644).unwrap();

    let made = vendor(&["keygen", "--out", &path("v")]);
    assert_eq!(made.status.code(), Some(0), "{made:?}");
    let made: Value = serde_json::from_slice(&made.stdout).unwrap();
    let (key, public) = (made["key"].as_str().unwrap(), made["pub"].as_str().unwrap());
    assert_eq!(std::fs::metadata(key).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(vendor(&["keygen", "--out", &path("v")]).status.code(), Some(1));

    let terms = ["--customer", "Acme", "--expires", "2999-12-01", "--assets", "500"];
    let issued = vendor(&[&["--log", "info", "issue", "--key", key, "--request", &path("request")][..], &terms].concat());
    assert_eq!(issued.status.code(), Some(0), "{issued:?}");
    let trusted = VendorPublic::from_pem(&std::fs::read_to_string(public).unwrap()).unwrap();
    let opened = open(&text(&issued.stdout), &[trusted], &machine).unwrap();
    assert_eq!((opened.claims.customer.as_str(), opened.claims.serial), ("Acme", 1));
    let log = text(&issued.stderr);
    assert!(log.contains("licence key issued") && !log.contains("Acme"), "{log}");

    durable::write(path("license").as_ref(), &issued.stdout, 0o644).unwrap();
    let shown = vendor(&["inspect", &path("license"), "--vendor-key", public]);
    let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!((&shown["signature"], &shown["vendor_key_id"]), (&"valid".into(), &made["kid"]));
    let changed = text(&issued.stdout).replacen("AAAA", "AAAB", 1);
    durable::write(path("changed").as_ref(), changed.as_bytes(), 0o644).unwrap();
    assert_eq!(vendor(&["inspect", &path("changed"), "--vendor-key", public]).status.code(), Some(1));
}

#[test]
fn exit_codes_and_streams_are_those_of_the_contract() {
    for (arguments, code, out, err) in [
        (&["--help"][..], 0, "keygen", ""),
        (&["--version"], 0, env!("CARGO_PKG_VERSION"), ""),
        (&["issue", "--help"], 0, "--user-limit-mode", ""),
        (&["completions", "bash"], 0, "muster-vendor", ""),
        (&[], 2, "", "Usage"),
        (&["keygen"], 2, "", "--out"),
        (&["inspect", "/nowhere/at/all"], 4, "", "/nowhere/at/all does not exist"),
        (&["inspect", "/dev/null"], 1, "", "this is no MUSTER LICENSE"),
    ] {
        let output = vendor(arguments);
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {stderr}");
        assert!(stdout.contains(out) && stderr.contains(err), "{arguments:?}: {stdout} {stderr}");
        assert!(out.is_empty() == stdout.is_empty() && err.is_empty() == stderr.is_empty(), "{arguments:?}: {stdout} {stderr}");
    }
}
