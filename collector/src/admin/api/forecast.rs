//! `/api/v1/compliance/forecast` and `/api/v1/compliance/report`: what follows from the runs.

use super::openapi::Problems;
use crate::admin::{
    context::Ctx,
    extract::Query,
    problem::{Answer, Failure},
};
use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use chrono::NaiveDate;
use http::header;
use muster_domain::compliance::{Forecast, MAX_NIGHTS, MIN_NIGHTS, Outlook, milli_text};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Nights looked back on when nothing else is said.
pub(super) const NIGHTS: usize = 90;

/// From how many nights.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Back {
    /// Nights to look back on, 14 to 366.
    #[param(minimum = 14, maximum = 366, default = 90)]
    nights: Option<usize>,
}

/// When the limit is reached if the count goes on as it did.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct ForecastView {
    /// `unlicensed`, `too_few_nights`, `reached`, `growing` or `steady`.
    pub outlook: &'static str,
    /// The outlook in a sentence.
    pub summary: String,
    /// Nights it was made from: those that the query in force counted.
    pub nights: usize,
    /// Nights it needs.
    pub nights_needed: usize,
    /// The first of them.
    pub from: Option<NaiveDate>,
    /// The last of them.
    pub to: Option<NaiveDate>,
    /// The count of the last one.
    pub asset_count: Option<u64>,
    /// The limit.
    pub asset_limit: Option<u64>,
    /// Assets more each day: the median slope, a decimal number.
    pub per_day: Option<String>,
    /// The lower end of its 90 % band.
    pub per_day_low: Option<String>,
    /// The upper end of its 90 % band.
    pub per_day_high: Option<String>,
    /// The date on which the limit is reached; null when it is not within ten years.
    pub reached_on: Option<NaiveDate>,
    /// The same at the upper end of the band.
    pub earliest: Option<NaiveDate>,
    /// The same at the lower end of the band.
    pub latest: Option<NaiveDate>,
}

impl From<Option<Forecast>> for ForecastView {
    fn from(forecast: Option<Forecast>) -> Self {
        let Some(Forecast { nights, span, count, limit, slope, outlook }) = forecast else {
            let summary = "There is no licence, and so no limit to reach.".to_owned();
            return Self { outlook: "unlicensed", summary, nights_needed: MIN_NIGHTS, ..Self::default() };
        };
        let per_day = |milli: fn(&muster_domain::compliance::Slope) -> i64| slope.as_ref().map(|slope| milli_text(milli(slope)));
        let rate = per_day(|slope| slope.median_milli).unwrap_or_default();
        let until = |date: Option<NaiveDate>| date.map_or_else(|| "never".to_owned(), |date| date.to_string());
        let (word, reached_on, earliest, latest, summary) = match outlook {
            Outlook::TooFewNights => (
                "too_few_nights",
                None,
                None,
                None,
                format!("There are {nights} nights that the query in force counted; a forecast needs {MIN_NIGHTS}."),
            ),
            Outlook::Reached => ("reached", None, None, None, format!("The limit of {limit} is reached already.")),
            Outlook::Growing { on, earliest, latest } => (
                "growing",
                Some(on),
                Some(earliest),
                latest,
                format!(
                    "The limit of {limit} is reached on {on} at {rate} assets a day; nine times in ten between {earliest} and {}.",
                    until(latest)
                ),
            ),
            Outlook::Steady { earliest } => (
                "steady",
                None,
                earliest,
                None,
                match earliest {
                    Some(date) => {
                        format!("At {rate} assets a day the limit of {limit} is not reached; at the earliest on {date}.")
                    }
                    None => format!("At {rate} assets a day the limit of {limit} is not reached within ten years."),
                },
            ),
        };
        Self {
            outlook: word,
            summary,
            nights,
            nights_needed: MIN_NIGHTS,
            from: span.map(|(from, _)| from),
            to: span.map(|(_, to)| to),
            asset_count: count,
            asset_limit: Some(limit),
            per_day_low: per_day(|slope| slope.low_milli),
            per_day_high: per_day(|slope| slope.high_milli),
            per_day: per_day(|slope| slope.median_milli),
            reached_on,
            earliest,
            latest,
        }
    }
}

/// When the limit is reached if the nightly count goes on as it did, with a 90 % band.
#[utoipa::path(get, path = "/api/v1/compliance/forecast", tag = "compliance", params(Back),
    responses((status = 200, description = "the forecast", body = ForecastView), Problems))]
pub async fn forecast(State(context): State<Ctx>, Query(Back { nights }): Query<Back>) -> Answer<Json<ForecastView>> {
    let nights = nights.unwrap_or(NIGHTS);
    if !(MIN_NIGHTS..=MAX_NIGHTS).contains(&nights) {
        return Err(Failure::invalid(format!("nights is {nights}; it must be between {MIN_NIGHTS} and {MAX_NIGHTS}")));
    }
    Ok(Json(context.compliance.forecast(nights).await?.into()))
}

/// The audit pack: counts, queries, keys, graces, disabled periods, clock and audit head, signed by the machine key. The vendor
/// checks it offline with `muster-vendor verify-report`.
#[utoipa::path(get, path = "/api/v1/compliance/report", tag = "compliance",
    responses((status = 200, description = "the report and its signature", content_type = "application/json", body = Object), Problems))]
pub async fn report(State(context): State<Ctx>) -> Answer<Response> {
    let text = context.compliance.report().await?;
    let name = "attachment; filename=\"muster-report.json\"";
    Ok(([(header::CONTENT_TYPE, "application/json"), (header::CONTENT_DISPOSITION, name)], text).into_response())
}
