//! What is owned against what is used, product by product. The form begins a run.

use super::{
    rows::{Headline, PositionRow},
    runs::{RunRow, progress_of},
};
use crate::{
    admin::{
        AdminContext, Answer, Ctx, Failure, Form, Query,
        api::reconcile::{Names, PositionView},
        auth::{Caller, Principal},
    },
    console::{
        frame::Frame,
        note::Note,
        pager::{Pager, paged},
        render::page,
    },
    reconcile::{Asked, PositionWish, ReconcileError, Which},
    store::{
        ports::is_same_name,
        records::{PositionRecord, ReconciliationState, Tier},
    },
};
use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, StatusCode};
use muster_domain::reconcile::run::Status;
use serde::Deserialize;
use std::time::Duration;

/// How long the form waits for the run that it began.
const PATIENCE: Duration = Duration::from_secs(3);
/// The page.
const HERE: &str = "/software";

#[derive(Template)]
#[template(path = "software.html")]
struct SoftwarePage {
    frame: Frame,
    note: Option<Note>,
    notice: Option<String>,
    headline: Headline,
    products: Vec<PositionRow>,
    /// Products of the newest results, whatever is asked for.
    all: usize,
    pager: Pager,
    asked: Asking,
    publishers: Vec<String>,
    last: Option<RunRow>,
    progress: Option<String>,
    models: usize,
    entitlements: usize,
    may_run: bool,
}

/// The form.
#[derive(Deserialize)]
pub struct SoftwareForm {
    #[serde(default)]
    publisher: String,
}

/// Which products.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asking {
    pub(super) publisher: String,
    pub(super) status: String,
    pub(super) search: String,
    pub(super) page: usize,
}

/// `GET /software`.
pub async fn software_page(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Query(asked): Query<Asking>,
    headers: HeaderMap,
) -> Answer<Response> {
    let (note, shown_once) = Note::take(&headers, HERE, context.tls);
    let response = show(&context, &caller, asked, (note, None)).await?;
    Ok(shown_once.on(response))
}

/// `POST /software`: begins a run, and waits a little for its end.
pub async fn software(State(context): State<Ctx>, Caller(caller): Caller, Form(form): Form<SoftwareForm>) -> Answer<Response> {
    let publisher = Some(form.publisher.trim().to_owned()).filter(|name| !name.is_empty());
    match context.reconciliations.start(Asked { by: caller.actor(), publisher, week: None }).await {
        Ok(started) => {
            // Whether it is over by then says the page.
            let is_over = tokio::time::timeout(PATIENCE, started.end).await.is_ok();
            if !is_over {
                return Ok(Redirect::to(&format!("/software/runs/{}", started.id)).into_response());
            }
            let text = format!("Reconciliation {} is over.", started.id);
            let note = Note { at: HERE.to_owned(), text, warnings: Vec::new() };
            Ok(note.put(Redirect::to(HERE).into_response(), context.tls))
        }
        Err(error @ (ReconcileError::Busy(_) | ReconcileError::BusyElsewhere | ReconcileError::NoPublisher(_))) => {
            let mut response = show(&context, &caller, Asking::default(), (None, Some(error.to_string()))).await?;
            *response.status_mut() = StatusCode::CONFLICT;
            Ok(response)
        }
        Err(error) => Err(Failure::from(error)),
    }
}

async fn show(
    context: &AdminContext,
    caller: &Principal,
    asked: Asking,
    (note, notice): (Option<Note>, Option<String>),
) -> Answer<Response> {
    let service = &context.reconciliations;
    let wish = PositionWish { tier: Some(Tier::Product), ..PositionWish::default() };
    let products = service.positions(Which::Latest, &wish).await?;
    let shelf = context.records.snapshot();
    let names = Names::new(context);
    let mut publishers: Vec<String> = products.iter().map(|one| one.publisher.clone()).collect();
    publishers.dedup();
    let (headline, all) = (Headline::of(&products), products.len());
    let mut fitting: Vec<PositionRecord> = products.into_iter().filter(|one| asked.fits(one)).collect();
    fitting.sort_by_key(|one| worst_first(one.status));
    let query = [("publisher", asked.publisher.as_str()), ("status", &asked.status), ("search", &asked.search)];
    let (fitting, pager) = paged(fitting, asked.page, HERE, &query);
    let frame = Frame::of(context, caller, HERE);
    let last = service.runs(None, 1).await?.pop();
    page(&SoftwarePage {
        note,
        notice,
        headline,
        products: fitting.into_iter().map(|one| PositionRow::of(PositionView::of(one, &names))).collect(),
        all,
        pager,
        asked,
        publishers,
        progress: last.as_ref().filter(|run| run.state == ReconciliationState::Running).map(|run| progress_of(context, run.id)),
        last: last.map(|run| RunRow::of(run, context)),
        models: shelf.len("models"),
        entitlements: shelf.len("entitlements"),
        may_run: frame.may_post(HERE),
        frame,
    })
}

/// What somebody must see to comes first; the order of equals is kept.
const fn worst_first(status: Status) -> u8 {
    match status {
        Status::NotCompliant => 0,
        Status::NotReconciled => 1,
        Status::Compliant => 2,
    }
}

impl Asking {
    fn fits(&self, one: &PositionRecord) -> bool {
        let search = self.search.trim().to_lowercase();
        let status = match one.status {
            Status::Compliant => "compliant",
            Status::NotCompliant => "not_compliant",
            Status::NotReconciled => "not_reconciled",
        };
        (self.publisher.is_empty() || is_same_name(&self.publisher, &one.publisher))
            && (self.status.is_empty() || self.status == status)
            && (search.is_empty() || format!("{} {}", one.publisher, one.product).to_lowercase().contains(&search))
    }

    /// Whether less than everything is asked for.
    pub(super) fn is_narrow(&self) -> bool {
        !(self.publisher.is_empty() && self.status.is_empty() && self.search.trim().is_empty())
    }
}
