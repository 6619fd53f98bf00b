//! `/api/v1/checkouts`: seats that applications take (contract 2.4).

use super::openapi::Problems;
use crate::{
    admin::{
        auth::{Caller, Principal},
        context::{AdminContext, Ctx},
        extract::{Id, Json, Query},
        page::{Listing, OfApplication, Page},
        problem::{Answer, Failure},
    },
    ingest::checkouts::{self, CheckoutAnswer},
    sessions,
    store::records::{AuditEntry, Role},
};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use http::StatusCode;
use muster_domain::{
    ids::CheckoutId,
    session::{Finish, SeatKind},
};
use muster_wire::{checkout::CheckoutRequest, problem::Code};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// A request for a seat.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = CheckoutInput)]
pub struct Wish(CheckoutRequest);

/// A request for a seat.
#[derive(Debug, ToSchema)]
#[schema(as = CheckoutRequest)]
#[expect(dead_code, reason = "describes the message in the API document")]
pub(super) struct CheckoutInput {
    /// An id of the client's own making: the same request sent again is the same check-out.
    id: Option<Uuid>,
    /// Whose seat.
    application: String,
    /// Login user.
    user: String,
    /// Where the user sits.
    client_ip: String,
    /// The kind of client: `soap`, `rest`, `web`, `scauto` or any other.
    client: Option<String>,
    /// The machine that the program runs on.
    host: Option<String>,
    /// The terminal or display.
    display: Option<String>,
    /// How long the answer may take while no seat is free and the application queues.
    #[schema(minimum = 0, maximum = 30, default = 0)]
    wait_seconds: Option<i64>,
    /// For how long the seat is borrowed for use without the collector; 0 is not.
    #[schema(minimum = 0, maximum = 8784, default = 0)]
    borrow_hours: Option<i64>,
}

/// A seat.
#[derive(Debug, ToSchema)]
#[schema(as = CheckoutGranted)]
#[expect(dead_code, reason = "describes the message in the API document")]
pub(super) struct GrantedView {
    /// The check-out.
    id: Uuid,
    /// `named` or `floating`.
    kind: String,
    /// Another session or check-out of the same user and client took the seat.
    shared: bool,
    /// Given beyond the limit.
    over_use: bool,
    /// Until when it lasts without another heartbeat; for a borrowed seat, until when it is borrowed.
    expires_at: DateTime<Utc>,
    /// For a borrowed seat: what a machine believes that cannot reach the collector, signed.
    grant: Option<String>,
}

/// A place in the queue.
#[derive(Debug, ToSchema)]
#[schema(as = CheckoutQueued)]
#[expect(dead_code, reason = "describes the message in the API document")]
pub(super) struct QueuedView {
    /// The check-out.
    id: Uuid,
    /// The place; the first is 1. It is kept for `lease_seconds` after each poll.
    position: u64,
}

/// A check-out as it is listed.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckoutView {
    /// Its id.
    pub id: Uuid,
    /// Of which application.
    pub application: String,
    /// Login user.
    pub user: String,
    /// Where the user sits.
    pub client_ip: String,
    /// The kind of client.
    pub client: String,
    /// The machine that the program runs on.
    pub host: Option<String>,
    /// The terminal or display.
    pub display: Option<String>,
    /// Who made it: `token:ID`, `user:NAME` or `agent:ID`.
    pub owner: String,
    /// `named` or `floating`; null while it waits.
    pub kind: Option<&'static str>,
    /// Another session or check-out of the same user and client took the seat.
    pub shared: bool,
    /// Given beyond the limit.
    pub over_use: bool,
    /// Borrowed until `expires_at`.
    pub borrowed: bool,
    /// Its place in the queue, while it waits.
    pub position: Option<u64>,
    /// When it was asked for.
    pub asked_at: DateTime<Utc>,
    /// Since when it has its seat or its place.
    pub since: DateTime<Utc>,
    /// Until when it lasts without being heard of.
    pub expires_at: Option<DateTime<Utc>>,
}

impl From<sessions::CheckoutView> for CheckoutView {
    fn from(view: sessions::CheckoutView) -> Self {
        let sessions::CheckoutView {
            id,
            application,
            claimant,
            facts,
            kind,
            shared,
            over_use,
            borrowed,
            position,
            asked_at,
            since,
            expires_at,
        } = view;
        Self {
            id: id.0,
            application,
            user: claimant.user,
            client_ip: claimant.client,
            client: facts.client,
            host: claimant.host,
            display: claimant.display,
            owner: facts.owner,
            kind: kind.map(SeatKind::name),
            shared,
            over_use,
            borrowed,
            position,
            asked_at,
            since,
            expires_at,
        }
    }
}

/// How long to wait.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Waiting {
    /// Seconds that the answer may take while the check-out waits for a seat, 0 to 30.
    #[serde(default)]
    #[param(minimum = 0, maximum = 30, default = 0)]
    wait: i64,
}

/// Check-outs that have a seat or wait for one, oldest first; an application sees its own.
#[utoipa::path(get, path = "/api/v1/checkouts", tag = "checkouts", params(OfApplication),
    responses((status = 200, description = "check-outs", body = Page<CheckoutView>), Problems))]
pub async fn list(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Query(which): Query<OfApplication>,
    listing: Listing,
) -> Answer<Response> {
    let (application, paging) = which.parts();
    let owner = (caller.role == Role::Application).then(|| caller.actor());
    let list = context.sessions.checkouts(application.as_deref(), owner.as_deref());
    let page = Page::in_order(list, &paging, |checkout| (checkout.asked_at, checkout.id.to_string()))?.map(CheckoutView::from);
    let columns = [
        "id",
        "application",
        "user",
        "client_ip",
        "client",
        "host",
        "display",
        "owner",
        "kind",
        "shared",
        "over_use",
        "borrowed",
        "position",
        "asked_at",
        "since",
        "expires_at",
    ];
    Ok(page.answer(&listing, &columns))
}

/// Takes a seat. When the application queues and no seat is free, it takes a place instead.
#[utoipa::path(post, path = "/api/v1/checkouts", tag = "checkouts", request_body = CheckoutInput,
    responses(
        (status = 201, description = "a seat", body = GrantedView),
        (status = 202, description = "a place in the queue; poll it", body = QueuedView),
        (status = 404, description = "there is no such application", content_type = "application/problem+json",
            body = super::openapi::ProblemDocument),
        (status = 409, description = "no seat is free (pool-exhausted); `holders` says who has them", content_type = "application/problem+json",
            body = super::openapi::ProblemDocument),
        Problems))]
pub async fn create(State(context): State<Ctx>, Caller(caller): Caller, Json(Wish(request)): Json<Wish>) -> Answer<Response> {
    if !caller.may_take(&request.application) {
        return Err(not_bound(&caller));
    }
    let asked = checkouts::asked(request, caller.actor(), None)?;
    let answer = checkouts::take(&context.sessions, context.compliance.as_ref(), asked).await?;
    Ok(respond(answer, StatusCode::CREATED))
}

/// What a check-out has. While it waits for a seat, the answer can wait with it; asking keeps its place.
#[utoipa::path(get, path = "/api/v1/checkouts/{id}", tag = "checkouts",
    params(("id" = Uuid, Path, description = "the check-out"), Waiting),
    responses(
        (status = 200, description = "a seat", body = GrantedView),
        (status = 202, description = "a place in the queue", body = QueuedView),
        Problems))]
pub async fn show(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Id(id): Id<CheckoutId>,
    Query(Waiting { wait }): Query<Waiting>,
) -> Answer<Response> {
    let owner = owner(&caller);
    let wait = checkouts::wait(wait)?;
    let answer = checkouts::poll(&context.sessions, context.compliance.as_ref(), id, owner.as_deref(), wait).await?;
    Ok(respond(answer, StatusCode::OK))
}

/// A check-out is heard of: its lease, or its place, begins anew.
#[utoipa::path(post, path = "/api/v1/checkouts/{id}/heartbeat", tag = "checkouts",
    params(("id" = Uuid, Path, description = "the check-out")),
    responses(
        (status = 200, description = "a seat", body = GrantedView),
        (status = 202, description = "a place in the queue", body = QueuedView),
        Problems))]
pub async fn heartbeat(State(context): State<Ctx>, Caller(caller): Caller, Id(id): Id<CheckoutId>) -> Answer<Response> {
    let owner = owner(&caller);
    let answer = checkouts::heartbeat(&context.sessions, context.compliance.as_ref(), id, owner.as_deref()).await?;
    Ok(respond(answer, StatusCode::OK))
}

/// Gives a seat, or a place, back. An operator may end anybody's.
#[utoipa::path(delete, path = "/api/v1/checkouts/{id}", tag = "checkouts",
    params(("id" = Uuid, Path, description = "the check-out")),
    responses((status = 204, description = "given back"), Problems))]
pub async fn release(State(context): State<Ctx>, Caller(caller): Caller, Id(id): Id<CheckoutId>) -> Answer<StatusCode> {
    let actor = caller.actor();
    let own = checkouts::give_back(&context.sessions, id, &actor).await;
    if own.is_ok()
        || caller.role == Role::Application
        || own.as_ref().is_err_and(|problem| problem.code() != Some(Code::NotFound))
    {
        return Ok(own.map(|()| StatusCode::NO_CONTENT)?);
    }
    end(&context, id, actor).await
}

/// Anybody's check-out, ended by an administrator.
///
/// # Errors
/// 404 when there is none, and those of the store.
pub async fn end(context: &AdminContext, id: CheckoutId, actor: String) -> Answer<StatusCode> {
    let known = context.sessions.checkouts(None, None).into_iter().find(|checkout| checkout.id == id);
    let Some(known) = known else { return Err(Failure::not_found("check-out", &id.to_string())) };
    let audit = AuditEntry {
        at: context.now(),
        actor,
        action: "checkout.end".to_owned(),
        subject: id.to_string(),
        detail: serde_json::json!({
            "application": known.application, "user": known.claimant.user, "client_ip": known.claimant.client,
            "owner": known.facts.owner,
        }),
    };
    context.sessions.give_back(id, None, Finish::Ended, Some(audit)).await.map_err(checkouts::problem)?;
    Ok(StatusCode::NO_CONTENT)
}

/// An application may touch its own; whoever works with sessions, every one.
fn owner(caller: &Principal) -> Option<String> {
    (caller.role == Role::Application).then(|| caller.actor())
}

fn not_bound(caller: &Principal) -> Failure {
    let bound = caller.applications.join(", ");
    Failure::new(Code::Forbidden, format!("this token takes seats of {bound} only; make one for the other application"))
}

fn respond(answer: CheckoutAnswer, granted: StatusCode) -> Response {
    match answer {
        CheckoutAnswer::Granted(seat) => (granted, axum::Json(seat)).into_response(),
        CheckoutAnswer::Queued(place) => (StatusCode::ACCEPTED, axum::Json(place)).into_response(),
    }
}
