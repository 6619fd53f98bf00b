//! One agent: what is known of it, where its asset is, and what can be decided about it.

use super::rows::{AgentRow, Standing};
use crate::{
    admin::{
        AdminContext, Answer, Ctx, Failure,
        auth::{Caller, Principal},
    },
    console::{
        frame::{Frame, shown},
        note::Note,
        render::{When, number, page},
    },
    store::records::ForeignDevice,
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::Response,
};
use http::HeaderMap;
use muster_domain::ids::AgentId;

#[derive(Template)]
#[template(path = "agent.html")]
struct AgentPage {
    frame: Frame,
    note: Option<Note>,
    agent: AgentRow,
    meaning: &'static str,
    facts: Vec<(&'static str, String)>,
    /// None for an agent of another make.
    certificate: Option<When>,
    incomplete: Vec<String>,
    superseded_by: Option<String>,
    pending: bool,
    quarantined: bool,
    may_decide: bool,
}

/// `GET /agents/{id}`.
pub async fn agent_page(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    shown(show(&context, &caller, &id, &headers))
}

fn show(context: &AdminContext, caller: &Principal, id: &str, headers: &HeaderMap) -> Answer<Response> {
    let known = id.parse::<AgentId>().ok().and_then(|id| context.fleet.get(id));
    let agent = known.ok_or_else(|| Failure::not_found("agent", id))?;
    let (record, standing) = (agent.record.clone(), Standing::of(&agent));
    let here = format!("/agents/{}", record.id);
    let (note, shown_once) = Note::take(headers, &here, context.tls);
    let frame = Frame::of(context, caller, &here);
    let foreign = record.foreign.as_ref();
    let said = |part: fn(&ForeignDevice) -> &String| foreign.map(part).cloned().unwrap_or_default();
    let key = if foreign.is_none() { data_encoding::HEXLOWER.encode(&record.key_hash) } else { String::new() };
    let facts = vec![
        ("Identity", record.id.to_string()),
        ("Join token", record.token.clone().unwrap_or_default()),
        ("Interop credential", said(|foreign| &foreign.credential)),
        ("Program", said(|foreign| &foreign.program)),
        ("Device id", said(|foreign| &foreign.device_id)),
        ("Key (SHA-256)", key),
        ("Reports", format!("{} in epoch {}", number(agent.seq), agent.epoch)),
        ("Reports it dropped", number(agent.dropped)),
    ];
    let response = page(&AgentPage {
        may_decide: frame.may_post("/agents"),
        frame,
        note,
        meaning: standing.meaning(),
        facts: facts.into_iter().filter(|(_, value)| !value.is_empty()).collect(),
        certificate: foreign.is_none().then(|| When::of(record.certificate_until, context.now(), context.tz())),
        incomplete: agent.incomplete.clone(),
        superseded_by: record.superseded_by.map(|other| other.to_string()),
        pending: standing == Standing::Pending,
        quarantined: standing == Standing::Clone,
        agent: AgentRow::of(agent, context),
    })?;
    Ok(shown_once.on(response))
}
