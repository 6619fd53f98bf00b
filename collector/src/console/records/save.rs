//! Forms that make, change and publish records, under the same rules as the API.
//!
//! A form sends every field back; only those that differ from what it showed are entered.

use super::{
    cells::address,
    fields::texts,
    form::{Sent, show},
    words::kind_of,
};
use crate::{
    admin::{
        AdminContext, Answer, Ctx, Failure, Form,
        auth::{Caller, Principal},
    },
    console::{entry::Texts, frame::shown, note::Note},
    records::{Kept, Order, Put, RecordError, Seen},
    store::records::RecordCause,
};
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use muster_domain::record::{
    FieldError, Schema,
    kinds::{entitlement::ENTITLEMENTS, entitlement_rules},
};

/// A form as a browser sends it.
type Pairs = Vec<(String, String)>;

/// `POST /records/{kind}/new`.
pub async fn create(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Path(kind): Path<String>,
    Form(form): Form<Pairs>,
) -> Response {
    let saved = async {
        let schema = kind_of(&kind)?;
        save(&context, &caller, schema, None, form).await
    };
    shown(saved.await)
}

/// `POST /records/{kind}/{id}`.
pub async fn edit(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Path((kind, id)): Path<(String, String)>,
    Form(form): Form<Pairs>,
) -> Response {
    let saved = async {
        let schema = kind_of(&kind)?;
        let seen = context.records.get(schema, &id)?;
        save(&context, &caller, schema, Some(&seen), form).await
    };
    shown(saved.await)
}

/// `POST /records/{kind}/{id}/publish`: an entitlement goes from Build to In use.
pub async fn publish(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Path((kind, id)): Path<(String, String)>,
    Form(form): Form<Pairs>,
) -> Response {
    shown(publish_one(&context, &caller, (&kind, &id), form).await)
}

async fn save(
    context: &AdminContext,
    caller: &Principal,
    schema: &'static Schema,
    seen: Option<&Seen>,
    form: Pairs,
) -> Answer<Response> {
    let (entered, revision) = read(form);
    let before = texts(&context.records, schema, seen).await?;
    let differs = |name: &str, text: &str| before.get(name).is_none_or(|before| before.trim() != text.trim());
    // In the order of the fields, so that a currency is known before the amounts in it.
    let known = schema.fields.iter().filter_map(|field| entered.get_key_value(field.name));
    let strange = entered.iter().filter(|(name, _)| schema.field(name).is_none());
    let set = known.chain(strange).filter(|(name, text)| differs(name, text));
    let set = set.map(|(name, text)| (name.clone(), text.clone())).collect();
    let put = Put { id: seen.map(|seen| seen.id), expects: seen.and(revision), set, line: None };
    let cause = if seen.is_some() { RecordCause::Edited } else { RecordCause::Created };
    match context.records.put(schema, put, order(context, caller, cause)).await {
        Ok(kept) => Ok(saved(context, schema, kept)),
        Err(error) => refused(context, caller, schema, seen, error, Sent { texts: entered, revision, ..Sent::default() }).await,
    }
}

async fn publish_one(context: &AdminContext, caller: &Principal, (kind, id): (&str, &str), form: Pairs) -> Answer<Response> {
    let schema = kind_of(kind)?;
    if schema.path != ENTITLEMENTS.path {
        return Err(Failure::not_found("form that publishes a", schema.one));
    }
    let seen = context.records.get(schema, id)?;
    let (_, revision) = read(form);
    let sent = Sent { revision, ..Sent::default() };
    let set = match entitlement_rules::publish(&seen.values) {
        Ok(set) => set,
        Err(errors) => {
            return refused(context, caller, schema, Some(&seen), RecordError::Invalid(errors), sent).await;
        }
    };
    let text = |value: Option<muster_domain::asset::Value>| value.map(|value| value.to_string()).unwrap_or_default();
    let set = set.into_iter().map(|(name, value)| (name.to_owned(), text(value))).collect();
    // What was judged is what is published.
    let put = Put { id: Some(seen.id), expects: Some(revision.unwrap_or(seen.revision)), set, line: None };
    match context.records.put(schema, put, order(context, caller, RecordCause::Published)).await {
        Ok(kept) => Ok(noted(context, schema, kept, "Published.")),
        Err(error) => refused(context, caller, schema, Some(&seen), error, sent).await,
    }
}

/// The fields of a form without those that only the form needs, and the revision that it was made of.
fn read(form: Pairs) -> (Texts, Option<u64>) {
    let mut revision = None;
    let mut texts = Texts::new();
    for (name, text) in form {
        match name.as_str() {
            "csrf" => {}
            "revision" => revision = text.parse().ok(),
            // A browser sends the lines of a text area with CR LF.
            _ => drop(texts.insert(name, text.replace("\r\n", "\n"))),
        }
    }
    (texts, revision)
}

pub(super) fn order(context: &AdminContext, caller: &Principal, cause: RecordCause) -> Order {
    Order { by: caller.actor(), at: context.now(), cause, dry_run: false }
}

fn saved(context: &AdminContext, schema: &'static Schema, kept: Kept) -> Response {
    let text = match (kept.created, kept.changed) {
        (true, _) => "Made.",
        (false, true) => "Saved.",
        (false, false) => "Nothing was changed: everything is as it was.",
    };
    noted(context, schema, kept, text)
}

/// To the page of the record, which says what was done.
fn noted(context: &AdminContext, schema: &'static Schema, kept: Kept, text: &str) -> Response {
    let at = address(schema, &kept.record);
    let response = Redirect::to(&at).into_response();
    Note { at, text: text.to_owned(), warnings: kept.warnings }.put(response, context.tls)
}

/// The form again with what was entered and what is wrong.
async fn refused(
    context: &AdminContext,
    caller: &Principal,
    schema: &'static Schema,
    seen: Option<&Seen>,
    error: RecordError,
    sent: Sent,
) -> Answer<Response> {
    let sent = match error {
        RecordError::Invalid(errors) => {
            let errors: Vec<FieldError> = errors;
            Sent { errors, ..sent }
        }
        RecordError::Changed(_) => Sent { sentence: Some(changed(context, schema, seen)), ..sent },
        RecordError::InUse(text) => Sent { sentence: Some(text), ..sent },
        error @ (RecordError::NotFound { .. } | RecordError::Store(_)) => return Err(error.into()),
    };
    show(context, caller, schema, seen, sent, None).await
}

/// Who was quicker.
fn changed(context: &AdminContext, schema: &'static Schema, seen: Option<&Seen>) -> String {
    let Some(now) = seen.and_then(|seen| context.records.get(schema, &seen.id.to_string()).ok()) else {
        return "It was changed in the meantime; nothing was stored. Open it again, then enter your change.".to_owned();
    };
    let at = now.updated_at.with_timezone(&context.tz()).format("%Y-%m-%d %H:%M");
    format!(
        "{} changed it in the meantime ({at}); nothing was stored. What you entered is still below: open the record as it is now, then enter \
         your change again.",
        now.updated_by
    )
}
