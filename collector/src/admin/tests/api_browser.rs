//! The pages on which the API is looked through.

use super::super::testing::Site;
use crate::admin::auth::OPERATIONS;
use http::StatusCode;

#[tokio::test]
async fn every_operation_has_a_page_that_says_how_to_call_it() {
    let site = Site::new().await;
    let cookie = site.log_in().await;
    let list = site.page("/api", Some(&cookie)).await;
    assert_eq!(list.status, StatusCode::OK);
    for operation in OPERATIONS.iter().filter(|operation| operation.documented()) {
        let address = format!("/api?operation={}", operation.name);
        assert!(list.text.contains(&format!("href=\"{address}\"")), "{address}");
        let page = site.page(&address, Some(&cookie)).await;
        assert_eq!(page.status, StatusCode::OK, "{address}");
        assert!(page.text.contains("curl --cacert"), "{address}");
        for rest in page.text.split("href=\"/api?schema=").skip(1) {
            assert!(!rest.starts_with('"'), "{address}");
        }
    }
    let schema = site.page("/api?schema=ApiTokenWish", Some(&cookie)).await;
    assert!(schema.text.contains("ttl_seconds") && schema.text.contains("required"), "{}", schema.text);
    for nothing in ["/api?operation=no.such", "/api?schema=NoSuch"] {
        assert_eq!(site.page(nothing, Some(&cookie)).await.status, StatusCode::NOT_FOUND, "{nothing}");
    }
}
