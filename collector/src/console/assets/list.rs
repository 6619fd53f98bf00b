//! The list of assets: those that an encoded query finds, with the columns that are wished, and all of them as a file.

use super::{
    cells::{cell, title},
    query::{Wrong, beginnings},
};
use crate::{
    admin::{
        AdminContext, Answer, Ctx, Query,
        api::assets::{Search, Seen},
        auth::{Caller, Principal},
    },
    assets::{Completion, complete},
    console::{
        frame::{Frame, shown},
        pager::address,
        render::{number, page},
    },
};
use askama::Template;
use axum::{
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use muster_domain::{
    asset::{Asset, Directory, Field, sheet::label},
    ids::AssetId,
};

/// The page of all assets.
pub(super) const HERE: &str = "/assets";
/// Assets on a page.
const ROWS: usize = 100;
/// Assets that are looked at for a page without an order, at most: nobody waits for a million of them to learn that few fit.
const LOOKED_AT: usize = 250_000;
/// The columns where nothing else is wished.
const COLUMNS: [Field; 6] =
    [Field::InstallStatus, Field::Substatus, Field::ModelCategory, Field::SerialNumber, Field::AssignedTo, Field::Location];

#[derive(Template)]
#[template(path = "assets.html")]
struct AssetsPage {
    frame: Frame,
    query: String,
    /// The part of a host name that is searched for.
    host: String,
    /// More machines than are shown have it.
    more_hosts: bool,
    wrong: Option<Wrong>,
    warnings: Vec<String>,
    /// How the query may go on.
    completions: Vec<Completion>,
    beginnings: Vec<(&'static str, String)>,
    /// Every field: its name, its label, and whether it is a column.
    fields: Vec<(&'static str, &'static str, bool)>,
    columns: Vec<&'static str>,
    rows: Vec<Row>,
    none_at_all: bool,
    /// How many assets were looked at, where there are more that were not.
    looked_at: Option<String>,
    first: Option<String>,
    next: Option<String>,
    csv: String,
    change: String,
    may_change: bool,
}

struct Row {
    link: String,
    title: String,
    cells: Vec<String>,
}

/// What is asked for, out of a query string.
struct Asked {
    query: String,
    /// A part of a host name, in place of a query.
    host: String,
    cursor: Option<String>,
    columns: Vec<Field>,
}

/// `GET /assets`.
pub async fn assets_page(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Query(given): Query<Vec<(String, String)>>,
) -> Response {
    shown(show(&context, &caller, &Asked::of(&given)).await)
}

/// `GET /assets.csv`: everything that a query finds, as an import takes it.
pub async fn assets_file(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Query(given): Query<Vec<(String, String)>>,
) -> Response {
    let made = async {
        let search = Search::of(&context, &caller, &Asked::of(&given).query).await??;
        let headers = [
            (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
            (header::CONTENT_DISPOSITION, "attachment; filename=\"assets.csv\""),
        ];
        Ok((headers, Body::from_stream(search.file(&context))).into_response())
    };
    shown(made.await)
}

async fn show(context: &AdminContext, caller: &Principal, asked: &Asked) -> Answer<Response> {
    let frame = Frame::of(context, caller, HERE);
    let query = [("sysparm_query", asked.query.as_str())];
    let mut list = AssetsPage {
        may_change: frame.may_post("/assets/change"),
        frame,
        query: asked.query.clone(),
        host: String::new(),
        more_hosts: false,
        wrong: None,
        warnings: Vec::new(),
        completions: complete(&asked.query, &context.references.snapshot()),
        beginnings: beginnings(),
        fields: Field::ALL.iter().map(|field| (field.name(), label(*field), asked.columns.contains(field))).collect(),
        columns: asked.columns.iter().map(|field| label(*field)).collect(),
        rows: Vec::new(),
        none_at_all: false,
        looked_at: None,
        first: asked.cursor.is_some().then(|| asked.link("")),
        next: None,
        csv: address("/assets.csv", &query),
        change: address("/assets/change", &query),
    };
    if !asked.host.is_empty() {
        list.host = asked.host.clone();
        let (rows, more) = of_hosts(context, asked).await?;
        (list.rows, list.more_hosts) = (rows, more);
        return page(&list);
    }
    let search = match Search::of(context, caller, &asked.query).await? {
        Ok(search) => search,
        Err(error) => {
            list.wrong = Some(Wrong::of(&asked.query, &error));
            let mut response = page(&list)?;
            *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            return Ok(response);
        }
    };
    let Seen { assets, next, stopped } = search.seen(context, ROWS, LOOKED_AT, asked.cursor.clone()).await?;
    let directory = search.references();
    list.warnings = search.warnings();
    list.next = next.map(|cursor| asked.link(&cursor));
    list.looked_at = stopped.then(|| number(LOOKED_AT as u64));
    list.none_at_all = assets.is_empty() && context.stores.assets.page(None, 1).await?.is_empty();
    list.rows = assets.iter().map(|asset| row(asset, asked, directory, context)).collect();
    page(&list)
}

/// The first assets of agents whose host name contains what is asked for, by name, and whether there are more.
async fn of_hosts(context: &AdminContext, asked: &Asked) -> Answer<(Vec<Row>, bool)> {
    let wanted = asked.host.to_lowercase();
    let mut found: Vec<(String, AssetId)> = Vec::new();
    for agent in context.fleet.list() {
        let name = agent.record.hostname.to_lowercase();
        if let Some(asset) = agent.record.asset.filter(|_| name.contains(&wanted)) {
            found.push((name, asset));
        }
    }
    found.sort();
    found.dedup();
    let more = found.len() > ROWS;
    let directory = context.references.snapshot();
    let mut rows = Vec::new();
    for (_, id) in found.into_iter().take(ROWS) {
        if let Some(asset) = context.stores.assets.get(id).await? {
            rows.push(row(&asset, asked, directory.as_ref(), context));
        }
    }
    Ok((rows, more))
}

fn row(asset: &Asset, asked: &Asked, directory: &dyn Directory, context: &AdminContext) -> Row {
    Row {
        link: format!("/assets/{}", asset.id()),
        title: title(asset, directory, context),
        cells: asked.columns.iter().map(|field| cell(asset, *field, directory)).collect(),
    }
}

impl Asked {
    fn of(given: &[(String, String)]) -> Self {
        let value = |name: &str| given.iter().find(|(known, _)| known == name).map(|(_, value)| value.trim().to_owned());
        let wished = given.iter().filter(|(name, _)| name == "column").filter_map(|(_, field)| Field::from_name(field));
        let mut columns: Vec<Field> = wished.collect();
        if columns.is_empty() {
            columns = COLUMNS.to_vec();
        }
        Self {
            query: value("sysparm_query").unwrap_or_default(),
            host: value("host").unwrap_or_default(),
            cursor: value("cursor").filter(|cursor| !cursor.is_empty()),
            columns,
        }
    }

    /// This list from a cursor on.
    fn link(&self, cursor: &str) -> String {
        let mut asked = vec![("sysparm_query", self.query.as_str())];
        if self.columns != COLUMNS {
            asked.extend(self.columns.iter().map(|field| ("column", field.name())));
        }
        asked.push(("cursor", cursor));
        address(HERE, &asked)
    }
}
