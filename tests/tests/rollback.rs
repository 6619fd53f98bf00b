//! Stores that are not what they were: edited, restored, copied, lost, full. In: the real binaries, the files of a site in the
//! hands of somebody else. Out: it is noticed and told, and nobody is disabled by it.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use chrono::{Days, NaiveTime};
use muster_e2e::collector::{Collector, Launch};
use muster_e2e::faketime::Faketime;
use muster_e2e::json::{list, text};
use muster_e2e::site::Site;
use muster_e2e::{scene, wait};
use muster_runtime::clock::{Clock as _, SystemClock};
use redb::{Database, ReadableDatabase as _, ReadableTable as _, TableDefinition};
use serde_json::Value;

const LEDGER: TableDefinition<'static, (), &[u8]> = TableDefinition::new("license_ledger");

async fn stop(collector: Collector) -> Result<Launch> {
    let (ended, launch) = collector.stop().await?;
    ensure!(ended.success(), "{ended}");
    Ok(launch)
}

/// The stored licence state of a collector that is stopped.
fn ledger(site: &Site) -> Result<Value> {
    let store = Database::open(site.data_dir().join("muster.redb"))?;
    let row = store.begin_read()?.open_table(LEDGER)?.get(())?.context("a ledger")?.value().to_vec();
    let start = row.iter().position(|byte| *byte == b'{').context("a JSON document in the row")?;
    let document = serde_json::Deserializer::from_slice(row.get(start..).unwrap_or_default()).into_iter().next();
    Ok(document.context("a JSON document in the row")??)
}

/// Replaces a text in the stored licence state by one of the same length, as somebody with a hex editor would.
fn edit(site: &Site, from: &str, to: &str) -> Result<()> {
    let store = Database::open(site.data_dir().join("muster.redb"))?;
    let write = store.begin_write()?;
    {
        let mut table = write.open_table(LEDGER)?;
        let mut row = table.get(())?.context("a ledger")?.value().to_vec();
        let places: Vec<usize> =
            row.windows(from.len()).enumerate().filter(|(_, bytes)| *bytes == from.as_bytes()).map(|(place, _)| place).collect();
        ensure!(!places.is_empty() && from.len() == to.len(), "{from} is not in the row");
        for place in places {
            row.splice(place..place + from.len(), to.bytes());
        }
        table.insert((), row.as_slice())?;
    }
    Ok(write.commit()?)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    if !from.is_dir() {
        return std::fs::copy(from, to).map(drop).with_context(|| format!("copy {}", from.display()));
    }
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

fn state(status: &Value) -> Result<(&str, bool)> {
    Ok((text(status, "/state")?, !list(status, "/alerts")?.is_empty()))
}

/// Whether an alert has these words in it.
fn alerted(status: &Value, words: &str) -> bool {
    let alerts = list(status, "/alerts").unwrap_or_default();
    alerts.iter().any(|alert| text(alert, "/text").is_ok_and(|text| text.contains(words)))
}

async fn audited(collector: &Collector, action: &str) -> Result<usize> {
    let entries = scene::items(collector.http(), "/api/v1/audit").await?;
    Ok(entries.iter().filter(|entry| text(entry, "/action").is_ok_and(|found| found == action)).count())
}

async fn counted(site: &Site, collector: &Collector) -> Result<String> {
    let run = site.admin(collector.http(), &["compliance", "run"]).await?.json()?;
    Ok(text(&run, "/state_after")?.to_owned())
}

const RESTORED: &str = "agents know a newer licence state than this store";

#[tokio::test]
async fn an_edited_licence_state_is_told_and_not_followed() -> Result<()> {
    let site = Site::new()?;
    let launch = stop(scene::licensed(&site, site.collector(), 5).await?).await?;
    // Twenty years ahead: the key would have ended.
    edit(&site, "\"time\":\"20", "\"time\":\"21")?;
    edit(&site, "\"high_water\":\"20", "\"high_water\":\"21")?;
    let collector = launch.start().await?;
    let status = scene::status(&collector).await?;
    assert_eq!((text(&status, "/state")?, text(&status, "/license/customer")?), ("compliant", "Example AG"), "{status:#}");
    assert!(alerted(&status, "state_tampered") && !alerted(&status, "clock_anomaly"), "{status:#}");
    // It is told of once, and the alert outlives a restart.
    let collector = stop(collector).await?.start().await?;
    let status = scene::status(&collector).await?;
    assert!(alerted(&status, "state_tampered"), "{status:#}");
    assert_eq!((text(&status, "/state")?, audited(&collector, "license.tampered").await?), ("compliant", 1));
    scene::license(&site, &collector, 5).await?;
    assert_eq!(state(&scene::status(&collector).await?)?, ("compliant", false));
    Ok(())
}

#[tokio::test]
async fn a_restored_store_takes_over_what_agents_know() -> Result<()> {
    let site = Site::new()?;
    let collector = scene::licensed(&site, site.collector(), 1).await?;
    let agent = scene::enrolled(&site, &collector, "ws-17").await?;
    agent.once().await?.expect(0)?;
    scene::asset(&collector, "P1000001").await?;
    let launch = stop(collector).await?;
    let (store, aside) = (site.data_dir().join("muster.redb"), site.path("aside.redb"));
    copy(&store, &aside)?;
    let collector = launch.start().await?;
    assert_eq!(counted(&site, &collector).await?, "grace");
    agent.once().await?.expect(0)?;
    assert_eq!(text(&agent.status().await?, "/verdict")?, "grace");

    let launch = stop(collector).await?;
    let newer = ledger(&site)?;
    copy(&aside, &store)?;
    let collector = launch.start().await?;
    assert_eq!(state(&scene::status(&collector).await?)?, ("compliant", false), "nobody told it yet");
    agent.once().await?.expect(0)?;
    let status = wait::status(&collector, "the newer state", |status| alerted(status, RESTORED)).await?;
    assert_eq!((text(&status, "/state")?, audited(&collector, "license.rollback").await?), ("grace", 1), "{status:#}");
    // What it says itself comes back and is no news.
    for _ in 0..2 {
        agent.once().await?.expect(0)?;
    }
    assert_eq!(audited(&collector, "license.rollback").await?, 1);
    stop(collector).await?;
    let taken = ledger(&site)?;
    assert_eq!((taken["epoch"].as_u64(), newer["epoch"].as_u64()), (Some(2), Some(1)));
    assert!(taken["seq"].as_u64() > newer["seq"].as_u64() && taken["standing"] == newer["standing"], "{taken:#} {newer:#}");
    Ok(())
}

#[tokio::test]
async fn a_copied_collector_is_noticed_and_disables_nobody() -> Result<()> {
    let site = Site::new()?;
    let collector = scene::licensed(&site, site.collector(), 1).await?;
    let agent = scene::enrolled(&site, &collector, "ws-17").await?;
    agent.once().await?.expect(0)?;
    scene::asset(&collector, "P1000001").await?;
    let mut launch = stop(collector).await?;
    let (running, other) = (site.data_dir(), site.path("copy"));
    copy(&running, &other)?;
    for turn in 0..4 {
        let collector = launch.start().await?;
        if turn == 0 {
            assert_eq!(counted(&site, &collector).await?, "grace");
        }
        for _ in 0..2 {
            agent.once().await?.expect(0)?;
        }
        let status = scene::status(&collector).await?;
        assert_eq!((text(&status, "/state")?, alerted(&status, RESTORED)), ("grace", turn > 0), "turn {turn}: {status:#}");
        assert_eq!(audited(&collector, "license.rollback").await? > 0, turn > 0, "turn {turn}");
        assert_eq!(text(&agent.status().await?, "/verdict")?, "grace");
        launch = stop(collector).await?;
        let third = site.path("third");
        for (from, to) in [(&running, &third), (&other, &running), (&third, &other)] {
            std::fs::rename(from, to)?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_stale_receipt_of_an_earlier_grace_changes_nothing() -> Result<()> {
    let site = Site::new()?;
    let collector = scene::licensed(&site, site.collector(), 1).await?;
    let agent = scene::enrolled(&site, &collector, "ws-17").await?;
    let laptop = scene::enrolled(&site, &collector, "ws-18").await?;
    for machine in [&agent, &laptop] {
        machine.once().await?.expect(0)?;
    }
    assert_eq!(counted(&site, &collector).await?, "grace");
    for machine in [&agent, &laptop] {
        machine.once().await?.expect(0)?;
        assert_eq!(text(&machine.status().await?, "/verdict")?, "grace");
    }
    let aside = site.path("aside");
    copy(&agent.state_dir(), &aside)?;
    scene::license(&site, &collector, 5).await?;
    agent.once().await?.expect(0)?;

    // A laptop that was away, and a machine that was restored from its backup.
    laptop.once().await?.expect(0)?;
    std::fs::remove_dir_all(agent.state_dir())?;
    copy(&aside, &agent.state_dir())?;
    agent.once().await?;
    let status = scene::status(&collector).await?;
    assert_eq!(text(&status, "/state")?, "compliant", "{status:#}");
    assert_eq!((alerted(&status, RESTORED), audited(&collector, "license.rollback").await?), (false, 0), "{status:#}");
    assert_eq!(audited(&collector, "license.copied").await?, 0);
    laptop.once().await?.expect(0)?;
    assert_eq!(text(&laptop.status().await?, "/verdict")?, "compliant");
    Ok(())
}

#[tokio::test]
async fn a_lost_store_is_not_made_anew_in_silence() -> Result<()> {
    let site = Site::new()?;
    let collector = scene::licensed(&site, site.collector(), 5).await?;
    stop(collector).await?;
    let store = site.data_dir().join("muster.redb");
    std::fs::remove_file(&store)?;
    let serve = ["serve", "--data-dir", "collector", "--agent-listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];
    let init = ["init", "--data-dir", "collector", "--name", "localhost"];
    for (args, words) in [(&serve[..], ["muster.redb", "backup"]), (&init[..], ["collector", "empty"])] {
        let refused = site.run("muster-collector", args).await?.expect(78)?;
        for word in words {
            assert!(refused.stderr.contains(word), "{word}: {}", refused.stderr);
        }
        assert!(!store.exists(), "{args:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_store_that_takes_nothing_in_the_night_keeps_the_state_and_alarms() -> Result<()> {
    let site = Site::new()?;
    let clock = Faketime::steered(&site.path("clock"))?;
    let tomorrow = SystemClock.now().date_naive() + Days::new(1);
    let turned_to = |days: u64, time: NaiveTime| (tomorrow + Days::new(days)).and_time(time).and_utc() - SystemClock.now();
    let noon = NaiveTime::from_hms_opt(12, 0, 0).context("noon")?;
    let before_two = NaiveTime::from_hms_opt(1, 59, 50).context("a time")?;
    clock.turn(turned_to(0, noon))?;
    site.keygen().await?;
    site.init().await?;
    let launch = site.collector().env("MUSTER_TIME_ZONE", "UTC").env("MUSTER_NIGHTLY_AT", "02:00").limited();
    let collector = launch.clock(Some(clock.clone())).start().await?;
    scene::license(&site, &collector, 1).await?;
    for tag in ["P1000001", "P1000002"] {
        scene::asset(&collector, tag).await?;
    }
    assert_eq!(counted(&site, &collector).await?, "grace");
    let before = scene::status(&collector).await?;
    collector.limit_files(Some(16 << 10))?;
    clock.turn(turned_to(1, before_two))?;
    let failed = "the nightly run failed";
    let status = wait::status(&collector, "an alarm", |status| alerted(status, failed)).await?;
    let shown = |status: &Value| (status["state"].clone(), status["compliance"]["grace_started_at"].clone());
    assert_eq!(shown(&status), shown(&before), "{status:#}");
    assert_eq!(status["compliance"]["asset_count"], before["compliance"]["asset_count"]);
    // There is room again: the next run is stored, and it judges from the state as it was.
    collector.limit_files(None)?;
    let run = wait::until("a run", async || {
        let ran = site.admin(collector.http(), &["compliance", "run"]).await?;
        Ok((ran.code == Some(0)).then_some(ran))
    });
    assert_eq!(text(&run.await?.json()?, "/state_after")?, "grace");
    assert_eq!(shown(&scene::status(&collector).await?), shown(&before));
    Ok(())
}
