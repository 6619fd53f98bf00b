//! What a licence key grants, in the words of the vendor's options: for the licence page, the history and the check of a key.

use chrono::{DateTime, NaiveDate, Utc};
use muster_license::{Claims, Environment, Reinstate, UserLimitMode};
use serde::Serialize;
use utoipa::ToSchema;

use super::keys::effective_query;

/// Everything a key grants. Dates are site dates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Granted {
    /// To whom it was issued.
    pub customer: String,
    /// When the vendor made it.
    pub issued_at: DateTime<Utc>,
    /// The vendor key that signed it.
    pub vendor_key_id: Option<String>,
    /// The first date on which it may be applied.
    pub not_before: Option<NaiveDate>,
    /// The date at whose start it ends.
    pub expires: NaiveDate,
    /// How many assets may be counted.
    pub assets: u64,
    /// How many accounts may be enabled; null: any number.
    pub users: Option<u64>,
    /// `warn` or `enforce`.
    pub user_limit_mode: &'static str,
    /// The table that is counted.
    pub table: String,
    /// The query that counts, added filters included.
    pub query: String,
    /// The filters that the vendor added.
    pub add_filters: Vec<String>,
    /// Whole dates of grace.
    pub grace_days: u32,
    /// A grace does not end before this date.
    pub grace_until: Option<NaiveDate>,
    /// Limits of single applications.
    pub applications: Vec<GrantedSeats>,
    /// The Hardware Asset Management licence version.
    pub ham_license_version: Option<String>,
    /// Subscription entitlements.
    pub entitlements: Vec<String>,
    /// Subscription units.
    pub units: Option<u64>,
    /// `production` or `non-production`.
    pub environment: &'static str,
    /// Days an agent may use a verdict without contact.
    pub offline_days: u32,
    /// What ends a disablement after an elapsed grace: `key`, or also a `count` within the limit.
    pub reinstate: &'static str,
}

/// The seats of one application; null: any number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct GrantedSeats {
    /// The application.
    pub application: String,
    /// Named seats.
    pub named: Option<u64>,
    /// Floating seats.
    pub floating: Option<u64>,
}

impl Granted {
    /// What these claims grant. A query whose filters cannot be added is shown without them; such a key is never in force.
    #[must_use]
    pub fn of(claims: &Claims, vendor_key_id: Option<String>) -> Self {
        let seats = |seats: &muster_license::Application| GrantedSeats {
            application: seats.name.clone(),
            named: seats.named,
            floating: seats.floating,
        };
        Self {
            customer: claims.customer.clone(),
            issued_at: claims.issued_at,
            vendor_key_id,
            not_before: claims.not_before,
            expires: claims.expires,
            assets: claims.assets,
            users: claims.users,
            user_limit_mode: mode(claims.user_limit_mode),
            table: claims.table.clone(),
            query: effective_query(claims).unwrap_or_else(|_| claims.query.clone()),
            add_filters: claims.add_filters.clone(),
            grace_days: claims.grace_days,
            grace_until: claims.grace_until,
            applications: claims.applications.iter().map(seats).collect(),
            ham_license_version: claims.ham_license_version.clone(),
            entitlements: claims.entitlements.clone(),
            units: claims.units,
            environment: match claims.environment {
                Environment::Production => "production",
                Environment::NonProduction => "non-production",
            },
            offline_days: claims.offline_days,
            reinstate: match claims.reinstate {
                Reinstate::Key => "key",
                Reinstate::Count => "count",
            },
        }
    }
}

/// The word for what happens over the user limit.
#[must_use]
pub(super) const fn mode(mode: UserLimitMode) -> &'static str {
    match mode {
        UserLimitMode::Warn => "warn",
        UserLimitMode::Enforce => "enforce",
    }
}
