//! Starting the collector in surroundings that do not fit: the exit code, the words, and that nothing on disk changes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::net::TcpListener;
use std::path::{Path, PathBuf};

use muster_e2e::files::put;
use muster_e2e::process::Ran;
use muster_e2e::site::Site;
use redb::{Database, TableDefinition};

const FREE: [&str; 4] = ["--agent-listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];

/// Every file of a directory with its bytes.
fn contents(directory: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push((path.clone(), std::fs::read(path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// It ended with this code, says these words on one line of its own, and prints nothing.
fn check_refusal(ran: Ran, code: i32, words: &[&str]) {
    let ran = ran.expect(code).unwrap();
    assert_eq!(ran.stdout, "", "{}", ran.command);
    for word in words {
        assert!(ran.stderr.contains(word), "{}: {word:?} is not in: {}", ran.command, ran.stderr);
    }
    assert!(!ran.stderr.contains("panicked") && !ran.stderr.contains("backtrace"), "{}", ran.stderr);
}

async fn made() -> Site {
    let site = Site::new().unwrap();
    site.keygen().await.unwrap();
    site.init().await.unwrap();
    site
}

#[tokio::test]
async fn a_port_in_use_is_named_with_its_key() {
    let site = made().await;
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for (flag, other, key) in
        [("--agent-listen", "--admin-listen", "agents.listen"), ("--admin-listen", "--agent-listen", "admin.listen")]
    {
        let args = ["serve", "--data-dir", "collector", flag, &address, other, "127.0.0.1:0"];
        check_refusal(site.run("muster-collector", &args).await.unwrap(), 78, &[key, &address, "in use"]);
    }
    // Freed, it starts: nothing was locked or left behind.
    drop(taken);
    site.collector().start().await.unwrap();
}

#[tokio::test]
async fn a_data_directory_that_cannot_be_used_is_left_as_it_is() {
    let serve = ["serve", "--data-dir", "collector", FREE[0], FREE[1], FREE[2], FREE[3]];
    let check = async |break_it: &dyn Fn(&Path), words: &[&str]| {
        let site = made().await;
        break_it(&site.data_dir());
        let before = contents(&site.data_dir());
        check_refusal(site.run("muster-collector", &serve).await.unwrap(), 78, words);
        let changed = contents(&site.data_dir()).into_iter().filter(|file| !before.contains(file) && !file.0.ends_with(".lock"));
        assert_eq!(changed.map(|(path, _)| path).collect::<Vec<_>>(), Vec::<PathBuf>::new(), "{words:?}");
    };
    let newer = |dir: &Path| {
        let store = Database::open(dir.join("muster.redb")).unwrap();
        let write = store.begin_write().unwrap();
        let meta: TableDefinition<&str, &[u8]> = TableDefinition::new("meta");
        write.open_table(meta).unwrap().insert("schema", 999_u32.to_be_bytes().as_slice()).unwrap();
        write.commit().unwrap();
    };
    check(&newer, &["schema version 999", "use a newer muster-collector"]).await;
    check(&|dir| put(&dir.join("muster.redb"), b"SQLite format 3\0 and so on").unwrap(), &["muster.redb", "not a muster store"])
        .await;
    check(&|dir| std::fs::remove_file(dir.join("muster.redb")).unwrap(), &["muster.redb"]).await;
    check(&|dir| std::fs::remove_file(dir.join("keys/machine.key")).unwrap(), &["collector", "init"]).await;
    check(&|dir| put(&dir.join("keys/machine.key"), b"hello").unwrap(), &["machine.key"]).await;
}

#[tokio::test]
async fn a_directory_that_is_none_is_refused() {
    let site = Site::new().unwrap();
    std::fs::create_dir(site.path("empty")).unwrap();
    put(&site.path("file"), b"x").unwrap();
    for dir in ["empty", "nowhere", "file", "nowhere/below"] {
        let args = ["serve", "--data-dir", dir, FREE[0], FREE[1], FREE[2], FREE[3]];
        check_refusal(site.run("muster-collector", &args).await.unwrap(), 78, &[dir, "muster-collector init"]);
    }
    assert!(std::fs::read_dir(site.path("empty")).unwrap().next().is_none() && !site.path("nowhere").exists());
}

#[tokio::test]
async fn a_data_directory_belongs_to_one_process_and_to_one_init() {
    let site = made().await;
    let collector = site.collector().start().await.unwrap();
    let serve = ["serve", "--data-dir", "collector", FREE[0], FREE[1], FREE[2], FREE[3]];
    check_refusal(site.run("muster-collector", &serve).await.unwrap(), 78, &["collector", "in use by process"]);
    let (status, _) = collector.http().get("/status").await.unwrap();
    assert_eq!(status, 200, "the first goes on");
    let before = contents(&site.path("collector/keys"));
    for dir in ["collector", "collector/keys"] {
        check_refusal(site.run("muster-collector", &["init", "--data-dir", dir]).await.unwrap(), 78, &[dir, "not empty"]);
    }
    put(&site.path("file"), b"x").unwrap();
    check_refusal(site.run("muster-collector", &["init", "--data-dir", "file"]).await.unwrap(), 78, &["file"]);
    check_refusal(
        site.run("muster-collector", &["init", "--data-dir", "n", "--name", "a b"]).await.unwrap(),
        78,
        &["--name", "a b"],
    );
    let args = ["init", "--data-dir", "n", "--vendor-key", "token"];
    check_refusal(site.run("muster-collector", &args).await.unwrap(), 78, &["--vendor-key", "token"]);
    assert!(!site.path("n").exists());
    assert_eq!(before, contents(&site.path("collector/keys")));
}

#[tokio::test]
async fn a_wrong_configuration_is_said_with_file_line_and_key() {
    let site = made().await;
    let cases: [(&str, &[&str]); 14] = [
        ("stoer = \"redb\"\n", &["config.toml:1:1", "`stoer`"]),
        ("[agents]\nlisten = \"127.0.0.1:0\"\n  report_intervall = \"5m\"\n", &["config.toml:3:3", "report_intervall"]),
        ("[agents]\n[nightli]\nat = \"02:00\"\n", &["config.toml:2:", "`nightli`"]),
        ("[admin]\ntls = \"off\"\nlisten = \"0.0.0.0:8444\"\n", &["config.toml:2:", "`admin.tls`", "loopback"]),
        ("[admin]\ntls = \"maybe\"\n", &["config.toml:2:", "`admin.tls`"]),
        ("[agents]\nlisten = 8443\n", &["config.toml:2:", "`agents.listen`"]),
        ("[agents]\nlisten = \"everywhere\"\n", &["config.toml:2:", "`agents.listen`", "everywhere"]),
        ("[agents]\nsilent_after = \"1m\"\n", &["config.toml:2:", "`agents.silent_after`"]),
        ("[nightly]\nat = \"25:00\"\n", &["config.toml:2:", "`nightly.at`"]),
        ("time_zone = \"Mars/Olympus\"\n", &["config.toml:1:", "`time_zone`", "Mars/Olympus"]),
        ("store = \"mysql://x\"\n", &["config.toml:1:", "`store`"]),
        ("[log]\nlevel = \"shout\"\n", &["config.toml:2:", "`log.level`"]),
        ("[agents\n", &["config.toml:1:"]),
        ("a = 1\na = 2\n", &["config.toml:2:"]),
    ];
    for (text, words) in cases {
        put(&site.path("config.toml"), text.as_bytes()).unwrap();
        for command in ["check-config", "serve"] {
            check_refusal(site.run("muster-collector", &[command, "--config", "config.toml"]).await.unwrap(), 78, words);
        }
    }
    for command in ["check-config", "serve"] {
        let args = [command, "--config", "absent.toml"];
        check_refusal(site.run("muster-collector", &args).await.unwrap(), 78, &["absent.toml"]);
    }
    let mut command = site.command("muster-collector", &["serve", "--data-dir", "collector"]).unwrap();
    command.env("MUSTER_ADMIN_TLS", "off").env("MUSTER_ADMIN_LISTEN", "0.0.0.0:0");
    let ran = muster_e2e::process::run(command, b"").await.unwrap();
    check_refusal(ran, 78, &["MUSTER_ADMIN_TLS", "`admin.tls`", "loopback"]);

    put(&site.path("config.toml"), b"time_zone = \"Europe/Berlin\"\n[nightly]\nat = \"03:30\"\n").unwrap();
    let ran = site.run("muster-collector", &["check-config", "--config", "config.toml"]).await.unwrap().expect(0).unwrap();
    assert!(ran.stdout.contains("Europe/Berlin") && ran.stdout.contains("03:30"), "{}", ran.stdout);
}

#[tokio::test]
async fn bad_usage_and_an_absent_collector_have_codes_of_their_own() {
    let site = made().await;
    for args in [&["serve", "--no-such-flag"][..], &["dance"], &["calc", "sessions"], &["join-token", "create", "--uses", "many"]]
    {
        check_refusal(site.run("muster-collector", args).await.unwrap(), 2, &["error:"]);
    }
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("https://{closed}");
    let args = ["status", "--url", &url, "--token-file", "token", "--ca", "collector/ca.pem"];
    check_refusal(site.run("muster-collector", &args).await.unwrap(), 69, &["cannot be reached", &url]);
}
