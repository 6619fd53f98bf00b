//! The form of the licence page: paste a key, check or apply it.

use super::status::{Notice, status_page};
use crate::{
    admin::{Answer, Ctx, Failure, Form, auth::Caller},
    compliance::ApplyError,
    publish::{Facts, headline, state_name},
};
use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use http::StatusCode;
use serde::Deserialize;

/// The form.
#[derive(Deserialize)]
pub struct LicenseForm {
    key: String,
    #[serde(default)]
    check: Option<String>,
}

/// `POST /console/license`.
pub async fn license(State(context): State<Ctx>, Caller(caller): Caller, Form(form): Form<LicenseForm>) -> Answer<Response> {
    let LicenseForm { key, check } = form;
    // A browser sends the lines of a text area with CR LF.
    let key = key.replace("\r\n", "\n");
    let dry_run = check.is_some();
    match context.compliance.apply(&key, &caller.actor(), dry_run).await {
        Ok(_) if !dry_run => Ok(Redirect::to("/status").into_response()),
        Ok(applied) => {
            let compliance = &applied.facts.compliance;
            let sentence = headline(&Facts {
                state: state_name(applied.facts.state),
                reason: applied.facts.reason.as_deref(),
                asset_count: compliance.asset_count,
                asset_limit: compliance.asset_limit,
                over_by: compliance.over_by,
                users_over_by: compliance.users_over_by,
                grace_ends: compliance.grace_ends_at.map(|at| context.zone.site_date(at)),
                days_left: compliance.days_left,
                expires: applied.facts.license.as_ref().map(|license| context.zone.site_date(license.expires_at)),
            });
            let grants = applied.facts.license.as_ref().map_or_else(String::new, |license| {
                format!(" serial {}, {}, {} assets.", license.serial, license.customer, license.asset_limit)
            });
            let text = format!("The key is good:{grants} With it: {sentence}");
            status_page(&context, &caller, Some(Notice { good: true, text, key }))
        }
        Err(error @ ApplyError::Run(_)) => Err(Failure::from(error)),
        Err(error) => {
            let text = format!("The key was not applied; the licence in force stays. {error}");
            let mut response = status_page(&context, &caller, Some(Notice { good: false, text, key }))?;
            *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(response)
        }
    }
}
