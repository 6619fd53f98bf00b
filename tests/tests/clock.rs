//! Grace, expiry and clocks that lie: only the collector's wall clock is moved, over restarts and while it runs; the
//! agents and their machine stay where they are. In: the real binaries under libfaketime. Out: the states of the licence.

use std::sync::OnceLock;

use anyhow::Result;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use muster_e2e::agent::{Agent, dump_time, login};
use muster_e2e::collector::{Collector, Launch};
use muster_e2e::faketime::Faketime;
use muster_e2e::json::{at, list, number, text};
use muster_e2e::site::Site;
use muster_e2e::{scene, wait};
use muster_runtime::clock::{Clock as _, SystemClock};
use serde_json::Value;

/// Day 0 of a test: tomorrow, so that noon of it is ahead whatever the time is now.
fn day_zero() -> NaiveDate {
    // One for the whole test, also where midnight passes meanwhile.
    static DAY: OnceLock<NaiveDate> = OnceLock::new();
    *DAY.get_or_init(|| SystemClock.now().date_naive() + Days::new(1))
}

/// How far the clock has to be turned to show this time of this day after day 0.
fn turned_to(days: i64, time: &str) -> Result<TimeDelta> {
    let time: NaiveTime = time.parse()?;
    Ok(moment(days, time) - SystemClock.now())
}

fn moment(days: i64, time: NaiveTime) -> DateTime<Utc> {
    (day_zero() + TimeDelta::days(days)).and_time(time).and_utc()
}

/// The site's zone must not matter for the dates counted here, and the run is behind every noon.
fn launch(site: &Site) -> Launch {
    site.collector().env("MUSTER_TIME_ZONE", "UTC").env("MUSTER_NIGHTLY_AT", "02:00")
}

async fn start(launch: Launch, days: i64, time: &str) -> Result<Collector> {
    launch.clock(Some(Faketime::shifted(turned_to(days, time)?)?)).start().await
}

async fn restart(collector: Collector, days: i64, time: &str) -> Result<Collector> {
    let (ended, launch) = collector.stop().await?;
    assert!(ended.success(), "{ended}");
    start(launch, days, time).await
}

/// The site dates of the nightly runs, oldest first.
async fn nights(collector: &Collector) -> Result<Vec<String>> {
    let mut runs = scene::items(collector.http(), "/api/v1/compliance/runs").await?;
    runs.retain(|run| run.get("kind").is_some_and(|kind| kind == "nightly"));
    runs.sort_by_key(|run| number(run, "/id").unwrap_or_default());
    runs.iter().map(|run| Ok(text(run, "/site_date")?.to_owned())).collect()
}

fn dates(days: &[i64]) -> Vec<String> {
    days.iter().map(|days| (day_zero() + TimeDelta::days(*days)).to_string()).collect()
}

/// Waits for the run of this day, which nobody asks for, and gives the status after it.
async fn after_the_night(collector: &Collector, days: i64) -> Result<Value> {
    let date = (day_zero() + TimeDelta::days(days)).to_string();
    wait::until("the nightly run", async || Ok((nights(collector).await?.last() == Some(&date)).then_some(()))).await?;
    scene::status(collector).await
}

fn check_state(status: &Value, state: &str, reason: Option<&str>, days_left: Option<i64>) -> Result<()> {
    let got = (text(status, "/state")?, at(status, "/reason")?.as_str(), at(status, "/compliance/days_left")?.as_i64());
    assert_eq!(got, (state, reason, days_left), "{status:#}");
    Ok(())
}

/// The alert about the clock: how severe it is.
fn clock_alert(status: &Value) -> Option<String> {
    let alerts = list(status, "/alerts").ok()?;
    let alert = alerts.iter().find(|alert| text(alert, "/text").is_ok_and(|text| text.ends_with("(clock_anomaly)")))?;
    Some(text(alert, "/severity").ok()?.to_owned())
}

#[tokio::test]
async fn sixty_days_over_the_limit_and_a_new_key() -> Result<()> {
    let site = Site::new()?;
    site.keygen().await?;
    site.init().await?;
    let collector = start(launch(&site), 0, "12:00:00").await?;
    scene::license(&site, &collector, 2).await?;
    let agent = scene::enrolled(&site, &collector, "ws-17").await?;
    scene::asset(&collector, "P1000001").await?;
    agent.once().await?.expect(0)?;
    let run = site.admin(collector.http(), &["compliance", "run"]).await?.json()?;
    assert_eq!((number(&run, "/asset_count")?, text(&run, "/state_after")?), (2, "compliant"));
    scene::asset(&collector, "P1000002").await?;

    // Day 0 of the grace is the night that finds one too many.
    let collector = restart(collector, 1, "12:00:00").await?;
    check_state(&after_the_night(&collector, 1).await?, "grace", Some("over_limit"), Some(60))?;
    let collector = restart(collector, 1, "13:00:00").await?;
    let status = scene::status(&collector).await?;
    check_state(&status, "grace", Some("over_limit"), Some(60))?;
    assert_eq!((number(&status, "/compliance/over_by")?, number(&status, "/compliance/asset_count")?), (1, 3));
    let midnight = |days| moment(days, NaiveTime::MIN).to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let instant = |pointer| {
        anyhow::Ok(text(&status, pointer)?.parse::<DateTime<Utc>>()?.to_rfc3339_opts(chrono::SecondsFormat::Secs, true))
    };
    assert_eq!((instant("/compliance/grace_started_at")?, instant("/compliance/grace_ends_at")?), (midnight(1), midnight(61)));

    let collector = restart(collector, 60, "12:00:00").await?;
    check_state(&after_the_night(&collector, 60).await?, "grace", Some("over_limit"), Some(1))?;
    agent.once().await?.expect(0)?;
    assert_eq!(text(&agent.status().await?, "/verdict")?, "grace");

    let collector = restart(collector, 61, "12:00:00").await?;
    let status = after_the_night(&collector, 61).await?;
    assert_eq!((text(&status, "/state")?, text(&status, "/reason")?), ("disabled", "grace_elapsed"), "{status:#}");
    while_disabled(&site, &collector, &agent).await?;

    // A kill -9 and another start the same day change nothing and count nothing twice.
    let launch = collector.kill().await?;
    let collector = start(launch, 61, "14:00:00").await?;
    assert_eq!(text(&scene::status(&collector).await?, "/reason")?, "grace_elapsed");

    scene::license(&site, &collector, 5).await?;
    check_state(&scene::status(&collector).await?, "compliant", None, None)?;
    agent.once().await?.expect(0)?;
    assert_eq!(text(&agent.status().await?, "/verdict")?, "compliant");
    let status = scene::status(&collector).await?;
    assert_eq!(number(scene::application(&status, "Workstation login")?, "/floating_in_use")?, 1);
    assert_eq!(nights(&collector).await?, dates(&[0, 1, 60, 61]));
    Ok(())
}

/// What is refused, and what goes on, while the product is disabled (contract section 4).
async fn while_disabled(site: &Site, collector: &Collector, agent: &Agent<'_>) -> Result<()> {
    let token = scene::join_token(site, collector).await?;
    let newcomer = site.agent("ws-18")?;
    let refused = newcomer.enroll(&collector.agents_url(), &token).await?.expect(3)?;
    assert!(refused.stderr.contains("disabled"), "{}", refused.stderr);
    let peer = muster_e2e::peer::Identity::generate()?;
    let machine = muster_e2e::peer::Machine::named("ws-19");
    let (status, problem) = peer.ask(&collector.agents_url(), &token, &machine).await?;
    assert_eq!(status.as_u16(), 403);
    assert!(text(&problem, "/type")?.ends_with("license-disabled"), "{problem:#}");

    let since = SystemClock.now() - TimeDelta::minutes(5);
    agent.sessions(&login(4711, "alice", "pts/0", "10.0.0.11", &dump_time(since))).await?;
    agent.once().await?.expect(0)?;
    let said = agent.status().await?;
    assert_eq!((text(&said, "/verdict")?, text(&said, "/verdict_reason")?), ("disabled", "grace_elapsed"));
    assert_eq!(number(&said, "/waiting_reports")?, 0);
    let sessions = scene::items(collector.http(), "/api/v1/sessions").await?;
    let [session] = sessions.as_slice() else { anyhow::bail!("one session expected: {sessions:#?}") };
    assert_eq!((text(session, "/user")?, list(session, "/holds")?.len()), ("alice", 0), "recorded, not allocated");
    let (status, problem) = collector.http().get("/api/v1/usage").await?;
    assert_eq!(status.as_u16(), 403, "{problem:#}");
    site.admin(collector.http(), &["usage", "show"]).await?.expect(3)?;
    scene::asset(collector, "P1000003").await?;
    site.admin(collector.http(), &["compliance", "run"]).await?.expect(0).map(drop)
}

#[tokio::test]
async fn a_promised_end_of_grace_and_a_count_that_reinstates() -> Result<()> {
    let site = Site::new()?;
    site.keygen().await?;
    site.init().await?;
    let collector = start(launch(&site), 0, "12:00:00").await?;
    let until = (day_zero() + Days::new(12)).to_string();
    let terms = ["--customer", "Example AG", "--expires", "2099-12-31", "--assets", "1", "--grace-days", "2"];
    site.license(collector.http(), &[&terms[..], &["--grace-until", &until, "--reinstate", "count"]].concat()).await?;
    scene::asset(&collector, "P1000001").await?;
    let over = scene::asset(&collector, "P1000002").await?;

    let collector = restart(collector, 1, "12:00:00").await?;
    check_state(&after_the_night(&collector, 1).await?, "grace", Some("over_limit"), Some(11))?;
    let collector = restart(collector, 11, "12:00:00").await?;
    let status = after_the_night(&collector, 11).await?;
    check_state(&status, "grace", Some("over_limit"), Some(1))?;
    let alerts = list(&status, "/alerts")?;
    let urgent =
        alerts.iter().find(|alert| text(alert, "/text").is_ok_and(|text| text.contains(&format!("on {until} (1 day left)"))));
    assert_eq!(urgent.map(|alert| text(alert, "/severity")).transpose()?, Some("critical"), "{alerts:#?}");
    let collector = restart(collector, 12, "12:00:00").await?;
    check_state(&after_the_night(&collector, 12).await?, "disabled", Some("grace_elapsed"), Some(0))?;

    // The count comes down, and this key lets that be enough.
    site.admin(collector.http(), &["asset", "set", text(&over, "/id")?, "install_status=7"]).await?.expect(0)?;
    site.admin(collector.http(), &["compliance", "run"]).await?.expect(0)?;
    check_state(&scene::status(&collector).await?, "compliant", None, None)?;
    let mut told = scene::items(collector.http(), "/api/v1/audit").await?;
    told.retain(|entry| entry.get("action").is_some_and(|action| action == "license.warning"));
    let mut left: Vec<i64> = told.iter().map(|entry| number(entry, "/detail/days_left")).collect::<Result<_>>()?;
    left.sort_unstable();
    assert_eq!(left, [1, 11], "each threshold once: {told:#?}");
    Ok(())
}

#[tokio::test]
async fn a_licence_ends_with_its_date_and_without_a_run() -> Result<()> {
    let site = Site::new()?;
    let clock = Faketime::steered(&site.path("clock"))?;
    clock.turn(turned_to(0, "23:20:00")?)?;
    site.keygen().await?;
    site.init().await?;
    let collector = launch(&site).clock(Some(clock.clone())).start().await?;
    let expires = (day_zero() + Days::new(1)).to_string();
    site.license(collector.http(), &["--customer", "Example AG", "--expires", &expires, "--assets", "5"]).await?;
    let status = wait::status(&collector, "the run of day 0", |status| {
        at(status, "/compliance/counted_at").is_ok_and(|counted| !counted.is_null())
    });
    check_state(&status.await?, "compliant", None, None)?;
    clock.turn(turned_to(1, "00:00:30")?)?;
    let status = wait::status(&collector, "the end of the licence", |status| {
        text(status, "/state").is_ok_and(|state| state == "disabled")
    });
    let status = status.await?;
    assert_eq!(text(&status, "/reason")?, "expired");
    assert_eq!(nights(&collector).await?, dates(&[0]), "no run is due before 02:00");
    let (_, launch) = collector.stop().await?;
    let collector = launch.start().await?;
    assert_eq!(text(&scene::status(&collector).await?, "/reason")?, "expired");
    Ok(())
}

#[tokio::test]
async fn a_jump_of_ten_years_freezes_until_the_clock_is_back_or_confirmed() -> Result<()> {
    let site = Site::new()?;
    site.keygen().await?;
    site.init().await?;
    let collector = start(launch(&site), 0, "12:00:00").await?;
    scene::license(&site, &collector, 1).await?;
    let agent = scene::enrolled(&site, &collector, "ws-17").await?;
    scene::asset(&collector, "P1000001").await?;
    let collector = restart(collector, 1, "12:00:00").await?;
    check_state(&after_the_night(&collector, 1).await?, "grace", Some("over_limit"), Some(60))?;

    let collector = restart(collector, 3653, "12:00:00").await?;
    let status = wait::status(&collector, "an alert", |status| clock_alert(status).is_some()).await?;
    assert_eq!(clock_alert(&status).as_deref(), Some("critical"));
    check_state(&status, "grace", Some("over_limit"), Some(60))?;
    agent.once().await?.expect(0)?;
    assert_eq!(text(&agent.status().await?, "/verdict")?, "grace");
    // Another start under the same clock does not make it true.
    let collector = restart(collector, 3653, "13:00:00").await?;
    let status = wait::status(&collector, "the alert again", |status| clock_alert(status).is_some()).await?;
    check_state(&status, "grace", Some("over_limit"), Some(60))?;
    site.admin(collector.http(), &["compliance", "run"]).await?;
    check_state(&scene::status(&collector).await?, "grace", Some("over_limit"), Some(60))?;

    // The clock is right again: as if nothing had been.
    let collector = restart(collector, 2, "12:00:00").await?;
    let status = after_the_night(&collector, 2).await?;
    check_state(&status, "grace", Some("over_limit"), Some(59))?;
    assert_eq!(clock_alert(&status), None);

    // An owner says that it is true.
    let collector = restart(collector, 3653, "12:00:00").await?;
    wait::status(&collector, "the alert", |status| clock_alert(status).is_some()).await?;
    site.admin(collector.http(), &["license", "confirm-clock"]).await?.expect(0)?;
    let status = after_the_night(&collector, 3653).await?;
    assert_eq!((text(&status, "/state")?, text(&status, "/reason")?), ("disabled", "grace_elapsed"), "{status:#}");
    assert_eq!(clock_alert(&status), None);
    assert_eq!(nights(&collector).await?, dates(&[0, 1, 2, 3653]), "one wrong word does not end the history");
    let mut told = scene::items(collector.http(), "/api/v1/audit").await?;
    told.retain(|entry| text(entry, "/subject").is_ok_and(|subject| subject == "clock"));
    let mut told: Vec<(i64, &str, &str)> = told
        .iter()
        .map(|entry| Ok((number(entry, "/number")?, text(entry, "/action")?, text(entry, "/actor")?)))
        .collect::<Result<_>>()?;
    told.sort_unstable();
    let told: Vec<(&str, bool)> = told.into_iter().map(|(_, action, actor)| (action, actor == "collector")).collect();
    // Wrong, right again, wrong, confirmed by somebody, right.
    let by_itself = ("license.clock", true);
    assert_eq!(told, [by_itself, by_itself, by_itself, ("license.confirm-clock", false), by_itself]);
    Ok(())
}

#[tokio::test]
async fn a_clock_that_is_turned_while_the_collector_runs() -> Result<()> {
    let site = Site::new()?;
    let clock = Faketime::steered(&site.path("clock"))?;
    clock.turn(turned_to(0, "12:00:00")?)?;
    site.keygen().await?;
    site.init().await?;
    let collector = launch(&site).clock(Some(clock.clone())).start().await?;
    scene::license(&site, &collector, 1).await?;
    for tag in ["P1000001", "P1000002"] {
        scene::asset(&collector, tag).await?;
    }
    let run = site.admin(collector.http(), &["compliance", "run"]).await?.json()?;
    assert_eq!(text(&run, "/state_after")?, "grace");

    clock.turn(turned_to(70, "12:00:00")?)?;
    let status = wait::status(&collector, "an alert", |status| clock_alert(status).is_some()).await?;
    assert_eq!(clock_alert(&status).as_deref(), Some("critical"));
    check_state(&status, "grace", Some("over_limit"), Some(60))?;
    clock.turn(turned_to(0, "12:01:00")?)?;
    wait::status(&collector, "no alert", |status| clock_alert(status).is_none()).await?;

    clock.turn(turned_to(-30, "12:00:00")?)?;
    let status = wait::status(&collector, "an alert", |status| clock_alert(status).is_some()).await?;
    assert_eq!(clock_alert(&status).as_deref(), Some("warning"));
    check_state(&status, "grace", Some("over_limit"), Some(60))?;
    // Over a restart as well: what was is not forgotten.
    let (_, launch) = collector.stop().await?;
    let collector = launch.start().await?;
    let status = wait::status(&collector, "the alert again", |status| clock_alert(status).is_some()).await?;
    check_state(&status, "grace", Some("over_limit"), Some(60))?;
    assert_eq!(nights(&collector).await?, dates(&[0]));
    Ok(())
}
