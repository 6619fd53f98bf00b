//! Files of assets through the API.

use super::super::testing::{HOST, Site};
use crate::store::records::Role;
use axum::body::Body;
use http::{Request, StatusCode, header};
use serde_json::{Value, json};

/// What is told of a file, the sums last.
async fn import(site: &Site, how: &str, file: &str) -> Vec<Value> {
    let request = Request::post(format!("/api/v1/assets/import?{how}"))
        .header(header::HOST, HOST)
        .header(header::AUTHORIZATION, format!("Bearer {}", site.token(Role::Operator)))
        .header(header::CONTENT_TYPE, "text/csv")
        .body(Body::from(file.to_owned()))
        .unwrap();
    let reply = site.send(request).await;
    assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
    reply.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn sums(told: &[Value]) -> [u64; 5] {
    let done = &told.last().unwrap()["done"];
    ["lines", "created", "updated", "unchanged", "refused"].map(|name| done[name].as_u64().unwrap())
}

fn refused(told: &[Value]) -> Vec<(u64, &str)> {
    let lines = told.iter().filter_map(|event| event.get("refused"));
    lines.map(|line| (line["line"].as_u64().unwrap(), line["reason"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn names_that_nobody_knows_become_records_if_that_is_wanted() {
    let site = Site::new().await;
    let file = "asset_tag,location,assigned_to,model_category,substatus,install_status\n\
        P1,Berlin,Ada,Computer,,1\n\
        P2, BERLIN ,Bob,Computer,,1\n\
        P3,Paris,,Toaster,,1\n\
        P4,Rome,,Computer,nonsense,1\n\
        P5,00000000-0000-0000-0000-000000000001,,Computer,,1\n";
    let without = import(&site, "", file).await;
    assert_eq!(sums(&without), [5, 0, 0, 0, 5]);
    assert!(refused(&without)[0].1.contains("nothing is known by the name \"Berlin\""));

    let made = json!([
        {"table": "users", "count": 2, "names": ["Ada", "Bob"]},
        {"table": "locations", "count": 1, "names": ["Berlin"]},
    ]);
    let dry = import(&site, "create_references=true&dry_run=true", file).await;
    assert_eq!((sums(&dry), &dry.last().unwrap()["done"]["new_references"]), ([5, 2, 0, 0, 3], &made));
    assert_eq!(site.get("/api/v1/references/locations").await.json()["items"], json!([]), "a dry run makes nothing");

    let told = import(&site, "create_references=true", file).await;
    assert_eq!((sums(&told), &told.last().unwrap()["done"]["new_references"]), ([5, 2, 0, 0, 3], &made));
    assert_eq!(refused(&told), refused(&dry));
    for (line, part) in [(4, "Toaster"), (5, "nonsense"), (6, "00000000-0000-0000-0000-000000000001")] {
        assert!(refused(&told).iter().any(|(number, reason)| *number == line && reason.contains(part)), "{told:?}");
    }
    let items = site.get("/api/v1/references/locations").await.json();
    assert_eq!(items["items"].as_array().unwrap().len(), 1, "none of a line that is refused: {items}");
    let found = site.get("/api/v1/assets?sysparm_query=location.name%3Dberlin%5Eassigned_to.name%3DBob").await.json();
    assert_eq!(found["items"][0]["asset_tag"], json!("P2"));
    let audit = site.get("/api/v1/audit?limit=3").await.json();
    let actions: Vec<&Value> = audit["items"].as_array().unwrap().iter().map(|entry| &entry["action"]).collect();
    assert_eq!(actions, ["asset.import", "reference.import", "asset.import_begin"]);
    assert_eq!(audit["items"][1]["detail"]["added"].as_array().unwrap().len(), 3);

    // Repeated, everything is known.
    let again = import(&site, "create_references=true", file).await;
    assert_eq!((sums(&again), &again.last().unwrap()["done"]["new_references"]), ([5, 0, 0, 2, 3], &json!([])));

    // A record that is called something else by now is not the one that is meant.
    let renamed = json!({"name": "Berlin Mitte"});
    let reply = site.call(Role::Operator, "PATCH", "/api/v1/references/locations/Berlin", Some(renamed)).await;
    assert_eq!(reply.status, StatusCode::OK);
    let other = import(&site, "create_references=true", "asset_tag,location\nP7,Berlin\nP8,berlin\n").await;
    assert_eq!(sums(&other), [2, 2, 0, 0, 0]);
    let found = site.get("/api/v1/assets?sysparm_query=location.name%3DBerlin").await.json();
    assert_eq!(found["items"].as_array().unwrap().len(), 2, "{found}");
}

#[tokio::test]
async fn what_comes_back_unmended_makes_nothing() {
    let site = Site::new().await;
    // A line that was too long comes back with its number and reason alone.
    let told = import(&site, "", "asset_tag,comments,line,reason\n,,304,the line is longer than 65536 bytes\n").await;
    assert_eq!((sums(&told), refused(&told)), ([1, 0, 0, 0, 1], vec![(2, "nothing is entered on this line")]));
}

#[tokio::test]
async fn duplicates_come_in_as_they_were_exported() {
    let site = Site::new().await;
    for _ in 0..2 {
        let fields = json!({"asset_tag": "P1", "serial_number": "SNX1"});
        let made = site.call(Role::Operator, "POST", "/api/v1/assets", Some(fields)).await;
        assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    }
    let request = Request::get("/api/v1/assets")
        .header(header::HOST, HOST)
        .header(header::AUTHORIZATION, format!("Bearer {}", site.token(Role::Operator)))
        .header(header::ACCEPT, "text/csv")
        .body(Body::empty())
        .unwrap();
    let exported = site.send(request).await.text;
    assert_eq!(sums(&import(&site, "", &exported).await), [2, 0, 0, 2, 0]);
}
