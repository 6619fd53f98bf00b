//! What is owned against what is used, from the files of machines to numbers, the rows behind them, and what people do about them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use muster_e2e::agent::Agent;
use muster_e2e::json::{list, number, text};
use muster_e2e::office::Office;
use muster_e2e::{files, scene, wait};
use serde_json::{Value, json};

fn install(agent: &Agent<'_>, packages: &[&str]) {
    let dir = agent.root().join("var/lib/dpkg");
    std::fs::create_dir_all(&dir).unwrap();
    let package = |name: &&str| format!("Package: {name}\nStatus: install ok installed\nMaintainer: Acme\nVersion: 2.0\n\n");
    let status: String = packages.iter().map(package).collect();
    files::put(&dir.join("status"), status.as_bytes()).unwrap();
}

/// A command of the owner that must succeed, with its answer.
async fn done(office: &Office, args: &[&str]) -> Value {
    let args = [args, &["--output", "json"]].concat();
    office.site.admin(office.http(), &args).await.unwrap().expect(0).unwrap().json().unwrap()
}

/// A run, as soon as no other one goes on: on a Sunday the site runs one by itself.
async fn reconcile(office: &Office, more: &[&str]) -> Value {
    let args = [&["reconcile", "run"], more, &["--output", "json"]].concat();
    let ran = wait::until("a run of one's own", async || {
        let ran = office.site.admin(office.http(), &args).await?;
        let busy = ran.code == Some(75) || ran.stderr.contains("goes on");
        anyhow::ensure!(busy || ran.code == Some(0), "{ran:?}");
        Ok((!busy).then_some(ran))
    });
    ran.await.unwrap().json().unwrap()
}

/// Two machines with Draw, one of them with Write, and rights for one Draw.
async fn office() -> Office {
    let office = Office::licensed().await.unwrap();
    for (name, packages) in [("ws-1", &["draw", "write"][..]), ("ws-2", &["draw"])] {
        let agent = scene::enrolled(&office.site, &office.collector, name).await.unwrap();
        install(&agent, packages);
        agent.once().await.unwrap().expect(0).unwrap();
    }
    done(&office, &["model", "create", "publisher=Acme", "product=draw"]).await;
    done(&office, &["model", "create", "publisher=Bcme", "product=unused"]).await;
    let models = done(&office, &["model", "list"]).await;
    let draw = list(&models, "/items").unwrap().iter().find(|model| model["product"] == "draw").unwrap();
    let software_model = format!("software_model={}", text(draw, "/id").unwrap());
    let fields = [
        "entitlement",
        "create",
        software_model.as_str(),
        "metric_group=Common",
        "license_metric=Per Device",
        "purchased_rights=1",
        "unit_cost=100",
        "currency=EUR",
    ];
    let made = done(&office, &fields).await;
    let published = done(&office, &["entitlement", "publish", text(&made, "/id").unwrap()]).await;
    assert_eq!(published["state"], "In use", "{published:#}");
    office
}

async fn positions(office: &Office, query: &str) -> Vec<Value> {
    list(&office.get(&format!("/api/v1/reconciliations/latest/positions{query}")).await.unwrap(), "/items").unwrap().to_vec()
}

#[tokio::test]
async fn what_is_installed_is_measured_against_what_is_owned() {
    let office = office().await;
    let run = reconcile(&office, &[]).await;
    assert_eq!((text(&run, "/state").unwrap(), number(&run, "/not_compliant").unwrap()), ("done", 1), "{run:#}");
    assert_eq!(text(&run, "/true_up/EUR").unwrap(), "100", "{run:#}");

    let products = positions(&office, "?tier=product&publisher=acme").await;
    let draw = products.iter().find(|one| one["product"] == "draw").unwrap();
    let figures = ["owned", "used", "needed", "unlicensed", "surplus"].map(|name| draw[name].as_u64().unwrap());
    assert_eq!(figures, [1, 1, 1, 1, 0], "{draw:#}");
    assert_eq!(draw["status"], "not_compliant");
    let metric = &positions(&office, "?tier=metric&product=draw").await[0];
    assert!(text(metric, "/why").unwrap().contains("1 more are needed, for 100.00 EUR"), "{metric:#}");

    // Every number opens to its rows, as a list and as a file.
    let id = text(draw, "/id").unwrap();
    let rows = done(&office, &["reconcile", "members", id]).await;
    let rows = list(&rows, "/items").unwrap();
    let mut how: Vec<&str> = rows.iter().map(|row| text(row, "/disposition").unwrap()).collect();
    how.sort_unstable();
    assert_eq!(how, ["own", "unlicensed"], "{rows:#?}");
    assert!(rows.iter().all(|row| row["device"]["display"].is_string()), "{rows:#?}");
    let csv = ["reconcile", "show", "--output", "csv"];
    let csv = office.site.admin(office.http(), &csv).await.unwrap().expect(0).unwrap().stdout;
    assert!(csv.lines().any(|line| line.contains(",draw,1,1,1,not_compliant,100.00 EUR")), "{csv}");

    // People work on what may go, step by step; a run keeps that.
    let candidates = done(&office, &["removal-candidates", "list"]).await;
    let candidate = &list(&candidates, "/items").unwrap()[0];
    assert_eq!((&candidate["justification"], &candidate["state"]), (&json!("unlicensed"), &json!("awaiting_revocation")));
    let candidate = text(candidate, "/id").unwrap().to_owned();
    let wrong = ["removal-candidates", "set", candidate.as_str(), "ready"];
    let wrong = office.site.admin(office.http(), &wrong).await.unwrap();
    assert!(wrong.code != Some(0) && wrong.stderr.contains("does not become Ready"), "{wrong:?}");
    let moved = done(&office, &["removal-candidates", "set", &candidate, "attention_required"]).await;
    assert_eq!(moved["state"], "attention_required");
    reconcile(&office, &["--publisher", "ACME"]).await;
    let still = office.get(&format!("/api/v1/removal-candidates/{candidate}")).await.unwrap();
    assert_eq!((&still["state"], still["run"].as_u64()), (&json!("attention_required"), Some(2)), "{still:#}");

    // A remedy is chosen, and the newest results of every publisher stay together.
    let id = text(&positions(&office, "?tier=product&product=draw").await[0], "/id").unwrap().to_owned();
    assert!(id.starts_with("2-"), "{id}");
    let remedies = done(&office, &["reconcile", "remedies", &id]).await;
    let purchase = list(&remedies, "/items").unwrap().iter().find(|one| one["kind"] == "purchase_rights").unwrap();
    assert_eq!(text(purchase, "/cost/EUR").unwrap(), "100");
    let set = ["reconcile", "remedies", id.as_str(), "--set", text(purchase, "/id").unwrap(), "--state", "in_progress"];
    assert_eq!(done(&office, &set).await["state"], "in_progress");
    let history = done(&office, &["reconcile", "history", "draw"]).await;
    let history = list(&history, "/items").unwrap();
    assert_eq!(history.len(), 2);
    // The numbers of earlier runs open, too.
    let rows = done(&office, &["reconcile", "members", text(&history[0], "/id").unwrap()]).await;
    assert_eq!(list(&rows, "/items").unwrap().len(), 2, "{rows:#}");

    // What is bought and what is removed shows in the next run.
    let agent = office.site.agent("ws-1").unwrap();
    agent.configure(Some(&office.collector.agents_url()), "").unwrap();
    install(&agent, &["write"]);
    agent.once().await.unwrap().expect(0).unwrap();
    let run = reconcile(&office, &[]).await;
    assert_eq!(number(&run, "/not_compliant").unwrap(), 0, "{run:#}");
    let closed = office.get(&format!("/api/v1/removal-candidates/{candidate}")).await.unwrap();
    assert_eq!(closed["state"], "closed_canceled", "{closed:#}");
    let nobody = ["reconcile", "run", "--publisher", "Nobody"];
    let nobody = office.site.admin(office.http(), &nobody).await.unwrap();
    assert!(nobody.code != Some(0) && nobody.stderr.contains("no software model"), "{nobody:?}");
}

#[tokio::test]
async fn results_are_refused_without_a_licence_and_a_run_can_be_killed() {
    let office = Office::unlicensed().await.unwrap();
    for args in [&["reconcile", "show"][..], &["reconcile", "run"], &["removal-candidates", "list"]] {
        assert_eq!(office.site.admin(office.http(), args).await.unwrap().code, Some(3), "{args:?}");
    }
    office.site.license(office.http(), &muster_e2e::office::TERMS).await.unwrap();
    reconcile(&office, &["--detach"]).await;
    let Office { collector, site, secrets } = office;
    let collector = collector.kill().await.unwrap().start().await.unwrap();
    let office = Office { collector, site, secrets };
    // What the killed one held is free again some seconds later.
    let run = reconcile(&office, &[]).await;
    assert_eq!(text(&run, "/state").unwrap(), "done", "{run:#}");
    let runs = done(&office, &["reconcile", "runs"]).await;
    let states: Vec<&str> = list(&runs, "/items").unwrap().iter().map(|run| text(run, "/state").unwrap()).collect();
    assert!(states.len() >= 2 && !states.contains(&"running"), "{runs:#}");
}

/// The positions that `calc` finds in a case.
async fn calculated(office: &Office, kind: &str, case: &Value) -> Value {
    let name = format!("{kind}.json");
    std::fs::remove_file(office.site.path(&name)).ok();
    files::put(&office.site.path(&name), case.to_string().as_bytes()).unwrap();
    let ran = office.site.run("muster-collector", &["calc", kind, "--input", &name]).await.unwrap().expect(0).unwrap();
    let answer = &ran.json().unwrap()["cases"][0];
    assert!(answer["error"].is_null(), "{answer:#}");
    answer["result"].clone()
}

#[tokio::test]
async fn exports_come_to_what_the_site_itself_finds() {
    let office = office().await;
    reconcile(&office, &[]).await;
    let export = done(&office, &["reconcile", "export"]).await;
    let found = calculated(&office, "reconcile", &export).await;
    assert_eq!(found["warnings"], json!([]), "{found:#}");
    let (ours, theirs) = (list(&found, "/positions").unwrap(), positions(&office, "").await);
    assert!(!ours.is_empty());
    assert_eq!(ours.len(), theirs.len(), "{found:#}");
    for (one, other) in ours.iter().zip(&theirs) {
        for (name, value) in one.as_object().unwrap().iter().filter(|(name, _)| *name != "entitlements") {
            assert_eq!(value, &other[name], "{name} of {other:#}");
        }
    }
    let candidates = done(&office, &["removal-candidates", "list"]).await;
    let ids = |of: &[Value]| of.iter().map(|one| text(one, "/id").unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(ids(list(&found, "/candidates").unwrap()), ids(list(&candidates, "/items").unwrap()));

    // What would be with one more right, and by the metric alone.
    let mut richer = export.clone();
    richer["inputs"]["entitlements"]["items"][0]["purchased_rights"] = json!(2);
    richer["inputs"]["entitlements"]["items"][0]["active_rights"] = json!(2);
    let found = calculated(&office, "reconcile", &richer).await;
    let draw = list(&found, "/positions").unwrap().iter().find(|one| one["product"] == "draw").unwrap();
    assert_eq!((&draw["status"], &draw["owned"], &draw["needed"]), (&json!("compliant"), &json!(2), &json!(0)), "{draw:#}");
    let mut metric = export.clone();
    metric["group"] = json!("Common");
    metric["metric"] = json!("per device");
    let found = calculated(&office, "metric", &metric).await;
    let tiers: Vec<&str> = list(&found, "/positions").unwrap().iter().map(|one| text(one, "/tier").unwrap()).collect();
    assert_eq!(tiers, ["metric"], "{found:#}");
    let mut wrong = export;
    wrong["inputs"]["installs"]["items"][0]["asset"] = json!("nowhere");
    files::put(&office.site.path("wrong.json"), wrong.to_string().as_bytes()).unwrap();
    let ran =
        office.site.run("muster-collector", &["calc", "reconcile", "--input", "wrong.json"]).await.unwrap().expect(0).unwrap();
    let error = ran.json().unwrap()["cases"][0]["error"].as_str().unwrap().to_owned();
    assert!(error.contains("installs, item 1: asset"), "{error}");
}
/// Products of the large result: the first of these that takes long enough to store for a kill in the middle of it.
const PRODUCTS: [usize; 4] = [400, 1_600, 6_400, 25_600];

/// Products with a result, and open removal candidates.
async fn shown(office: &Office) -> (usize, usize) {
    let (mut products, mut after) = (0, String::new());
    loop {
        let path = format!("/api/v1/reconciliations/latest/positions?limit=1000&tier=product{after}");
        let page = office.get(&path).await.unwrap();
        products += list(&page, "/items").unwrap().len();
        let Some(cursor) = page["next"].as_str() else { break };
        after = format!("&cursor={cursor}");
    }
    let candidates = office.get("/api/v1/removal-candidates?open=true&limit=1000").await.unwrap();
    (products, list(&candidates, "/items").unwrap().len())
}

/// Many more products with rights.
async fn more_products(office: &Office, from: usize, to: usize) {
    let (mut models, mut rights) = (String::from("publisher;product\n"), String::from(RIGHTS));
    for number in from..to {
        models.push_str(&format!("Many;Product {number}\n"));
        rights.push_str(&format!("E{number};Many Product {number};Common;Per Device;In use;{};10;EUR\n", number + 1));
    }
    for (name, text) in [(format!("models{to}.csv"), &models), (format!("rights{to}.csv"), &rights)] {
        files::put(&office.site.path(&name), text.as_bytes()).unwrap();
    }
    done(office, &["model", "import", &format!("models{to}.csv")]).await;
    done(office, &["entitlement", "import", &format!("rights{to}.csv")]).await;
}

#[tokio::test]
async fn a_run_that_is_killed_while_its_result_is_stored_leaves_nothing() {
    let mut office = office().await;
    reconcile(&office, &[]).await;
    let mut before = shown(&office).await;
    assert_eq!(before.1, 1, "one Draw is not licensed");
    let products = before.0;
    // Another install that nothing licenses.
    done(&office, &["model", "create", "publisher=Acme", "product=write"]).await;
    let (mut killed, mut made) = (0, 0);
    for many in PRODUCTS {
        more_products(&office, made, many).await;
        made = many;
        let whole = (products + many + 1, 2);
        // Killed early and late in storing.
        for part in [0, many / 2, many] {
            let run = reconcile(&office, &["--detach"]).await;
            let path = format!("/api/v1/reconciliations/{}", number(&run, "/id").unwrap());
            wait::until("results that are being stored", async || {
                let run = office.get(&path).await?;
                let stored = run["progress"]["phase"] == "keeping" && run["progress"]["done"].as_u64() >= Some(part as u64);
                Ok((stored || run["state"] == "done").then_some(()))
            })
            .await
            .unwrap();
            let Office { collector, site, secrets } = office;
            let collector = collector.kill().await.unwrap().start().await.unwrap();
            office = Office { collector, site, secrets };
            // Another run takes back what was left, as soon as what the killed one held is free.
            reconcile(&office, &["--publisher", "Bcme"]).await;
            let run = office.get(&path).await.unwrap();
            let now = shown(&office).await;
            if run["state"] == "done" {
                assert_eq!(now, whole, "all of it: {run:#}");
                break;
            }
            assert!(run["state"] == "failed" && text(&run, "/error").unwrap().contains("run it again"), "{run:#}");
            let id = number(&run, "/id").unwrap();
            let rest = office.get(&format!("/api/v1/reconciliations/{id}/positions?limit=10")).await.unwrap();
            assert_eq!(list(&rest, "/items").unwrap().len(), 0, "{rest:#}");
            // The site's own weekly run may have come in between.
            assert!(now == before || now == whole, "{now:?} is neither {before:?} nor {whole:?}");
            killed += 1;
        }
        let run = reconcile(&office, &[]).await;
        assert_eq!((text(&run, "/state").unwrap(), number(&run, "/not_compliant").unwrap()), ("done", 2), "{run:#}");
        assert_eq!(shown(&office).await, whole);
        before = whole;
        if killed > 0 {
            break;
        }
    }
    assert!(killed > 0, "no kill came while a result was stored");
    assert!(list(&done(&office, &["reconcile", "history", "draw"]).await, "/items").unwrap().len() >= 2);
}

const RIGHTS: &str = "number;software_model;metric_group;license_metric;state;purchased_rights;unit_cost;currency\n";
