//! `GET /api/v1/usage/size`: what another number of floating seats would have denied.

use super::{openapi::Problems, usage_days};
use crate::{
    admin::{
        context::Ctx,
        extract::Query,
        page::{Listing, Page},
        problem::{Answer, Failure},
    },
    sessions::{Refused, SizeError, SizeView, SizeWish},
};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, NaiveDate, Utc};
use muster_domain::session::{Asked, AtLimit, SizeRow};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

/// Days looked at when nothing else is said.
const DEFAULT_DAYS: u64 = 30;
/// Most days of one request.
const MAX_DAYS: i64 = 366;
/// Most denials that are told one by one.
const DENIALS: usize = 100;
/// Most users that are told.
const USERS: usize = 10;

/// What a number of floating seats would have done.
#[derive(Debug, Serialize, ToSchema)]
pub struct SizingView {
    /// Application.
    application: String,
    /// First site date; later than asked for where the names of users before it were replaced, as a warning says then.
    from: NaiveDate,
    /// Last site date.
    to: NaiveDate,
    /// Floating seats that were asked about.
    seats: u64,
    /// Floating seats of now, capped by the licence key; null = unlimited.
    floating_limit: Option<u64>,
    /// What happens now when no seat is free: `refuse`, `warn` or `queue`.
    #[schema(value_type = String)]
    at_limit: AtLimit,
    /// Stretches of use that were replayed.
    stretches: u64,
    /// Starts that would have been refused.
    denied: u64,
    /// When the first of them was.
    first_denied_at: Option<DateTime<Utc>>,
    /// When the last of them was.
    last_denied_at: Option<DateTime<Utc>>,
    /// The first denials, at most 100.
    denials: Vec<DenialView>,
    /// Users who would have been refused most, at most 10.
    users: Vec<DeniedUserView>,
    /// Denials by site date; days without one are left out.
    days: Vec<DeniedDayView>,
    /// Denials by hour of the site's day; hours without one are left out.
    hours: Vec<DeniedHourView>,
    /// The highest named and floating use together, had there been no limit.
    peak: u64,
    /// When it was first reached.
    peak_at: Option<DateTime<Utc>>,
    /// The highest use of named seats.
    named_peak: u64,
    /// The highest use of floating seats, had there been no limit.
    floating_peak: u64,
    /// The smallest number of floating seats that would have denied nobody.
    smallest_without_denial: u64,
    /// What other numbers of floating seats would have denied.
    table: Vec<SizeRowView>,
    /// How claims would have waited, for an application at whose limit they wait; else null.
    queue: Option<QueueView>,
    /// Claims that were refused in these days; a refused check-out is not among the stretches.
    recorded_denied: u64,
    /// Claims that gave up their place in these days; they are not among the stretches.
    recorded_gave_up: u64,
    /// What to know about the figures: days that are left out, and use of people who were purged.
    warnings: Vec<String>,
}

/// A start that would have been refused.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DenialView {
    /// When.
    at: DateTime<Utc>,
    /// Login user name.
    user: String,
    /// Where the user sat.
    client_ip: String,
    /// `session` or `checkout`.
    claim: &'static str,
    /// Named seats in use at that moment.
    named_in_use: u64,
    /// Floating seats in use at that moment.
    floating_in_use: u64,
}

/// A user who would have been refused.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DeniedUserView {
    /// Login user name.
    user: String,
    /// How often.
    denied: u64,
}

/// Denials of a site date.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DeniedDayView {
    /// Site date.
    date: NaiveDate,
    /// How many.
    denied: u64,
}

/// Denials of an hour of the day.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DeniedHourView {
    /// Hour of the site's day, 0 to 23.
    hour: u32,
    /// How many, on all days together.
    denied: u64,
}

/// A number of seats, and what it would have denied.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SizeRowView {
    /// Floating seats.
    seats: u64,
    /// Starts that would have been refused.
    denied: u64,
}

/// How claims would have waited. Sessions cannot wait; they are refused here, too.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct QueueView {
    /// Claims that would have had to wait.
    queued: u64,
    /// The longest queue, at most 250: whoever comes then is left out.
    longest_queue: u64,
    /// The longest time that somebody who got a seat would have waited, in seconds.
    longest_wait_seconds: u64,
    /// How long these would have waited, together, in seconds.
    waited_seconds: u64,
}

impl From<Asked> for QueueView {
    fn from(asked: Asked) -> Self {
        Self {
            queued: asked.queued,
            longest_queue: asked.longest_queue,
            longest_wait_seconds: asked.longest_wait_seconds(),
            waited_seconds: asked.waited_seconds(),
        }
    }
}

impl From<&Refused> for DenialView {
    fn from(refused: &Refused) -> Self {
        Self {
            at: refused.at,
            user: refused.claimant.user.clone(),
            client_ip: refused.claimant.client.clone(),
            claim: if refused.session { "session" } else { "checkout" },
            named_in_use: refused.named,
            floating_in_use: refused.floating,
        }
    }
}

impl SizingView {
    fn of(view: SizeView, wish: &SizeWish) -> Self {
        let SizeView { application, from, warnings, limit, stretches, wanted, refused, days, hours, least, table, queue, noted } =
            view;
        Self {
            application: application.name,
            from,
            to: wish.to,
            seats: wish.seats,
            floating_limit: limit,
            at_limit: application.at_limit,
            stretches,
            denied: refused.len() as u64,
            first_denied_at: refused.first().map(|refused| refused.at),
            last_denied_at: refused.last().map(|refused| refused.at),
            denials: refused.iter().take(DENIALS).map(DenialView::from).collect(),
            users: most_denied(&refused),
            days: days.into_iter().map(|(date, denied)| DeniedDayView { date, denied }).collect(),
            hours: hours.into_iter().map(|(hour, denied)| DeniedHourView { hour, denied }).collect(),
            peak: wanted.peak,
            peak_at: wanted.peak_at,
            named_peak: wanted.named_peak,
            floating_peak: wanted.floating_peak,
            smallest_without_denial: least,
            table: table.into_iter().map(|SizeRow { seats, denied }| SizeRowView { seats, denied }).collect(),
            queue: queue.map(QueueView::from),
            recorded_denied: noted.denied,
            recorded_gave_up: noted.gave_up,
            warnings,
        }
    }
}

/// Users by how often they would have been refused, each in one spelling.
fn most_denied(refused: &[Refused]) -> Vec<DeniedUserView> {
    let mut users: BTreeMap<String, DeniedUserView> = BTreeMap::new();
    for Refused { claimant, .. } in refused {
        let view = DeniedUserView { user: claimant.user.clone(), denied: 0 };
        users.entry(claimant.user.to_lowercase()).or_insert(view).denied += 1;
    }
    let mut users: Vec<DeniedUserView> = users.into_values().collect();
    users.sort_by_key(|user| std::cmp::Reverse(user.denied));
    users.truncate(USERS);
    users
}

/// Which size of which application.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Size {
    /// The application.
    application: String,
    /// Floating seats; named users keep their own.
    seats: u64,
    /// First site date; 30 days before `to` when absent.
    from: Option<NaiveDate>,
    /// Last site date; today when absent.
    to: Option<NaiveDate>,
}

/// What so many floating seats would have denied in these days: the use that is remembered, replayed by the rules that the
/// application has now. As CSV the table of numbers. Who was refused a check-out then left no trace of use; how many these were is
/// told beside it. Refused while the product is disabled.
#[utoipa::path(get, path = "/api/v1/usage/size", tag = "sessions", params(Size),
    responses((status = 200, description = "what it would have done", body = SizingView), Problems))]
pub async fn size(State(context): State<Ctx>, Query(size): Query<Size>, listing: Listing) -> Answer<Response> {
    let Size { application, seats, from, to } = size;
    let (from, to) = usage_days::span(&context, (from, to), DEFAULT_DAYS, MAX_DAYS)?;
    let wish = SizeWish { application, seats, from, to };
    let view = context.sessions.size(&wish).await.map_err(|error| match error {
        SizeError::NoApplication(name) => Failure::not_found("application", &name),
        SizeError::TooMuch(_) | SizeError::Masked(_) => Failure::invalid(error.to_string()),
        SizeError::Store(error) => error.into(),
    })?;
    let view = SizingView::of(view, &wish);
    if listing.is_csv() {
        let page = Page { items: view.table, next: None, warnings: view.warnings };
        return Ok(page.answer(&listing, &["seats", "denied"]));
    }
    Ok(axum::Json(view).into_response())
}
