//! Texts that want to be more than text: markup in names and cells, and cells that a spreadsheet would take for formulas.

use super::super::testing::{HOST, Site};
use crate::store::records::Role;
use axum::body::Body;
use http::{Request, StatusCode, header};
use serde_json::json;

const MARKUP: [&str; 4] = [
    "<script>window.pwned=1</script>",
    "<img src=x onerror=\"window.pwned=1\">",
    "\"><svg onload=window.pwned=1>",
    "'-window.pwned-'</textarea></title><script>window.pwned=1</script>",
];

/// Imports a file of assets; every line must be taken.
async fn import(site: &Site, file: &str) -> String {
    let request = Request::post("/api/v1/assets/import?create_references=true")
        .header(header::HOST, HOST)
        .header(header::AUTHORIZATION, format!("Bearer {}", site.token(Role::Operator)))
        .header(header::CONTENT_TYPE, "text/csv")
        .body(Body::from(file.to_owned()));
    let reply = site.send(request.unwrap()).await;
    assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
    assert!(reply.text.contains("\"refused\":0"), "{}", reply.text);
    reply.text
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

#[tokio::test]
async fn markup_in_cells_and_names_stays_text_on_every_page() {
    let site = Site::new().await;
    site.license(1, 500).await;
    for (number, markup) in MARKUP.into_iter().enumerate() {
        let cells = [markup; 4].map(quoted).join(",");
        import(&site, &format!("asset_tag,serial_number,comments,assigned_to,model_category\r\n{cells},Computer\r\n")).await;
        let name: String = markup.chars().take(90).collect();
        let path = format!("/api/v1/applications/{}", percent(&name));
        let body = json!({"named_users": [name], "reservations": [{"group": name, "seats": 0}], "floating_limit": number});
        let made = site.call(Role::Owner, "PUT", &path, Some(body)).await;
        assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    }
    let cookie = site.log_in().await;
    let assets = site.get("/api/v1/assets").await.json();
    let mut pages: Vec<String> = ["/status", "/assets", "/applications", "/audit", "/compliance", "/records", "/console/license"]
        .map(str::to_owned)
        .into();
    pages.extend(assets["items"].as_array().unwrap().iter().map(|asset| format!("/assets/{}", asset["id"].as_str().unwrap())));
    for markup in MARKUP {
        let name: String = markup.chars().take(90).collect();
        pages.push(format!("/applications/{}", percent(&name)));
        pages.push(format!("/applications/{}/edit", percent(&name)));
        pages.push(format!("/applications/{}/delete", percent(&name)));
        pages.push(format!("/assets?sysparm_query={}", percent(&format!("asset_tag={markup}"))));
        pages.push(format!("/assets?sysparm_query={}", percent(markup)));
        pages.push(format!("/agents?search={}", percent(markup)));
        pages.push(format!("/sessions?search={}", percent(markup)));
        pages.push(format!("/audit?subject={}", percent(markup)));
    }
    let (mut looked, mut seen) = (0, 0);
    for path in pages {
        let reply = site.page(&path, Some(&cookie)).await;
        assert!(reply.status == StatusCode::OK || reply.status == StatusCode::UNPROCESSABLE_ENTITY, "{path}: {reply:?}");
        let text = &reply.text;
        for raw in ["<script>window", "<img src=x", "<svg onload", "</textarea></title>"] {
            assert!(!text.contains(raw), "{path} has {raw}: {text}");
        }
        looked += 1;
        seen += usize::from(text.contains("&#60;script&#62;window.pwned") || text.contains("&#60;img src=x"));
    }
    assert!(looked > 40 && seen > 10, "{seen} of {looked} pages show a hostile text");
}

#[tokio::test]
async fn exports_have_no_formulas_and_come_back_as_they_were() {
    let site = Site::new().await;
    let texts = [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "=cmd|' /C calc'!A0",
        "'=x",
        "a=b",
        "-",
        "'",
        "\u{ff1d}1",
        "\u{ff0b}1",
        "\u{ff0d}1",
        "\u{ff20}A1",
        "\u{feff}=1",
        "\u{200b}@A1",
    ];
    for (number, text) in texts.into_iter().enumerate() {
        let body = json!({"asset_tag": format!("={number}+1"), "comments": text});
        let made = site.call(Role::Operator, "POST", "/api/v1/assets", Some(body)).await;
        assert_eq!(made.status, StatusCode::CREATED, "{text:?}: {made:?}");
    }
    let first = ['=', '+', '-', '@', '\t', '\r', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];
    let dangerous = |cell: &str| cell.trim_start_matches(['\u{feff}', '\u{200b}']).starts_with(first);
    let cookie = site.log_in().await;
    let file = site.page("/assets.csv", Some(&cookie)).await.text;
    let mut reader = csv::ReaderBuilder::new().has_headers(true).from_reader(file.as_bytes());
    let column = reader.headers().unwrap().iter().position(|name| name == "comments").unwrap();
    let mut cells: Vec<String> = Vec::new();
    for record in reader.records() {
        let record = record.unwrap();
        for cell in &record {
            assert!(!dangerous(cell), "{cell:?} is a formula for a spreadsheet");
        }
        cells.push(record.get(column).unwrap().to_owned());
    }
    assert!(cells.iter().any(|cell| cell == "'=1+1") && cells.len() == texts.len(), "{cells:?}");
    for list in ["/api/v1/assets", "/api/v1/audit", "/api/v1/applications", "/api/v1/agents", "/api/v1/sessions"] {
        let request = Request::get(list).header(header::HOST, HOST).header(header::ACCEPT, "text/csv");
        let request = request.header(header::AUTHORIZATION, format!("Bearer {}", site.token(Role::Owner)));
        let reply = site.send(request.body(Body::empty()).unwrap()).await;
        let mut reader = csv::ReaderBuilder::new().has_headers(true).flexible(true).from_reader(reply.text.as_bytes());
        for record in reader.records() {
            for cell in &record.unwrap() {
                assert!(!dangerous(cell), "{list}: {cell:?} is a formula for a spreadsheet");
            }
        }
    }
    // The same file imported again changes nothing: every text is the one that it was.
    let told = import(&site, &file).await;
    assert!(told.contains(&format!("\"unchanged\":{}", texts.len())) && told.contains("\"updated\":0"), "{told}");
    let kept = site.get("/api/v1/assets").await.json();
    let mut kept: Vec<&str> = kept["items"].as_array().unwrap().iter().map(|asset| asset["comments"].as_str().unwrap()).collect();
    kept.sort_unstable();
    let mut expected: Vec<&str> = texts.iter().map(|text| text.trim()).collect();
    expected.sort_unstable();
    assert_eq!(kept, expected);
}

fn percent(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
