//! The form of an asset, for one that is there and for a new one.

use super::{
    cells::title,
    fields::{Filling, lists, parts, texts},
};
use crate::{
    admin::{
        AdminContext, Answer, Ctx, Failure,
        api::assets::knowing_parents,
        auth::{Caller, Principal},
    },
    console::{
        entry::{Choices, Control, Part, Texts, Wrong},
        frame::{Frame, shown},
        render::page,
    },
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::Response,
};
use http::StatusCode;
use muster_domain::{
    asset::{Asset, Field, sheet::label},
    ids::AssetId,
};
use sha2::{Digest as _, Sha256};

#[derive(Template)]
#[template(path = "asset_form.html")]
struct FormPage {
    frame: Frame,
    title: String,
    /// Where the form goes, and where it came from.
    action: String,
    back: String,
    is_new: bool,
    /// Which asset the form was made of.
    seen: String,
    sentence: Option<String>,
    summary: Vec<Wrong>,
    parts: Vec<Part>,
    lists: Vec<Choices>,
    make_names: bool,
}

/// What came of a form that was sent.
#[derive(Default)]
pub(super) struct Sent {
    /// What was entered.
    pub(super) texts: Texts,
    /// What is wrong with it.
    pub(super) errors: Vec<(Field, String)>,
    /// Why it was not stored, where that is not a field's fault.
    pub(super) sentence: Option<String>,
    /// Whether names that nobody knows were to become records.
    pub(super) make_names: bool,
    /// Fields that were ticked to be taken back.
    pub(super) back: Vec<Field>,
    /// Which asset the form was made of.
    pub(super) seen: Option<String>,
}

/// `GET /assets/new`.
pub async fn new_form(State(context): State<Ctx>, Caller(caller): Caller) -> Response {
    shown(show(&context, &caller, None, Sent::default()).await)
}

/// `GET /assets/{id}/edit`.
pub async fn edit_form(State(context): State<Ctx>, Caller(caller): Caller, Path(id): Path<String>) -> Response {
    let asked = async {
        let asset = existing(&context, &id).await?;
        show(&context, &caller, Some(&asset), Sent::default()).await
    };
    shown(asked.await)
}

/// The asset of an address.
pub(super) async fn existing(context: &AdminContext, id: &str) -> Answer<Asset> {
    let asset = match id.parse::<AssetId>() {
        Ok(id) => context.stores.assets.get(id).await?,
        Err(_) => None,
    };
    asset.ok_or_else(|| Failure::not_found("asset", id))
}

/// Which asset a form was made of, in short: when it changed last, and every text as the form showed it. What a field points to may be
/// called otherwise by now.
pub(super) fn version(asset: &Asset, texts: &Texts) -> String {
    let mut hash = Sha256::new_with_prefix(asset.updated_on().timestamp_micros().to_be_bytes());
    for text in texts.iter().flat_map(|(name, text)| [name, text]) {
        hash.update(text.len().to_be_bytes());
        hash.update(text);
    }
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// The form, with what came of it.
pub(super) async fn show(context: &AdminContext, caller: &Principal, asset: Option<&Asset>, sent: Sent) -> Answer<Response> {
    let Sent { texts: entered, errors, sentence, make_names, back: ticked, seen } = sent;
    let directory = knowing_parents(context, asset.as_slice()).await?;
    let mut filled = texts(asset, directory.as_ref());
    let seen = seen.or_else(|| asset.map(|asset| version(asset, &filled))).unwrap_or_default();
    filled.extend(entered);
    let lists = lists(context).await?;
    let filling = Filling { asset, texts: &filled, errors: &errors, back: &ticked, lists: &lists, directory: directory.as_ref() };
    let parts = parts(&filling);
    let status = match (&sentence, errors.is_empty()) {
        (Some(_), _) => StatusCode::CONFLICT,
        (None, false) => StatusCode::UNPROCESSABLE_ENTITY,
        (None, true) => StatusCode::OK,
    };
    let back = asset.map_or_else(|| "/assets".to_owned(), |asset| format!("/assets/{}", asset.id()));
    let mut response = page(&FormPage {
        frame: Frame::of(context, caller, "/assets"),
        title: asset.map_or_else(|| "New asset".to_owned(), |asset| title(asset, directory.as_ref(), context)),
        action: if asset.is_some() { format!("{back}/edit") } else { "/assets/new".to_owned() },
        back,
        is_new: asset.is_none(),
        seen,
        sentence,
        summary: errors
            .into_iter()
            .map(|(field, text)| Wrong { field: Some(field.name()), label: label(field).to_owned(), text })
            .collect(),
        parts,
        lists,
        make_names,
    })?;
    *response.status_mut() = status;
    Ok(response)
}
