//! The admin client against a listening server: exit codes, and what its commands change.

use super::super::{server, testing::Site};
use crate::{
    client::{self, ClientArgs},
    store::records::Role,
};
use clap::{Args as _, FromArgMatches as _, Subcommand as _};
use muster_runtime::{exit::Exit, output::Format, shutdown::Shutdown};
use serde_json::json;
use std::path::{Path, PathBuf};
use tokio::net::TcpListener;

fn command(line: &[&str]) -> client::Command {
    let parser = client::Command::augment_subcommands(clap::Command::new("muster-collector"));
    client::Command::from_arg_matches(&parser.get_matches_from(["muster-collector"].iter().chain(line))).unwrap()
}

fn file(dir: &Path, name: &str, text: &str) -> PathBuf {
    let path = dir.join(name);
    muster_runtime::durable::write(&path, text.as_bytes(), 0o600).unwrap();
    path
}

#[tokio::test]
async fn commands_do_what_they_say_and_exit_as_documented() {
    let (site, dir, shutdown) = (Site::new().await, tempfile::tempdir().unwrap(), Shutdown::new());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(server::serve(listener, None, site.router.clone(), shutdown.clone()));
    let token = |role| file(dir.path(), &format!("{role:?}"), site.token(role));
    let args =
        |role| ClientArgs { url: url.clone(), token_file: Some(token(role)), ca: None, output: Some(Format::Json), watch: None };
    let owner = args(Role::Owner);
    let run = async |line: &[&str]| client::run(command(line), &owner).await as u8;

    assert_eq!(run(&["status"]).await, Exit::Done as u8);
    assert_eq!(run(&["usage", "show"]).await, Exit::Forbidden as u8, "unlicensed");
    let key = file(dir.path(), "key", &site.key(1, 5, "2027-12-31"));
    assert_eq!(run(&["license", "apply", key.to_str().unwrap(), "--dry-run"]).await, Exit::Done as u8);
    assert_eq!(run(&["usage", "show"]).await, Exit::Forbidden as u8, "a dry run applies nothing");
    assert_eq!(run(&["license", "apply", key.to_str().unwrap()]).await, Exit::Done as u8);
    assert_eq!(run(&["usage", "show"]).await, Exit::Done as u8);
    let bad = file(dir.path(), "bad", "no key");
    assert_eq!(run(&["license", "apply", bad.to_str().unwrap()]).await, Exit::Failed as u8);
    assert_eq!(run(&["license", "apply", "/nonexistent"]).await, Exit::Failed as u8);
    let (report, log) = (dir.path().join("report.json"), dir.path().join("audit.ndjson"));
    for line in [
        &["license", "request"][..],
        &["license", "history"],
        &["compliance", "run"],
        &["compliance", "show"],
        &["compliance", "history", "--limit", "5"],
        &["compliance", "show", "1"],
        &["compliance", "forecast"],
        &["compliance", "report", "--to", report.to_str().unwrap()],
        &["usage", "hours"],
        &["usage", "denials", "--from", "2026-01-01"],
        &["usage", "now"],
        &["explain"],
        &["explain", "asset_count"],
        &["settings", "list"],
        &["settings", "set", "null_mode=inclusive", "--dry-run"],
        &["settings", "set", "null_mode=inclusive", "run_retention_days="],
        &["join-token", "create", "--uses", "2", "--ttl", "2h"],
        &["join-token", "list"],
        &["interop", "create", "--kind", "inventory", "--group", "lab"],
        &["interop", "create", "--kind", "osquery", "--max-new-per-hour", "3"],
        &["interop", "list"],
        &["agent", "list"],
        &["session", "list"],
        &["asset", "list", "--query", "install_status=1"],
        &["audit", "list", "--limit", "3"],
        &["audit", "verify"],
        &["audit", "list", "--actor", "token:", "--action", "license"],
        &["audit", "export", "--to", log.to_str().unwrap()],
        &["audit", "verify", "--input", log.to_str().unwrap()],
        &["privacy", "show", "alice"],
        &["privacy", "purge", "alice", "--dry-run"],
        &["privacy", "purge", "alice"],
    ] {
        assert_eq!(run(line).await, Exit::Done as u8, "{line:?}");
    }
    assert_eq!(
        run(&["audit", "export", "--to", log.to_str().unwrap()]).await,
        Exit::Failed as u8,
        "a file is never written over"
    );
    let whole = std::fs::read_to_string(&log).unwrap();
    for (name, changed) in [
        ("changed", whole.replacen("license.apply", "license.look", 1)),
        ("cut", whole.lines().skip(1).collect::<Vec<_>>().join("\n")),
        ("empty", String::new()),
    ] {
        let forged = file(dir.path(), name, &changed);
        assert_ne!(changed, whole);
        assert_eq!(run(&["audit", "verify", "--input", forged.to_str().unwrap()]).await, Exit::Failed as u8, "{name}");
    }
    // A log that ends too early fits itself; what was noted of it tells.
    let mut walk = crate::chain::Walk::default();
    whole.lines().try_for_each(|line| walk.step(line)).unwrap();
    let (entries, hash) = (walk.entries().to_string(), walk.hash().to_uppercase());
    let shorter: String = whole.lines().take(whole.lines().count() - 1).map(|line| format!("{line}\n")).collect();
    let (log, shorter) = (log.display().to_string(), file(dir.path(), "shorter", &shorter).display().to_string());
    for (of, expected, exit) in [
        (&log, ["--expect-entries", &entries], Exit::Done),
        (&log, ["--expect-hash", &hash], Exit::Done),
        (&shorter, ["--expect-entries", &entries], Exit::Failed),
        (&shorter, ["--expect-hash", &hash], Exit::Failed),
    ] {
        assert_eq!(run(&["audit", "verify", "--input", of, expected[0], expected[1]]).await, exit as u8, "{of} {expected:?}");
    }
    assert_eq!(run(&["asset", "list", "--query", "nonsense=1"]).await, Exit::Failed as u8);
    assert_eq!(run(&["asset", "show", "00000000-0000-0000-0000-000000000001"]).await, Exit::NotFound as u8);
    assert_eq!(run(&["agent", "approve", "00000000-0000-0000-0000-000000000001"]).await, Exit::NotFound as u8);

    let made = site.call(Role::Operator, "POST", "/api/v1/assets", Some(json!({"asset_tag": "P1"}))).await.json();
    let id = made["id"].as_str().unwrap();
    assert_eq!(run(&["asset", "add", "asset_tag=P2", "model_category=Computer", "install_status=6"]).await, Exit::Done as u8);
    assert_eq!(run(&["asset", "add", "asset_tag=P3", "install_status=99"]).await, Exit::Failed as u8);
    assert_eq!(run(&["asset", "list", "--query", "asset_tag=P2^model_category.name=Computer"]).await, Exit::Done as u8);
    assert_eq!(run(&["asset", "set", id, "install_status=Retired", "asset_tag="]).await, Exit::Done as u8);
    let asset = site.get(&format!("/api/v1/assets/{id}")).await.json();
    assert_eq!((&asset["install_status"], &asset["asset_tag"]), (&json!(7), &json!(null)));

    assert_eq!(run(&["application", "set", "Incident Management", "--used-by-process", "smclient"]).await, Exit::Done as u8);
    assert_eq!(run(&["application", "set", "Incident Management", "--used-by-login", "true"]).await, Exit::Done as u8);
    let application = site.get("/api/v1/applications/Incident%20Management").await.json();
    assert_eq!(application["used_by"], json!({"login": true, "processes": ["smclient"], "users": ["*"]}), "the rest is kept");
    assert_eq!(run(&["application", "delete", "Incident Management"]).await, Exit::Done as u8);

    assert_eq!(client::run(command(&["status"]), &args(Role::Application)).await as u8, Exit::Failed as u8);
    site.stores.system.close().await.unwrap();
    assert_eq!(run(&["compliance", "history"]).await, Exit::TryAgain as u8);
    shutdown.trigger();
    server.await.unwrap();
    assert_eq!(run(&["status"]).await, Exit::Unreachable as u8);
    let nobody =
        ClientArgs { url: url.clone(), token_file: Some(file(dir.path(), "empty", "")), ca: None, output: None, watch: None };
    assert_eq!(client::run(command(&["status"]), &nobody).await as u8, Exit::Usage as u8);
}

#[test]
fn client_arguments_may_stand_after_the_subcommand() {
    let parser = ClientArgs::augment_args(client::Command::augment_subcommands(clap::Command::new("x")));
    let line = ["x", "agent", "list", "--url", "https://c:1", "--token-file", "/t", "--output", "csv"];
    let args = ClientArgs::from_arg_matches(&parser.get_matches_from(line)).unwrap();
    assert_eq!((args.url.as_str(), args.output), ("https://c:1", Some(Format::Csv)));
}
