//! Join tokens: made and taken back here, with the command that a machine enrols by. A token is shown once, on the page that
//! answers the form, and never again.

use crate::{
    admin::{
        AdminContext, Answer, Ctx, Failure, Form, Query,
        api::join_tokens::{ApprovalKind, CreatedJoinToken, JoinTokenView, NewJoinToken, agents_url, made, obstacles, take_back},
        api::undo::UndoneView,
        auth::{Caller, Principal},
    },
    console::{
        frame::{Frame, beside_form, once, shown},
        note::Note,
        pager::{OnPage, Pager, paged},
        render::{When, page, who},
    },
    publish::Gate,
};
use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use http::HeaderMap;
use serde::Deserialize;

const HERE: &str = "/agents/tokens";

#[derive(Template)]
#[template(path = "join_tokens.html")]
struct TokensPage {
    frame: Frame,
    note: Option<Note>,
    refused: Option<String>,
    made: Option<Made>,
    /// Why machines cannot enrol now.
    obstacles: Vec<String>,
    unlicensed: bool,
    form: TokenForm,
    rows: Vec<TokenRow>,
    pager: Pager,
    may_change: bool,
}

/// A token that was made now.
struct Made {
    command: String,
    token: String,
    address: String,
    /// The name of the collector has to be put in by hand.
    nameless: bool,
    until: When,
    many: bool,
    manual: bool,
}

struct TokenRow {
    id: String,
    state: &'static str,
    tone: &'static str,
    used: String,
    approval: &'static str,
    group: String,
    expires: When,
    by: String,
    /// It may be taken back, with what came with it.
    open: bool,
}

/// The form, as it was filled in.
#[derive(Clone, Deserialize)]
#[serde(default)]
pub struct TokenForm {
    /// Of a token that is taken back; empty where one is made.
    revoke: String,
    /// With what came with it; empty without.
    with_assets: String,
    uses: String,
    hours: String,
    approval: String,
    group: String,
}

impl Default for TokenForm {
    fn default() -> Self {
        let text = str::to_owned;
        Self { revoke: text(""), with_assets: text(""), uses: text("1"), hours: text("1"), approval: text(""), group: text("") }
    }
}

/// `GET /agents/tokens`.
pub async fn tokens_page(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Query(asked): Query<OnPage>,
    headers: HeaderMap,
) -> Response {
    let asked = async {
        let (note, shown_once) = Note::take(&headers, HERE, context.tls);
        let response = show(&context, &caller, asked.page, Told { note, ..Told::default() }).await?;
        Ok(shown_once.on(response))
    };
    shown(asked.await)
}

/// `POST /agents/tokens`: makes one, or takes one back.
pub async fn change_tokens(State(context): State<Ctx>, Caller(caller): Caller, Form(form): Form<TokenForm>) -> Response {
    shown(changed(&context, &caller, form).await)
}

async fn changed(context: &AdminContext, caller: &Principal, form: TokenForm) -> Answer<Response> {
    if !form.revoke.is_empty() {
        let undone = take_back(context, &form.revoke, !form.with_assets.is_empty(), &caller.actor()).await?;
        let told = with_assets_told(undone.as_ref(), "Machines that enrolled with it stay.");
        let text = format!("The token {} was taken back. {told}", form.revoke);
        let note = Note { at: HERE.to_owned(), text, warnings: Vec::new() };
        return Ok(note.put(Redirect::to(HERE).into_response(), context.tls));
    }
    let wish = match form.wish() {
        Ok(wish) => made(context, wish, &caller.actor()).await,
        Err(reason) => Err(Failure::invalid(reason)),
    };
    match wish {
        Ok(created) => {
            let made = Some(Made::of(created, &form, context));
            Ok(once(show(context, caller, 1, Told { made, ..Told::default() }).await?))
        }
        Err(failure) => {
            let (status, refused) = beside_form(failure)?;
            let told = Told { refused: Some(refused), form, ..Told::default() };
            Ok((status, show(context, caller, 1, told).await?).into_response())
        }
    }
}

/// What became of that which came with a token or credential.
pub(super) fn with_assets_told(undone: Option<&UndoneView>, stay: &str) -> String {
    undone.map_or_else(|| stay.to_owned(), UndoneView::sentence)
}

/// What the page says beside the list.
#[derive(Default)]
struct Told {
    note: Option<Note>,
    refused: Option<String>,
    made: Option<Made>,
    form: TokenForm,
}

async fn show(context: &AdminContext, caller: &Principal, on: usize, told: Told) -> Answer<Response> {
    let Told { note, refused, made, form } = told;
    let now = context.now();
    let (tokens, pager) = paged(context.stores.tokens.all().await?, on, HERE, &[]);
    let frame = Frame::of(context, caller, HERE);
    let rows = tokens.into_iter().map(|token| TokenRow::of(JoinTokenView::of(token, now), context)).collect();
    page(&TokensPage {
        may_change: frame.may_post(HERE),
        frame,
        note,
        refused,
        made,
        obstacles: obstacles(context),
        unlicensed: matches!(context.board.gate(), Gate::Closed { .. }),
        form,
        rows,
        pager,
    })
}

impl TokenForm {
    fn wish(&self) -> Result<NewJoinToken, String> {
        let whole = |text: &str, what: &str| {
            text.trim().parse::<u32>().map_err(|_| format!("{what}: {:?} is not a whole number", text.trim()))
        };
        Ok(NewJoinToken {
            uses: whole(&self.uses, "For how many machines")?,
            ttl_seconds: u64::from(whole(&self.hours, "For how many hours")?) * 3600,
            approval: match self.approval.as_str() {
                "auto" => Some(ApprovalKind::Auto),
                "manual" => Some(ApprovalKind::Manual),
                _ => None,
            },
            group: Some(self.group.clone()),
        })
    }
}

impl Made {
    fn of(created: CreatedJoinToken, form: &TokenForm, context: &AdminContext) -> Self {
        let CreatedJoinToken { id: _, token, expires_at, warnings: _, agents_url: known, command } = created;
        let many = form.uses.trim() != "1";
        Self {
            command,
            token,
            nameless: known.is_none(),
            address: known.unwrap_or_else(|| agents_url(None, context.agents_on.port())),
            until: When::of(expires_at, context.now(), context.tz()),
            many,
            manual: form.approval == "manual" || many && form.approval != "auto",
        }
    }
}

impl TokenRow {
    fn of(token: JoinTokenView, context: &AdminContext) -> Self {
        let JoinTokenView { id, state, used, uses, expires_at, approval, group, created_by, created_at: _ } = token;
        Self {
            id,
            state: if state == "used_up" { "used up" } else { state },
            tone: if state == "usable" { "good" } else { "calm" },
            used: format!("{used} of {uses}"),
            approval: match approval {
                ApprovalKind::Auto => "by itself",
                ApprovalKind::Manual => "by an administrator",
            },
            group: group.unwrap_or_default(),
            expires: When::of(expires_at, context.now(), context.tz()),
            by: who(&created_by),
            open: state == "usable" || used > 0,
        }
    }
}
