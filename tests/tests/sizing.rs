//! How many seats are enough: history replayed with another number of them, seats that nobody uses, ready-made applications. In: the
//! real binaries, and simulated agents. Out: what an administrator reads before buying or taking back.

use anyhow::Result;
use chrono::{TimeDelta, Utc};
use muster_e2e::json::{at, find, list, number, text};
use muster_e2e::office::Office;
use muster_e2e::peer::session;
use muster_e2e::scene;
use muster_runtime::clock::{Clock as _, SystemClock};
use muster_wire::session::Session;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const CHECKOUTS: &str = "/api/v1/checkouts";

async fn take(office: &Office, user: &str) -> Result<(StatusCode, Value)> {
    let body = json!({"application": "CAD", "user": user, "client_ip": "10.0.0.1", "client": "rest"});
    office.http().send(Method::POST, CHECKOUTS, &body).await
}

async fn give_back(office: &Office, seat: &Value) -> Result<()> {
    let (status, answer) = office.http().send(Method::DELETE, &format!("{CHECKOUTS}/{}", text(seat, "/id")?), &json!({})).await?;
    anyhow::ensure!(status == StatusCode::NO_CONTENT, "{answer:#}");
    Ok(())
}

#[tokio::test]
async fn history_says_how_many_seats_are_enough() -> Result<()> {
    let office = Office::licensed().await?;
    let admin = async |args: &[&str]| office.site.admin(office.http(), args).await;
    admin(&["application", "set", "CAD", "--floating-limit", "3", "--at-limit", "refuse", "--named-user", "falcon"])
        .await?
        .expect(0)?;
    let mut seats = Vec::new();
    for user in ["falcon", "ann", "bob", "cem"] {
        let (status, seat) = take(&office, user).await?;
        assert_eq!(status, StatusCode::CREATED, "{seat:#}");
        seats.push(seat);
    }
    assert_eq!(take(&office, "dan").await?.0, StatusCode::CONFLICT, "what is refused leaves no use behind");
    for seat in &seats[1..3] {
        give_back(&office, seat).await?;
    }
    let (_, again) = take(&office, "ann").await?;
    give_back(&office, &again).await?;

    let size = async |seats: &str, more: &[&str]| {
        let args = [&["usage", "size", "--application", "cad", "--seats", seats], more].concat();
        office.site.admin(office.http(), &args).await
    };
    let check = async |seats: &str, denied: i64, first: Option<&str>| -> Result<()> {
        let found = size(seats, &["--output", "json"]).await?.json()?;
        assert_eq!((number(&found, "/denied")?, number(&found, "/stretches")?), (denied, 5), "{found:#}");
        assert_eq!(list(&found, "/denials")?.first().map(|one| text(one, "/user")).transpose()?, first);
        let wanted = (number(&found, "/peak")?, number(&found, "/named_peak")?, number(&found, "/smallest_without_denial")?);
        assert_eq!((wanted, number(&found, "/recorded_denied")?), ((4, 1, 3), 1));
        for row in list(&found, "/table")? {
            let enough = number(row, "/seats")? >= 3;
            assert_eq!(enough, number(row, "/denied")? == 0, "{found:#}");
        }
        Ok(())
    };
    check("3", 0, None).await?;
    check("2", 1, Some("cem")).await?;
    // ann has the only seat first; bob and cem are refused, and so nobody is in her way when she comes again.
    check("1", 2, Some("bob")).await?;
    check("0", 4, Some("ann")).await?;
    let page = size("2", &["--output", "table"]).await?.expect(0)?.stdout;
    for part in
        ["2 floating seats of CAD would have denied once", "denied nobody is 3", "cem", "limit now", "1 claims were refused"]
    {
        assert!(page.contains(part), "{part} is missing in\n{page}");
    }
    let csv = size("2", &["--output", "csv"]).await?.expect(0)?.stdout;
    assert_eq!(csv.lines().take(3).collect::<Vec<_>>(), ["seats,denied", "0,4", "1,2"]);
    let before = ["--from", "2020-01-01", "--to", "2020-02-01", "--output", "table"];
    assert!(size("2", &before).await?.expect(0)?.stdout.contains("Nobody used CAD"));
    admin(&["usage", "size", "--application", "nothing", "--seats", "1"]).await?.expect(4)?;
    admin(&["usage", "size", "--application", "CAD", "--seats", "1", "--from", "2020-01-01"]).await?.expect(1)?;
    Ok(())
}

#[tokio::test]
async fn who_does_not_use_a_seat_is_listed() -> Result<()> {
    let office = Office::licensed().await?;
    let admin = async |args: &[&str]| office.site.admin(office.http(), args).await;
    let mut peer = office.peer("ws-1").await?;
    let since = SystemClock.now() - TimeDelta::hours(3);
    let idle = |id: &str, user: &str, client: &str, seconds: Option<u64>| Session {
        idle_seconds: seconds,
        ..session(id, user, client, since)
    };
    let sessions = vec![
        idle("1", "ann", "10.0.0.1", Some(7200)),
        idle("2", "bob", "10.0.0.2", Some(10)),
        idle("3", "cem", "10.0.0.3", None),
        idle("4", "dan", "10.0.0.4", Some(3000)),
        idle("5", "dan", "10.0.0.4", Some(5)),
    ];
    let report = peer.next(sessions);
    assert_eq!(peer.report(&report).await?.0, StatusCode::OK);
    let shown = async |longer: &str| {
        let args = ["session", "idle", "--application", "workstation login", "--longer-than", longer, "--output", "json"];
        office.site.admin(office.http(), &args).await?.json()
    };
    let found = shown("30m").await?;
    let users: Vec<&str> = list(&found, "/items")?.iter().map(|one| text(one, "/user")).collect::<Result<_>>()?;
    assert_eq!(users, ["ann", "dan"], "unknown idleness is none: {found:#}");
    let ann = find(&found, "/items", "user", "ann")?;
    assert_eq!((text(ann, "/client_ip")?, text(ann, "/hostname")?, text(ann, "/kind")?), ("10.0.0.1", "ws-1", "floating"));
    assert_eq!((number(ann, "/idle_seconds")?, at(ann, "/whole_seat")?), (7200, &json!(true)));
    let idle_since: chrono::DateTime<Utc> = text(ann, "/idle_since")?.parse()?;
    assert!((SystemClock.now() - idle_since - TimeDelta::hours(2)).abs() < TimeDelta::minutes(2), "{idle_since}");
    let dan = find(&found, "/items", "user", "dan")?;
    assert_eq!(at(dan, "/whole_seat")?, &json!(false), "he uses it in another session");
    assert_eq!(list(&shown("1h").await?, "/items")?.len(), 1);

    let args = ["session", "idle", "--application", "Workstation login", "--output", "table"];
    let page = admin(&args).await?.expect(0)?;
    assert!(page.stdout.contains("muster-collector session end ID"), "{}", page.stdout);
    assert!(page.stderr.contains("of 1 of 5"), "{}", page.stderr);
    admin(&["session", "end", text(ann, "/id")?]).await?.expect(0)?;
    assert_eq!(list(&shown("1h").await?, "/items")?.len(), 0);
    admin(&["session", "idle", "--application", "nothing"]).await?.expect(4)?;

    // A check-out without a heartbeat.
    admin(&["application", "set", "CAD", "--lease-seconds", "600"]).await?.expect(0)?;
    let (_, seat) = take(&office, "eve").await?;
    let path = "/api/v1/applications/CAD/idle?longer_than_seconds=";
    assert_eq!(list(&office.get(&format!("{path}60")).await?, "/items")?.len(), 0);
    let silent = office.get(&format!("{path}0")).await?;
    let eve = find(&silent, "/items", "user", "eve")?;
    assert_eq!((text(eve, "/claim")?, text(eve, "/id")?), ("checkout", text(&seat, "/id")?));
    Ok(())
}

#[tokio::test]
async fn the_service_manager_set_is_imported_once() -> Result<()> {
    let office = Office::licensed().await?;
    let admin = async |args: &[&str]| office.site.admin(office.http(), args).await;
    admin(&["application", "set", "Incident Management", "--floating-limit", "7", "--at-limit", "refuse"]).await?.expect(0)?;
    let import = async |more: &[&str]| {
        let args = [&["application", "import", "service-manager", "--output", "json"], more].concat();
        admin(&args).await?.json()
    };
    let actions = |found: &Value| -> Result<Vec<(String, bool)>> {
        let items = list(found, "/items")?.iter();
        items.map(|one| Ok((text(one, "/action")?.to_owned(), at(one, "/done")? == &json!(true)))).collect()
    };
    let names = async || -> Result<Vec<String>> {
        let items = scene::items(office.http(), "/api/v1/applications").await?;
        items.iter().map(|one| Ok(text(one, "/name")?.to_owned())).collect()
    };
    let before = names().await?;
    let plan = actions(&import(&[]).await?)?;
    let count = |plan: &[(String, bool)], wanted: (&str, bool)| plan.iter().filter(|(a, d)| (a.as_str(), *d) == wanted).count();
    assert_eq!((plan.len(), count(&plan, ("create", false)), count(&plan, ("leave", false))), (10, 9, 1));
    assert_eq!(names().await?, before, "a dry run changes nothing");

    let done = import(&["--apply"]).await?;
    assert_eq!(count(&actions(&done)?, ("create", true)), 9, "{done:#}");
    let left = find(&done, "/items", "name", "Incident Management")?;
    assert_eq!(at(left, "/differs")?, &json!(["at_limit", "idle_timeout_seconds"]));
    let own = office.get("/api/v1/applications/Incident%20Management").await?;
    assert_eq!((number(&own, "/floating_limit")?, text(&own, "/at_limit")?), (7, "refuse"));
    let made = office.get("/api/v1/applications/smart%20analytics").await?;
    assert_eq!((number(&made, "/idle_timeout_seconds")?, text(&made, "/at_limit")?), (1800, "warn"));
    let audit = scene::items(office.http(), "/api/v1/audit").await?;
    assert_eq!(audit.iter().filter(|entry| entry["action"] == "application.import").count(), 9);

    let again = actions(&import(&["--apply"]).await?)?;
    assert_eq!(count(&again, ("leave", false)), 10);
    let changed = actions(&import(&["--apply", "--overwrite"]).await?)?;
    assert_eq!((count(&changed, ("change", true)), count(&changed, ("leave", false))), (1, 9));
    let own = office.get("/api/v1/applications/Incident%20Management").await?;
    assert_eq!((number(&own, "/floating_limit")?, number(&own, "/idle_timeout_seconds")?), (7, 1800), "its limit is its own");

    // Every kind of client takes seats of it, counted by user and client.
    let body =
        |client: &str| json!({"application": "Smart Analytics", "user": "falcon", "client_ip": "10.0.0.1", "client": client});
    for (client, shared) in [("soap", false), ("rest", true), ("web", true), ("scauto", true), ("batch", true)] {
        let (status, seat) = office.http().send(Method::POST, CHECKOUTS, &body(client)).await?;
        assert_eq!((status, at(&seat, "/shared")?), (StatusCode::CREATED, &json!(shared)), "{client}: {seat:#}");
    }
    Ok(())
}
