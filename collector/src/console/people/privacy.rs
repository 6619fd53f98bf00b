//! What is kept of a person, and the purge of it, which asks for the name once more.

use crate::{
    admin::{
        AdminContext, Answer, Ctx, Failure, Form, Query,
        auth::{Caller, Principal},
    },
    console::{
        frame::{Frame, shown},
        render::{number, page},
    },
    privacy::Person,
};
use askama::Template;
use axum::{extract::State, response::Response};
use http::StatusCode;
use serde::Deserialize;

const HERE: &str = "/privacy";

#[derive(Template)]
#[template(path = "privacy.html")]
struct PrivacyPage {
    frame: Frame,
    person: String,
    found: Option<Person>,
    purgeable: String,
    /// It was purged now.
    purged: bool,
    refused: Option<String>,
    /// After how many days names are replaced; none = never.
    after_days: Option<u64>,
    sessions_days: u64,
    usage_days: u64,
    may_change: bool,
}

/// Of whom.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asking {
    person: String,
}

/// The form that purges.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PurgeForm {
    person: String,
    /// The name, typed once more.
    confirmed: String,
}

/// `GET /privacy`.
pub async fn privacy_page(State(context): State<Ctx>, Caller(caller): Caller, Query(asked): Query<Asking>) -> Response {
    shown(looked(&context, &caller, &asked.person).await)
}

/// `POST /privacy`.
pub async fn purge(State(context): State<Ctx>, Caller(caller): Caller, Form(form): Form<PurgeForm>) -> Response {
    shown(purged(&context, &caller, form).await)
}

async fn looked(context: &AdminContext, caller: &Principal, person: &str) -> Answer<Response> {
    if person.trim().is_empty() {
        return show(context, caller, person, None, Told::default());
    }
    match context.privacy.look(person).await.map_err(Failure::from) {
        Ok(found) => show(context, caller, person, Some(found), Told::default()),
        Err(failure) if failure.problem().status == 422 => {
            refuse(context, caller, person, None, failure.problem().detail.clone())
        }
        Err(failure) => Err(failure),
    }
}

async fn purged(context: &AdminContext, caller: &Principal, form: PurgeForm) -> Answer<Response> {
    if form.confirmed.trim() != form.person.trim() {
        let found = context.privacy.look(&form.person).await.map_err(Failure::from)?;
        return refuse(context, caller, &form.person, Some(found), format!("type the name as it stands here: {}", form.person));
    }
    let found = context.privacy.purge(&form.person, &caller.actor()).await.map_err(Failure::from)?;
    show(context, caller, &form.person, Some(found), Told { purged: true, refused: None })
}

/// What the page says beside what was found.
#[derive(Default)]
struct Told {
    purged: bool,
    refused: Option<String>,
}

fn refuse(context: &AdminContext, caller: &Principal, person: &str, found: Option<Person>, why: String) -> Answer<Response> {
    let mut response = show(context, caller, person, found, Told { purged: false, refused: Some(why) })?;
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(response)
}

fn show(context: &AdminContext, caller: &Principal, person: &str, found: Option<Person>, told: Told) -> Answer<Response> {
    let Told { purged, refused } = told;
    let values = context.settings.values();
    let frame = Frame::of(context, caller, HERE);
    page(&PrivacyPage {
        may_change: frame.may_post(HERE),
        frame,
        person: person.trim().to_owned(),
        purgeable: number(found.as_ref().map_or(0, Person::purgeable)),
        found,
        purged,
        refused,
        after_days: Some(values.pseudonymise_after_days).filter(|days| *days > 0),
        sessions_days: values.session_retention_days,
        usage_days: values.usage_retention_days,
    })
}
