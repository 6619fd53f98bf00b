//! The page itself: the position, the form for a key with what it would do, the request, and whom the site trusts.

use super::{
    grants::{KeyRow, TrustRow, rows},
    preview::Preview,
    renewal::{Renewal, renewal},
};
use crate::{
    admin::{
        AdminContext, Answer, Ctx,
        auth::{Caller, Principal},
    },
    compliance::CLOCK_ANOMALY,
    console::{
        frame::{Frame, shown},
        note::Note,
        render::page,
        status::tone,
    },
    publish::Status,
};
use askama::Template;
use axum::{extract::State, response::Response};
use http::HeaderMap;

/// The page of the licence.
pub(super) const HERE: &str = "/console/license";
/// Where a vendor key is added.
pub(super) const TRUST: &str = "/console/license/trust";
/// Where the clock is confirmed.
const CLOCK: &str = "/console/license/clock";

#[derive(Template)]
#[template(path = "license.html")]
struct LicensePage<'a> {
    frame: Frame,
    note: Option<Note>,
    headline: String,
    tone: &'static str,
    status: &'a Status,
    said: &'a Said,
    renewal: Option<Renewal>,
    grants: Vec<(&'static str, String)>,
    history: Vec<KeyRow>,
    trusted: Vec<TrustRow>,
    chosen_by_site: bool,
    /// What is odd about the clock; none where nothing is.
    clock: Option<String>,
    may_clock: bool,
    may_apply: bool,
    may_trust: bool,
}

/// What the last form brought.
#[derive(Default)]
pub(super) struct Said {
    /// A key that was checked.
    pub(super) preview: Option<Preview>,
    /// Why a key was not taken.
    pub(super) refused: Option<String>,
    /// What was typed for a key.
    pub(super) key: String,
    /// Why a vendor key was not taken, and what was typed for it.
    pub(super) distrusted: Option<(String, String)>,
}

/// `GET /console/license`.
pub async fn license_page(State(context): State<Ctx>, Caller(caller): Caller, headers: HeaderMap) -> Response {
    shown(show(&context, &caller, &headers, &Said::default()).await)
}

/// The page with what the last form brought.
pub(super) async fn show(context: &AdminContext, caller: &Principal, headers: &HeaderMap, said: &Said) -> Answer<Response> {
    let (status, keys) = (context.board.status(), context.compliance.keys().await?);
    let (now, zone) = (status.now, context.tz());
    let frame = Frame::of(context, caller, HERE);
    let (note, shown_once) = Note::take(headers, HERE, context.tls);
    let response = page(&LicensePage {
        may_apply: frame.may_post(HERE),
        may_trust: frame.may_post(TRUST),
        may_clock: frame.may_post(CLOCK),
        clock: context.board.alerts().standing().into_iter().find(|(key, _)| key == CLOCK_ANOMALY).map(|(_, alert)| alert.text),
        frame,
        note,
        headline: status.headline(),
        tone: tone(&status),
        said,
        renewal: status.license.as_ref().map(|license| renewal(context.zone.site_date(license.expires_at), license.days_left)),
        grants: context.compliance.granted().map(|granted| rows(&granted)).unwrap_or_default(),
        history: keys.into_iter().map(|key| KeyRow::of(key, now, zone)).collect(),
        trusted: context.compliance.trusted().into_iter().map(|key| TrustRow::of(key, now, zone)).collect(),
        chosen_by_site: context.compliance.vendors().0,
        status: &status,
    })?;
    Ok(shown_once.on(response))
}
