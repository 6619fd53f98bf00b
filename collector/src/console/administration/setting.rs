//! One setting: what it does, and the form that changes it. Its first step says what would change, its second one does it.

use super::settings::{HERE, SettingRow, text};
use crate::{
    admin::{
        AdminContext, Answer, Ctx, Failure, Form,
        api::settings::{SettingsChanged, changed},
        auth::{Caller, Principal},
    },
    console::{
        frame::{Frame, shown},
        note::Note,
        render::{number, page},
    },
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Template)]
#[template(path = "setting.html")]
struct SettingPage {
    frame: Frame,
    setting: SettingRow,
    /// The words that it may be, where it is one of them.
    words: Vec<String>,
    /// What it may be otherwise, in words.
    may_be: String,
    /// What stands in the form.
    entered: String,
    refused: Option<String>,
    preview: Option<Preview>,
    may_change: bool,
}

/// What a change would do.
struct Preview {
    after: String,
    nothing: bool,
    /// What is counted, before and after.
    effects: Vec<(&'static str, String, String)>,
    over: bool,
}

/// The form.
#[derive(Debug, Deserialize)]
pub struct SettingForm {
    #[serde(default)]
    value: String,
    /// There where it goes back to its default.
    #[serde(default)]
    reset: Option<String>,
    /// There in the second step only.
    #[serde(default)]
    confirmed: Option<String>,
}

/// `GET /settings/{name}`.
pub async fn setting_page(State(context): State<Ctx>, Caller(caller): Caller, Path(name): Path<String>) -> Response {
    shown(show(&context, &caller, &name, None, None, None))
}

/// `POST /settings/{name}`: says what would change; confirmed, changes it.
pub async fn change_setting(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Path(name): Path<String>,
    Form(form): Form<SettingForm>,
) -> Response {
    shown(change(&context, &caller, &name, form).await)
}

async fn change(context: &AdminContext, caller: &Principal, name: &str, form: SettingForm) -> Answer<Response> {
    let SettingForm { value, reset, confirmed } = form;
    let known = context.settings.list().into_iter().find(|setting| setting.name == name);
    let known = known.ok_or_else(|| Failure::not_found("setting", name))?;
    let wish = if reset.is_some() { Value::Null } else { Value::String(value.trim().to_owned()) };
    let value = if reset.is_some() { text(&known.default) } else { value };
    let wanted = Map::from_iter([(name.to_owned(), wish)]);
    match changed(context, &wanted, &caller.actor(), confirmed.is_none()).await {
        Ok(_) if confirmed.is_some() => {
            let note = Note { at: HERE.to_owned(), text: format!("{name} is changed."), warnings: Vec::new() };
            Ok(note.put(Redirect::to(HERE).into_response(), context.tls))
        }
        Ok(would) => show(context, caller, name, Some(value), None, Some(Preview::of(would))),
        Err(failure) if failure.problem().status == 422 => {
            let refused = Some(failure.problem().detail.clone());
            let mut response = show(context, caller, name, Some(value), refused, None)?;
            *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(response)
        }
        Err(failure) => Err(failure),
    }
}

fn show(
    context: &AdminContext,
    caller: &Principal,
    name: &str,
    entered: Option<String>,
    refused: Option<String>,
    preview: Option<Preview>,
) -> Answer<Response> {
    let setting = context.settings.list().into_iter().find(|setting| setting.name == name);
    let setting = setting.ok_or_else(|| Failure::not_found("setting", name))?;
    let setting = SettingRow::of(setting);
    let frame = Frame::of(context, caller, HERE);
    let words = if setting.kind.contains('|') { setting.kind.split('|').map(str::to_owned).collect() } else { Vec::new() };
    page(&SettingPage {
        may_change: frame.may_post("/settings/{name}"),
        frame,
        may_be: in_words(&setting.kind),
        words,
        entered: entered.unwrap_or_else(|| setting.value.clone()),
        setting,
        refused,
        preview,
    })
}

/// What a setting may be, for people: the API and the client have it in signs.
fn in_words(kind: &str) -> String {
    match kind {
        "ID=VALUE;..." => "pairs ID=VALUE, with semicolons between them".to_owned(),
        "NAME,..." => "names, with commas between them".to_owned(),
        "N.N.N" => "a version, such as 10.1.0".to_owned(),
        "NAME@HOST,..." => "mail addresses, with commas between them".to_owned(),
        "NETWORK,..." => "networks, such as 10.0.0.0/8, with commas between them".to_owned(),
        kind => match kind.split_once("..") {
            Some((least, most)) => format!("a whole number from {least} to {most}"),
            None => kind.replace(',', ", "),
        },
    }
}

impl Preview {
    fn of(would: SettingsChanged) -> Self {
        let SettingsChanged { dry_run: _, items, effect, units_effect } = would;
        let mut effects = Vec::new();
        let mut over = false;
        if let Some(effect) = effect {
            over |= effect.asset_limit.is_some_and(|limit| effect.asset_count_after > limit);
            effects.push(("Assets that the licence counts", number(effect.asset_count_before), number(effect.asset_count_after)));
        }
        if let Some(effect) = units_effect {
            over |= effect.entitled.is_some_and(|entitled| effect.units_after > entitled);
            effects.push(("Assets that count for units", number(effect.assets_before), number(effect.assets_after)));
            effects.push(("Subscription units", number(effect.units_before), number(effect.units_after)));
        }
        Self { nothing: items.is_empty(), after: items.first().map(|item| text(&item.after)).unwrap_or_default(), effects, over }
    }
}
