//! Subscription units through the API: the effect before the act, what counts after it, and what is refused without it.

use super::super::testing::{Reply, Site};
use crate::store::records::Role;
use http::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;

const ENTITLEMENTS: &str = "ham_computer_license,ham_server_license,ham_monitor_license";

async fn site() -> Site {
    let site = Site::new().await;
    for (table, name, parent) in [("model-categories", "Laptop", Some("Computer")), ("model-categories", "Drone", None)] {
        let path = format!("/api/v1/references/{table}");
        let made = site.call(Role::Operator, "POST", &path, Some(json!({"name": name, "parent": parent}))).await;
        assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    }
    let set =
        site.call(Role::LicenseAdmin, "PATCH", "/api/v1/settings", Some(json!({"sn_ham_active_entitlements": ENTITLEMENTS})));
    assert_eq!(set.await.status, StatusCode::OK);
    site
}

async fn asset(site: &Site, category: &str, status: i64, more: Value) -> String {
    let mut body = json!({"model_category": category, "install_status": status});
    for (name, value) in more.as_object().cloned().unwrap_or_default() {
        body[name] = value;
    }
    let made = site.call(Role::Operator, "POST", "/api/v1/assets", Some(body)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    made.json()["id"].as_str().unwrap().to_owned()
}

async fn put(site: &Site, category: &str, query: &str, body: Value) -> Reply {
    let path = format!("/api/v1/units/categories/{}{query}", category.replace(' ', "%20"));
    site.call(Role::LicenseAdmin, "PUT", &path, Some(body)).await
}

async fn category(site: &Site, name: &str) -> Value {
    let units = site.get("/api/v1/units").await.json();
    units["categories"].as_array().unwrap().iter().find(|category| category["name"] == name).unwrap().clone()
}

#[tokio::test]
async fn opting_in_says_what_it_does_and_then_does_it() {
    let site = site().await;
    for (name, status, more) in [
        ("Computer", 1, json!({})),
        ("Computer", 6, json!({})),
        ("Computer", 7, json!({})),
        ("Laptop", 1, json!({})),
        ("Laptop", 2, json!({"excluded_from_ham": true})),
        ("Laptop", 8, json!({"substatus": "lost"})),
        ("Laptop", 1, json!({"excluded_from_ham": true, "sys_class_name": "alm_asset"})),
        ("Drone", 1, json!({})),
        ("Linux server", 1, json!({})),
    ] {
        asset(&site, name, status, more).await;
    }
    let before = site.get("/api/v1/units").await.json();
    assert_eq!((&before["consumed"], &before["entitled"], &before["colour"]), (&json!(0), &Value::Null, &Value::Null));
    assert_eq!((&before["ham_version"], &before["assets_without_category"]), (&json!("10.1"), &json!(1)));

    let dry = put(&site, "end user computers", "?dry_run=true", json!({"opted_in": true})).await.json();
    let effect = json!({"category_assets_before": 0, "category_assets_after": 5, "assets_before": 0, "assets_after": 5,
        "units_before": 0, "units_after": 2, "entitled": null});
    assert_eq!((&dry["dry_run"], &dry["effect"], &dry["category"]), (&json!(true), &effect, &json!("End User Computers")));
    assert_eq!(category(&site, "End User Computers").await["waiting"], 5, "a dry run changes nothing");
    assert_eq!(put(&site, "End User Computers", "", json!({"opted_in": true})).await.json()["effect"], effect);

    let row = category(&site, "End User Computers").await;
    assert_eq!((&row["count"], &row["raw"], &row["subscription_units"]), (&json!(5), &json!(1.25), &json!(2)));
    assert_eq!((&row["in_force"], &row["excluded"], &row["choice"]), (&json!(true), &json!(1), &json!("opted_in")));
    assert!(row["chosen_by"].as_str().unwrap().starts_with("token:"));
    let query = row["query"].as_str().unwrap();
    let encoded: String = query.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let found = site.get(&format!("/api/v1/assets?sysparm_query={encoded}")).await.json();
    assert_eq!(found["items"].as_array().unwrap().len(), 5, "{query}: {found}");

    let again = put(&site, "End User Computers", "", json!({"opted_in": true})).await;
    assert_eq!((again.status, again.problem().as_str()), (StatusCode::CONFLICT, "conflict"));
    let lacking = put(&site, "Printers", "", json!({"opted_in": true})).await;
    assert_eq!(lacking.status, StatusCode::CONFLICT);
    assert!(lacking.text.contains("ham_printer_license"), "{lacking:?}");
    assert_eq!(put(&site, "Phones", "", json!({"opted_in": true})).await.status, StatusCode::NOT_FOUND);
    let viewer = site.call(Role::Operator, "PUT", "/api/v1/units/categories/Servers", Some(json!({"opted_in": true}))).await;
    assert_eq!(viewer.status, StatusCode::FORBIDDEN);

    put(&site, "End User Computers", "", json!({"opted_in": false})).await;
    let history = site.get("/api/v1/units/history").await.json();
    let kinds: Vec<&Value> = history["items"].as_array().unwrap().iter().map(|item| &item["kind"]).collect();
    assert_eq!(kinds, ["opted_out", "opted_in"]);
    assert_eq!(history["items"][0]["units_before"], 2);
    let audit = site.get("/api/v1/audit").await.json();
    let entry = audit["items"].as_array().unwrap().iter().find(|entry| entry["action"] == "units.opt_in").unwrap().clone();
    assert_eq!((&entry["subject"], &entry["detail"]["units_after"]), (&json!("End User Computers"), &json!(2)));
}

#[tokio::test]
async fn actions_need_opting_in_and_a_state_does_not() {
    let site = site().await;
    let laptop = asset(&site, "Laptop", 6, json!({})).await;
    let act =
        async |name: &str| site.call(Role::Operator, "POST", &format!("/api/v1/assets/{laptop}/actions/{name}"), None).await;
    for name in ["retire", "dispose", "refresh", "audit"] {
        let refused = act(name).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{name}");
        assert!(refused.text.contains("licensed under End User Computers, which is not opted in"), "{refused:?}");
    }
    let edited =
        site.call(Role::Operator, "PATCH", &format!("/api/v1/assets/{laptop}"), Some(json!({"install_status": 7}))).await;
    assert_eq!(edited.status, StatusCode::OK, "a change of the state is never refused: {edited:?}");
    site.call(Role::Operator, "PATCH", &format!("/api/v1/assets/{laptop}"), Some(json!({"install_status": 6}))).await;
    assert_eq!(put(&site, "End User Computers", "", json!({"opted_in": true})).await.status, StatusCode::OK);
    assert_eq!(act("audit").await.status, StatusCode::OK);
    site.call(Role::Operator, "PATCH", &format!("/api/v1/assets/{laptop}"), Some(json!({"excluded_from_ham": true}))).await;
    assert!(act("audit").await.text.contains("excluded_from_ham"));
    assert_eq!(act("retire").await.status, StatusCode::OK);
    assert_eq!(act("dispose").await.status, StatusCode::OK, "what began comes to its end");
}

#[tokio::test]
async fn the_table_can_be_extended() {
    let site = site().await;
    asset(&site, "Drone", 1, json!({})).await;
    let missing = put(&site, "Drones", "", json!({"model_categories": ["Drone"]})).await;
    assert_eq!(missing.status, StatusCode::UNPROCESSABLE_ENTITY, "{missing:?}");
    let row = json!({"ratio": 2, "model_categories": ["Drone"], "entitlement": null});
    assert_eq!(put(&site, "Drones", "", row).await.status, StatusCode::OK);
    let twice = put(&site, "Servers", "", json!({"model_categories": ["Drone"]})).await;
    assert!(twice.status == StatusCode::UNPROCESSABLE_ENTITY && twice.text.contains("Drones"), "{twice:?}");
    for wrong in [
        json!({}),
        json!({"ratio": 0}),
        json!({"applications": ["SAM"]}),
        json!({"opted_in": true, "ratio": 2}),
        json!({"applications": []}),
    ] {
        assert_eq!(put(&site, "Drones", "", wrong.clone()).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    assert_eq!(put(&site, "Drones", "", json!({"opted_in": true})).await.status, StatusCode::OK);
    put(&site, "drones", "", json!({"ratio": 3})).await;
    let row = category(&site, "Drones").await;
    assert_eq!((&row["count"], &row["ratio"], &row["raw"]), (&json!(1), &json!(3), &json!(0.3333)));
}

#[tokio::test]
async fn a_row_needs_versions_and_goes_back_to_the_published_one() {
    let site = site().await;
    let availability = async |name: &str| category(&site, name).await["availability"].clone();
    for (body, ham, license, expected) in [
        (json!({"ham_version": "11.0"}), json!("11.0"), Value::Null, json!("version")),
        (json!({"ham_version": "10", "license_version": "6"}), json!("10.0"), json!("6.0"), json!("version")),
        (json!({"license_version": null, "ratio": 7}), json!("10.0"), Value::Null, json!("available")),
    ] {
        let set = put(&site, "Servers", "", body.clone()).await;
        assert_eq!(set.status, StatusCode::OK, "{set:?}");
        let row = category(&site, "Servers").await;
        assert_eq!((&row["ham_version"], &row["license_version"]), (&ham, &license), "{body}");
        assert_eq!(availability("Servers").await, expected, "{body}");
    }
    for wrong in
        [json!({"ham_version": "new"}), json!({"published": true, "ratio": 2}), json!({"published": true, "opted_in": true})]
    {
        assert_eq!(put(&site, "Servers", "", wrong.clone()).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    let published = json!({"published": true});
    assert_eq!(put(&site, "servers", "", published.clone()).await.status, StatusCode::OK);
    let row = category(&site, "Servers").await;
    assert_eq!((&row["ratio"], &row["ham_version"]), (&json!(1), &Value::Null));
    assert_eq!(put(&site, "Servers", "", published.clone()).await.status, StatusCode::OK, "it is as it is published already");
    assert_eq!(put(&site, "Phones", "", published.clone()).await.status, StatusCode::NOT_FOUND);
    put(&site, "Drones", "", json!({"ratio": 2, "model_categories": ["Drone"]})).await;
    let own = put(&site, "Drones", "", published.clone()).await;
    assert!(own.status == StatusCode::UNPROCESSABLE_ENTITY && own.text.contains("added at this site"), "{own:?}");
    put(&site, "Monitors", "", json!({"model_categories": []})).await;
    put(&site, "Drones", "", json!({"model_categories": ["Monitor"]})).await;
    let taken = put(&site, "Monitors", "", published).await;
    assert!(taken.status == StatusCode::UNPROCESSABLE_ENTITY && taken.text.contains("Drones"), "{taken:?}");
    let audit = site.get("/api/v1/audit").await.json();
    let resets = audit["items"].as_array().unwrap().iter().filter(|entry| entry["action"] == "units.reset_category");
    let details: Vec<&Value> = resets.map(|entry| &entry["detail"]["before"]["ratio"]).collect();
    assert_eq!(details, [&json!(7)], "what changed nothing is not recorded");
}

#[tokio::test]
async fn settings_say_what_they_do_to_units() {
    let site = site().await;
    for name in ["Laptop", "Laptop", "Laptop", "Linux server", "Monitor"] {
        asset(&site, name, 1, json!({})).await;
    }
    for name in ["End User Computers", "Servers", "Monitors"] {
        assert_eq!(put(&site, name, "", json!({"opted_in": true})).await.status, StatusCode::OK, "{name}");
    }
    let try_out = async |how: &str, body: Value| {
        let path = format!("/api/v1/settings{how}");
        site.call(Role::LicenseAdmin, "PATCH", &path, Some(body)).await.json()["units_effect"].clone()
    };
    let effect = |assets: [u64; 2], units: [u64; 2]| json!({"assets_before": assets[0], "assets_after": assets[1], "units_before": units[0], "units_after": units[1], "entitled": null});
    let dry = "?dry_run=true";
    for (body, expected) in [
        (json!({"units_rounding": "down"}), effect([5, 5], [3, 1])),
        (json!({"sn_ham_active_entitlements": "ham_server_license"}), effect([5, 1], [3, 1])),
        (json!({"ham_version": "10.0.0"}), effect([5, 4], [3, 2])),
        (json!({"ham_applications": "TNI"}), effect([5, 1], [3, 1])),
        (json!({"sn_hamp.enable_custom_category_licensing": "true"}), effect([5, 5], [3, 3])),
        (json!({"null_mode": "inclusive"}), Value::Null),
        (json!({"units_rounding": "up"}), Value::Null),
    ] {
        assert_eq!(try_out(dry, body.clone()).await, expected, "{body}");
        assert_eq!(site.get("/api/v1/units").await.json()["consumed"], 3, "a dry run changes nothing");
    }
    assert_eq!(try_out("", json!({"units_rounding": "down"})).await, effect([5, 5], [3, 1]));
    assert_eq!(site.get("/api/v1/units").await.json()["consumed"], 1);
}

#[tokio::test]
async fn the_effect_of_an_upgrade_is_known_before_it() {
    let site = site().await;
    for name in ["Laptop", "Linux server", "Monitor"] {
        asset(&site, name, 1, json!({})).await;
    }
    let set = async |how: &str, version: &str| {
        let path = format!("/api/v1/settings{how}");
        site.call(Role::LicenseAdmin, "PATCH", &path, Some(json!({"ham_version": version}))).await.json()["units_effect"].clone()
    };
    set("", "2.0").await;
    let before = set("?dry_run=true", "10.1.0").await;
    assert_eq!((&before["assets_before"], &before["assets_after"], &before["units_after"]), (&json!(0), &json!(2), &json!(2)));
    set("", "10.1.0").await;
    assert_eq!(site.get("/api/v1/units").await.json()["consumed"], before["units_after"]);
}

#[tokio::test]
async fn the_tree_is_gone_through_only_after_a_change() {
    let site = site().await;
    let units = &site.context.units;
    let mut last = units.site().await.unwrap();
    let changed = async |last: &mut Arc<crate::units::Site>, what: &str, expected: bool| {
        let now = units.site().await.unwrap();
        assert_eq!(!Arc::ptr_eq(last, &now), expected, "{what}");
        *last = now;
    };
    changed(&mut last, "nothing", false).await;
    asset(&site, "Laptop", 1, json!({})).await;
    changed(&mut last, "an asset", false).await;
    site.call(Role::Operator, "POST", "/api/v1/references/locations", Some(json!({"name": "Bonn"}))).await;
    changed(&mut last, "a location", false).await;
    put(&site, "Servers", "?dry_run=true", json!({"opted_in": true})).await;
    changed(&mut last, "a dry run", false).await;
    put(&site, "Servers", "", json!({"opted_in": true})).await;
    changed(&mut last, "opting in", true).await;
    put(&site, "Servers", "", json!({"ratio": 2})).await;
    changed(&mut last, "a resource category", true).await;
    put(&site, "Servers", "", json!({"published": true})).await;
    changed(&mut last, "a reset", true).await;
    site.call(Role::LicenseAdmin, "PATCH", "/api/v1/settings", Some(json!({"units_rounding": "down"}))).await;
    changed(&mut last, "a setting", true).await;
    let tablet = json!({"name": "Tablet", "parent": "Computer"});
    site.call(Role::Operator, "POST", "/api/v1/references/model-categories", Some(tablet)).await;
    changed(&mut last, "a model category", true).await;
    site.license(1, 50).await;
    changed(&mut last, "a licence key", true).await;
    // Another collector on the same store.
    let act = crate::store::records::UnitChoiceRecord {
        category: "End User Computers".to_owned(),
        choice: muster_domain::units::Choice::OptedIn,
        at: site.context.now(),
        by: "user:berta".to_owned(),
        assets: (0, 1),
        units: (0, 1),
    };
    let audit = crate::store::records::AuditEntry {
        at: site.context.now(),
        actor: "user:berta".to_owned(),
        action: "units.opt_in".to_owned(),
        subject: "End User Computers".to_owned(),
        detail: Value::Null,
    };
    site.stores.units.choose(act, audit).await.unwrap();
    changed(&mut last, "an act of somebody else", true).await;
    assert!(last.licensing.is_in_force(last.licensing.catalogue().find("End User Computers").unwrap()));
    changed(&mut last, "nothing at the end", false).await;
}

#[tokio::test]
async fn an_upgrade_opts_in_what_was_in_use() {
    let site = site().await;
    let set = async |version: &str| {
        let reply = site.call(Role::LicenseAdmin, "PATCH", "/api/v1/settings", Some(json!({"ham_version": version}))).await;
        assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
    };
    let in_force = async |name: &str| category(&site, name).await["in_force"].clone();
    set("2.0").await;
    assert_eq!(in_force("Servers").await, json!(false));
    set("10.1.0").await;
    for (name, expected) in [("End User Computers", true), ("Servers", true), ("Mobile Device", false), ("Monitors", false)] {
        assert_eq!(in_force(name).await, json!(expected), "{name}");
    }
    let history = site.get("/api/v1/units/history").await.json();
    assert!(history["items"].as_array().unwrap().iter().all(|item| item["kind"] == "opted_in"), "{history}");
}

#[tokio::test]
async fn a_report_is_kept_on_sunday() {
    let site = site().await;
    asset(&site, "Linux server", 1, json!({})).await;
    put(&site, "Servers", "", json!({"opted_in": true})).await;
    // It is Saturday evening.
    assert!(!site.context.units.report_if_due().await.unwrap());
    site.clock.advance(std::time::Duration::from_secs(6 * 3600));
    assert!(site.context.units.report_if_due().await.unwrap());
    assert!(!site.context.units.report_if_due().await.unwrap(), "once a week");
    let history = site.get("/api/v1/units/history").await.json();
    let report = &history["items"][0];
    assert_eq!((&report["kind"], &report["site_date"], &report["units"]), (&json!("report"), &json!("2026-11-22"), &json!(1)));
    assert_eq!(report["rows"][0]["category"], "Servers");
}
