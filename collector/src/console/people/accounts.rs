//! The accounts of people: who there is, and the form that makes another.

use super::roles::{ROLES, RoleWords, role_of, short};
use crate::{
    admin::{
        AdminContext, Answer, Ctx, Failure, Form, Query,
        api::users::{UserRole, UserView, count_again},
        auth::{Caller, Principal},
    },
    console::{
        frame::{Frame, beside_form, once, shown},
        note::Note,
        pager::{OnPage, Pager, paged},
        render::{When, page},
    },
    publish::url_encoded,
};
use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use http::HeaderMap;
use serde::Deserialize;

/// The page of the list.
pub(super) const HERE: &str = "/accounts";

#[derive(Template)]
#[template(path = "accounts.html")]
struct AccountsPage {
    frame: Frame,
    note: Option<Note>,
    refused: Option<String>,
    made: Option<Made>,
    form: NewAccount,
    roles: [RoleWords; 4],
    rows: Vec<Row>,
    pager: Pager,
    may_change: bool,
}

/// An account that was made now.
struct Made {
    name: String,
    password: String,
}

struct Row {
    name: String,
    link: String,
    role: &'static str,
    /// Whose word a login of it is taken on.
    source: &'static str,
    state: &'static str,
    tone: &'static str,
    last_login: Option<When>,
    made: When,
}

/// The form, as it was filled in.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct NewAccount {
    name: String,
    role: String,
}

/// `GET /accounts`.
pub async fn accounts_page(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Query(asked): Query<OnPage>,
    headers: HeaderMap,
) -> Response {
    let (note, shown_once) = Note::take(&headers, HERE, context.tls);
    let told = Told { note, ..Told::default() };
    shown(show(&context, &caller, asked.page, told).map(|response| shown_once.on(response)))
}

/// `POST /accounts`: makes one.
pub async fn make_account(State(context): State<Ctx>, Caller(caller): Caller, Form(form): Form<NewAccount>) -> Response {
    shown(make(&context, &caller, form).await)
}

async fn make(context: &AdminContext, caller: &Principal, form: NewAccount) -> Answer<Response> {
    let made = match role_of::<UserRole>(&form.role) {
        Ok(role) => {
            let made = context.logins.add_account(form.name.trim(), role.into(), &caller.actor()).await;
            made.map_err(Failure::from)
        }
        Err(reason) => Err(Failure::invalid(reason)),
    };
    match made {
        Ok((user, password)) => {
            count_again(context).await;
            let made = Some(Made { name: user.name, password });
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
    form: NewAccount,
}

fn show(context: &AdminContext, caller: &Principal, on: usize, told: Told) -> Answer<Response> {
    let Told { note, refused, made, form } = told;
    let (users, pager) = paged(context.directory.users(), on, HERE, &[]);
    let frame = Frame::of(context, caller, HERE);
    let rows = users.into_iter().map(|user| Row::of(UserView::of(user, context), context)).collect();
    page(&AccountsPage { may_change: frame.may_post(HERE), frame, note, refused, made, form, roles: ROLES, rows, pager })
}

/// What can be said of an account's state, and its tone.
pub(super) fn state(user: &UserView) -> (&'static str, &'static str) {
    if !user.enabled {
        ("disabled", "calm")
    } else if user.locked_until.is_some() {
        ("locked after wrong passwords", "warn")
    } else if user.must_change {
        ("one-time password", "warn")
    } else {
        ("in use", "good")
    }
}

impl Row {
    fn of(user: UserView, context: &AdminContext) -> Self {
        let (state, tone) = state(&user);
        let when = |at| When::of(at, context.now(), context.tz());
        Self {
            link: format!("{HERE}/{}", url_encoded(&user.name)),
            role: short(user.role),
            source: if user.source == "sso" { "single sign-on" } else { "password" },
            state,
            tone,
            last_login: user.last_login_at.map(when),
            made: when(user.created_at),
            name: user.name,
        }
    }
}
