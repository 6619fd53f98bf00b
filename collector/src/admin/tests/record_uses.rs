//! Records that others use, through the API.

use super::super::testing::Site;
use crate::store::records::Role;
use http::StatusCode;
use serde_json::{Value, json};

#[tokio::test]
async fn nothing_is_deleted_that_others_name() {
    let site = Site::new().await;
    assert_eq!(site.license(1, 5).await.status, StatusCode::OK);
    let make = async |kind: &str, body: Value| {
        let made = site.call(Role::LicenseAdmin, "POST", &format!("/api/v1/{kind}"), Some(body)).await;
        assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
        format!("/api/v1/{kind}/{}", made.json()["id"].as_str().unwrap())
    };
    let metric = make("custom-metrics", json!({"metric_group": "Site", "name": "Terabyte"})).await;
    make("models", json!({"publisher": "Acme", "product": "Draw"})).await;
    let entitlement = make(
        "entitlements",
        json!({"number": "E-7", "software_model": "Acme Draw", "metric_group": "site", "license_metric": "terabyte", "purchased_rights": 5}),
    )
    .await;
    let refused = site.call(Role::LicenseAdmin, "DELETE", &metric, None).await;
    assert_eq!(refused.problem(), "conflict");
    assert!(
        refused.text.contains("the custom metric Terabyte is in use by software entitlement E-7; change or delete them first"),
        "{}",
        refused.text
    );
    for path in [entitlement, metric] {
        let deleted = site.call(Role::LicenseAdmin, "DELETE", &path, None).await;
        assert_eq!(deleted.status, StatusCode::NO_CONTENT, "{path} {deleted:?}");
    }
}
