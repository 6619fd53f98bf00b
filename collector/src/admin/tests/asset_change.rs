//! Many assets changed by a query and a file of assets, through the API and through the pages.

use super::super::testing::{HOST, Reply, Site, csrf};
use crate::store::records::Role;
use axum::body::Body;
use http::{Request, StatusCode, header};
use serde_json::{Value, json};

const PATH: &str = "/api/v1/assets/change";

async fn site(assets: usize) -> Site {
    let site = Site::new().await;
    for number in 0..assets {
        let body = json!({"model_category": "Computer", "install_status": 1, "asset_tag": format!("P{number}")});
        assert_eq!(site.call(Role::Operator, "POST", "/api/v1/assets", Some(body)).await.status, StatusCode::CREATED);
    }
    site
}

async fn ask(site: &Site, body: &Value) -> Reply {
    site.call(Role::Operator, "POST", PATH, Some(body.clone())).await
}

#[tokio::test]
async fn what_was_seen_is_changed_and_nothing_else() {
    let site = site(5).await;
    let set = json!({"install_status": 7, "substatus": "disposed", "comments": null});
    let wish = json!({"query": "asset_tagINP0,P1,P2", "set": set, "dry_run": true});
    let looked = ask(&site, &wish).await.json();
    assert_eq!((&looked["found"]["count"], &looked["changed"], &looked["dry_run"]), (&json!(3), &json!(3), &json!(true)));
    let retired =
        async || site.get("/api/v1/assets?sysparm_query=install_status%3D7").await.json()["items"].as_array().unwrap().len();
    assert_eq!(retired().await, 0, "a dry run changes nothing");

    let found = &looked["found"];
    let act = |expected: Value| json!({"query": "asset_tagINP0,P1,P2", "set": set, "expected": expected});
    for (expected, status, part) in [
        (Value::Null, StatusCode::UNPROCESSABLE_ENTITY, "look first with dry_run"),
        (json!({"count": 2, "digest": found["digest"]}), StatusCode::CONFLICT, "found 2 assets before and finds 3 now"),
        (json!({"count": 3, "digest": "00"}), StatusCode::CONFLICT, "other assets now"),
    ] {
        let refused = ask(&site, &act(expected)).await;
        assert!(refused.status == status && refused.text.contains(part), "{refused:?}");
    }
    assert_eq!(retired().await, 0);
    let done = ask(&site, &act(found.clone())).await.json();
    assert_eq!((&done["changed"], &done["dry_run"]), (&json!(3), &json!(false)));
    assert_eq!(retired().await, 3);
    let again = ask(&site, &act(found.clone())).await.json();
    assert_eq!((&again["changed"], &again["unchanged"]), (&json!(0), &json!(3)));
    assert!(site.get("/api/v1/audit").await.text.contains("asset.edit_many"));
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused() {
    let site = site(2).await;
    let lenient = site.call(Role::Owner, "PATCH", "/api/v1/settings", Some(json!({"query_invalid": "ignore"}))).await;
    assert_eq!(lenient.status, StatusCode::OK, "{lenient:?}");
    for (body, part) in [
        (json!({"query": "", "set": {"install_status": 7}, "dry_run": true}), "every asset"),
        (json!({"query": "^ORDERBYasset_tag", "set": {"install_status": 7}, "dry_run": true}), "every asset"),
        (json!({"query": "asset_tag=P0", "set": {}, "dry_run": true}), "at least one field"),
        (json!({"query": "asset_tag=P0", "set": {"nonsense": 7}, "dry_run": true}), "nonsense"),
        (json!({"query": "nonsense=1", "set": {"install_status": 7}, "dry_run": true}), "nonsense"),
        // Also where lists leave out what they do not understand.
        (json!({"query": "asset_tag=P9^NQnonsense=1", "set": {"install_status": 7}, "dry_run": true}), "nonsense"),
    ] {
        let refused = ask(&site, &body).await;
        assert!(refused.status.is_client_error() && refused.text.contains(part), "{body}: {refused:?}");
    }
    let viewer = site.call(Role::Viewer, "POST", PATH, Some(json!({"query": "a=1", "set": {}}))).await;
    assert_eq!(viewer.problem(), "forbidden");
}

#[tokio::test]
async fn a_query_is_completed_for_programs_and_on_the_page() {
    let site = site(1).await;
    let found = site.call(Role::Viewer, "GET", "/api/v1/assets/query/complete?query=install_status%3Dret", None).await.json();
    assert_eq!(found["items"], json!([{"query": "install_status=7", "label": "Retired", "kind": "value"}]));
    let cookie = site.log_in().await;
    let page = site.page("/assets?sysparm_query=model_category%3DComp", Some(&cookie)).await.text;
    assert!(page.contains("<option value=\"model_category=Computer\""), "{page}");
}

/// Sends the form of the import with this text.
async fn upload(site: &Site, cookie: &str, act: &str, text: &str) -> Reply {
    let token = csrf(&site.page("/assets/import", Some(cookie)).await);
    let part = |name: &str, value: &str| format!("--XyZ\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    let body = [part("csrf", &token), part("act", act), part("text", text), "--XyZ--\r\n".to_owned()].concat();
    let request = Request::post("/assets/import").header(header::HOST, HOST).header(header::COOKIE, cookie);
    let request = request.header(header::CONTENT_TYPE, "multipart/form-data; boundary=XyZ").body(Body::from(body));
    site.send(request.unwrap()).await
}

#[tokio::test]
async fn a_file_is_looked_at_mended_and_imported_on_the_page() {
    let site = site(0).await;
    let cookie = site.log_in().await;
    let file = "asset_tag,model_category,install_status\r\nA1,Computer,1\r\nA2,Toaster,1\r\nA3,Computer,99\r\n";
    let count = async || site.get("/api/v1/assets").await.json()["items"].as_array().unwrap().len();
    let looked = upload(&site, &cookie, "check", file).await;
    assert_eq!(looked.status, StatusCode::OK);
    for part in [
        "Nothing is changed yet",
        "<dt>Would be made</dt><dd>1</dd>",
        "<dt>Refused</dt><dd>2</dd>",
        "<td class=\"n\">3</td><td>model_category</td>",
        "Toaster",
        "A1,Computer,1",
    ] {
        assert!(looked.text.contains(part), "{part}: {}", looked.text);
    }
    let errors = upload(&site, &cookie, "errors", file).await;
    assert!(errors.header("content-type").starts_with("text/csv") && errors.header("content-disposition").contains("attachment"));
    assert!(errors.text.contains("A2,Toaster,1") && !errors.text.contains("A1,"), "{}", errors.text);
    assert_eq!(count().await, 0, "neither of them changes anything");
    let done = upload(&site, &cookie, "import", file).await;
    assert!(done.text.contains("What was done") && done.text.contains("<dt>Made</dt><dd>1</dd>"), "{}", done.text);
    assert_eq!(count().await, 1);
    // The lines that were left out stay in the form, the others do not.
    let (_, kept) = done.text.split_once("spellcheck=\"false\">\n").unwrap();
    let kept = kept.split("</textarea>").next().unwrap();
    assert!(kept.contains("A2,Toaster,1") && kept.contains("A3,Computer,99") && !kept.contains("A1,"), "{kept}");
    assert!(done.text.contains("<td>model_category</td><td class=\"name\">nothing"), "named once: {}", done.text);
    let none = upload(&site, &cookie, "import", "asset_tag,model_category\r\nA9,Toaster\r\n").await;
    assert!(none.text.contains("Nothing was taken") && none.text.contains("A9,Toaster"), "{}", none.text);
    // The mended file has two columns more, which tell what was wrong; it is taken as it is.
    let mended = errors.text.replace("Toaster", "Computer").replace(",99", ",6");
    assert!(upload(&site, &cookie, "import", &mended).await.text.contains("Every line was taken"), "{mended}");
    assert_eq!(count().await, 3);
    for (file, part) in [("", "Choose a file"), ("nonsense\r\n1\r\n", "no asset field")] {
        let refused = upload(&site, &cookie, "check", file).await;
        assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.text.contains(part), "{refused:?}");
    }
}
