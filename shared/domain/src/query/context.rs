//! What a query is compiled with: the time, the site's zone, who asks, and named values. The rules read no clock themselves.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc, Weekday};
use serde::{Deserialize, Serialize};

use crate::calendar::SiteZone;

/// The ids under which the dynamic filter "Me" is known; the two come from different releases.
const ME: [&str; 2] = ["90d1921e5f510100a9ad2572f2b477fe", "54635e965f510100a9ad2572f2b4774c"];

/// What the value of "Me" is written as.
const USER: &str = "javascript:gs.getUserID()";

/// What a condition on a field that does not exist does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Invalid {
    /// The query is refused. The only choice for a licence count: the others may count all rows or none.
    #[default]
    Error,
    /// The condition is left out.
    Ignore,
    /// The query returns no rows.
    None,
}

/// The facts that constants of a query are resolved with, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// Now.
    pub now: DateTime<Utc>,
    /// The zone in which days, weeks and months begin.
    pub zone: SiteZone,
    /// The id of who asks; `None` for a job.
    pub user_id: Option<String>,
    /// The day on which weeks begin.
    pub first_day_of_week: Weekday,
    /// The values of dynamic filter options by their ids: text, or a date or user call.
    pub dynamic: BTreeMap<String, String>,
    /// What an unknown field does.
    pub invalid: Invalid,
    /// Whether the bound of a relative day, week, month, quarter or year is 00:00 of its date, and not this time of day.
    pub relative_from_midnight: bool,
}

impl Context {
    /// A context in which nobody in particular asks: weeks begin on Monday, "Me" is known, unknown fields are errors.
    #[must_use]
    pub fn new(now: DateTime<Utc>, zone: SiteZone) -> Self {
        let dynamic = ME.iter().map(|id| ((*id).to_owned(), USER.to_owned())).collect();
        Self {
            now,
            zone,
            user_id: None,
            first_day_of_week: Weekday::Mon,
            dynamic,
            invalid: Invalid::Error,
            relative_from_midnight: false,
        }
    }

    /// The same for a user.
    #[must_use]
    pub fn with_user(mut self, id: &str) -> Self {
        self.user_id = Some(id.to_owned());
        self
    }
}

#[cfg(test)]
impl Context {
    /// Noon of a Wednesday in UTC, at which tests ask.
    pub(crate) fn for_tests() -> Self {
        Self::new("2026-06-17T12:00:00Z".parse().unwrap(), SiteZone::UTC).with_user("u_abel")
    }
}
