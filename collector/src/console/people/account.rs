//! One account: its role, whether it may log in, another one-time password, and its end.

use super::{
    accounts::{HERE, state},
    roles::{ROLES, RoleWords, role_of, short},
};
use crate::{
    admin::{
        AdminContext, Answer, Ctx, Failure, Form,
        api::users::{UserRole, UserView, count_again},
        auth::{AccountChange, Caller, Principal},
    },
    console::{
        frame::{Frame, beside_form, once, shown},
        note::Note,
        render::{When, page},
    },
    publish::url_encoded,
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use http::HeaderMap;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    frame: Frame,
    note: Option<Note>,
    refused: Option<String>,
    /// A new one-time password.
    password: Option<String>,
    /// It is asked whether it shall be deleted.
    asks: bool,
    address: String,
    name: String,
    role: &'static str,
    /// It has a password here, and its role is given here.
    local: bool,
    /// The role as the form has it.
    role_name: &'static str,
    roles: [RoleWords; 4],
    enabled: bool,
    /// It is disabled because the provider gives its person no role.
    withheld: bool,
    state: &'static str,
    tone: &'static str,
    locked_until: Option<When>,
    last_login: Option<When>,
    made: When,
    /// It is the account of whoever looks.
    own: bool,
    may_change: bool,
}

/// The forms of the page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AccountForm {
    /// `role`, `enable`, `disable`, `reset` or `delete`.
    act: String,
    role: String,
    /// The name, where it was typed to confirm.
    confirmed: String,
}

/// `GET /accounts/{name}`.
pub async fn account_page(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    let (note, shown_once) = Note::take(&headers, &address(&name), context.tls);
    let told = Told { note, ..Told::default() };
    shown(show(&context, &caller, &name, told).map(|response| shown_once.on(response)))
}

/// `POST /accounts/{name}`.
pub async fn change_account(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Path(name): Path<String>,
    Form(form): Form<AccountForm>,
) -> Response {
    shown(changed(&context, &caller, &name, form).await)
}

async fn changed(context: &AdminContext, caller: &Principal, name: &str, form: AccountForm) -> Answer<Response> {
    if form.act == "delete" && form.confirmed != name {
        let refused = (!form.confirmed.is_empty()).then(|| format!("type the name as it stands here: {name}"));
        return show(context, caller, name, Told { asks: true, refused, ..Told::default() });
    }
    match done(context, caller, name, &form).await {
        Ok(Done::Password(password)) => {
            Ok(once(show(context, caller, name, Told { password: Some(password), ..Told::default() })?))
        }
        Ok(Done::Said(at, text)) => {
            let note = Note { at: at.clone(), text, warnings: Vec::new() };
            Ok(note.put(Redirect::to(&at).into_response(), context.tls))
        }
        Err(failure) => {
            let (status, refused) = beside_form(failure)?;
            let told = Told { refused: Some(refused), ..Told::default() };
            Ok((status, show(context, caller, name, told)?).into_response())
        }
    }
}

/// What came of a form: the page that says so and its words, or a password to show once.
enum Done {
    Said(String, String),
    Password(String),
}

async fn done(context: &AdminContext, caller: &Principal, name: &str, form: &AccountForm) -> Answer<Done> {
    let (logins, actor) = (&context.logins, caller.actor());
    let said = |text: String| Done::Said(address(name), text);
    let done = match form.act.as_str() {
        "role" => {
            let role = role_of::<UserRole>(&form.role).map_err(Failure::invalid)?;
            logins.change_account(name, AccountChange { role: Some(role.into()), enabled: None }, &actor).await?;
            said("The role was changed; whoever was logged in with this account must log in again.".to_owned())
        }
        act @ ("enable" | "disable") => {
            let enabled = act == "enable";
            logins.change_account(name, AccountChange { role: None, enabled: Some(enabled) }, &actor).await?;
            said(match enabled {
                true => "The account can log in again.".to_owned(),
                false => "The account is disabled: nobody can log in with it, and whoever was is logged out.".to_owned(),
            })
        }
        "reset" => Done::Password(logins.reset_password(name, &actor).await?),
        "delete" => {
            logins.delete_account(name, &actor).await?;
            Done::Said(HERE.to_owned(), format!("The account {name} was deleted. What it did stays in the audit log."))
        }
        _ => return Err(Failure::invalid("the form does not say what to do")),
    };
    count_again(context).await;
    Ok(done)
}

/// What the page says beside the account.
#[derive(Default)]
struct Told {
    note: Option<Note>,
    refused: Option<String>,
    password: Option<String>,
    asks: bool,
}

fn show(context: &AdminContext, caller: &Principal, name: &str, told: Told) -> Answer<Response> {
    let Told { note, refused, password, asks } = told;
    let user = context.directory.user(name).ok_or_else(|| Failure::not_found("user", name))?;
    let withheld = user.withheld;
    let user = UserView::of(user, context);
    let frame = Frame::of(context, caller, HERE);
    let when = |at| When::of(at, context.now(), context.tz());
    let (state, tone) = state(&user);
    page(&AccountPage {
        may_change: frame.may_post("/accounts/{name}"),
        own: frame.console && frame.who == user.name,
        frame,
        note,
        refused,
        password,
        asks,
        address: address(name),
        role: short(user.role),
        role_name: user.role,
        local: user.source == "local",
        roles: ROLES,
        enabled: user.enabled,
        withheld,
        state,
        tone,
        locked_until: user.locked_until.map(when),
        last_login: user.last_login_at.map(when),
        made: when(user.created_at),
        name: user.name,
    })
}

fn address(name: &str) -> String {
    format!("{HERE}/{}", url_encoded(name))
}
