//! The table of a kind: its columns, a search, pages by links, and all of it as CSV.

use super::{
    cells::{Column, Row, columns, row},
    words::{kind_of, plural},
};
use crate::{
    admin::{AdminContext, Answer, Ctx, Failure, auth::Caller, auth::Principal},
    console::{
        frame::{Frame, shown},
        render::{number, page},
    },
    publish::url_encoded,
    records::{AssetNames, Records, Seen},
};
use askama::Template;
use axum::{
    extract::{Path, Query, State},
    response::{IntoResponse, Response},
};
use http::header;
use muster_domain::{
    asset::Value,
    record::{Field, Schema},
};
use muster_runtime::output;
use std::collections::BTreeMap;

/// Records on a page.
const ROWS: usize = 100;
/// What a query string may hold beside fields.
const BESIDE_FIELDS: [&str; 2] = ["search", "page"];

#[derive(Template)]
#[template(path = "records_list.html")]
struct ListPage {
    frame: Frame,
    title: String,
    one: &'static str,
    path: &'static str,
    help: &'static str,
    search: String,
    /// Fields that are as they are wished.
    wishes: Vec<Wish>,
    columns: Vec<Column>,
    rows: Vec<Row>,
    /// How many there are in all, and which of those that fit are on the page.
    count: usize,
    from: String,
    to: String,
    total: String,
    previous: Option<String>,
    next: Option<String>,
    csv: String,
    new_link: String,
    command: String,
}

struct Wish {
    label: &'static str,
    name: &'static str,
    value: String,
    text: String,
}

/// What is wished, out of a query string.
struct Asked {
    search: String,
    wishes: Vec<(&'static Field, String)>,
    page: usize,
}

/// `GET /records/{kind}`: a page; `GET /records/{kind}.csv`: a file.
pub async fn list(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Path(kind): Path<String>,
    Query(given): Query<BTreeMap<String, String>>,
) -> Response {
    let answer = match kind.strip_suffix(".csv") {
        Some(kind) => file(&context, kind, &given).await,
        None => table(&context, &caller, &kind, &given).await,
    };
    shown(answer)
}

async fn table(context: &AdminContext, caller: &Principal, kind: &str, given: &BTreeMap<String, String>) -> Answer<Response> {
    let (records, schema) = (&context.records, kind_of(kind)?);
    let asked = Asked::of(schema, given)?;
    let found = found(records, schema, &asked).await?;
    let pages = found.len().div_ceil(ROWS).max(1);
    let on = asked.page.clamp(1, pages);
    let mut rows = Vec::new();
    for seen in found.iter().skip((on - 1) * ROWS).take(ROWS) {
        rows.push(row(records, schema, seen).await?);
    }
    let query = asked.query();
    let link = |number: usize| {
        let joint = if query.is_empty() { "" } else { "&" };
        format!("/records/{}?{query}{joint}page={number}", schema.path)
    };
    let counted = |count: usize| u64::try_from(count).map_or_else(|_| count.to_string(), number);
    let first = if rows.is_empty() { 0 } else { (on - 1) * ROWS + 1 };
    let mut wishes = Vec::new();
    for (field, value) in &asked.wishes {
        let text = match uuid::Uuid::try_parse(value) {
            Ok(id) => records.display(field.kind, &Value::Ref(id)).await?,
            Err(_) => None,
        };
        let text = text.unwrap_or_else(|| if value.is_empty() { "empty".to_owned() } else { value.clone() });
        wishes.push(Wish { label: field.label, name: field.name, value: value.clone(), text });
    }
    let given: Vec<String> = asked.wishes.iter().map(|(field, value)| format!("{}={}", field.name, url_encoded(value))).collect();
    let asks = if given.is_empty() { String::new() } else { format!("?{}", given.join("&")) };
    page(&ListPage {
        frame: Frame::of(context, caller, "/records"),
        title: plural(schema),
        one: schema.one,
        path: schema.path,
        help: schema.help,
        wishes,
        columns: columns(schema),
        count: records.count(schema),
        from: counted(first),
        to: counted((first + rows.len()).saturating_sub(1)),
        total: counted(found.len()),
        previous: (on > 1).then(|| link(on - 1)),
        next: (on < pages).then(|| link(on + 1)),
        csv: format!("/records/{}.csv{}{query}", schema.path, if query.is_empty() { "" } else { "?" }),
        new_link: format!("/records/{}/new{asks}", schema.path),
        command: command(schema),
        search: asked.search,
        rows,
    })
}

/// Every record that fits, as a file that can be imported again.
async fn file(context: &AdminContext, kind: &str, given: &BTreeMap<String, String>) -> Answer<Response> {
    let (records, schema) = (&context.records, kind_of(kind)?);
    let asked = Asked::of(schema, given)?;
    let assets = if schema.names_assets() { records.asset_names().await? } else { AssetNames::default() };
    let mut rows = Vec::new();
    for seen in found(records, schema, &asked).await? {
        let mut cells = vec![seen.id.to_string()];
        for field in schema.fields {
            cells.push(match seen.values.get(field.name) {
                None => String::new(),
                Some(value) => records.written(field.kind, value, &assets).await?,
            });
        }
        rows.push(cells);
    }
    let names: Vec<&str> = ["id"].into_iter().chain(schema.fields.iter().map(|field| field.name)).collect();
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}.csv\"", schema.path)),
    ];
    Ok((headers, output::csv(&names, &rows)).into_response())
}

/// The records that are asked for, by name, then in the order in which they were made.
async fn found(records: &Records, schema: &'static Schema, asked: &Asked) -> Answer<Vec<Seen>> {
    let wishes: Vec<_> = asked.wishes.iter().map(|(field, text)| (*field, text.to_lowercase())).collect();
    let search = Some(asked.search.to_lowercase()).filter(|text| !text.is_empty());
    let mut found = Vec::new();
    for seen in records.list(schema, |_| true) {
        if records.fits(schema, &seen, &wishes, search.as_deref()).await? {
            found.push(seen);
        }
    }
    found.sort_by_cached_key(|seen| (schema.name_of(&seen.values).map(str::to_lowercase), seen.id));
    Ok(found)
}

impl Asked {
    fn of(schema: &'static Schema, given: &BTreeMap<String, String>) -> Answer<Self> {
        let mut wishes = Vec::new();
        for (name, text) in given.iter().filter(|(name, _)| !BESIDE_FIELDS.contains(&name.as_str())) {
            let field = schema.field(name);
            let field = field.ok_or_else(|| Failure::invalid(format!("a {} has no field {name:?}", schema.one)))?;
            wishes.push((field, text.trim().to_owned()));
        }
        let search = given.get("search").map(|text| text.trim().to_owned()).unwrap_or_default();
        let page = given.get("page").and_then(|page| page.parse().ok()).unwrap_or(1);
        Ok(Self { search, wishes, page })
    }

    /// Everything but the page, for links.
    fn query(&self) -> String {
        let wishes = self.wishes.iter().map(|(field, text)| format!("{}={}", field.name, url_encoded(text)));
        let search = (!self.search.is_empty()).then(|| format!("search={}", url_encoded(&self.search)));
        wishes.chain(search).collect::<Vec<_>>().join("&")
    }
}

/// The command that makes a record of a kind, with what it cannot be without.
fn command(schema: &'static Schema) -> String {
    let needed = schema.fields.iter().filter(|field| field.required && field.default.is_none());
    let mut needed: Vec<String> =
        needed.map(|field| format!("{}={}", field.name, field.name.to_uppercase().replace('_', "-"))).collect();
    if needed.is_empty() {
        let first = schema.fields.iter().find(|field| !field.derived && field.default.is_none());
        needed.extend(first.map(|field| format!("{}={}", field.name, field.name.to_uppercase().replace('_', "-"))));
    }
    format!("muster-collector record {} create {}", schema.path, needed.join(" "))
}
