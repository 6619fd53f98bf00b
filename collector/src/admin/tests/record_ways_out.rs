//! What becomes of lines that were refused, how far an import is while it runs, and columns as the published list calls them.

use super::{
    super::testing::{HOST, Site},
    record_files::{import, refused, site, sums},
};
use crate::store::records::Role;
use axum::body::Body;
use futures_util::{StreamExt as _, stream};
use http::StatusCode;
use serde_json::{Value, json};
use std::fmt::Write as _;

const HEAD: &str = "number,software model,license metric,Contract number,purchased rights,work notes\n";

async fn with_model() -> Site {
    let site = site().await;
    assert_eq!(sums(&import(&site, "models", "", "publisher,product\nAcme,Editor\n").await), [1, 1, 0, 0, 0]);
    site
}

async fn run(site: &Site) -> Value {
    let runs = site.get("/api/v1/imports").await.json();
    let run = runs["items"].as_array().unwrap().iter().find(|run| run["kind"] == "entitlements").unwrap();
    let id = run["id"].as_str().unwrap();
    site.get(&format!("/api/v1/imports/{id}")).await.json()
}

async fn act(site: &Site, line: u64, body: Value) -> super::super::testing::Reply {
    let id = run(site).await["id"].as_str().unwrap().to_owned();
    site.call(Role::LicenseAdmin, "PATCH", &format!("/api/v1/imports/{id}/lines/{line}"), Some(body)).await
}

#[tokio::test]
async fn a_refused_line_is_done_in_one_of_its_ways_out() {
    let site = with_model().await;
    let file = format!(
        "{HEAD}E1,Acme Editor,Per User,K1,1,first\nE2,Acme Editor,Per User,K2,2,\nE3,Acme Editor,Per User,,3,\n,Acme Editor,Per User,,3,\nE5,\
         Acme Reader,Per User,,5,\n"
    );
    let told = import(&site, "entitlements", "", &file).await;
    assert_eq!(sums(&told), [5, 1, 0, 0, 4], "{told:?}");
    assert_eq!((refused(&told)[0].1, refused(&told)[2].1), ("Contract number", ""), "{told:?}");

    for (line, body, status) in [
        (2, json!({"action": "again"}), StatusCode::UNPROCESSABLE_ENTITY),
        (2, json!({"action": "burn"}), StatusCode::UNPROCESSABLE_ENTITY),
        (2, json!({}), StatusCode::UNPROCESSABLE_ENTITY),
        (2, json!({"action": "again", "state": "Fixed"}), StatusCode::UNPROCESSABLE_ENTITY),
        (4, json!({"action": "again"}), StatusCode::NOT_FOUND),
        (2, json!({"action": "create_contract"}), StatusCode::OK),
        (2, json!({"action": "create_contract"}), StatusCode::CONFLICT),
        (3, json!({"action": "skip_contract"}), StatusCode::OK),
        (5, json!({"action": "create-duplicate"}), StatusCode::OK),
        (6, json!({"action": "skip_contract"}), StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        let reply = act(&site, line, body.clone()).await;
        assert_eq!(reply.status, status, "line {line} {body}: {reply:?}");
        if status == StatusCode::OK {
            assert_eq!(reply.json()["state"], "Manually fixed");
            assert!(reply.json()["record"].is_string(), "{reply:?}");
        }
    }
    let shown = run(&site).await;
    let counts = ["lines", "created", "refused"].map(|name| shown[name].as_u64().unwrap());
    assert_eq!((counts, shown["state"].as_str()), ([5, 4, 1], Some("Completed with errors")));
    let contract = |number: &'static str| {
        let site = &site;
        async move {
            site.get(&format!("/api/v1/entitlements?number={number}")).await.json()["items"][0]["contract"]["display"].clone()
        }
    };
    assert_eq!((contract("E1").await, contract("E2").await), (json!("K1"), Value::Null));

    import(&site, "models", "", "publisher,product\nAcme,Reader\n").await;
    let told = import(&site, "entitlements", "", &file.replace("K2", "")).await;
    assert_eq!(sums(&told)[1..], [1, 0, 4, 0], "only what was not done is: {told:?}");
}

#[tokio::test]
async fn a_running_import_says_how_far_it_is_and_what_is_cut_off_has_said_it() {
    let site = with_model().await;
    let mut file = HEAD.to_owned();
    // Lines are long, so that some are handed on before the rest of the file, which never comes.
    let note = "x".repeat(2_000);
    for number in 0..700 {
        let _ = writeln!(file, "E{number},Acme Editor,Per User,,{},{note}", number + 1);
    }
    let pieces = stream::iter([Ok::<_, std::io::Error>(file)]).chain(stream::pending());
    let request = http::Request::post("/api/v1/entitlements/import")
        .header(http::header::HOST, HOST)
        .header(http::header::AUTHORIZATION, format!("Bearer {}", site.token(Role::LicenseAdmin)))
        .header(http::header::CONTENT_TYPE, "text/csv");
    let sent = site.send(request.body(Body::from_stream(pieces)).unwrap());
    let watched = async {
        loop {
            let runs = site.get("/api/v1/imports").await.json();
            if let Some(run) =
                runs["items"].as_array().unwrap().iter().find(|run| run["kind"] == "entitlements" && run["lines"] != 0)
            {
                break run.clone();
            }
            tokio::task::yield_now().await;
        }
    };
    let run = tokio::select! {
        run = watched => run,
        reply = sent => panic!("the import ended: {reply:?}"),
    };
    assert_eq!((&run["state"], &run["lines"]), (&json!("Running"), &run["created"]), "{run}");
    // The run is told with the records that it made; lists follow a moment later.
    let made = run["created"].as_u64().unwrap();
    let listed = async {
        while (site.get("/api/v1/entitlements?limit=1000").await.json()["items"].as_array().unwrap().len() as u64) < made {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), listed).await.expect("what was made is listed");
    assert!(made >= 500, "{run}");
}

#[tokio::test]
async fn allocations_are_told_by_whom_they_are_for_and_by_the_text_of_their_key() {
    let site = with_model().await;
    let file = format!("{HEAD}E1,Acme Editor,Per User,,9,a note\nE2,Acme Editor,Per User,,8,\n");
    for expected in [[2, 2, 0, 0, 0], [2, 0, 0, 2, 0]] {
        assert_eq!(sums(&import(&site, "entitlements", "", &file).await), expected);
    }
    let keys = "software_entitlement,license_key\nE1,AAA\nE2,AAA\nE2,BBB\n";
    assert_eq!(sums(&import(&site, "license-keys", "", keys).await), [3, 3, 0, 0, 0]);
    let head = "Software entitlement,Assigned to,Quantity,License key\n";
    let lines = format!("{head}E1,ann,1,AAA\nE2,ann,1,aaa\nE1,bob,1,BBB\nE1,carl,1,\n");
    for user in ["ann", "bob"] {
        let made = site.call(Role::Operator, "POST", "/api/v1/references/users", Some(json!({ "name": user }))).await;
        assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    }
    let told = import(&site, "allocations", "", &lines).await;
    assert_eq!(sums(&told), [4, 2, 0, 0, 2], "{told:?}");
    assert!(refused(&told)[0].2.contains("the key is of another entitlement"), "{told:?}");
    let carl = refused(&told)[1];
    assert!(carl.1 == "Assigned to" && carl.2.contains("assigned_to_user or assigned_to_device"), "{told:?}");
}

#[tokio::test]
async fn every_pack_is_listed_and_notes_are_added() {
    let site = with_model().await;
    let packs = site.get("/api/v1/packs?limit=1000").await.json();
    assert_eq!(packs["items"].as_array().unwrap().len(), 9, "{packs}");
    assert!(packs["items"].as_array().unwrap().iter().all(|pack| pack["active"] == true && pack["revision"] == 0), "{packs}");
    let set = |method, path: &'static str, body: Value| site.call(Role::LicenseAdmin, method, path, Some(body));
    let off = set("POST", "/api/v1/packs", json!({"name": "Oracle", "active": false})).await;
    assert_eq!((off.status, &off.json()["revision"]), (StatusCode::CREATED, &json!(1)), "{off:?}");
    let id = off.json()["id"].as_str().unwrap().to_owned();
    let changed = set("PATCH", "/api/v1/packs/IBM", json!({"active": false})).await;
    assert_eq!((changed.status, &changed.json()["revision"]), (StatusCode::OK, &json!(1)), "{changed:?}");
    let kept = site.call(Role::LicenseAdmin, "DELETE", "/api/v1/packs/SAP", None).await;
    assert_eq!((kept.status, kept.problem().as_str()), (StatusCode::CONFLICT, "conflict"), "{kept:?}");
    assert_eq!(
        site.call(Role::LicenseAdmin, "DELETE", &format!("/api/v1/packs/{id}"), None).await.status,
        StatusCode::NO_CONTENT
    );
    let packs = site.get("/api/v1/packs?limit=1000&active=false").await.json();
    assert_eq!(packs["items"].as_array().unwrap().len(), 1, "{packs}");
    assert_eq!(site.get("/api/v1/packs?limit=1000").await.json()["items"].as_array().unwrap().len(), 9);

    import(&site, "entitlements", "", &format!("{HEAD}E1,Acme Editor,Per User,,9,first\n")).await;
    set("PATCH", "/api/v1/entitlements/E1", json!({"work_notes": "second"})).await;
    let notes = site.get("/api/v1/entitlements/E1").await.json()["work_notes"].as_str().unwrap().to_owned();
    let lines: Vec<&str> = notes.lines().collect();
    assert!(lines.len() == 2 && lines[0].ends_with("] first") && lines[1].ends_with("] second"), "{notes}");
    // An expense line goes with its entitlement.
    set("PATCH", "/api/v1/entitlements/E1", json!({"unit_cost": "EUR;2"})).await;
    let line = site.get("/api/v1/expense-lines").await.json();
    assert_eq!((&line["items"][0]["amount"], &line["items"][0]["currency"]), (&json!("18"), &json!("EUR")), "{line}");
    assert_eq!(site.call(Role::LicenseAdmin, "DELETE", "/api/v1/entitlements/E1", None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(site.get("/api/v1/expense-lines").await.json()["items"], json!([]));
}
