//! What may go, why, and how far its removal is; the form moves several on at once.

use super::rows::{Cell, called, device};
use crate::{
    admin::{
        AdminContext, Answer, Ctx, Failure, Form, Query,
        api::reconcile::{CandidateView, Names},
        auth::{Caller, Principal},
    },
    console::{
        frame::{Frame, shown},
        note::Note,
        pager::address,
        render::{When, number, page},
    },
    reconcile::ReconcileError,
    store::ports::CandidateWish,
};
use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use http::HeaderMap;
use muster_domain::reconcile::run::{CandidateState, Justification};
use serde::{Deserialize, de::DeserializeOwned};
use uuid::Uuid;

/// Rows on a page.
const ROWS: usize = 100;
/// The page.
const HERE: &str = "/software/candidates";
/// Reasons in the order in which they are judged.
const REASONS: [Justification; 4] =
    [Justification::RestrictedSoftware, Justification::Unlicensed, Justification::LowUsage, Justification::Unallocated];
/// What is told of a form that could not be done in whole.
const TOLD: usize = 10;

#[derive(Template)]
#[template(path = "candidates.html")]
struct CandidatesPage {
    frame: Frame,
    note: Option<Note>,
    asked: Asking,
    rows: Vec<CandidateRow>,
    next: Option<String>,
    /// How the form and how people call each state, and whether it is asked for.
    states: Vec<(String, &'static str, bool)>,
    reasons: Vec<(String, &'static str, bool)>,
    back: String,
    has_run: bool,
    may_move: bool,
}

/// Something that may go.
pub(super) struct CandidateRow {
    pub(super) id: String,
    pub(super) product: String,
    pub(super) model: Cell,
    pub(super) device: Cell,
    pub(super) user: String,
    pub(super) why: String,
    pub(super) rights: String,
    pub(super) state: &'static str,
    pub(super) tone: &'static str,
    pub(super) open: bool,
    pub(super) changed: When,
}

/// Which ones.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Asking {
    publisher: String,
    product: String,
    model: String,
    state: String,
    justification: String,
    /// `all` also has the closed ones.
    which: String,
    after: String,
}

/// `GET /software/candidates`.
pub async fn candidates_page(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Query(asked): Query<Asking>,
    headers: HeaderMap,
) -> Response {
    shown(show(&context, &caller, asked, &headers).await)
}

/// `POST /software/candidates`: moves those that are ticked on.
pub async fn move_candidates(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Form(form): Form<Vec<(String, String)>>,
) -> Response {
    shown(moved(&context, &caller, form).await)
}

async fn show(context: &AdminContext, caller: &Principal, asked: Asking, headers: &HeaderMap) -> Answer<Response> {
    let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let state: Option<CandidateState> = meant(&asked.state);
    let wish = CandidateWish {
        publisher: some(&asked.publisher),
        product: some(&asked.product),
        model: Uuid::try_parse(&asked.model).ok(),
        state,
        justification: meant(&asked.justification),
        open: (asked.which != "all" && state.is_none_or(|state| !state.is_closed())).then_some(true),
        ..CandidateWish::default()
    };
    let mut rows = listed(context, wish, Uuid::try_parse(&asked.after).ok(), ROWS + 1).await?;
    let more = rows.len() > ROWS;
    rows.truncate(ROWS);
    let query = [
        ("publisher", asked.publisher.as_str()),
        ("product", &asked.product),
        ("model", &asked.model),
        ("state", &asked.state),
        ("justification", &asked.justification),
        ("which", &asked.which),
    ];
    let next = rows.last().filter(|_| more).map(|last| address(HERE, &[&query[..], &[("after", &last.id)]].concat()));
    let (note, shown_once) = Note::take(headers, HERE, context.tls);
    let frame = Frame::of(context, caller, HERE);
    let response = page(&CandidatesPage {
        may_move: frame.may_post(HERE),
        frame,
        note,
        rows,
        next,
        states: CandidateState::ALL.map(|state| (word(state), state.name(), word(state) == asked.state)).to_vec(),
        reasons: REASONS.map(|why| (word(why), why.name(), word(why) == asked.justification)).to_vec(),
        back: address(HERE, &query),
        has_run: !context.reconciliations.runs(None, 1).await?.is_empty(),
        asked,
    })?;
    Ok(shown_once.on(response))
}

/// Candidates as rows, by id.
pub(super) async fn listed(
    context: &AdminContext,
    wish: CandidateWish,
    after: Option<Uuid>,
    limit: usize,
) -> Answer<Vec<CandidateRow>> {
    let mut names = Names::new(context);
    let mut rows = Vec::new();
    for one in context.reconciliations.candidates(wish, after, limit).await? {
        let (state, why) = (one.state, one.justification);
        rows.push(CandidateRow::of(CandidateView::of(one, &mut names).await?, state, why, context));
    }
    Ok(rows)
}

async fn moved(context: &AdminContext, caller: &Principal, form: Vec<(String, String)>) -> Answer<Response> {
    let given = |name: &str| form.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let to: Option<CandidateState> = given("to").and_then(meant);
    let back = given("back").filter(|back| *back == HERE || back.starts_with("/software/candidates?")).unwrap_or(HERE);
    let to = to.ok_or_else(|| Failure::invalid("choose the state that the removals are to have"))?;
    let (mut done, mut left) = (0_u64, Vec::new());
    let ids = form.iter().filter(|(name, _)| name == "id").filter_map(|(_, id)| Uuid::try_parse(id).ok());
    for id in ids {
        match context.reconciliations.move_candidate(id, to, &caller.actor()).await {
            Ok(_) => done += 1,
            Err(error @ (ReconcileError::Step(_) | ReconcileError::NotFound { .. })) => left.push(error.to_string()),
            Err(error) => return Err(error.into()),
        }
    }
    let text = match (done, left.len()) {
        (0, 0) => "Nothing was ticked.".to_owned(),
        (done, 0) => format!("{} now: {}.", counted(done), to.name()),
        (done, left) => format!("{} now: {}; {left} stay as they are.", counted(done), to.name()),
    };
    left.sort_unstable();
    left.dedup();
    left.truncate(TOLD);
    let response = Redirect::to(back).into_response();
    Ok(Note { at: HERE.to_owned(), text, warnings: left }.put(response, context.tls))
}

fn counted(count: u64) -> String {
    if count == 1 { "1 removal is".to_owned() } else { format!("{} removals are", number(count)) }
}

impl CandidateRow {
    fn of(one: CandidateView, state: CandidateState, why: Justification, context: &AdminContext) -> Self {
        Self {
            id: one.id.to_string(),
            product: format!("{} {}", one.publisher, one.product),
            model: Cell::record("models", Some(&one.model)),
            device: device(one.device.as_ref()),
            user: called(one.user.as_ref()),
            why: why.name().to_owned(),
            rights: number(one.rights),
            state: state.name(),
            tone: tone(state),
            open: !state.is_closed(),
            changed: When::of(one.changed_at, context.now(), context.tz()),
        }
    }
}

/// How a state looks.
pub(super) const fn tone(state: CandidateState) -> &'static str {
    match state {
        CandidateState::AttentionRequired => "bad",
        CandidateState::Ready
        | CandidateState::AwaitingUser
        | CandidateState::AwaitingApproval
        | CandidateState::AwaitingRevocation => "warn",
        CandidateState::ClosedComplete => "good",
        CandidateState::ClosedSkipped | CandidateState::ClosedCanceled => "calm",
    }
}

/// What the form calls a state or a reason.
pub(super) fn word(value: impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

/// The state or reason that a form means; none where it names none.
pub(super) fn meant<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_value(text.trim().into()).ok()
}

#[cfg(test)]
mod tests {
    use super::super::rows::words;
    use super::*;

    #[test]
    fn words_lead_back_to_what_they_say() {
        for state in CandidateState::ALL {
            assert_eq!(meant::<CandidateState>(&word(state)), Some(state));
            assert_eq!(words(&word(state)).to_lowercase(), state.name().to_lowercase());
        }
        for why in REASONS {
            assert_eq!(meant::<Justification>(&word(why)), Some(why));
        }
        assert_eq!(meant::<CandidateState>("gone"), None);
    }
}
