//! API tokens: how programs log in. They are made and taken back here; a token is shown once, on the page that answers the form.

use super::roles::{ROLES, RoleWords, role_of, short};
use crate::{
    admin::{
        AdminContext, Answer, Ctx, Failure, Form, Query,
        api::api_tokens::{ApiTokenView, ApiTokenWish, CreatedApiToken, made, take_back},
        auth::{Caller, Principal},
    },
    console::{
        frame::{Frame, beside_form, once, shown},
        note::Note,
        pager::{OnPage, Pager, paged},
        render::{When, page},
    },
};
use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use http::HeaderMap;
use serde::Deserialize;

const HERE: &str = "/api-tokens";
const DAY: u64 = 86_400;

#[derive(Template)]
#[template(path = "api_tokens.html")]
struct TokensPage {
    frame: Frame,
    note: Option<Note>,
    refused: Option<String>,
    made: Option<Made>,
    form: TokenForm,
    roles: [RoleWords; 4],
    rows: Vec<Row>,
    pager: Pager,
    may_change: bool,
}

/// A token that was made now.
struct Made {
    token: String,
    until: Option<When>,
}

struct Row {
    id: String,
    label: String,
    role: &'static str,
    applications: String,
    state: &'static str,
    tone: &'static str,
    last_used: Option<When>,
    expires: Option<When>,
    made: When,
    usable: bool,
}

/// The form, as it was filled in.
#[derive(Clone, Deserialize)]
#[serde(default)]
pub struct TokenForm {
    /// Of a token that is taken back; empty where one is made.
    revoke: String,
    label: String,
    role: String,
    applications: String,
    days: String,
}

impl Default for TokenForm {
    fn default() -> Self {
        let empty = String::new;
        Self { revoke: empty(), label: empty(), role: empty(), applications: empty(), days: "90".to_owned() }
    }
}

/// `GET /api-tokens`.
pub async fn api_tokens_page(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Query(asked): Query<OnPage>,
    headers: HeaderMap,
) -> Response {
    let (note, shown_once) = Note::take(&headers, HERE, context.tls);
    let told = Told { note, ..Told::default() };
    shown(show(&context, &caller, asked.page, told).map(|response| shown_once.on(response)))
}

/// `POST /api-tokens`: makes one, or takes one back.
pub async fn change_api_tokens(State(context): State<Ctx>, Caller(caller): Caller, Form(form): Form<TokenForm>) -> Response {
    shown(changed(&context, &caller, form).await)
}

async fn changed(context: &AdminContext, caller: &Principal, form: TokenForm) -> Answer<Response> {
    if !form.revoke.is_empty() {
        take_back(context, &form.revoke, &caller.actor()).await?;
        let text = format!("The token {} was taken back: no request with it is answered any more.", form.revoke);
        let note = Note { at: HERE.to_owned(), text, warnings: Vec::new() };
        return Ok(note.put(Redirect::to(HERE).into_response(), context.tls));
    }
    let wish = match form.wish() {
        Ok(wish) => made(context, wish, &caller.actor()).await,
        Err(reason) => Err(Failure::invalid(reason)),
    };
    match wish {
        Ok(CreatedApiToken { id: _, token, expires_at }) => {
            let until = expires_at.map(|at| When::of(at, context.now(), context.tz()));
            let made = Some(Made { token, until });
            Ok(once(show(context, caller, 1, Told { made, ..Told::default() })?))
        }
        Err(failure) => {
            let (status, refused) = beside_form(failure)?;
            let told = Told { refused: Some(refused), form, ..Told::default() };
            Ok((status, show(context, caller, 1, told)?).into_response())
        }
    }
}

/// What the page says beside the list.
#[derive(Default)]
struct Told {
    note: Option<Note>,
    refused: Option<String>,
    made: Option<Made>,
    form: TokenForm,
}

fn show(context: &AdminContext, caller: &Principal, on: usize, told: Told) -> Answer<Response> {
    let Told { note, refused, made, form } = told;
    let (tokens, pager) = paged(context.directory.tokens(), on, HERE, &[]);
    let frame = Frame::of(context, caller, HERE);
    let rows = tokens.into_iter().map(|token| Row::of(ApiTokenView::of(token, context), context)).collect();
    page(&TokensPage { may_change: frame.may_post(HERE), frame, note, refused, made, form, roles: ROLES, rows, pager })
}

impl TokenForm {
    fn wish(&self) -> Result<ApiTokenWish, String> {
        let days = self.days.trim();
        let ttl_seconds = match days.is_empty() {
            true => None,
            false => match days.parse::<u32>() {
                Ok(days) => Some(u64::from(days) * DAY),
                Err(_) => return Err(format!("Good for days: {days:?} is not a whole number")),
            },
        };
        let applications = self.applications.split(',').map(str::trim).filter(|name| !name.is_empty());
        Ok(ApiTokenWish {
            label: self.label.clone(),
            role: role_of(&self.role)?,
            applications: applications.map(str::to_owned).collect(),
            ttl_seconds,
        })
    }
}

impl Row {
    fn of(token: ApiTokenView, context: &AdminContext) -> Self {
        let ApiTokenView { id, label, role, applications, created_at, expires_at, revoked: _, state, last_used_at } = token;
        let when = |at| When::of(at, context.now(), context.tz());
        Self {
            id,
            label,
            role: short(role),
            applications: applications.join(", "),
            state,
            tone: if state == "usable" { "good" } else { "calm" },
            last_used: last_used_at.map(when),
            expires: expires_at.map(when),
            made: when(created_at),
            usable: state == "usable",
        }
    }
}
