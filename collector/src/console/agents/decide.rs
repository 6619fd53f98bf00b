//! The form that decides about agents: those that are ticked in the list, or the one of a page.

use super::list::HERE;
use crate::{
    admin::{
        AdminContext, Answer, Ctx, Failure, Form,
        api::agents::{Decision, decide},
        auth::{Caller, Principal},
    },
    console::{frame::shown, note::Note},
    store::StoreError,
};
use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use muster_domain::ids::AgentId;

/// `POST /agents`.
pub async fn decide_agents(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Form(form): Form<Vec<(String, String)>>,
) -> Response {
    shown(decided(&context, &caller, form).await)
}

async fn decided(context: &AdminContext, caller: &Principal, form: Vec<(String, String)>) -> Answer<Response> {
    let given = |name: &str| form.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let (decision, done) = match given("act") {
        Some("approve") => (Decision::Approve, "approved"),
        Some("revoke") => (Decision::Revoke, "revoked"),
        Some("resolve") => (Decision::Resolve, "resolved"),
        _ => return Err(Failure::invalid("choose what to do with the agents: approve, revoke or resolve")),
    };
    let ids: Vec<AgentId> = form.iter().filter(|(name, _)| name == "id").filter_map(|(_, id)| id.parse().ok()).collect();
    let within = |path: &&str| *path == HERE || path.starts_with("/agents?") || path.starts_with("/agents/");
    let back = given("back").filter(within).unwrap_or(HERE).to_owned();
    let (mut count, mut warnings) = (0_u64, Vec::new());
    for id in &ids {
        match decide(context, *id, decision, &caller.actor()).await {
            Ok(_) => count += 1,
            Err(error @ (StoreError::Conflict(_) | StoreError::NotFound { .. })) => {
                warnings.push(format!("Left as it was: {error}."))
            }
            Err(error) => return Err(error.into()),
        }
    }
    let text = match (ids.len(), count) {
        (0, _) => "Nothing was changed: tick the agents first.".to_owned(),
        (_, 1) => format!("1 agent was {done}."),
        (_, count) => format!("{count} agents were {done}."),
    };
    let at = back.split('?').next().unwrap_or(HERE).to_owned();
    Ok(Note { at, text, warnings }.put(Redirect::to(&back).into_response(), context.tls))
}
