//! Every kind of record goes out as a file and comes in again unchanged.

use super::{
    super::testing::{HOST, Site},
    record_files::{import, refused, site, sums},
};
use crate::store::records::Role;
use axum::body::Body;
use http::{Request, header};
use muster_domain::{
    metric::find,
    record::{Field, Schema, kinds},
};

#[tokio::test]
async fn every_kind_is_imported_exported_and_imported_again_unchanged() {
    let site = site().await;
    let assets = Request::post("/api/v1/assets/import")
        .header(header::HOST, HOST)
        .header(header::AUTHORIZATION, format!("Bearer {}", site.token(Role::Operator)))
        .header(header::CONTENT_TYPE, "text/csv");
    site.send(assets.body(Body::from("asset_tag,install_status\nP0,1\nP1,1\n")).unwrap()).await;
    for schema in kinds::ALL {
        let schema: &'static Schema = schema;
        let path = schema.path;
        let template = csv(&site, &format!("{path}/template")).await;
        let fields: Vec<&Field> = schema.fields.iter().filter(|field| !field.derived).collect();
        let mut rows = vec![fields.iter().map(|field| field.name.to_owned()).collect::<Vec<_>>()];
        let records = filled(path);
        let count = records.len() as u64;
        rows.extend(records.iter().map(|record| {
            let cell = |field: &&Field| record.iter().find(|(name, _)| *name == field.name).map(|(_, text)| text.clone());
            fields.iter().map(|field| cell(field).unwrap_or_default()).collect()
        }));
        let lines = file_of(&rows);
        // As a person fills in the template, whose second line stays where it is.
        let filled = format!("{template}{}", lines.split_once("\r\n").unwrap().1);
        let told = import(&site, path, "create_references=true", &filled).await;
        // The lines of what was bought are there with it.
        let expected = if path == "expense-lines" { [count, 0, count, 0, 0] } else { [count, count, 0, 0, 0] };
        assert_eq!(sums(&told), expected, "{path}: {:?}", refused(&told));
        assert_eq!(sums(&import(&site, path, "", &lines).await), [count, 0, 0, count, 0], "{path} again");
        let exported = csv(&site, &format!("{path}?limit=1000")).await;
        for how in ["", "clear_empty=true"] {
            let again = import(&site, path, how, &exported).await;
            let all = sums(&again);
            assert!(all[0] >= 2 && all == [all[0], 0, 0, all[0], 0], "{path}: {all:?} {:?}\n{exported}", refused(&again));
        }
    }
}

/// The records of every kind: each its fields with their values, as the rules of the kind want them.
fn filled(kind: &str) -> Vec<Vec<(&'static str, String)>> {
    let notes = |number: usize| format!("=1+{number}; \"q\", 'x\nnext");
    let name = |number: usize| format!("'=Name {number}");
    let model = |number: usize| format!("Acme Prod{number} 1.{number}");
    let text = |text: &str| text.to_owned();
    let common = |metric: &str| [("metric_group", text("Common")), ("license_metric", text(metric))];
    let two = |row: &dyn Fn(usize) -> Vec<(&'static str, String)>| (0..2).map(row).collect::<Vec<_>>();
    match kind {
        "packs" => two(&|n| vec![("name", text(["Adobe", "Citrix"][n])), ("active", text("false"))]),
        "custom-metrics" => two(&|n| {
            vec![
                ("name", format!("=Metric {n}")),
                ("metric_group", text("Ours")),
                ("description", notes(n)),
                ("order_allocated", text("7")),
            ]
        }),
        "models" => (0..4)
            .map(|n| {
                vec![
                    ("publisher", text("Acme")),
                    ("product", format!("Prod{n}")),
                    ("version_condition", text("is")),
                    ("version", format!("1.{n}")),
                    ("comments", notes(n)),
                ]
            })
            .collect(),
        "suite-components" => {
            two(&|n| vec![("suite", model(2 * n)), ("component", model(2 * n + 1)), ("mandatory", text("Mandatory Group"))])
        }
        "metric-attributes" => two(&|n| {
            let attribute = find("Common", "Per Core").unwrap().attributes[0].name;
            [
                vec![("software_model", model(n)), ("attribute", text(attribute)), ("value", text("2"))],
                common("Per Core").to_vec(),
            ]
            .concat()
        }),
        "part-numbers" => {
            two(&|n| vec![("part_number", format!("PN{n}")), ("publisher", text("Acme")), ("product", format!("Other{n}"))])
        }
        "normalization-rules" => two(&|n| {
            vec![
                ("name", format!("rule-{n}")),
                ("name_operator", text("starts with")),
                ("name_pattern", format!("=draw{n}")),
                ("publisher", text("Acme")),
                ("product", text("Draw")),
            ]
        }),
        "contracts" => two(&|n| {
            vec![
                ("number", format!("C{n}")),
                ("vendor", name(n)),
                ("starts", format!("2026-0{}-01", n + 1)),
                ("total_cost", format!("EUR;{n}00.50")),
                ("comments", notes(n)),
            ]
        }),
        "consumption-rules" => {
            two(&|n| vec![("name", format!("R{n}")), ("company", name(n)), ("include_child_companies", text("true"))])
        }
        "entitlements" => (0..6)
            .map(|n| {
                let mut row = vec![
                    ("number", format!("E{n}")),
                    ("software_model", model(n % 2)),
                    ("license_type", text(["Perpetual", "Upgrade", "Software Assurance"][n / 2])),
                    ("purchased_rights", text("10")),
                    ("unit_cost", format!("EUR;{n}00")),
                    ("purchased", format!("2026-0{}-01", n + 1)),
                    ("contract", format!("C{}", n % 2)),
                    ("work_notes", notes(n)),
                ];
                row.extend(common("Per Device"));
                if n > 3 {
                    row.extend([("start_date", text("2026-01-01")), ("end_date", text("2036-12-31"))]);
                }
                row
            })
            .collect(),
        "entitlement-consumption-rules" => two(&|n| {
            vec![("software_entitlement", format!("E{n}")), ("consumption_rule", format!("R{n}")), ("license_pool", text("3"))]
        }),
        "downgrade-rights" => {
            two(&|n| vec![("from_model", model(2 * n)), ("software_model", model(2 * n + 1)), ("order", text("4"))])
        }
        "expense-lines" => two(&|n| {
            vec![
                ("software_entitlement", format!("E{n}")),
                ("state", text("Booked")),
                ("short_description", name(n)),
                ("comments", notes(n)),
            ]
        }),
        "upgraded-entitlements" => two(&|n| {
            vec![
                ("software_entitlement", format!("E{}", n + 2)),
                ("from_entitlement", format!("E{n}")),
                ("number_of_rights", text("3")),
            ]
        }),
        "related-entitlements" => two(&|n| {
            vec![
                ("software_entitlement", format!("E{n}")),
                ("related_entitlement", format!("E{}", n + 4)),
                ("active_rights", text("5")),
            ]
        }),
        "license-keys" => two(&|n| vec![("software_entitlement", format!("E{n}")), ("license_key", format!("=K{n}"))]),
        "hosts" => two(&|n| {
            vec![("name", format!("H{n}")), ("device", format!("P{n}")), ("kind", text("Physical")), ("sockets", text("2"))]
        }),
        "allocations" => two(&|n| {
            vec![
                ("software_entitlement", format!("E{n}")),
                ("assigned_to_device", format!("P{n}")),
                ("license_key", format!("=K{n}")),
            ]
        }),
        "software-users" => two(&|n| vec![("user", name(n)), ("department", name(n)), ("use_type", text("Core"))]),
        "location-details" => two(&|n| vec![("location", name(n)), ("country", text("Germany"))]),
        "client-access-records" => two(&|n| vec![("software_model", model(n)), ("user", name(n))]),
        "subscriptions" => two(&|n| vec![("software_model", model(n)), ("user", name(n)), ("activated", text("2026-01-01"))]),
        "resource-values" => {
            two(&|n| vec![("software_model", model(n)), ("resource", text("cores")), ("units_consumed", format!("{n}.5"))])
        }
        "document-counts" => {
            two(&|n| vec![("software_model", model(n)), ("document_type", text("Sales")), ("document_count", text("7"))])
        }
        "endpoint-counts" => two(&|n| {
            vec![
                ("software_model", model(n)),
                ("measured_on", text("2026-01-01")),
                ("hour", text("7")),
                ("endpoint_count", text("9")),
            ]
        }),
        "usage-peaks" => two(&|n| vec![("software_model", model(n)), ("measured_on", text("2026-01-01")), ("peak", text("9"))]),
        "token-checkouts" => two(&|n| {
            vec![
                ("software_model", model(n)),
                ("feature", format!("=f{n}")),
                ("tokens", text("2")),
                ("day", text("2026-01-01")),
                ("start_minute", text("10")),
                ("end_minute", text("20")),
            ]
        }),
        "software-usage" => {
            two(&|n| vec![("software_model", model(n)), ("device", format!("P{n}")), ("last_used", text("2026-01-01"))])
        }
        "machine-software" => two(&|n| {
            vec![
                ("device", format!("P{n}")),
                ("publisher", text("Microsoft")),
                ("product", text("SQL Server")),
                ("edition", text("Web")),
            ]
        }),
        "override-costs" => two(&|n| {
            [vec![("software_model", model(n)), ("license_cost", format!("EUR;{n}5.25"))], common("Per Device").to_vec()].concat()
        }),
        other => panic!("fill in records of {other}"),
    }
}

async fn csv(site: &Site, path: &str) -> String {
    let request = Request::get(format!("/api/v1/{path}"))
        .header(header::HOST, HOST)
        .header(header::ACCEPT, "text/csv")
        .header(header::AUTHORIZATION, format!("Bearer {}", site.token(Role::Viewer)));
    site.send(request.body(Body::empty()).unwrap()).await.text
}

fn file_of(rows: &[Vec<String>]) -> String {
    let header: Vec<&str> = rows[0].iter().map(String::as_str).collect();
    muster_runtime::output::csv(&header, &rows[1..])
}
