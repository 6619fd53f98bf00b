//! What is shipped beside the programs: the systemd units, the accounts, the directories and the sample configuration.
//!
//! In: the files under `packaging/`. Out: a failure that says which file to change and how. The units are judged by
//! systemd's own tools, offline, so that no service manager has to run here; nothing is installed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use muster_e2e::files::put;

/// Exposure that `systemd-analyze security` may give a unit, in tenths.
const EXPOSURE_LIMIT: &str = "15";
/// The same for the helper: hooks are root's, and have to be able to stop something.
const HELPER_EXPOSURE_LIMIT: &str = "25";
const HELPER: &str = "muster-enforce";
const SERVICES: [&str; 2] = ["muster-agent", "muster-collector"];

fn packaging() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging")
}

fn unit(service: &str) -> PathBuf {
    packaging().join(format!("systemd/{service}.service"))
}

fn helper_path() -> PathBuf {
    packaging().join("systemd/muster-enforce.path")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Runs one of systemd's tools.
fn run(program: &str, args: &[&str]) -> Output {
    Command::new(program).args(args).env("SYSTEMD_COLORS", "0").env("SYSTEMD_LOG_LEVEL", "warning").output().unwrap_or_else(
        |error| panic!("{program}: {error}; it comes with the package `systemd`, which `cargo xtask test` installs"),
    )
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Every value of every key of a unit, in the order of the file.
fn keys(unit: &str) -> BTreeMap<String, Vec<String>> {
    let mut keys: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in unit.lines().filter(|line| !line.starts_with('#')) {
        if let Some((key, value)) = line.split_once('=') {
            keys.entry(key.to_owned()).or_default().push(value.to_owned());
        }
    }
    keys
}

/// A root directory with our units, the targets they name, and executables where they look for them.
fn root() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    let units = root.path().join("usr/lib/systemd/system");
    let bin = root.path().join("usr/bin");
    fs::create_dir_all(&units).unwrap();
    fs::create_dir_all(&bin).unwrap();
    symlink("usr/bin", root.path().join("bin")).unwrap();
    for program in ["muster-agent", "muster-collector", "kill"] {
        let path = bin.join(program);
        put(&path, b"#!/bin/sh\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    for target in ["sysinit", "basic", "shutdown", "network-online", "multi-user", "paths"] {
        put(&units.join(format!("{target}.target")), b"[Unit]\nDescription=a target\n").unwrap();
    }
    for service in SERVICES.into_iter().chain([HELPER]) {
        fs::copy(unit(service), units.join(format!("{service}.service"))).unwrap();
    }
    fs::copy(helper_path(), units.join("muster-enforce.path")).unwrap();
    root
}

/// What `systemd-analyze verify` complains about in the units of `root`.
fn complaints(root: &Path) -> String {
    let root = format!("--root={}", root.display());
    let units = ["muster-agent.service", "muster-collector.service", "muster-enforce.service", "muster-enforce.path"];
    let output = run("systemd-analyze", &[&["verify", "--man=no", &root], units.as_slice()].concat());
    text(&output)
}

#[test]
fn systemd_reads_the_units_without_a_complaint() {
    assert_eq!(complaints(root().path()), "", "systemd-analyze verify complains; change packaging/systemd");
}

#[test]
fn systemd_does_complain_about_a_wrong_unit() {
    let root = root();
    let path = root.path().join("usr/lib/systemd/system/muster-agent.service");
    let wrong = read(&path).replace("NoNewPrivileges=yes", "NoNewPriviledges=yes");
    put(&path, wrong.as_bytes()).unwrap();
    assert!(complaints(root.path()).contains("NoNewPriviledges"), "the check above would pass whatever the units say");
}

#[test]
fn the_units_expose_little() {
    let limits = SERVICES.map(|service| (service, EXPOSURE_LIMIT)).into_iter().chain([(HELPER, HELPER_EXPOSURE_LIMIT)]);
    for (service, limit) in limits {
        let threshold = format!("--threshold={limit}");
        let output =
            run("systemd-analyze", &["security", "--offline=true", "--no-pager", &threshold, unit(service).to_str().unwrap()]);
        assert!(
            output.status.success(),
            "{service}.service is exposed more than {limit} tenths; give it back a restriction:\n{}",
            text(&output)
        );
    }
}

#[test]
fn an_open_unit_is_over_the_limit() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("open.service");
    put(&path, b"[Service]\nExecStart=/usr/bin/muster-agent run\n").unwrap();
    let output = run("systemd-analyze", &["security", "--offline=true", "--no-pager", "--threshold=15", path.to_str().unwrap()]);
    assert!(!output.status.success(), "the check above would pass whatever the units say");
}

#[test]
fn services_are_watched_stop_on_wrong_configuration_and_reload() {
    for service in SERVICES {
        let keys = keys(&read(&unit(service)));
        for (key, expected) in [
            ("Type", "notify"),
            ("RestartPreventExitStatus", "2 78"),
            ("ExecReload", "/bin/kill -HUP $MAINPID"),
            ("User", service),
            ("StateDirectory", service),
            ("StateDirectoryMode", "0700"),
            ("UMask", "0077"),
            ("LimitCORE", "0"),
        ] {
            assert_eq!(keys.get(key), Some(&vec![expected.to_owned()]), "{service}.service: {key}");
        }
        assert!(keys.contains_key("WatchdogSec"), "{service}.service: WatchdogSec");
    }
}

#[test]
fn every_account_and_directory_of_a_unit_is_made_before_its_first_start() {
    for service in SERVICES {
        let keys = keys(&read(&unit(service)));
        let (user, mode) = (&keys["User"][0], &keys["StateDirectoryMode"][0]);
        let accounts = read(&packaging().join(format!("sysusers.d/{service}.conf")));
        assert!(accounts.lines().any(|line| line.starts_with(&format!("u {user} - "))), "sysusers.d/{service}.conf: `u {user}`");
        let expected = format!("d /var/lib/{} {mode} {user} {user} -", keys["StateDirectory"][0]);
        let directories = read(&packaging().join(format!("tmpfiles.d/{service}.conf")));
        assert!(directories.lines().any(|line| line == expected), "tmpfiles.d/{service}.conf: `{expected}`");
    }
}

#[test]
fn the_helper_looks_where_the_agent_writes_and_remembers_where_only_root_does() {
    let (helper, path) = (keys(&read(&unit(HELPER))), keys(&read(&helper_path())));
    let runtime = &keys(&read(&unit("muster-agent")))["RuntimeDirectory"][0];
    let remembered = &helper["StateDirectory"][0];
    for (keys, key, expected) in [
        (&path, "PathChanged", format!("/run/{runtime}/verdict.json")),
        (&path, "Unit", format!("{HELPER}.service")),
        (&helper, "Type", "oneshot".to_owned()),
        (&helper, "ExecStart", "/usr/bin/muster-agent enforce".to_owned()),
        (&helper, "User", "root".to_owned()),
        (&helper, "StateDirectoryMode", "0755".to_owned()),
        // Every verdict starts it: with a limit the path unit would be given up after a few.
        (&helper, "StartLimitIntervalSec", "0".to_owned()),
    ] {
        assert_eq!(keys.get(key), Some(&vec![expected]), "{key}");
    }
    let directories = read(&packaging().join("tmpfiles.d/muster-agent.conf"));
    let expected = format!("d /var/lib/{remembered} 0755 root root -");
    assert!(directories.lines().any(|line| line == expected), "tmpfiles.d/muster-agent.conf: `{expected}`");
    let sample = uncommented(&read(&packaging().join("config/agent.toml")));
    assert!(flatten(&sample).contains(&format!(r#"enforce.dir = "/var/lib/{remembered}""#)), "agent.toml: enforce.dir");
}

#[test]
fn systemd_reads_the_accounts() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("etc")).unwrap();
    for service in SERVICES {
        let file = packaging().join(format!("sysusers.d/{service}.conf"));
        let root = format!("--root={}", root.path().display());
        // `--root` looks for a named file inside it, so the line comes on the command line.
        let account = read(&file).lines().find(|line| line.starts_with("u ")).unwrap().to_owned();
        let output = run("systemd-sysusers", &[&root, "--dry-run", "--inline", &account]);
        assert!(output.status.success() && !text(&output).contains("Failed"), "{}: {}", file.display(), text(&output));
    }
}

/// The sample with its defaults in force: `#key = value` loses its sign.
fn uncommented(sample: &str) -> String {
    let shown =
        |line: &str| line.strip_prefix('#').filter(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase())).map(str::to_owned);
    sample.lines().map(|line| shown(line).unwrap_or_else(|| line.to_owned()) + "\n").collect()
}

/// Every key of a document, sections with a dot, and its value as TOML writes it.
fn flatten(text: &str) -> BTreeSet<String> {
    let table: toml::Table = text.parse().unwrap_or_else(|error| panic!("{error}"));
    let mut flat = BTreeSet::new();
    for (key, value) in table {
        match value {
            // The head of a section without a key in it says nothing.
            toml::Value::Table(section) => {
                let says = section.iter().filter(|(_, value)| value.as_table().is_none_or(|within| !within.is_empty()));
                flat.extend(says.map(|(name, value)| format!("{key}.{name} = {value}")));
            }
            value => _ = flat.insert(format!("{key} = {value}")),
        }
    }
    flat
}

fn check_sample(name: &str, expected: &[&str]) {
    let sample = read(&packaging().join("config").join(name));
    let expected: BTreeSet<String> = expected.iter().map(ToString::to_string).collect();
    assert_eq!(flatten(&uncommented(&sample)), expected, "packaging/config/{name} shows every key with its default");
    assert_eq!(flatten(&sample), BTreeSet::new(), "packaging/config/{name}, as installed, changes no default");
}

#[test]
fn the_samples_show_every_key_with_its_default() {
    check_sample(
        "collector.toml",
        &[
            r#"data_dir = "/var/lib/muster-collector""#,
            r#"store = "redb""#,
            r#"time_zone = "Europe/Berlin""#,
            r#"agents.listen = "0.0.0.0:8443""#,
            r#"agents.report_interval = "5m""#,
            r#"agents.silent_after = "15m""#,
            r#"agents.max_connections_per_address = 64"#,
            r#"admin.listen = "127.0.0.1:8444""#,
            r#"admin.tls = "on""#,
            r#"admin.url = """#,
            r#"interop.listen = """#,
            r#"nightly.at = "02:00""#,
            r#"mail.server = """#,
            r#"mail.port = 587"#,
            r#"mail.tls = "starttls""#,
            r#"mail.user = """#,
            r#"mail.password_file = """#,
            r#"mail.from = """#,
            r#"mail.ca_file = """#,
            r#"webhooks.ca_file = """#,
            r#"oidc.issuer = """#,
            r#"oidc.client_id = """#,
            r#"oidc.client_secret_file = """#,
            r#"oidc.ca_file = """#,
            r#"oidc.scopes = ["profile", "email"]"#,
            r#"oidc.label = "single sign-on""#,
            r#"oidc.roles_claim = "groups""#,
            r#"oidc.roles = { license_admin = [], operator = [], owner = [], viewer = [] }"#,
            r#"log.level = "info""#,
            r#"log.format = "text""#,
        ],
    );
    check_sample(
        "agent.toml",
        &[
            r#"collector = ["https://collector.example:8443"]"#,
            r#"proxy = """#,
            r#"state_dir = "/var/lib/muster-agent""#,
            r#"sessions.source = "auto""#,
            r#"sessions.utmp_path = "/run/utmp""#,
            r#"software.root = "/""#,
            r#"socket.path = "/run/muster-agent/agent.sock""#,
            r#"enforce.on_disable = []"#,
            r#"enforce.on_enable = []"#,
            r#"enforce.delay = "15m""#,
            r#"enforce.dir = "/var/lib/muster-enforce""#,
        ],
    );
}
