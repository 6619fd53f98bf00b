//! One run: what it counted, by which query, how that differs from the night before, and what followed.

use super::{behind, rows::RunRow};
use crate::{
    admin::{
        AdminContext, Answer, Ctx, Failure,
        auth::{Caller, Principal},
    },
    console::{
        frame::{Frame, shown},
        render::{number, page},
    },
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::Response,
};

#[derive(Template)]
#[template(path = "compliance_run.html")]
struct RunPage {
    frame: Frame,
    run: RunRow,
    query: String,
    counted: Option<String>,
    facts: Vec<(&'static str, String)>,
    states: Vec<behind::Part>,
    categories: Vec<behind::Part>,
}

/// `GET /compliance/runs/{id}`.
pub async fn compliance_run_page(State(context): State<Ctx>, Caller(caller): Caller, Path(id): Path<String>) -> Response {
    shown(show(&context, &caller, &id).await)
}

async fn show(context: &AdminContext, caller: &Principal, id: &str) -> Answer<Response> {
    let run = match id.parse() {
        Ok(id) => context.stores.license.run(id).await?,
        Err(_) => None,
    };
    let run = run.ok_or_else(|| Failure::not_found("run", id))?;
    let took = (run.finished_at - run.started_at).num_milliseconds();
    let state = |name: &str, reason: Option<&str>| {
        reason.map_or_else(|| name.to_owned(), |reason| format!("{name} ({})", reason.replace('_', " ")))
    };
    let mut facts = vec![
        ("Licence", run.license_serial.map_or_else(|| "none".to_owned(), |serial| format!("serial {serial}"))),
        ("Table", run.table.clone()),
        ("Negative conditions and empty fields", run.null_mode.clone()),
        ("Left out, without a state", number(run.uncounted_empty_state)),
        ("Accounts", number(run.user_count)),
        ("State before", state(&run.state_before, None)),
        ("State after", state(&run.state_after, run.reason_after.as_deref())),
        ("Took", format!("{took} ms")),
    ];
    if let Some(since) = &run.since {
        facts.push(("Compared with", format!("the night to {}, run {}", since.site_date, since.run)));
    }
    page(&RunPage {
        frame: Frame::of(context, caller, "/compliance"),
        query: run.query.clone().unwrap_or_default(),
        counted: behind::counted(&run),
        facts,
        states: behind::by_state(&run),
        categories: behind::by_category(&run, &context.references.snapshot()),
        run: RunRow::of(&run, context),
    })
}
