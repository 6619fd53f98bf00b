//! What agents of another make log in with: made here with the lines for their files, and taken back. A credential is shown once, on
//! the page that answers the form, and never again.

use super::tokens::with_assets_told;
use crate::{
    admin::{
        AdminContext, Answer, Ctx, Failure, Form, Query,
        api::interop_credentials::{
            AgentConfiguration, CreatedInteropCredential, InteropCredentialView, InteropCredentialWish, InteropKindName, made,
            obstacles, take_back,
        },
        auth::{Caller, Principal},
    },
    console::{
        frame::{Frame, beside_form, once, shown},
        note::Note,
        pager::{OnPage, Pager, paged},
        render::{When, page, who},
    },
};
use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use http::HeaderMap;
use serde::Deserialize;

const HERE: &str = "/agents/interop";

#[derive(Template)]
#[template(path = "interop.html")]
struct InteropPage {
    frame: Frame,
    note: Option<Note>,
    refused: Option<String>,
    made: Option<Made>,
    /// Why agents cannot come now.
    obstacles: Vec<String>,
    form: CredentialForm,
    rows: Vec<CredentialRow>,
    pager: Pager,
    may_change: bool,
}

/// A credential that was made now.
struct Made {
    /// The parts, by their names.
    parts: Vec<(&'static str, String)>,
    configuration: Vec<AgentConfiguration>,
}

struct CredentialRow {
    id: String,
    kind: &'static str,
    state: &'static str,
    tone: &'static str,
    devices: usize,
    most: u32,
    group: String,
    last_used: Option<When>,
    by: String,
    usable: bool,
}

/// The form, as it was filled in.
#[derive(Clone, Deserialize)]
#[serde(default)]
pub struct CredentialForm {
    /// Of a credential that is taken back; empty where one is made.
    revoke: String,
    /// With what came with it; empty without.
    with_assets: String,
    kind: String,
    most: String,
    group: String,
}

impl Default for CredentialForm {
    fn default() -> Self {
        let text = str::to_owned;
        Self { revoke: text(""), with_assets: text(""), kind: text("inventory"), most: text("20"), group: text("") }
    }
}

impl CredentialForm {
    fn wish(&self) -> Result<InteropCredentialWish, String> {
        let most = self.most.trim();
        Ok(InteropCredentialWish {
            kind: match self.kind.as_str() {
                "inventory" => InteropKindName::Inventory,
                "osquery" => InteropKindName::Osquery,
                other => return Err(format!("{other:?} is no kind of agent")),
            },
            group: Some(self.group.clone()),
            max_new_per_hour: most.parse().map_err(|_| format!("New devices in an hour: {most:?} is not a whole number"))?,
        })
    }
}

/// `GET /agents/interop`.
pub async fn interop_page(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Query(asked): Query<OnPage>,
    headers: HeaderMap,
) -> Response {
    let (note, shown_once) = Note::take(&headers, HERE, context.tls);
    let told = Told { note, ..Told::default() };
    shown(show(&context, &caller, asked.page, told).map(|response| shown_once.on(response)))
}

/// `POST /agents/interop`: makes one, or takes one back.
pub async fn change_credentials(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Form(form): Form<CredentialForm>,
) -> Response {
    shown(changed(&context, &caller, form).await)
}

async fn changed(context: &AdminContext, caller: &Principal, form: CredentialForm) -> Answer<Response> {
    if !form.revoke.is_empty() {
        let undone = take_back(context, &form.revoke, !form.with_assets.is_empty(), &caller.actor()).await?;
        let stay = "Devices are refused until they come with another credential; their assets stay.";
        let text = format!("The credential {} was taken back. {}", form.revoke, with_assets_told(undone.as_ref(), stay));
        let note = Note { at: HERE.to_owned(), text, warnings: Vec::new() };
        return Ok(note.put(Redirect::to(HERE).into_response(), context.tls));
    }
    let wish = match form.wish() {
        Ok(wish) => made(context, wish, &caller.actor()).await,
        Err(reason) => Err(Failure::invalid(reason)),
    };
    match wish {
        Ok(created) => {
            let made = Some(Made::of(created));
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
    form: CredentialForm,
}

fn show(context: &AdminContext, caller: &Principal, on: usize, told: Told) -> Answer<Response> {
    let Told { note, refused, made, form } = told;
    let (credentials, pager) = paged(InteropCredentialView::all(context), on, HERE, &[]);
    let frame = Frame::of(context, caller, HERE);
    page(&InteropPage {
        may_change: frame.may_post(HERE),
        frame,
        note,
        refused,
        made,
        obstacles: obstacles(context),
        form,
        rows: credentials.into_iter().map(|credential| CredentialRow::of(credential, context)).collect(),
        pager,
    })
}

impl Made {
    fn of(created: CreatedInteropCredential) -> Self {
        let CreatedInteropCredential { id: _, user, password, bearer, enroll_secret, warnings: _, url, configuration } = created;
        let parts =
            [("Address", url), ("User", user), ("Password", password), ("Bearer token", bearer), ("Enrol secret", enroll_secret)];
        Self { parts: parts.into_iter().filter_map(|(name, part)| Some((name, part?))).collect(), configuration }
    }
}

impl CredentialRow {
    fn of(credential: InteropCredentialView, context: &AdminContext) -> Self {
        let InteropCredentialView { id, kind, state, group, max_new_per_hour, devices, created_by, created_at: _, last_used_at } =
            credential;
        Self {
            id,
            kind: match kind {
                InteropKindName::Inventory => "inventories",
                InteropKindName::Osquery => "osquery",
            },
            state,
            tone: if state == "usable" { "good" } else { "calm" },
            devices,
            most: max_new_per_hour,
            group: group.unwrap_or_default(),
            last_used: last_used_at.map(|at| When::of(at, context.now(), context.tz())),
            by: who(&created_by),
            usable: state == "usable",
        }
    }
}
