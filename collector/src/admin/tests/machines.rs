//! Machines by the names that people know them by: in answers, on pages, in searches.

use super::{super::testing::Site, desk::Desk};
use crate::store::{
    conformance::fixtures::{agent, enrollment, entry, token},
    ports::Enrollment,
    records::{AgentRecord, Role},
};
use http::StatusCode;
use serde_json::{Value, json};

/// An agent with its asset; the id of the asset.
async fn enrolled(site: &Site, number: u8, hostname: &str) -> String {
    if number == 1 {
        site.stores.tokens.create(token("t", 99), entry("token.create")).await.unwrap();
    }
    let record = AgentRecord { hostname: hostname.to_owned(), ..agent(number) };
    site.stores.agents.enroll(Enrollment { agent: record.clone(), ..enrollment("t", number) }).await.unwrap();
    let stored = site.stores.agents.get(record.id).await.unwrap().unwrap();
    let asset = stored.asset.unwrap().to_string();
    site.context.fleet.insert(stored);
    asset
}

#[tokio::test]
async fn a_machine_is_found_by_its_host_name() {
    let desk = Desk::new().await;
    let mut assets = Vec::new();
    for (number, name) in [(1, "ws-001"), (2, "ws-002"), (3, "SRV-001")] {
        assets.push(enrolled(&desk.site, number, name).await);
    }
    let shown = async |part: &str| -> Vec<usize> {
        let reply = desk.site.page(&format!("/assets?host={part}"), Some(&desk.cookie)).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        (0..3).filter(|place| reply.text.contains(&format!("/assets/{}", assets[*place]))).collect()
    };
    for (part, expected) in [("001", &[0, 2][..]), ("WS-", &[0, 1]), ("srv", &[2]), ("nobody", &[]), ("", &[0, 1, 2])] {
        assert_eq!(shown(part).await, expected, "{part}");
    }
    let none = desk.site.page("/assets?host=%3Ci%3E", Some(&desk.cookie)).await;
    assert!(none.text.contains("whose host name contains &#60;i&#62;"), "{}", none.text);

    let called = async |name: &str| -> usize {
        desk.site.get(&format!("/api/v1/agents?hostname={name}")).await.json()["items"].as_array().unwrap().len()
    };
    assert_eq!([called("ws-001").await, called("srv-001").await, called("ws-").await], [1, 1, 0]);

    // A tag of its own stands behind the host name.
    let path = format!("/api/v1/assets/{}", assets[0]);
    assert_eq!(desk.site.get(&path).await.json()["host"], "ws-001");
    let tagged = desk.site.call(Role::Operator, "PATCH", &path, Some(json!({"asset_tag": "P1"}))).await;
    assert_eq!(tagged.json()["host"], "ws-001", "{tagged:?}");
    let page = desk.site.page(&format!("/assets/{}", assets[0]), Some(&desk.cookie)).await;
    assert!(page.text.contains("ws-001 (P1)"), "{}", page.text);
    let page = desk.site.page(&format!("/software/installs?asset={}", assets[1]), Some(&desk.cookie)).await;
    assert!(page.text.contains("Installed on ws-002"), "{}", page.text);
    let plain = desk.site.call(Role::Operator, "POST", "/api/v1/assets", Some(json!({"asset_tag": "P9"}))).await.json();
    let plain = desk.site.get(&format!("/api/v1/assets/{}", plain["id"].as_str().unwrap())).await.json();
    assert_eq!(plain["host"], Value::Null);
}

#[tokio::test]
async fn a_join_token_comes_with_the_command_of_the_console() {
    let site = Site::new().await;
    let made = site.call(Role::Operator, "POST", "/api/v1/join-tokens", Some(json!({}))).await.json();
    let token = made["token"].as_str().unwrap();
    let expected = format!("echo {token} | sudo muster-agent enroll --collector https://COLLECTOR:8443 --token-file -");
    assert_eq!((made["command"].as_str(), &made["agents_url"]), (Some(expected.as_str()), &Value::Null));
}

#[tokio::test]
async fn of_an_unknown_person_nothing_is_said_to_be_kept() {
    let desk = Desk::new().await;
    let reply = desk.site.page("/privacy?person=nobody-here", Some(&desk.cookie)).await;
    assert!(reply.text.contains("Nothing is kept about nobody-here."), "{}", reply.text);
    assert!(!reply.text.contains("Table of places") && !reply.text.contains("Purge"), "{}", reply.text);
    let known = desk.site.page("/privacy?person=anna", Some(&desk.cookie)).await;
    assert!(known.text.contains("Table of places"), "{}", known.text);
}
