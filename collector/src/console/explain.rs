//! Why a number is what it is, for people: its rule in a sentence, what the rule was given, and the way to the rows.
//!
//! In: the explanations that the API gives. Out: HTML. A path of the API becomes the page that shows the same rows.

use super::{
    frame::{Frame, shown},
    navigation::may,
    render::{When, number, page},
};
use crate::{
    admin::{
        AdminContext, Answer, Ctx,
        api::explain::{explainable, explained},
        auth::{Caller, Principal},
    },
    publish::{Explainable, Explanation, url_encoded},
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::Response,
};
use chrono::{DateTime, Utc};
use http::Method;
use serde_json::Value;
use std::collections::BTreeSet;

const HERE: &str = "/explain";
const ACCOUNTS: &str = "/accounts";

#[derive(Template)]
#[template(path = "explain.html")]
struct ExplainPage {
    frame: Frame,
    id: String,
    value: String,
    rule: &'static str,
    why: Option<String>,
    inputs: Vec<InputRow>,
    source: Vec<(&'static str, String, Option<String>)>,
    rows: Vec<RowsRow>,
}

#[derive(Template)]
#[template(path = "explain_list.html")]
struct ExplainList {
    frame: Frame,
    rows: Vec<(String, Explainable)>,
}

struct InputRow {
    name: String,
    /// Its own explanation, where there is one.
    link: Option<String>,
    value: String,
}

struct RowsRow {
    command: String,
    /// The page that shows them and what the link says; none where only the command does.
    page: Option<(&'static str, String)>,
}

/// `GET /explain`.
pub async fn explain_list_page(State(context): State<Ctx>, Caller(caller): Caller) -> Response {
    let made = async {
        let rows = explainable(&context).await?.into_iter().map(|one| (link(&one.id), one)).collect();
        page(&ExplainList { frame: Frame::of(&context, &caller, HERE), rows })
    };
    shown(made.await)
}

/// `GET /explain/{id}`.
pub async fn explain_page(State(context): State<Ctx>, Caller(caller): Caller, Path(id): Path<String>) -> Response {
    shown(show(&context, &caller, &id).await)
}

async fn show(context: &AdminContext, caller: &Principal, id: &str) -> Answer<Response> {
    let Explanation { id, value, rule, why, inputs, source, rows } = explained(context, id).await?;
    let known: BTreeSet<String> = explainable(context).await?.into_iter().map(|one| one.id).collect();
    let words = |value: &Value| words(value, context);
    let inputs = inputs.into_iter().map(|input| InputRow {
        link: known.contains(&input.name).then(|| link(&input.name)),
        value: words(&input.value),
        name: input.name,
    });
    let some = |what, text: Option<String>, link| text.map(|text| (what, text, link));
    let source = [
        some("Compliance run", source.run.map(|run| run.to_string()), source.run.map(|run| format!("/compliance/runs/{run}"))),
        some("Licence serial", source.license_serial.map(|serial| serial.to_string()), Some("/console/license".to_owned())),
        some("Query", source.query, None),
        some("Empty fields", source.null_mode, None),
        some(
            "Reconciliation",
            source.reconciliation.map(|run| run.to_string()),
            source.reconciliation.map(|run| format!("/software/runs/{run}")),
        ),
    ];
    page(&ExplainPage {
        frame: Frame::of(context, caller, HERE),
        value: words(&value),
        id,
        rule,
        why,
        inputs: inputs.collect(),
        source: source.into_iter().flatten().collect(),
        rows: rows
            .into_iter()
            .map(|rows| RowsRow { page: page_of(&rows.path).filter(|(_, page)| seen(page, caller)), command: rows.command })
            .collect(),
    })
}

/// Where a number is explained.
pub(super) fn link(id: &str) -> String {
    format!("{HERE}/{}", url_encoded(id))
}

/// Whether somebody may look at a page: the one of accounts is for owners.
fn seen(page: &str, caller: &Principal) -> bool {
    page != ACCOUNTS || may(caller.role, &Method::GET, ACCOUNTS)
}

/// The page with the rows that a path of the API gives, and what a link to it says.
fn page_of(path: &str) -> Option<(&'static str, String)> {
    let rest = path.strip_prefix("/api/v1")?;
    let (place, asked) = rest.split_once('?').unwrap_or((rest, ""));
    let application = asked.strip_prefix("application=");
    let query = if asked.is_empty() { String::new() } else { format!("?{asked}") };
    Some(match (place, application) {
        ("/usage", Some(name)) => ("Its usage", format!("/applications/{name}")),
        ("/usage/denials", Some(name)) => ("Its denials", format!("/applications/{name}")),
        ("/checkouts", Some(name)) => ("Its check-outs", format!("/applications/{name}#checkouts")),
        ("/assets", _) => ("The assets", format!("{place}{query}")),
        ("/sessions", _) => ("The sessions", format!("{place}{query}")),
        ("/compliance/runs", _) => ("The runs", "/compliance".to_owned()),
        ("/license", _) => ("The licence", "/console/license".to_owned()),
        ("/license/history", _) => ("The keys before it", "/console/license".to_owned()),
        ("/users", _) => ("The accounts", ACCOUNTS.to_owned()),
        ("/agents", _) => ("The agents", place.to_owned()),
        ("/units", _) => ("The units", place.to_owned()),
        ("/notifications", _) => ("The notifications", place.to_owned()),
        _ if place.starts_with("/applications/") => ("The application", place.to_owned()),
        _ => return None,
    })
}

/// A value as people read it; what is made of parts, part by part.
fn words(value: &Value, context: &AdminContext) -> String {
    let (now, zone) = (context.now(), context.tz());
    let within = |value: &Value| match value {
        Value::Array(_) | Value::Object(_) => format!("({})", words(value, context)),
        value => words(value, context),
    };
    match value {
        Value::Null => "none".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(figure) => figure.as_u64().map_or_else(|| figure.to_string(), number),
        Value::String(text) => match text.parse::<DateTime<Utc>>() {
            Ok(at) => When::of(at, now, zone).exact,
            Err(_) => text.clone(),
        },
        Value::Array(all) => all.iter().map(within).collect::<Vec<_>>().join("; "),
        Value::Object(members) => {
            members.iter().map(|(name, value)| format!("{name}: {}", within(value))).collect::<Vec<_>>().join(", ")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_the_api_have_their_page() {
        for (path, page) in [
            ("/api/v1/assets?sysparm_query=install_status%3D1", Some("/assets?sysparm_query=install_status%3D1")),
            ("/api/v1/sessions?application=A%20B", Some("/sessions?application=A%20B")),
            ("/api/v1/checkouts?application=CAD", Some("/applications/CAD#checkouts")),
            ("/api/v1/usage/denials?application=CAD", Some("/applications/CAD")),
            ("/api/v1/usage?application=CAD", Some("/applications/CAD")),
            ("/api/v1/applications/CAD", Some("/applications/CAD")),
            ("/api/v1/compliance/runs", Some("/compliance")),
            ("/api/v1/license/history", Some("/console/license")),
            ("/api/v1/users", Some("/accounts")),
            ("/api/v1/agents", Some("/agents")),
            ("/api/v1/reconcile/results/1", None),
            ("elsewhere", None),
        ] {
            assert_eq!(page_of(path).map(|(_, page)| page).as_deref(), page, "{path}");
        }
    }
}
