//! The list of agents: filters with how many there are of each, and what needs somebody first.

use super::rows::{AgentRow, Standing};
use crate::{
    admin::{
        AdminContext, Answer, Ctx, Query,
        auth::{Caller, Principal},
    },
    console::{
        frame::{Frame, shown},
        note::Note,
        pager::{Pager, address, paged},
        render::{number, page},
    },
    ingest::AgentView,
};
use askama::Template;
use axum::{extract::State, response::Response};
use http::HeaderMap;
use serde::Deserialize;

/// The page of all agents.
pub(super) const HERE: &str = "/agents";

#[derive(Template)]
#[template(path = "agents.html")]
struct AgentsPage {
    frame: Frame,
    note: Option<Note>,
    asked: Asking,
    filters: Vec<Filter>,
    meaning: Option<&'static str>,
    rows: Vec<AgentRow>,
    pager: Pager,
    none_at_all: bool,
    back: String,
    may_decide: bool,
}

/// A link that shows only some, and how many these are.
struct Filter {
    path: String,
    title: &'static str,
    count: String,
    current: bool,
}

/// Which ones.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Asking {
    state: String,
    /// A part of the host name, the group, the version or the id.
    search: String,
    page: usize,
}

/// `GET /agents`.
pub async fn agents_page(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Query(asked): Query<Asking>,
    headers: HeaderMap,
) -> Response {
    shown(show(&context, &caller, asked, &headers))
}

fn show(context: &AdminContext, caller: &Principal, asked: Asking, headers: &HeaderMap) -> Answer<Response> {
    let mut agents = context.fleet.list();
    let none_at_all = agents.is_empty();
    let search = asked.search.trim().to_lowercase();
    agents.retain(|agent| search.is_empty() || fits(agent, &search));
    let chosen = Standing::ALL.into_iter().find(|standing| standing.name() == asked.state);
    let filters = filters(&agents, &asked, chosen);
    agents.retain(|agent| chosen.is_none_or(|chosen| Standing::of(agent) == chosen));
    let rank = |agent: &AgentView| Standing::ALL.iter().position(|standing| *standing == Standing::of(agent));
    agents.sort_by_cached_key(|agent| (rank(agent), agent.record.hostname.to_lowercase(), agent.record.id));
    let query = [("state", asked.state.as_str()), ("search", asked.search.trim())];
    let (agents, pager) = paged(agents, asked.page, HERE, &query);
    let (note, shown_once) = Note::take(headers, HERE, context.tls);
    let frame = Frame::of(context, caller, HERE);
    let response = page(&AgentsPage {
        may_decide: frame.may_post(HERE),
        frame,
        note,
        filters,
        meaning: chosen.map(Standing::meaning),
        rows: agents.into_iter().map(|agent| AgentRow::of(agent, context)).collect(),
        pager,
        none_at_all,
        back: address(HERE, &query),
        asked,
    })?;
    Ok(shown_once.on(response))
}

fn fits(agent: &AgentView, search: &str) -> bool {
    let record = &agent.record;
    let id = record.id.to_string();
    let texts = [record.hostname.as_str(), record.group.as_deref().unwrap_or_default(), &agent.agent_version, &id];
    texts.iter().any(|text| text.to_lowercase().contains(search))
}

fn filters(agents: &[AgentView], asked: &Asking, chosen: Option<Standing>) -> Vec<Filter> {
    let counted = |count: usize| u64::try_from(count).map_or_else(|_| count.to_string(), number);
    let link = |state: &str| address(HERE, &[("state", state), ("search", asked.search.trim())]);
    let all = Filter { path: link(""), title: "all", count: counted(agents.len()), current: chosen.is_none() };
    let one = |standing: Standing| Filter {
        path: link(standing.name()),
        title: standing.name(),
        count: counted(agents.iter().filter(|agent| Standing::of(agent) == standing).count()),
        current: chosen == Some(standing),
    };
    [all].into_iter().chain(Standing::ALL.map(one)).collect()
}
