//! Publisher packs: which metric groups are switched on, and the switches.

use crate::{
    admin::{
        AdminContext, Answer, Ctx, Form,
        auth::{Caller, Principal},
    },
    console::{
        frame::{Frame, shown},
        note::Note,
        pager::address,
        render::{number, page},
    },
    reconcile::packs_on,
    records::{Order, Put},
    store::records::RecordCause,
};
use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use http::HeaderMap;
use muster_domain::{
    metric::GROUPS,
    record::kinds::{entitlement::ENTITLEMENTS, pack},
};
use serde::Deserialize;

/// The page.
const HERE: &str = "/software/packs";

#[derive(Template)]
#[template(path = "packs.html")]
struct PacksPage {
    frame: Frame,
    note: Option<Note>,
    rows: Vec<PackRow>,
    always: Vec<&'static str>,
    may_switch: bool,
}

struct PackRow {
    name: &'static str,
    on: bool,
    groups: Vec<GroupRow>,
}

struct GroupRow {
    name: &'static str,
    metrics: usize,
    /// Entitlements that are counted by it.
    entitlements: String,
    link: String,
}

/// The form.
#[derive(Deserialize)]
pub struct SwitchForm {
    pack: String,
    active: bool,
}

/// `GET /software/packs`.
pub async fn packs_page(State(context): State<Ctx>, Caller(caller): Caller, headers: HeaderMap) -> Response {
    shown(show(&context, &caller, &headers))
}

/// `POST /software/packs`: switches a pack on or off.
pub async fn switch_pack(State(context): State<Ctx>, Caller(caller): Caller, Form(form): Form<SwitchForm>) -> Response {
    shown(switch(&context, &caller, form).await)
}

fn show(context: &AdminContext, caller: &Principal, headers: &HeaderMap) -> Answer<Response> {
    let on = packs_on(&context.records.snapshot(), context.today());
    let group_rows = |name: &str| {
        let groups = GROUPS.into_iter().filter(|group| group.pack == Some(name));
        groups
            .map(|group| {
                let of_group = |text: Option<&str>| text.is_some_and(|text| text.eq_ignore_ascii_case(group.name));
                let found = context.records.list(&ENTITLEMENTS, |seen| of_group(seen.values.text("metric_group")));
                GroupRow {
                    name: group.name,
                    metrics: group.metrics.len(),
                    entitlements: number(u64::try_from(found.len()).unwrap_or(u64::MAX)),
                    link: address("/records/entitlements", &[("metric_group", group.name)]),
                }
            })
            .collect()
    };
    let (note, shown_once) = Note::take(headers, HERE, context.tls);
    let frame = Frame::of(context, caller, HERE);
    let response = page(&PacksPage {
        may_switch: frame.may_post(HERE),
        frame,
        note,
        rows: pack::NAMES.map(|name| PackRow { name, on: on.contains(name), groups: group_rows(name) }).into_iter().collect(),
        always: GROUPS.into_iter().filter(|group| group.pack.is_none()).map(|group| group.name).collect(),
    })?;
    Ok(shown_once.on(response))
}

async fn switch(context: &AdminContext, caller: &Principal, form: SwitchForm) -> Answer<Response> {
    let SwitchForm { pack: name, active } = form;
    let known = context.records.get(&pack::PACKS, &name).ok();
    let cause = if known.is_some() { RecordCause::Edited } else { RecordCause::Created };
    let set = vec![("name".to_owned(), name.clone()), ("active".to_owned(), active.to_string())];
    let put = Put { id: known.map(|seen| seen.id), set, ..Put::default() };
    let order = Order { by: caller.actor(), at: context.now(), cause, dry_run: false };
    let kept = context.records.put(&pack::PACKS, put, order).await?;
    let text = format!("The pack {name} is switched {}. The next reconciliation goes by it.", if active { "on" } else { "off" });
    let response = Redirect::to(HERE).into_response();
    Ok(Note { at: HERE.to_owned(), text, warnings: kept.warnings }.put(response, context.tls))
}
