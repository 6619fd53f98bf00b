//! Credentials of agents of another make, and taking back what came with them or with a join token.

use super::{super::testing::Site, desk::Desk};
use crate::store::{
    conformance::fixtures::{agent, enrollment, entry, token},
    ports::{Enrollment, StatusChange},
    records::{AgentRecord, AgentStatus, ForeignDevice, Role},
};
use http::StatusCode;
use serde_json::{Value, json};

const PATH: &str = "/api/v1/interop-credentials";

async fn make(site: &Site, wish: Value) -> Value {
    let made = site.call(Role::Operator, "POST", PATH, Some(wish)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    made.json()
}

#[tokio::test]
async fn a_credential_is_shown_once_and_listed_without_its_secret() {
    let site = Site::new().await;
    let inventory = make(&site, json!({"kind": "inventory", "group": " lab ", "max_new_per_hour": 3})).await;
    let osquery = make(&site, json!({"kind": "osquery"})).await;
    let (id, password) = (inventory["id"].as_str().unwrap(), inventory["password"].as_str().unwrap());
    assert_eq!((inventory["user"].as_str(), inventory["bearer"].as_str()), (Some(id), Some(&*format!("msi_{id}_{password}"))));
    assert!(inventory.get("enroll_secret").is_none() && osquery.get("password").is_none());
    assert!(osquery["enroll_secret"].as_str().unwrap().starts_with("msi_"));
    // The listener is off and nothing is licensed.
    assert_eq!((&inventory["url"], &inventory["configuration"]), (&Value::Null, &json!([])));
    let warnings = inventory["warnings"].to_string();
    assert!(warnings.contains("there is no licence yet") && warnings.contains("[interop]"), "{warnings}");
    let listed = site.get(PATH).await;
    assert!(!listed.text.contains(password) && !listed.text.contains("hash"), "{}", listed.text);
    let listed = listed.json();
    let of = |wanted: &str| listed["items"].as_array().unwrap().iter().find(|item| item["id"] == *wanted).unwrap().clone();
    let expected = json!({"id": id, "kind": "inventory", "state": "usable", "group": "lab", "max_new_per_hour": 3, "devices": 0,
        "created_by": of(id)["created_by"], "created_at": of(id)["created_at"], "last_used_at": null});
    assert_eq!(of(id), expected);
    assert_eq!(of(osquery["id"].as_str().unwrap())["max_new_per_hour"], 20);
    let path = format!("{PATH}/{id}");
    for _ in 0..2 {
        assert_eq!(site.call(Role::Operator, "DELETE", &path, None).await.status, StatusCode::NO_CONTENT);
    }
    assert_eq!(site.get(PATH).await.json()["items"].as_array().unwrap().iter().filter(|c| c["state"] == "revoked").count(), 1);
    let told = site.get("/api/v1/audit?action=interop-credential").await.text;
    assert!(told.contains("interop-credential.create") && told.contains("interop-credential.revoke"), "{told}");
    assert!(!told.contains(password));
}

#[tokio::test]
async fn wishes_that_break_a_rule() {
    let site = Site::new().await;
    for (wish, code) in [
        (json!({}), "invalid-body"),
        (json!({"kind": "snmp"}), "invalid-body"),
        (json!({"kind": "inventory", "uses": 1}), "invalid-body"),
        (json!({"kind": "inventory", "max_new_per_hour": 0}), "invalid-value"),
        (json!({"kind": "inventory", "max_new_per_hour": 10_001}), "invalid-value"),
        (json!({"kind": "inventory", "max_new_per_hour": -1}), "invalid-body"),
        (json!({"kind": "inventory", "group": "x".repeat(101)}), "invalid-value"),
        (json!({"kind": "inventory", "group": "a\u{7}b"}), "invalid-value"),
    ] {
        let refused = site.call(Role::Operator, "POST", PATH, Some(wish.clone())).await;
        assert_eq!(refused.problem(), code, "{wish}: {refused:?}");
    }
    assert_eq!(site.call(Role::Viewer, "GET", PATH, None).await.problem(), "forbidden");
    assert_eq!(site.get(PATH).await.json()["items"], json!([]));
}

/// Agents by number that came with token `t`; those above 100 are of another make and came with this credential.
async fn machines(site: &Site, credential: &str, numbers: &[u8]) {
    site.stores.tokens.create(token("t", 99), entry("token.create")).await.unwrap();
    site.stores.tokens.create(token("u", 99), entry("token.create")).await.unwrap();
    for number in numbers {
        let device = |credential: &str| ForeignDevice {
            credential: credential.to_owned(),
            device_id: format!("ws-{number}"),
            program: "GLPI-Agent".to_owned(),
        };
        let foreign = (*number > 100).then(|| device(credential));
        let brought = if foreign.is_some() { "u" } else { "t" };
        let hold = number % 2 == 0;
        let record = AgentRecord { foreign, ..agent(*number) };
        site.stores.agents.enroll(Enrollment { agent: record, hold, ..enrollment(brought, *number) }).await.unwrap();
        site.context.fleet.insert(site.stores.agents.get(agent(*number).id).await.unwrap().unwrap());
    }
}

async fn standing(site: &Site, number: u8) -> (AgentStatus, Option<Value>) {
    let record = site.stores.agents.get(agent(number).id).await.unwrap().unwrap();
    let state = match record.asset {
        Some(asset) => Some(site.get(&format!("/api/v1/assets/{asset}")).await.json()["install_status"].clone()),
        None => None,
    };
    (record.status, state)
}

#[tokio::test]
async fn a_batch_is_undone_once_and_only_itself() {
    use AgentStatus::{Active, Pending, Revoked};
    let site = Site::new().await;
    let credential = make(&site, json!({"kind": "inventory"})).await["id"].as_str().unwrap().to_owned();
    machines(&site, &credential, &[1, 2, 3, 101, 103]).await;
    // One of them is refused already, one is retired already.
    site.context.fleet.revoke(agent(3).id, "user:anna").await.unwrap();
    let retired = site.stores.agents.get(agent(3).id).await.unwrap().unwrap().asset.unwrap();
    let set = json!({"install_status": 7, "substatus": "disposed"});
    let entered = site.call(Role::Operator, "PATCH", &format!("/api/v1/assets/{retired}"), Some(set)).await;
    assert_eq!(entered.status, StatusCode::OK, "{entered:?}");
    for (path, expected) in [
        ("/api/v1/join-tokens/t".to_owned(), [2, 1, 0]),
        ("/api/v1/join-tokens/t".to_owned(), [0, 0, 0]),
        (format!("{PATH}/{credential}"), [2, 2, 0]),
        (format!("{PATH}/{credential}"), [0, 0, 0]),
    ] {
        if path.ends_with(&credential) {
            let before = (standing(&site, 101).await, standing(&site, 1).await);
            let one = Some(json!(if expected == [0; 3] { 7 } else { 1 }));
            let status = if expected == [0; 3] { Revoked } else { Active };
            assert_eq!(before, ((status, one), (Revoked, Some(json!(7)))), "{path}");
        }
        let done = site.call(Role::Operator, "DELETE", &format!("{path}?with_assets=true"), None).await;
        assert_eq!(done.status, StatusCode::OK, "{done:?}");
        let counts = ["agents_revoked", "assets_retired", "assets_kept"].map(|name| done.json()[name].as_u64().unwrap());
        assert_eq!(counts, expected, "{path}");
    }
    assert_eq!(standing(&site, 2).await, (Revoked, None), "who waited is refused, too");
    assert_ne!(standing(&site, 2).await.0, Pending);
    let audit = site.get("/api/v1/audit?limit=1000").await.text;
    for action in ["join-token.revoke", "interop-credential.revoke", "agent.revoke", "asset.retire"] {
        assert!(audit.contains(action), "{action}");
    }
}

#[tokio::test]
async fn an_asset_that_another_agent_reports_or_the_law_holds_is_not_retired() {
    let site = Site::new().await;
    machines(&site, "none", &[1, 3, 5]).await;
    // The first one's machine was installed again: its asset went over to an agent that came with another token.
    let first = site.stores.agents.get(agent(1).id).await.unwrap().unwrap().asset;
    let successor = Enrollment { supersedes: Some(agent(1).id), ..enrollment("u", 7) };
    site.stores.agents.enroll(successor).await.unwrap();
    let held = site.stores.agents.get(agent(3).id).await.unwrap().unwrap().asset.unwrap();
    let set = json!({"install_status": 6, "substatus": "legal_hold"});
    let entered = site.call(Role::Operator, "PATCH", &format!("/api/v1/assets/{held}"), Some(set)).await;
    assert_eq!(entered.status, StatusCode::OK, "{entered:?}");
    let done = site.call(Role::Operator, "DELETE", "/api/v1/join-tokens/t?with_assets=true", None).await.json();
    assert_eq!(done, json!({"agents_revoked": 2, "assets_retired": 1, "assets_kept": 1}));
    assert_eq!(standing(&site, 7).await, (AgentStatus::Active, Some(json!(1))));
    assert_eq!(site.stores.agents.get(agent(7).id).await.unwrap().unwrap().asset, first);
    // An enrolment that was stored while the batch was undone, and came to memory later, does not come back.
    let late = StatusChange {
        agent: agent(5).id,
        from: &[AgentStatus::Active],
        to: AgentStatus::Active,
        supersedes: None,
        audit: entry("x"),
    };
    assert!(site.stores.agents.set_status(late).await.is_err());
}

#[tokio::test]
async fn the_page_makes_shows_once_and_takes_back() {
    let desk = Desk::new().await;
    let (site, path) = (&desk.site, "/agents/interop");
    let page = desk.page(path).await;
    assert!(page.contains("There is none yet") && page.contains("interop listener is off"), "{page}");
    assert!(desk.page("/agents").await.contains(path), "a link leads here");
    let send = async |fields: &[(&str, &str)]| {
        let csrf = super::super::testing::csrf(&site.page(path, Some(&desk.cookie)).await);
        let fields: Vec<(&str, &str)> = fields.iter().copied().chain([("csrf", csrf.as_str())]).collect();
        site.form(path, Some(&desk.cookie), &fields).await
    };
    for (kind, most, part) in
        [("inventory", "0", "between 1 and 10000"), ("inventory", "<i>", "not a whole number"), ("x", "1", "no kind")]
    {
        let wrong = send(&[("kind", kind), ("most", most)]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{kind} {most}");
        assert!(
            wrong.text.contains("Nothing was made") && wrong.text.contains(part) && !wrong.text.contains("<i>"),
            "{}",
            wrong.text
        );
    }
    let made = send(&[("kind", "inventory"), ("most", "5"), ("group", "<b>lab</b>")]).await;
    assert_eq!((made.status, made.header("cache-control")), (StatusCode::OK, "no-store"));
    assert!(made.text.contains("msi_") && !made.text.contains("<b>lab"), "{}", made.text);
    assert!(!desk.page(path).await.contains("msi_"), "it is shown once");
    let id = site.get(PATH).await.json()["items"][0]["id"].as_str().unwrap().to_owned();
    machines(site, &id, &[101]).await;
    let back = send(&[("revoke", &id), ("with_assets", "1")]).await;
    let page = desk.follow(&back).await;
    assert!(page.contains("Agents revoked: 1. Assets retired: 1."), "{page}");
    // Tokens are undone in the same way.
    let csrf = super::super::testing::csrf(&site.page("/agents/tokens", Some(&desk.cookie)).await);
    let back = site.form("/agents/tokens", Some(&desk.cookie), &[("csrf", &csrf), ("revoke", "t"), ("with_assets", "1")]).await;
    assert!(desk.follow(&back).await.contains("Agents revoked: 0. Assets retired: 0."));
}
