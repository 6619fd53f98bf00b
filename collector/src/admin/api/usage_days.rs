//! Which site dates a list of use is about, and whether the application that it is about is known.

use crate::admin::{
    context::AdminContext,
    page::Paging,
    problem::{Answer, Failure},
};
use chrono::{Days, NaiveDate};
use serde::Deserialize;
use utoipa::IntoParams;

/// Days before the last one when nothing else is said.
const BACK: u64 = 30;
/// Most days of one request.
const MAX_DAYS: i64 = 3660;

/// Which days of a list of use, and of which application.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LastDays {
    /// Only this application.
    application: Option<String>,
    /// First site date; 30 days before `to` when absent.
    from: Option<NaiveDate>,
    /// Last site date; today when absent.
    to: Option<NaiveDate>,
    /// Most items of the page, 1 to 1000; 100 when absent.
    limit: Option<usize>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

impl LastDays {
    /// The application, the first and last date, and the page.
    ///
    /// # Errors
    /// 422 for dates in the wrong order, or too many of them.
    pub(super) fn parts(self, context: &AdminContext) -> Answer<(Option<String>, (NaiveDate, NaiveDate), Paging)> {
        let Self { application, from, to, limit, cursor } = self;
        Ok((application, span(context, (from, to), BACK, MAX_DAYS)?, Paging { limit, cursor }))
    }
}

/// First and last date: `to` is today when absent, `from` so many days before it. At most so many days at once.
///
/// # Errors
/// 422 for dates in the wrong order, or too many of them.
pub(super) fn span(
    context: &AdminContext,
    (from, to): (Option<NaiveDate>, Option<NaiveDate>),
    back: u64,
    most: i64,
) -> Answer<(NaiveDate, NaiveDate)> {
    let to = to.unwrap_or_else(|| context.today());
    let from = from.or_else(|| to.checked_sub_days(Days::new(back))).unwrap_or(to);
    if from > to {
        return Err(Failure::invalid(format!("from ({from}) is after to ({to})")));
    }
    // Both are among them.
    if to.signed_duration_since(from).num_days() >= most {
        return Err(Failure::invalid(format!("ask for at most {most} days at once")));
    }
    Ok((from, to))
}

/// An application of which there is no history must at least be one.
///
/// # Errors
/// 404 for a name that nothing is known of.
pub(super) async fn known(context: &AdminContext, application: Option<&str>, history: bool) -> Answer<()> {
    let Some(name) = application.filter(|_| !history) else { return Ok(()) };
    let wanted = name.to_lowercase();
    let known = context.stores.applications.all().await?.iter().any(|known| known.application.name.to_lowercase() == wanted);
    if known { Ok(()) } else { Err(Failure::not_found("application", name)) }
}
