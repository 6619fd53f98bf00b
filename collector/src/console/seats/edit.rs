//! The form of an application: making one, changing one, and taking one out after a question.

use super::{
    applications::HERE,
    fields::{GROUPS, Group, Shape, Typed, document, typed},
};
use crate::{
    admin::{
        AdminContext, Answer, Ctx, Failure, Form,
        api::applications as api,
        auth::{Caller, Principal},
    },
    console::{
        frame::{Frame, shown},
        note::Note,
        pager::address,
        render::{number, page},
    },
    publish::url_encoded,
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use http::StatusCode;
use muster_domain::session::{Application, ApplicationPatch};
use muster_wire::problem::Code;

#[derive(Template)]
#[template(path = "application_form.html")]
struct FormPage {
    frame: Frame,
    /// The application that is changed; none for a new one.
    name: Option<String>,
    link: String,
    given_name: String,
    /// The version that was read, so that nobody's change is lost.
    version: u64,
    groups: &'static [Group],
    typed: Typed,
    refused: Option<String>,
}

#[derive(Template)]
#[template(path = "application_delete.html")]
struct DeletePage {
    frame: Frame,
    name: String,
    link: String,
    held: String,
    history: String,
}

impl FormPage {
    fn text(&self, name: &str) -> &str {
        self.typed.get(name).and_then(|texts| texts.first()).map_or("", String::as_str)
    }

    fn has(&self, name: &str, value: &str) -> bool {
        self.typed.get(name).is_some_and(|texts| texts.iter().any(|text| text == value))
    }

    fn is_ticked(&self, name: &str) -> bool {
        self.typed.get(name).is_some_and(|texts| !texts.is_empty())
    }
}

/// `GET /console/applications/new`.
pub async fn new_application(State(context): State<Ctx>, Caller(caller): Caller) -> Response {
    let form = || {
        // The values that an application has where nothing else is said.
        let plain = Application::new("new").map_err(Failure::internal)?;
        let typed = typed(&serde_json::to_value(plain).map_err(Failure::internal)?);
        page(&FormPage::of(&context, &caller, None, 0, typed))
    };
    shown(form())
}

/// `POST /console/applications/new`.
pub async fn make_application(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Response {
    shown(save(&context, &caller, None, &pairs).await)
}

/// `GET /applications/{name}/edit`.
pub async fn application_form(State(context): State<Ctx>, Caller(caller): Caller, Path(name): Path<String>) -> Response {
    let form = async {
        let record = api::stored(&context, &name).await?.ok_or_else(|| Failure::not_found("application", &name))?;
        let typed = typed(&serde_json::to_value(&record.application).map_err(Failure::internal)?);
        page(&FormPage::of(&context, &caller, Some(record.application.name), record.version, typed))
    };
    shown(form.await)
}

/// `POST /applications/{name}/edit`.
pub async fn change_application(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Path(name): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Response {
    shown(save(&context, &caller, Some(name), &pairs).await)
}

/// `GET /applications/{name}/delete`.
pub async fn confirm_deletion(State(context): State<Ctx>, Caller(caller): Caller, Path(name): Path<String>) -> Response {
    let question = async {
        let record = api::stored(&context, &name).await?.ok_or_else(|| Failure::not_found("application", &name))?;
        let name = record.application.name;
        let held = context.sessions.connected(Some(&name)).len();
        page(&DeletePage {
            frame: Frame::of(&context, &caller, HERE),
            link: link(&name),
            held: u64::try_from(held).map_or_else(|_| held.to_string(), number),
            history: address("/audit", &[("subject", &name)]),
            name,
        })
    };
    shown(question.await)
}

/// `POST /applications/{name}/delete`.
pub async fn delete_application(State(context): State<Ctx>, Caller(caller): Caller, Path(name): Path<String>) -> Response {
    let deleted = async {
        let name = api::remove(&context, &caller.actor(), &name).await?;
        let text = format!("{name} is no longer tracked. Its history stays.");
        let note = Note { at: HERE.to_owned(), text, warnings: Vec::new() };
        Ok(note.put(Redirect::to(HERE).into_response(), context.tls))
    };
    shown(deleted.await)
}

async fn save(context: &AdminContext, caller: &Principal, name: Option<String>, pairs: &[(String, String)]) -> Answer<Response> {
    let mut typed = Typed::new();
    for (key, value) in pairs {
        typed.entry(key.clone()).or_default().push(value.replace("\r\n", "\n"));
    }
    let one = |key: &str| typed.get(key).and_then(|texts| texts.first()).map(|text| text.trim().to_owned()).unwrap_or_default();
    let (given, version) = (one("name"), one("version").parse().unwrap_or(0));
    let wished = name.clone().unwrap_or(given);
    let why = match patch(&typed) {
        Err(why) => (StatusCode::UNPROCESSABLE_ENTITY, why),
        // Version 0 is no application: one of this name that exists already is a conflict, and so is one that was changed meanwhile.
        Ok(patch) => match api::put(context, &caller.actor(), &wished, patch, Some(version)).await {
            Ok((record, is_new)) => {
                let saved = record.application.name;
                let at = link(&saved);
                let text = if is_new { format!("{saved} is tracked now.") } else { "Saved.".to_owned() };
                let note = Note { at: at.clone(), text, warnings: Vec::new() };
                return Ok(note.put(Redirect::to(&at).into_response(), context.tls));
            }
            Err(failure) if failure.code() == Some(Code::Conflict) && name.is_none() => {
                (StatusCode::CONFLICT, format!("There is an application {wished} already; open it to change it."))
            }
            Err(failure) if failure.code() == Some(Code::Conflict) => {
                let text = "Somebody else changed it meanwhile. Open it again to see how it is, then change it.";
                (StatusCode::CONFLICT, text.to_owned())
            }
            Err(failure) if failure.code() == Some(Code::InvalidValue) => {
                (StatusCode::UNPROCESSABLE_ENTITY, failure.detail().to_owned())
            }
            Err(failure) => return Err(failure),
        },
    };
    let (status, refused) = why;
    let again = FormPage { refused: Some(refused), ..FormPage::of(context, caller, name, version, typed) };
    let mut response = page(&again)?;
    *response.status_mut() = status;
    Ok(response)
}

fn patch(typed: &Typed) -> Result<ApplicationPatch, String> {
    serde_json::from_value(document(typed)?).map_err(|error| error.to_string())
}

impl FormPage {
    fn of(context: &AdminContext, caller: &Principal, name: Option<String>, version: u64, typed: Typed) -> Self {
        Self {
            frame: Frame::of(context, caller, HERE),
            link: name.as_deref().map_or_else(|| HERE.to_owned(), link),
            given_name: typed.get("name").and_then(|texts| texts.first()).cloned().unwrap_or_default(),
            name,
            version,
            groups: &GROUPS,
            typed,
            refused: None,
        }
    }
}

fn link(name: &str) -> String {
    format!("{HERE}/{}", url_encoded(name))
}
