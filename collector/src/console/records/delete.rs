//! Deleting a record: a page that asks, and the form that does it.

use super::{
    cells::{address, title},
    related::users,
    save::order,
    words::{capital, kind_of, plural},
};
use crate::{
    admin::{
        AdminContext, Answer, Ctx, Form,
        auth::{Caller, Principal},
    },
    console::{
        frame::{Frame, shown},
        render::page,
    },
    records::{RecordError, Seen},
    store::records::RecordCause,
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use http::StatusCode;
use muster_domain::record::Schema;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "records_delete.html")]
struct DeletePage {
    frame: Frame,
    kind: String,
    path: &'static str,
    one: &'static str,
    first: String,
    title: String,
    address: String,
    revision: u64,
    users: usize,
    sentence: Option<String>,
}

/// The form.
#[derive(Deserialize)]
pub struct DeleteForm {
    revision: u64,
}

/// `GET /records/{kind}/{id}/delete`.
pub async fn confirm(State(context): State<Ctx>, Caller(caller): Caller, Path((kind, id)): Path<(String, String)>) -> Response {
    let asked = async {
        let schema = kind_of(&kind)?;
        let seen = context.records.get(schema, &id)?;
        ask(&context, &caller, schema, &seen, None).await
    };
    shown(asked.await)
}

/// `POST /records/{kind}/{id}/delete`.
pub async fn delete(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Path((kind, id)): Path<(String, String)>,
    Form(form): Form<DeleteForm>,
) -> Response {
    let done = async {
        let schema = kind_of(&kind)?;
        let seen = context.records.get(schema, &id)?;
        let order = order(&context, &caller, RecordCause::Deleted);
        match context.records.delete(schema, seen.id, Some(form.revision), order).await {
            Ok(()) => Ok(Redirect::to(&format!("/records/{}", schema.path)).into_response()),
            Err(error @ (RecordError::InUse(_) | RecordError::Changed(_))) => {
                let mut response = ask(&context, &caller, schema, &seen, Some(capital(&error.to_string()))).await?;
                *response.status_mut() = StatusCode::CONFLICT;
                Ok(response)
            }
            Err(error) => Err(error.into()),
        }
    };
    shown(done.await)
}

async fn ask(
    context: &AdminContext,
    caller: &Principal,
    schema: &'static Schema,
    seen: &Seen,
    sentence: Option<String>,
) -> Answer<Response> {
    page(&DeletePage {
        frame: Frame::of(context, caller, "/records"),
        kind: plural(schema),
        path: schema.path,
        one: schema.one,
        first: capital(schema.one),
        title: title(&context.records, schema, seen).await?,
        address: address(schema, seen),
        revision: seen.revision,
        users: users(&context.records, schema, seen.id),
        sentence,
    })
}
