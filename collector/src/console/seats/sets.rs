//! Ready-made sets of applications: what importing one would do, and doing it.

use super::applications::HERE;
use crate::{
    admin::{
        AdminContext, Answer, Ctx, Form, Query,
        api::application_sets::{SetOutcomeView, import_set},
        auth::{Caller, Principal},
    },
    console::{
        frame::{Frame, shown},
        note::Note,
        render::page,
    },
};
use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use muster_domain::session::{ApplicationSet, SERVICE_MANAGER};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "application_sets.html")]
struct SetsPage {
    frame: Frame,
    sets: Vec<(&'static str, &'static str, bool)>,
    set: &'static str,
    overwrite: bool,
    rows: Vec<SetOutcomeView>,
    any: bool,
}

/// Which set, and how.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asking {
    set: String,
    overwrite: bool,
}

/// `GET /console/applications/import`.
pub async fn sets_page(State(context): State<Ctx>, Caller(caller): Caller, Query(asked): Query<Asking>) -> Response {
    shown(show(&context, &caller, &asked).await)
}

/// `POST /console/applications/import`.
pub async fn import_applications(State(context): State<Ctx>, Caller(caller): Caller, Form(asked): Form<Asking>) -> Response {
    let done = async {
        let set = wanted(&asked);
        let rows = import_set(&context, &caller.actor(), set, asked.overwrite, true).await?;
        let (made, changed) = (rows.iter().filter(|row| row.makes()).count(), rows.iter().filter(|row| row.changes()).count());
        let text = format!("Of {}: {made} made, {changed} changed, {} left as they are.", set.name, rows.len() - made - changed);
        let note = Note { at: HERE.to_owned(), text, warnings: Vec::new() };
        Ok(note.put(Redirect::to(HERE).into_response(), context.tls))
    };
    shown(done.await)
}

fn wanted(asked: &Asking) -> &'static ApplicationSet {
    ApplicationSet::named(&asked.set).unwrap_or(&SERVICE_MANAGER)
}

async fn show(context: &AdminContext, caller: &Principal, asked: &Asking) -> Answer<Response> {
    let set = wanted(asked);
    let rows = import_set(context, &caller.actor(), set, asked.overwrite, false).await?;
    page(&SetsPage {
        frame: Frame::of(context, caller, HERE),
        sets: ApplicationSet::ALL.iter().map(|one| (one.name, one.about, one.name == set.name)).collect(),
        set: set.name,
        overwrite: asked.overwrite,
        any: rows.iter().any(|row| row.makes() || row.changes()),
        rows,
    })
}
