//! What the form of an asset sends, entered under the same rules as through the API.
//!
//! A form sends every field back; only those that differ from what it showed are entered, so that a value which the agent reports does
//! not become an administrator's.

use super::{
    fields::{fields, stands_for, texts},
    form::{Sent, existing, show, version},
    states::wish,
};
use crate::{
    admin::{
        AdminContext, Answer, Ctx, Failure, Form,
        api::assets::{knowing_parents, naming_asset},
        auth::{Caller, Principal},
    },
    assets::{NewName, NewNames, change_one, new_asset, store_new},
    console::{entry::Texts, frame::shown, note::Note},
    store::{
        StoreError,
        ports::{AssetChange, Batch, Deed, Outcome},
        records::{AuditEntry, Cause, ReferenceRecord},
    },
};
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use chrono::{DateTime, Utc};
use muster_domain::{
    asset::{
        Asset, Directory, Field, Value,
        edit::{EditError, read_value},
        field::Kind,
        reference::folded,
    },
    ids::AssetId,
};

const MEANWHILE: &str = "It, or what it points to, was changed in the meantime; nothing was stored. What you entered is still below: open \
     the asset as it is now, then enter your change again.";

/// A form as a browser sends it.
type Pairs = Vec<(String, String)>;

/// What a form asks for.
#[derive(Default)]
struct Wanted {
    texts: Texts,
    /// Fields whose entry is taken back.
    back: Vec<Field>,
    make_names: bool,
    seen: String,
}

/// What of it can be entered.
#[derive(Default)]
struct Checked {
    set: Vec<(Field, Option<Value>)>,
    /// Names that are to become records first.
    names: Vec<NewName>,
    errors: Vec<(Field, String)>,
}

/// `POST /assets/new`.
pub async fn make(State(context): State<Ctx>, Caller(caller): Caller, Form(form): Form<Pairs>) -> Response {
    shown(made(&context, &caller, read(form)).await)
}

/// `POST /assets/{id}/edit`.
pub async fn edit(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Path(id): Path<String>,
    Form(form): Form<Pairs>,
) -> Response {
    let saved = async {
        let asset = existing(&context, &id).await?;
        changed(&context, &caller, &asset, read(form)).await
    };
    shown(saved.await)
}

async fn made(context: &AdminContext, caller: &Principal, wanted: Wanted) -> Answer<Response> {
    let mut checked = check(context, None, &wanted).await?;
    let now = context.now();
    let new = match new_asset(checked.set.clone(), now) {
        Ok(new) if checked.errors.is_empty() => new,
        judged => {
            checked.errors.extend(judged.err().map(wrong));
            return again(context, caller, None, wanted, checked.errors, None).await;
        }
    };
    if let Some(reason) = unfit(context, new.0.id(), &checked, now).await? {
        return refused(context, caller, None, wanted, StoreError::Rule(reason)).await;
    }
    let new = if name(context, caller, &mut checked).await? { new_asset(checked.set, now).unwrap_or(new) } else { new };
    match store_new(&context.stores, new, &caller.actor()).await {
        Ok(id) => Ok(noted(context, &id.to_string(), "Made.")),
        Err(error) => refused(context, caller, None, wanted, error).await,
    }
}

async fn changed(context: &AdminContext, caller: &Principal, asset: &Asset, wanted: Wanted) -> Answer<Response> {
    let known = knowing_parents(context, &[asset]).await?;
    if wanted.seen != version(asset, &texts(Some(asset), known.as_ref())) {
        return again(context, caller, Some(asset), wanted, Vec::new(), Some(MEANWHILE.to_owned())).await;
    }
    let mut checked = check(context, Some(asset), &wanted).await?;
    let now = context.now();
    if let Err(error) = asset.clone().enter(&wanted.back, &checked.set, now) {
        checked.errors.push(wrong(error));
    }
    if !checked.errors.is_empty() {
        return again(context, caller, Some(asset), wanted, checked.errors, None).await;
    }
    let id = asset.id().to_string();
    if checked.set.is_empty() && wanted.back.is_empty() {
        return Ok(noted(context, &id, "Nothing was changed: everything is as it was."));
    }
    if let Some(reason) = unfit(context, asset.id(), &checked, now).await? {
        return refused(context, caller, Some(asset), wanted, StoreError::Rule(reason)).await;
    }
    name(context, caller, &mut checked).await?;
    let expects = Some(asset.updated_on());
    let change = AssetChange { asset: asset.id(), back: wanted.back.clone(), set: checked.set, expects, at: now };
    match change_one(&context.stores, change, &caller.actor()).await {
        Ok(_) => Ok(noted(context, &id, "Saved.")),
        Err(error) => refused(context, caller, Some(asset), wanted, error).await,
    }
}

fn read(form: Pairs) -> Wanted {
    let mut wanted = Wanted::default();
    for (name, text) in form {
        match name.as_str() {
            "csrf" => {}
            "seen" => wanted.seen = text,
            "make_names" => wanted.make_names = true,
            "back" => {
                let fields = Field::from_name(&text).filter(|field| !field.is_derived()).into_iter();
                wanted.back.extend(fields.flat_map(|field| match stands_for(field) {
                    [] => vec![field],
                    several => several.to_vec(),
                }));
            }
            // A browser sends the lines of a text area with CR LF.
            _ => drop(wanted.texts.insert(name, lines(&text))),
        }
    }
    wanted
}

/// A text as it is, whichever way its lines end.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// The values of what differs from what the form showed.
async fn check(context: &AdminContext, asset: Option<&Asset>, wanted: &Wanted) -> Answer<Checked> {
    let known = knowing_parents(context, asset.as_slice()).await?;
    let before = texts(asset, known.as_ref());
    let differs = |name: &str, text: &str| before.get(name).is_none_or(|before| lines(before).trim() != text.trim());
    let parent = wanted.texts.get(Field::Parent.name()).filter(|text| differs(Field::Parent.name(), text));
    let directory = naming_asset(context, parent.map_or("", String::as_str)).await?;
    let mut checked = Checked::default();
    for field in fields().filter(|field| !wanted.back.contains(field)) {
        let Some(text) = wanted.texts.get(field.name()).filter(|text| asset.is_none() || differs(field.name(), text)) else {
            continue;
        };
        if asset.is_none() && text.trim().is_empty() {
            continue;
        }
        checked.take(field, text, directory.as_ref(), wanted.make_names);
    }
    Ok(checked)
}

impl Checked {
    fn take(&mut self, field: Field, text: &str, directory: &dyn Directory, make_names: bool) {
        if field == Field::InstallStatus {
            return self.take_state(text);
        }
        let error = match read_value(field, text, directory) {
            Ok(value) => return self.set.push((field, value)),
            Err(error) => error,
        };
        let named = match (&error, field.kind()) {
            (EditError::UnknownReference { .. }, Kind::Reference(table)) if make_names => {
                NewNames::default().named(table, field.name(), text)
            }
            _ => Ok(None),
        };
        match named {
            Ok(Some(name)) => {
                self.set.push((field, Some(Value::Ref(name.id))));
                self.names.push(name);
            }
            Ok(None) => self.errors.push(wrong(error)),
            Err(reason) => self.errors.push((field, without_name(field, &reason))),
        }
    }

    fn take_state(&mut self, text: &str) {
        match wish(text) {
            Some((set, _)) => {
                self.set.extend(set.iter().cloned());
                // A state without a substate has none, whatever the one before had.
                if !set.iter().any(|(field, _)| *field == Field::Substatus) {
                    self.set.push((Field::Substatus, None));
                }
            }
            None if text.trim().is_empty() => self.set.extend([(Field::InstallStatus, None), (Field::Substatus, None)]),
            None => self.errors.push((Field::InstallStatus, "choose one of the states".to_owned())),
        }
    }
}

/// Why the store would refuse the values, before records are made of names for them.
async fn unfit(context: &AdminContext, id: AssetId, checked: &Checked, at: DateTime<Utc>) -> Answer<Option<String>> {
    if checked.names.is_empty() {
        return Ok(None);
    }
    let deeds = vec![(id, Deed::Put(checked.set.clone()))];
    let batch = Batch { deeds, by: String::new(), cause: Cause::Edited, at, dry_run: true, audit: None };
    Ok(match context.stores.assets.batch(batch).await?.pop() {
        Some(Outcome::Refused(reason)) => Some(reason),
        _ => None,
    })
}

/// Makes records of the names that nobody knows. Where one got another id, the values point to that; whether any did.
async fn name(context: &AdminContext, caller: &Principal, checked: &mut Checked) -> Answer<bool> {
    if checked.names.is_empty() {
        return Ok(false);
    }
    // Two fields may have the same new name.
    let fresh = NewNames::default().take(&checked.names).map_err(Failure::invalid)?;
    let names: Vec<_> = fresh.iter().map(|name| (name.table, name.name.as_str())).collect();
    let entry = AuditEntry {
        at: context.now(),
        actor: caller.actor(),
        action: "reference.add".to_owned(),
        subject: "form of an asset".to_owned(),
        detail: serde_json::Value::Null,
    };
    let made = context.references.ensure(&names, entry.at, entry).await?;
    let mut moved = false;
    for name in &checked.names {
        let same = |record: &ReferenceRecord| record.table == name.table && folded(&record.name) == folded(&name.name);
        let Some((record, _)) = made.iter().find(|(record, _)| same(record) && record.id != name.id) else { continue };
        for (_, value) in checked.set.iter_mut().filter(|(_, value)| *value == Some(Value::Ref(name.id))) {
            *value = Some(Value::Ref(record.id));
            moved = true;
        }
    }
    Ok(moved)
}

fn wrong(error: EditError) -> (Field, String) {
    let field = match error.field() {
        // The form has one control for both.
        Some(Field::Substatus) | None => Field::InstallStatus,
        Some(field) => field,
    };
    let text = error.to_string();
    (field, without_name(error.field().unwrap_or(field), &text))
}

/// A message without the name of the field, which stands beside it.
fn without_name(field: Field, text: &str) -> String {
    text.strip_prefix(field.name()).and_then(|text| text.strip_prefix(": ")).unwrap_or(text).to_owned()
}

/// To the page of the asset, which says what was done.
fn noted(context: &AdminContext, id: &str, text: &str) -> Response {
    let at = format!("/assets/{id}");
    let response = Redirect::to(&at).into_response();
    Note { at, text: text.to_owned(), warnings: Vec::new() }.put(response, context.tls)
}

/// The form again for what the store refused.
async fn refused(
    context: &AdminContext,
    caller: &Principal,
    asset: Option<&Asset>,
    wanted: Wanted,
    error: StoreError,
) -> Answer<Response> {
    match (error, asset) {
        (StoreError::Rule(text), _) => {
            let Some(field) = fields().find(|field| text.starts_with(&format!("{}: ", field.name()))) else {
                return Err(Failure::invalid(text));
            };
            let errors = vec![(field, without_name(field, &text))];
            again(context, caller, asset, wanted, errors, None).await
        }
        (StoreError::Conflict(_), Some(asset)) => {
            again(context, caller, Some(asset), wanted, Vec::new(), Some(MEANWHILE.to_owned())).await
        }
        (error, _) => Err(error.into()),
    }
}

/// The form again with what was entered and what is wrong.
async fn again(
    context: &AdminContext,
    caller: &Principal,
    asset: Option<&Asset>,
    wanted: Wanted,
    errors: Vec<(Field, String)>,
    sentence: Option<String>,
) -> Answer<Response> {
    let Wanted { texts, back, make_names, seen } = wanted;
    show(context, caller, asset, Sent { texts, errors, sentence, make_names, back, seen: Some(seen) }).await
}
