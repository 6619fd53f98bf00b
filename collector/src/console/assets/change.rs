//! A change of state for all assets that a query finds: a preview says for how many and what would come of it, and only a form that
//! confirms this number does it.

use super::{
    cells::title,
    query::Wrong,
    states::{StateChoices, choices, wish},
};
use crate::{
    admin::{
        AdminContext, Answer, Ctx, Failure, Form, Query,
        api::assets::{Found, counted_now, counting},
        auth::{Caller, Principal},
    },
    assets::{ManyChange, ManyChanged, change_many, foresee},
    console::{
        frame::{Frame, shown},
        note::Note,
        pager::address,
        render::{number, page},
    },
};
use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, StatusCode};
use muster_domain::asset::Asset;
use serde::Deserialize;
use std::sync::Arc;

const HERE: &str = "/assets/change";
/// Assets that the preview names.
const NAMES: usize = 50;

#[derive(Template)]
#[template(path = "assets_change.html")]
struct ChangePage {
    frame: Frame,
    note: Option<Note>,
    query: String,
    list: String,
    wrong: Option<Wrong>,
    warnings: Vec<String>,
    count: Option<String>,
    found: usize,
    /// Which assets were found, in short.
    seen: String,
    /// Whether the query would be every asset.
    every: bool,
    states: Vec<StateChoices>,
    /// The value of the state that was chosen.
    to: String,
    preview: Option<Preview>,
    refused: Option<String>,
    may_change: bool,
}

struct Preview {
    to: String,
    changed: String,
    any: bool,
    unchanged: String,
    refused: Vec<(String, String)>,
    /// The first assets that change: where they are, and what they are called.
    names: Vec<(String, String)>,
    /// Assets that change and are not named.
    more: Option<String>,
    /// What the licence counts, now and afterwards, where that changes; and whether it is too much then.
    counted: Option<(String, String, bool)>,
}

/// Which assets.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asking {
    sysparm_query: String,
}

/// The form. The second step says how many assets the first one found, and which.
#[derive(Debug, Deserialize)]
pub struct ChangeForm {
    sysparm_query: String,
    /// The code of a state, perhaps with a substate: `7`, `7/disposed`.
    to: String,
    #[serde(default)]
    confirmed: Option<usize>,
    #[serde(default)]
    seen: String,
}

/// `GET /assets/change`.
pub async fn change_form(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Query(asked): Query<Asking>,
    headers: HeaderMap,
) -> Response {
    let asked = async {
        let (note, shown_once) = Note::take(&headers, HERE, context.tls);
        let query = asked.sysparm_query.trim();
        let response = match Found::of(&context, &caller, query).await? {
            Ok(found) => show(&context, &caller, query, Said { note, found: Some(found), ..Said::default() })?,
            Err(error) => {
                let wrong = Some(Wrong::of(query, &error));
                show(&context, &caller, query, Said { note, wrong, ..Said::default() })?
            }
        };
        Ok(shown_once.on(response))
    };
    shown(asked.await)
}

/// `POST /assets/change`: shows what would come of it; confirmed, does it.
pub async fn change_assets(State(context): State<Ctx>, Caller(caller): Caller, Form(form): Form<ChangeForm>) -> Response {
    shown(changed(&context, &caller, form).await)
}

/// What the page says.
#[derive(Default)]
struct Said {
    note: Option<Note>,
    found: Option<Found>,
    wrong: Option<Wrong>,
    to: String,
    preview: Option<Preview>,
    refused: Option<String>,
}

async fn changed(context: &AdminContext, caller: &Principal, form: ChangeForm) -> Answer<Response> {
    let ChangeForm { sysparm_query, to, confirmed, seen } = form;
    let query = sysparm_query.trim();
    let found = match Found::of(context, caller, query).await? {
        Ok(found) => found,
        Err(error) => {
            let wrong = Some(Wrong::of(query, &error));
            let mut response = show(context, caller, query, Said { wrong, to, ..Said::default() })?;
            *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            return Ok(response);
        }
    };
    let (set, called) = wish(&to).ok_or_else(|| Failure::invalid("choose the state that the assets are to have"))?;
    let (at, by) = (context.now(), caller.actor());
    let mut change = ManyChange { set, query: query.to_owned(), by, at, dry_run: true };
    let agreed = confirmed == Some(found.ids.len()) && (found.ids.is_empty() || seen == found.digest());
    if agreed && !found.ids.is_empty() {
        change.dry_run = false;
        let sums = found.change(context, change).await?;
        let note = Note { at: HERE.to_owned(), text: told(&sums, &called), warnings: reasons(&sums) };
        let back = address(HERE, &[("sysparm_query", query)]);
        return Ok(note.put(Redirect::to(&back).into_response(), context.tls));
    }
    let sums = change_many(&context.stores, &found.ids, &change).await?;
    let refused = confirmed.filter(|_| !agreed).map(|count| match found.ids.len() {
        now if now == count => "Nothing was changed: the query finds other assets now than before. Look again.".to_owned(),
        now => format!("Nothing was changed: the query found {count} before and finds {now} now. Look again."),
    });
    let status = if refused.is_some() { StatusCode::CONFLICT } else { StatusCode::OK };
    let preview = Some(previewed(context, &found, &change, &sums, called).await?);
    let mut response = show(context, caller, query, Said { found: Some(found), to, preview, refused, ..Said::default() })?;
    *response.status_mut() = status;
    Ok(response)
}

async fn previewed(
    context: &AdminContext,
    found: &Found,
    change: &ManyChange,
    sums: &ManyChanged,
    to: String,
) -> Answer<Preview> {
    let directory = context.references.snapshot();
    let counting = counting(context).await?;
    let seen = foresee(&context.stores, &found.ids, (&change.set, change.at), counting, Arc::clone(&directory), NAMES).await?;
    let name = |asset: &Asset| (format!("/assets/{}", asset.id()), title(asset, directory.as_ref(), context));
    let limit = context.compliance.facts().compliance.asset_limit;
    // The last run may be older than a change before this one.
    let now = if seen.counted_before == seen.counted_after { None } else { counted_now(context).await? };
    let counted = now.map(|now| {
        let after = now.saturating_sub(seen.counted_before).saturating_add(seen.counted_after);
        let said = |count| limit.map_or_else(|| number(count), |limit| format!("{} of {}", number(count), number(limit)));
        (said(now), said(after), limit.is_some_and(|limit| after > limit))
    });
    let more = sums.changed.saturating_sub(u64::try_from(seen.first.len()).unwrap_or(u64::MAX));
    Ok(Preview {
        to,
        changed: number(sums.changed),
        any: sums.changed > 0,
        unchanged: number(sums.unchanged),
        refused: sums.refused.iter().map(|(reason, count)| (number(*count), reason.clone())).collect(),
        names: seen.first.iter().map(name).collect(),
        more: (more > 0).then(|| number(more)),
        counted,
    })
}

fn told(sums: &ManyChanged, called: &str) -> String {
    let so = if sums.unchanged > 0 { format!(" {} were so already.", number(sums.unchanged)) } else { String::new() };
    match sums.changed {
        1 => format!("1 asset is now: {called}.{so}"),
        changed => format!("{} assets are now: {called}.{so}", number(changed)),
    }
}

fn reasons(sums: &ManyChanged) -> Vec<String> {
    sums.refused.iter().map(|(reason, count)| format!("{} left as they were: {reason}", number(*count))).collect()
}

fn show(context: &AdminContext, caller: &Principal, query: &str, said: Said) -> Answer<Response> {
    let Said { note, found, wrong, to, preview, refused } = said;
    let frame = Frame::of(context, caller, HERE);
    let count = found.as_ref().map(|found| found.ids.len());
    let seen = found.as_ref().map(Found::digest).unwrap_or_default();
    let (warnings, every) = found.map_or((Vec::new(), false), |found| (found.warnings, found.every));
    page(&ChangePage {
        may_change: frame.may_post(HERE),
        frame,
        note,
        query: query.to_owned(),
        list: address("/assets", &[("sysparm_query", query)]),
        wrong,
        warnings,
        count: count.map(|count| u64::try_from(count).map_or_else(|_| count.to_string(), number)),
        found: count.unwrap_or_default(),
        seen,
        every,
        states: choices(),
        to,
        preview,
        refused,
    })
}
