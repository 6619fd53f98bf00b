//! What was bought. In: the admin API. Out: software models, contracts and entitlements, some of them too few.

use anyhow::Result;
use chrono::{Days, NaiveDate};
use reqwest::Method;
use serde_json::{Value, json};

use super::seats::expect;
use crate::http::Http;
use crate::json::text;

/// What is licensed: publisher, product, metric, rights, cost of one.
const BOUGHT: [(&str, &str, &str, u32, &str); 4] = [
    ("Northwind", "northwind-client", "Per Device", 50, "EUR;39.90"),
    ("Fabrikam", "fabrikam-cad", "Per Device", 12, "EUR;1850.00"),
    ("Tailspin", "tailspin-backup", "Per Device", 30, "EUR;64.50"),
    ("Litware", "litware-render", "Per Device", 0, "EUR;420.00"),
];

/// Stores it all, bought a year before `first`.
pub(super) async fn buy(http: &Http, first: NaiveDate) -> Result<()> {
    let bought = first - Days::new(365);
    for (publisher, product, metric, rights, cost) in BOUGHT {
        let model = create(http, "models", &json!({"publisher": publisher, "product": product})).await?;
        let contract = json!({"number": format!("C-{publisher}"), "short_description": format!("{publisher}, framework")});
        let contract = create(http, "contracts", &contract).await?;
        if rights == 0 {
            continue;
        }
        let entitlement = json!({
            "software_model": text(&model, "/id")?, "contract": text(&contract, "/id")?, "metric_group": "Common",
            "license_metric": metric, "purchased_rights": rights, "unit_cost": cost, "purchased": bought.to_string(),
        });
        let entitlement = create(http, "entitlements", &entitlement).await?;
        let publish = http.request(Method::POST, &format!("/api/v1/entitlements/{}/publish", text(&entitlement, "/id")?));
        expect(crate::http::answer(publish).await?, &[200])?;
    }
    Ok(())
}

async fn create(http: &Http, kind: &str, record: &Value) -> Result<Value> {
    expect(http.send(Method::POST, &format!("/api/v1/{kind}"), record).await?, &[201])
}
