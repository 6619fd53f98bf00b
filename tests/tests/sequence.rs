//! The main job, as an administrator does it by hand: init, keygen, request, issue, apply, join-token, enroll, once,
//! status. In: the real binaries. Out: what each of them prints, and a status that counts this very machine.

use anyhow::Result;
use muster_e2e::agent::{Agent, dump_time, login};
use muster_e2e::collector::Collector;
use muster_e2e::json::{at, find, list, number, text};
use muster_e2e::site::Site;
use muster_e2e::{files, scene};
use serde_json::Value;

/// Every field of `GET /status` (contract 2.3) and what it is once the product works: s text, t time, n number, b object,
/// l list, 0 null.
const FIELDS: &str = "
    /version s  /collector_id s  /machine_key_id s  /now t  /time_zone s  /state s  /reason 0
    /license/id s  /license/customer s  /license/serial n  /license/expires_at t  /license/asset_limit n
    /license/user_limit n  /license/compliance_query s
    /compliance/counted_at t  /compliance/asset_count n  /compliance/asset_limit n  /compliance/over_by n
    /compliance/user_count n  /compliance/user_limit n  /compliance/grace_started_at 0  /compliance/grace_ends_at 0
    /compliance/days_left 0  /compliance/uncounted_empty_state n  /compliance/last_error 0  /compliance/next_run_at t
    /agents/total n  /agents/online n  /agents/pending n  /agents/quarantined n  /sessions/active n
    /applications/0/name s  /applications/0/named_in_use n  /applications/0/named_limit 0
    /applications/0/floating_in_use n  /applications/0/floating_limit 0  /applications/0/denied_today n
    /applications/0/queued n  /applications/0/peak_today n  /applications/0/peak_at t
    /notifications/last_sent_at 0  /notifications/last_failed_at 0  /notifications/last_error 0  /notifications/waiting n
    /alerts l";

fn is_time(value: &Value) -> bool {
    value
        .as_str()
        .and_then(|text| chrono::DateTime::parse_from_rfc3339(text).ok())
        .is_some_and(|time| time.offset().utc_minus_local() == 0)
}

fn check_fields(status: &Value) -> Result<()> {
    let words: Vec<&str> = FIELDS.split_whitespace().collect();
    for pair in words.chunks_exact(2) {
        let [pointer, kind] = pair else { continue };
        let value = at(status, pointer)?;
        let fits = match *kind {
            "s" => value.as_str().is_some_and(|text| !text.is_empty()),
            "t" => is_time(value),
            "n" => value.is_u64(),
            "l" => value.is_array(),
            _ => value.is_null(),
        };
        assert!(fits, "{pointer} is {value}, not of kind {kind}");
    }
    // Subscription units are computed only where they were bought.
    assert!(status.get("units").is_some_and(|units| units.is_null() || units.is_object()), "{status:#}");
    Ok(())
}

#[tokio::test]
async fn from_nothing_to_a_status_that_counts_this_machine() -> Result<()> {
    let site = Site::new()?;
    let keys = site.vendor(&["keygen", "--out", "vendor"]).await?.expect(0)?;
    assert!(site.path("vendor/vendor.key").is_file() && site.path("vendor/vendor.pub").is_file(), "{}", keys.stdout);

    let secrets = site.init().await?;
    assert_eq!(secrets.machine_key_id.len(), 20);
    assert!(secrets.api_token.starts_with("msa_") && !secrets.admin_password.is_empty());
    assert!(site.path("collector/ca.pem").is_file());
    let again = site.run("muster-collector", &["init", "--data-dir", "collector"]).await?;
    assert_ne!(again.code, Some(0), "a data directory in use is never started over");

    let collector = site.collector().env("MUSTER_TIME_ZONE", &scene::midday_zone()).start().await?;
    let admin = async |args: &[&str]| site.admin(collector.http(), args).await;
    let before = admin(&["status"]).await?.json()?;
    assert_eq!(text(&before, "/state")?, "unlicensed");
    assert_eq!(text(&before, "/machine_key_id")?, secrets.machine_key_id);

    let request = admin(&["license", "request"]).await?.expect(0)?.stdout;
    files::put(&site.path("request"), request.as_bytes())?;
    let terms = ["--customer", "Example AG", "--expires", "2099-12-31", "--assets", "500", "--users", "50"];
    let key = site.issue("request", &terms).await?;
    let key = key.to_string_lossy();
    let inspected = site.vendor(&["inspect", &key]).await?.expect(0)?.stdout;
    assert!(inspected.contains(&secrets.machine_key_id), "{inspected}");
    let rehearsed = admin(&["license", "apply", &key, "--dry-run"]).await?.json()?;
    assert_eq!((at(&rehearsed, "/dry_run")?, text(&rehearsed, "/state")?), (&Value::Bool(true), "compliant"));
    assert_eq!(text(&scene::status(&collector).await?, "/state")?, "unlicensed");
    let applied = admin(&["license", "apply", &key]).await?.json()?;
    assert_eq!((text(&applied, "/state")?, number(&applied, "/license/asset_limit")?), ("compliant", 500));
    assert_eq!(text(&applied, "/run/kind")?, "key");

    let made = admin(&["join-token", "create"]).await?.json()?;
    let token = text(&made, "/token")?;
    assert!(token.starts_with("mst1_") && is_time(at(&made, "/expires_at")?), "{made:#}");
    let agent = site.agent("ws-17")?;
    agent.sessions("").await?;
    let enrolled = agent.enroll(&collector.agents_url(), token).await?.expect(0)?;
    assert!(enrolled.stdout.contains(&secrets.collector_id), "{}", enrolled.stdout);
    let now = chrono::DateTime::parse_from_rfc3339(text(&scene::status(&collector).await?, "/now")?)?;
    agent.sessions(&login(4711, "alice", "pts/0", "10.0.0.11", &dump_time(now.to_utc()))).await?;
    agent.once().await?.expect(0)?;

    let run = admin(&["compliance", "run"]).await?.json()?;
    assert_eq!((number(&run, "/asset_count")?, text(&run, "/kind")?), (1, "manual"), "{run:#}");
    let status = admin(&["status"]).await?.json()?;
    check_fields(&status)?;
    assert_eq!((text(&status, "/state")?, text(&status, "/license/customer")?), ("compliant", "Example AG"));
    assert_eq!(text(&status, "/license/compliance_query")?, "install_statusNOT IN2,7,10");
    assert!(text(&status, "/license/expires_at")?.starts_with("2099-12-3"));
    assert_eq!((number(&status, "/compliance/asset_count")?, number(&status, "/compliance/over_by")?), (1, 0));
    assert_eq!((number(&status, "/compliance/user_count")?, number(&status, "/compliance/user_limit")?), (1, 50));
    assert_eq!((number(&status, "/agents/total")?, number(&status, "/agents/online")?), (1, 1));
    assert_eq!(number(&status, "/sessions/active")?, 1);
    let login = scene::application(&status, "Workstation login")?;
    assert_eq!((number(login, "/floating_in_use")?, number(login, "/peak_today")?), (1, 1));
    assert_eq!(list(&status, "/alerts")?.len(), 0, "{status:#}");

    what_the_agent_says(&site, &agent, &secrets.collector_id).await?;
    let asset = this_asset(&collector).await?;
    assert_eq!((text(&asset, "/sys_class_name")?, number(&asset, "/install_status")?), ("alm_hardware", 1));
    assert_eq!(number(&asset, "/quantity")?, 1);
    assert!(!text(&asset, "/model_category/display")?.is_empty());
    Ok(())
}

async fn what_the_agent_says(site: &Site, agent: &Agent<'_>, collector_id: &str) -> Result<()> {
    let status = agent.status().await?;
    assert_eq!((text(&status, "/verdict")?, text(&status, "/collector_id")?), ("compliant", collector_id));
    assert_eq!((number(&status, "/waiting_reports")?, number(&status, "/dropped_reports")?), (0, 0));
    assert!(is_time(at(&status, "/last_contact_at")?), "{status:#}");
    assert_eq!(at(&status, "/last_error")?, &Value::Null);

    let report = agent.show("report").await?;
    assert_eq!((number(&report, "/protocol")?, number(&report, "/epoch")?), (1, 1));
    assert_eq!(number(&report, "/seq")?, number(&status, "/next_seq")?);
    let session = find(&report, "/sessions", "user", "alice")?;
    assert_eq!((text(session, "/client_ip")?, text(session, "/client")?, text(session, "/tty")?), ("10.0.0.11", "ssh", "pts/0"));
    assert!(text(&report, "/hardware_digest")?.starts_with("sha256:"));
    assert!(number(&report, "/hardware/memory_bytes")? > 0);
    assert!(text(&report, "/hardware/machine_id_hash").is_ok() || !std::path::Path::new("/etc/machine-id").exists());
    let machine = std::fs::read_to_string("/etc/machine-id").unwrap_or_default();
    assert!(machine.trim().is_empty() || !report.to_string().contains(machine.trim()), "the machine id leaves only as a hash");
    assert_eq!(at(&agent.show("sessions").await?, "/0/user")?, "alice");
    assert_eq!(&agent.show("hardware").await?, at(&report, "/hardware")?);
    assert!(site.path("ws-17/state").is_dir());
    Ok(())
}

/// The asset that the agent's enrolment made.
async fn this_asset(collector: &Collector) -> Result<Value> {
    let agents = scene::items(collector.http(), "/api/v1/agents").await?;
    let [agent] = agents.as_slice() else { anyhow::bail!("one agent expected: {agents:#?}") };
    assert_eq!((text(agent, "/status")?, at(agent, "/online")?), ("active", &Value::Bool(true)));
    let asset = scene::get(collector.http(), &format!("/api/v1/assets/{}", text(agent, "/asset")?)).await?;
    assert_eq!(at(&asset, "/agent")?, at(agent, "/id")?);
    Ok(asset)
}
