//! Backups: taken from a running collector, put back on the same machine and on another one. In: the real binaries. Out: the same
//! site, or one sentence why not and nothing changed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use anyhow::Result;
use muster_e2e::collector::Collector;
use muster_e2e::files::put;
use muster_e2e::http::Http;
use muster_e2e::json::{list, number, text};
use muster_e2e::process::{Ran, run};
use muster_e2e::site::Site;
use muster_e2e::{scene, wait};
use reqwest::{Method, StatusCode};
use serde_json::json;

const PASSPHRASE: &str = "correct horse battery staple";

/// A licensed site with one agent, its backup in `site.backup` and its keys in `site.keys`.
async fn saved(site: &Site) -> Result<Collector> {
    put(&site.path("passphrase"), PASSPHRASE.as_bytes())?;
    let collector = scene::licensed(site, site.collector(), 5).await?;
    let agent = scene::enrolled(site, &collector, "ws-17").await?;
    agent.once().await?.expect(0)?;
    scene::asset(&collector, "P1000001").await?;
    site.admin(collector.http(), &["backup", "--to", "site.backup"]).await?.expect(0)?;
    export(site, "site.keys").await?.expect(0)?;
    Ok(collector)
}

async fn export(site: &Site, to: &str) -> Result<Ran> {
    let args = ["keys", "export", "--data-dir", "collector", "--to", to, "--passphrase-file", "passphrase"];
    site.run("muster-collector", &args).await
}

async fn restore(site: &Site, from: &str, dir: &str, more: &[&str]) -> Result<Ran> {
    site.run("muster-collector", &[&["restore", "--from", from, "--data-dir", dir], more].concat()).await
}

const KEYS: [&str; 4] = ["--keys", "site.keys", "--passphrase-file", "passphrase"];

/// Every file below a directory with its bytes, but the lock.
fn contents(directory: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if !path.ends_with(".lock") {
                found.push((path.clone(), std::fs::read(path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

#[tokio::test]
async fn a_lost_machine_comes_back_from_backup_and_keys() -> Result<()> {
    let site = Site::new()?;
    let collector = saved(&site).await?;
    let before = scene::status(&collector).await?;
    scene::asset(&collector, "P1000002").await?;
    let launch = collector.kill().await?;
    std::fs::rename(site.data_dir(), site.path("lost"))?;

    let dry = restore(&site, "site.backup", "collector", &[&KEYS[..], &["--dry-run"]].concat()).await?.json()?;
    assert_eq!((dry["dry_run"].as_bool(), number(&dry, "/backup/rows/agents")?), (Some(true), 1));
    assert!(!site.data_dir().exists(), "a dry run leaves nothing");
    let restored = restore(&site, "site.backup", "collector", &KEYS).await?.json()?;
    assert_eq!((&restored["put_aside"], &restored["findings"]), (&json!(null), &json!([])), "{restored:#}");
    let whole = site.run("muster-collector", &["verify", "--data-dir", "collector"]).await?.json()?;
    assert_eq!((&whole["whole"], &whole["machine_key_id"]), (&json!(true), &before["machine_key_id"]), "{whole:#}");

    let collector = launch.start().await?;
    let status = scene::status(&collector).await?;
    for what in ["/collector_id", "/machine_key_id", "/state", "/license", "/agents/total"] {
        assert_eq!(status.pointer(what), before.pointer(what), "{what}");
    }
    let tags = scene::items(collector.http(), "/api/v1/assets").await?;
    let has = |tag: &str| tags.iter().any(|asset| asset["asset_tag"] == tag);
    assert!(has("P1000001") && !has("P1000002"), "as it was when the backup was taken: {tags:#?}");
    // The agent knows it by its keys, and goes on.
    site.agent("ws-17")?.once().await?.expect(0)?;
    wait::status(&collector, "the agent", |status| number(status, "/agents/online").is_ok_and(|online| online == 1)).await?;
    let (_, audited) = collector.http().get("/api/v1/audit?action=backup.").await?;
    assert!(list(&audited, "/items")?.iter().any(|entry| entry["action"] == "backup.restore"), "{audited:#?}");
    Ok(())
}

#[tokio::test]
async fn the_store_that_was_there_is_kept() -> Result<()> {
    let site = Site::new()?;
    let collector = saved(&site).await?;
    scene::asset(&collector, "P1000002").await?;
    let (_, launch) = collector.stop().await?;
    let newer = std::fs::read(site.data_dir().join("muster.redb"))?;
    let restored = restore(&site, "site.backup", "collector", &[]).await?.json()?;
    let aside = site.path(text(&restored, "/put_aside")?);
    assert!(std::fs::read(&aside)? == newer);
    let collector = launch.start().await?;
    let tags = scene::items(collector.http(), "/api/v1/assets").await?;
    assert!(!tags.iter().any(|asset| asset["asset_tag"] == "P1000002"), "{tags:#?}");
    // It can be gone back to.
    let (_, launch) = collector.stop().await?;
    std::fs::rename(&aside, site.data_dir().join("muster.redb"))?;
    let collector = launch.start().await?;
    let (_, found) = collector.http().get("/api/v1/assets?sysparm_query=asset_tag=P1000002").await?;
    assert_eq!(list(&found, "/items")?.len(), 1, "{found:#}");
    Ok(())
}

#[tokio::test]
async fn what_does_not_fit_changes_nothing() -> Result<()> {
    let site = Site::new()?;
    let collector = saved(&site).await?;
    let whole = std::fs::read(site.path("site.backup"))?;
    put(&site.path("cut"), &whole[..whole.len() - 10])?;
    let mut flipped = whole.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    put(&site.path("flipped"), &flipped)?;
    put(&site.path("other"), b"something else")?;
    put(&site.path("wrong"), b"another passphrase")?;
    std::fs::create_dir(site.path("used"))?;
    put(&site.path("used/file"), b"somebody's")?;

    let ran = restore(&site, "site.backup", "collector", &[]).await?.expect(75)?;
    assert!(ran.stderr.contains("in use by process"), "{}", ran.stderr);
    let ran = site.run("muster-collector", &["verify", "--data-dir", "collector"]).await?.expect(75)?;
    assert!(ran.stderr.contains("stop the collector first"), "{}", ran.stderr);
    collector.stop().await?;

    let mine = contents(&site.data_dir());
    let passphrase = ["--keys", "site.keys", "--passphrase-file", "wrong"];
    for (from, dir, more, code, words) in [
        ("cut", "collector", &[][..], 1, "damaged"),
        ("flipped", "collector", &[], 1, "damaged"),
        ("other", "collector", &[], 1, "no backup of muster"),
        ("nowhere", "collector", &[], 4, "nowhere"),
        ("site.backup", "collector", &KEYS, 78, "leave out --keys"),
        ("site.backup", "new", &[], 78, "keys export"),
        ("site.backup", "new", &passphrase, 1, "does not open"),
        ("site.backup", "new", &["--keys", "other", "--passphrase-file", "passphrase"], 1, "no file of keys export"),
        ("site.backup", "used", &KEYS, 78, "not empty"),
        ("cut", "new", &KEYS, 1, "damaged"),
    ] {
        let ran = restore(&site, from, dir, more).await?.expect(code)?;
        assert!(ran.stderr.contains(words) && ran.stdout.is_empty(), "{words:?} is not in {}", ran.stderr);
        assert!(contents(&site.data_dir()) == mine, "{from} {words}");
        assert!(!site.path("new").exists(), "{from} {words}");
    }
    // Somebody else's collector.
    let other = Site::new()?;
    other.keygen().await?;
    other.init().await?;
    std::fs::copy(site.path("site.backup"), other.path("site.backup"))?;
    let before = contents(&other.data_dir());
    let ran = restore(&other, "site.backup", "collector", &[]).await?.expect(78)?;
    assert!(ran.stderr.contains("belongs to the collector that made it"), "{}", ran.stderr);
    assert!(contents(&other.data_dir()) == before);
    Ok(())
}

#[tokio::test]
async fn damage_is_told_by_verify() -> Result<()> {
    let site = Site::new()?;
    saved(&site).await?.stop().await?;
    let verify = || site.run("muster-collector", &["verify", "--data-dir", "collector"]);
    verify().await?.expect(0)?;
    let other = Site::new()?;
    other.init().await?;
    // A key of another authority beside this one's certificate.
    let (mine, theirs) = (site.data_dir().join("keys/agents-ca.key"), other.data_dir().join("keys/agents-ca.key"));
    let kept = std::fs::read(&mine)?;
    std::fs::copy(&theirs, &mine)?;
    let ran = verify().await?.expect(78)?;
    assert!(ran.stderr.contains("agents-ca.key") && ran.stderr.contains("not the key"), "{}", ran.stderr);
    put(&mine, &kept)?;
    // A bit of the store.
    let store = site.data_dir().join("muster.redb");
    let whole = std::fs::read(&store)?;
    let place = (whole.len() / 2..whole.len()).find(|place| whole[*place] != 0).unwrap();
    let mut flipped = whole.clone();
    flipped[place..].iter_mut().take(4096).for_each(|byte| *byte = 0xAA);
    put(&store, &flipped)?;
    let ran = verify().await?.expect(78)?;
    assert!(ran.stderr.contains("damaged") && !ran.stderr.contains("panicked"), "{}", ran.stderr);
    put(&store, &whole)?;
    verify().await?.expect(0)?;
    let vendors = site.data_dir().join("keys/vendors.pem");
    let kept = std::fs::read(&vendors)?;
    put(&vendors, b"garbage")?;
    let ran = verify().await?.expect(78)?;
    assert!(ran.stderr.contains("vendors.pem"), "{}", ran.stderr);
    put(&vendors, &kept)?;
    let ran = site.run("muster-collector", &["verify", "--data-dir", "."]).await?.expect(78)?;
    assert!(ran.stderr.contains("not a collector's data directory"), "{}", ran.stderr);
    Ok(())
}

#[tokio::test]
async fn only_an_owner_takes_a_backup_and_a_full_disk_stops_nothing_else() -> Result<()> {
    let site = Site::new()?;
    let collector = scene::licensed(&site, site.collector().limited(), 5).await?;
    let ca = std::fs::read(site.data_dir().join("ca.pem"))?;
    for (role, expected) in [("license_admin", StatusCode::FORBIDDEN), ("owner", StatusCode::OK)] {
        let wish = json!({"label": role, "role": role});
        let (_, made) = collector.http().send(Method::POST, "/api/v1/api-tokens", &wish).await?;
        let http = Http::new(collector.listen().admin, &ca, Some(text(&made, "/token")?))?;
        let response = http.execute(http.request(Method::GET, "/api/v1/backup").build()?).await?;
        assert_eq!(response.status(), expected, "{role}");
        if expected == StatusCode::OK {
            let length = response.content_length();
            let bytes = response.bytes().await?;
            assert_eq!(length, Some(bytes.len() as u64));
            assert!(bytes.starts_with(b"muster-backup 1 "));
        }
    }
    // Files may not grow: no room for a copy.
    collector.limit_files(Some(4096))?;
    let (status, problem) = collector.http().get("/api/v1/backup").await?;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{problem:#}");
    assert_eq!(text(&scene::status(&collector).await?, "/state")?, "compliant");
    collector.limit_files(None)?;
    site.admin(collector.http(), &["backup", "--to", "site.backup"]).await?.expect(0)?;
    let made = async || -> Result<usize> {
        let (_, audited) = collector.http().get("/api/v1/audit?action=backup.create").await?;
        Ok(list(&audited, "/items")?.len())
    };
    // Whoever only asks what it would be has none made.
    let before = made().await?;
    let head = collector.http().execute(collector.http().request(Method::HEAD, "/api/v1/backup").build()?).await?;
    assert_eq!((head.status(), made().await?), (StatusCode::OK, before));
    // What is there and no plain file is left alone, and none is made for it.
    std::os::unix::fs::symlink("site.backup", site.path("link"))?;
    for (to, code) in [("link", 2), ("collector", 2), ("no/such/directory/file", 1)] {
        site.admin(collector.http(), &["backup", "--to", to]).await?.expect(code)?;
    }
    assert!(site.path("link").is_symlink() && made().await? == before);
    let left = std::fs::read_dir(site.data_dir())?.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    assert_eq!(left.filter(|name| name.ends_with(".unfinished")).collect::<Vec<_>>(), Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn what_a_killed_restore_leaves_can_be_restored_into() -> Result<()> {
    let site = Site::new()?;
    saved(&site).await?.kill().await?;
    // Killed while it prepared, between the certificate and the keys, and between the keys and the store.
    std::fs::create_dir_all(site.path("first/.restore.0/keys"))?;
    std::fs::create_dir_all(site.path("second/.restore.0"))?;
    std::fs::copy(site.data_dir().join("ca.pem"), site.path("second/ca.pem"))?;
    std::fs::create_dir(site.path("third"))?;
    let keys = restore(&site, "site.backup", "third", &KEYS).await?.expect(0)?;
    assert!(keys.stderr.is_empty(), "{}", keys.stderr);
    std::fs::remove_file(site.path("third/muster.redb"))?;
    for (dir, more) in [("first", &KEYS[..]), ("second", &KEYS), ("third", &[])] {
        restore(&site, "site.backup", dir, more).await?.expect(0)?;
        site.run("muster-collector", &["verify", "--data-dir", dir]).await?.expect(0)?;
        let left = std::fs::read_dir(site.path(dir))?.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
        assert_eq!(left.filter(|name| name.starts_with(".restore.")).count(), 0, "{dir}");
    }
    // Two restores within a second keep both stores.
    for _ in 0..2 {
        restore(&site, "site.backup", "first", &[]).await?.expect(0)?;
    }
    let kept = std::fs::read_dir(site.path("first"))?.flatten();
    assert_eq!(kept.filter(|entry| entry.file_name().to_string_lossy().contains(".before-")).count(), 2);
    Ok(())
}

#[tokio::test]
async fn root_leaves_the_directory_of_a_service_alone() -> Result<()> {
    let site = Site::new()?;
    saved(&site).await?.stop().await?;
    // Nobody but root can give a directory away.
    if std::os::unix::fs::chown(site.data_dir(), Some(65534), Some(65534)).is_err() {
        return Ok(());
    }
    let before = contents(&site.data_dir());
    for ran in [
        restore(&site, "site.backup", "collector", &["--dry-run"]).await?,
        site.run("muster-collector", &["verify", "--data-dir", "collector"]).await?,
    ] {
        let ran = ran.expect(78)?;
        assert!(ran.stderr.contains("setpriv --reuid=65534"), "{}", ran.stderr);
    }
    assert!(contents(&site.data_dir()) == before);
    Ok(())
}

#[tokio::test]
async fn a_restore_turns_no_grace_back() -> Result<()> {
    let site = Site::new()?;
    let collector = scene::licensed(&site, site.collector(), 1).await?;
    let agent = scene::enrolled(&site, &collector, "ws-17").await?;
    agent.once().await?.expect(0)?;
    site.admin(collector.http(), &["backup", "--to", "site.backup"]).await?.expect(0)?;
    scene::asset(&collector, "P1000001").await?;
    let run = site.admin(collector.http(), &["compliance", "run"]).await?.json()?;
    assert_eq!(text(&run, "/state_after")?, "grace");
    agent.once().await?.expect(0)?;
    let (_, launch) = collector.stop().await?;
    restore(&site, "site.backup", "collector", &[]).await?.expect(0)?;
    let collector = launch.start().await?;
    assert_eq!(text(&scene::status(&collector).await?, "/state")?, "compliant", "nobody told it yet");
    agent.once().await?.expect(0)?;
    let told = |status: &serde_json::Value| {
        let alerts = list(status, "/alerts").unwrap_or_default();
        alerts.iter().any(|alert| text(alert, "/text").is_ok_and(|text| text.contains("restored from a backup")))
    };
    let status = wait::status(&collector, "the newer state", told).await?;
    assert_eq!(text(&status, "/state")?, "grace", "{status:#}");
    Ok(())
}

#[tokio::test]
async fn a_passphrase_comes_from_standard_input_too() -> Result<()> {
    let site = Site::new()?;
    site.init().await?;
    let args = ["keys", "export", "--data-dir", "collector", "--to", "keys", "--passphrase-file", "-"];
    for (input, code, words) in
        [("too short\n", 1, "at least 12"), ("", 1, "no passphrase"), ("a passphrase that is long\nand more\n", 0, "")]
    {
        let ran = run(site.command("muster-collector", &args)?, input.as_bytes()).await?.expect(code)?;
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
        assert_eq!(site.path("keys").exists(), code == 0);
    }
    Ok(())
}
