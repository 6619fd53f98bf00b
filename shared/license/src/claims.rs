//! What a licence grants: the claims inside a licence key.
//!
//! In: the decrypted JSON, or values from the vendor tool. Out: [`Claims`] that passed [`Claims::check`]. The meaning for the
//! product is decided by the domain; the compliance query is only carried here, it is not parsed.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::id::MachineKeyId;

/// The version of the claims this build writes and reads.
pub const VERSION: u32 = 1;

/// The compliance query when the vendor sets none: everything but On order (2), Retired (7) and Consumed (10).
pub const DEFAULT_QUERY: &str = "install_statusNOT IN2,7,10";

/// The table that is counted when the vendor sets none.
pub const DEFAULT_TABLE: &str = "alm_hardware";

/// Whole dates of grace when the vendor sets none.
pub const DEFAULT_GRACE_DAYS: u32 = 60;

/// Days a verdict may be used without contact when the vendor sets none.
pub const DEFAULT_OFFLINE_DAYS: u32 = 30;

const MAX_DAYS: u32 = 3650;
const MAX_NAME: usize = 200;

/// The claims of a licence key. Dates are site dates; unknown members are ignored, so that an older collector reads what a
/// newer vendor tool wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The version of the claims, 1.
    pub v: u32,
    /// The name of this key; every key has its own.
    pub lic_id: Uuid,
    /// Counts the keys of one machine, from 1; a lower one than the one in force is refused.
    pub serial: u64,
    /// Whom the licence was sold to.
    pub customer: String,
    /// The machine the key is for; the same as in the header, so that a ciphertext cannot be put under another header.
    pub mkid: MachineKeyId,
    /// When the vendor made the key.
    pub issued_at: DateTime<Utc>,
    /// The first site date on which the key may be applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<NaiveDate>,
    /// The site date at whose start the licence ends.
    pub expires: NaiveDate,
    /// The asset limit; a count is over it when it is greater.
    pub assets: u64,
    /// The user limit; absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub users: Option<u64>,
    /// What happens over the user limit.
    #[serde(default)]
    pub user_limit_mode: UserLimitMode,
    /// The table that is counted.
    #[serde(default = "default_table")]
    pub table: String,
    /// The compliance query as given, in the encoded query language.
    #[serde(default = "default_query")]
    pub query: String,
    /// Filters that are ANDed over the whole query, as given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub add_filters: Vec<String>,
    /// Whole dates from the start of a grace to the date on which the product is disabled.
    #[serde(default = "default_grace_days")]
    pub grace_days: u32,
    /// A grace does not end before this site date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grace_until: Option<NaiveDate>,
    /// Limits of single applications.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub applications: Vec<Application>,
    /// The Hardware Asset Management licence version, for example `5.0`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ham_license_version: Option<String>,
    /// Names of the subscription entitlements, for example `ham_computer_license`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entitlements: Vec<String>,
    /// Subscription units bought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub units: Option<u64>,
    /// What the installation is used for.
    #[serde(default)]
    pub environment: Environment,
    /// Days an agent may use a verdict without contact to the collector.
    #[serde(default = "default_offline_days")]
    pub offline_days: u32,
    /// What ends a disablement after an elapsed grace.
    #[serde(default)]
    pub reinstate: Reinstate,
}

/// The limits of one application; an absent limit is none, 0 means none may be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// The application's name.
    pub name: String,
    /// Named seats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub named: Option<u64>,
    /// Floating seats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floating: Option<u64>,
}

/// What happens over the user limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UserLimitMode {
    /// A warning.
    #[default]
    Warn,
    /// Grace and disablement, as for assets.
    Enforce,
}

/// What an installation is used for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Environment {
    /// Categories need their entitlements.
    #[default]
    Production,
    /// All categories are available.
    NonProduction,
}

/// What ends a disablement after an elapsed grace.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reinstate {
    /// Only a new key.
    #[default]
    Key,
    /// Also a count within the limit.
    Count,
}

/// A value in the claims that no licence can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClaimsError {
    /// Claims of another version.
    #[error("the claims have version {0}, this version of muster reads {VERSION}; update muster")]
    Version(u32),
    /// Serials start at 1.
    #[error("serial must be at least 1")]
    Serial,
    /// A text is empty, too long or holds control characters.
    #[error("{0} must be a text of 1 to {MAX_NAME} characters without control characters")]
    Text(&'static str),
    /// An empty query would count every row.
    #[error("{0} must not be empty")]
    EmptyQuery(&'static str),
    /// The licence ends before it begins.
    #[error("expires ({expires}) must be after not_before ({not_before})")]
    Period {
        /// The first date.
        not_before: NaiveDate,
        /// The end.
        expires: NaiveDate,
    },
    /// More days than ten years.
    #[error("{0} must be at most {MAX_DAYS}")]
    Days(&'static str),
    /// An application stands twice.
    #[error("the application \"{0}\" is named twice")]
    Application(String),
}

impl Claims {
    /// Checks what the types cannot say.
    ///
    /// # Errors
    /// The first value that no licence can have.
    pub fn check(&self) -> Result<(), ClaimsError> {
        if self.v != VERSION {
            return Err(ClaimsError::Version(self.v));
        }
        if self.serial == 0 {
            return Err(ClaimsError::Serial);
        }
        check_text("customer", &self.customer)?;
        check_text("table", &self.table)?;
        if self.query.trim().is_empty() {
            return Err(ClaimsError::EmptyQuery("query"));
        }
        if self.add_filters.iter().any(|filter| filter.trim().is_empty()) {
            return Err(ClaimsError::EmptyQuery("an added filter"));
        }
        if let Some(not_before) = self.not_before.filter(|not_before| *not_before >= self.expires) {
            return Err(ClaimsError::Period { not_before, expires: self.expires });
        }
        for (name, days) in [("grace_days", self.grace_days), ("offline_days", self.offline_days)] {
            if days > MAX_DAYS {
                return Err(ClaimsError::Days(name));
            }
        }
        let mut names = BTreeSet::new();
        for application in &self.applications {
            check_text("the name of an application", &application.name)?;
            if !names.insert(&application.name) {
                return Err(ClaimsError::Application(application.name.clone()));
            }
        }
        self.ham_license_version.iter().try_for_each(|version| check_text("ham_license_version", version))?;
        self.entitlements.iter().try_for_each(|name| check_text("an entitlement", name))
    }
}

fn check_text(name: &'static str, text: &str) -> Result<(), ClaimsError> {
    let good = !text.trim().is_empty() && text.chars().count() <= MAX_NAME && !text.chars().any(char::is_control);
    if good { Ok(()) } else { Err(ClaimsError::Text(name)) }
}

fn default_table() -> String {
    DEFAULT_TABLE.to_owned()
}

fn default_query() -> String {
    DEFAULT_QUERY.to_owned()
}

fn default_grace_days() -> u32 {
    DEFAULT_GRACE_DAYS
}

fn default_offline_days() -> u32 {
    DEFAULT_OFFLINE_DAYS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{json, samples};

    #[test]
    fn missing_members_have_the_defaults_of_the_contract() {
        let text = br#"{"v":1,"lic_id":"6f2a0e5e-2a0c-4d6e-8f7b-0a1b2c3d4e5f","serial":1,"customer":"Acme",
            "mkid":"abcdefghijklmnopqr27","issued_at":"2026-11-21T20:00:00Z","expires":"2027-12-01","assets":500,
            "some_later_member":{"x":1}}"#;
        let claims: Claims = json::read(text).unwrap();
        assert_eq!(claims.check(), Ok(()));
        assert_eq!((claims.table.as_str(), claims.query.as_str()), ("alm_hardware", "install_statusNOT IN2,7,10"));
        assert_eq!((claims.grace_days, claims.offline_days, claims.users), (60, 30, None));
        assert_eq!(
            (claims.user_limit_mode, claims.environment, claims.reinstate),
            (UserLimitMode::Warn, Environment::Production, Reinstate::Key)
        );
    }

    #[test]
    fn members_have_the_names_and_forms_of_the_contract() {
        let text = String::from_utf8(json::write(&samples::claims()).unwrap()).unwrap();
        for part in [
            r#""expires":"2027-12-01""#,
            r#""issued_at":"2026-11-21T20:00:00Z""#,
            r#""user_limit_mode":"enforce""#,
            r#""environment":"non-production""#,
            r#""reinstate":"count""#,
            r#""applications":[{"name":"Incident Management","named":10,"floating":25}]"#,
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert_eq!(json::read(text.as_bytes()), Ok(samples::claims()));
    }

    #[test]
    fn impossible_values_are_refused() {
        type Change = fn(&mut Claims);
        let cases: [(Change, ClaimsError); 13] = [
            (|c| c.v = 2, ClaimsError::Version(2)),
            (|c| c.serial = 0, ClaimsError::Serial),
            (|c| c.customer = " ".into(), ClaimsError::Text("customer")),
            (|c| c.customer = "a\u{1b}[2J".into(), ClaimsError::Text("customer")),
            (|c| c.customer = "x".repeat(201), ClaimsError::Text("customer")),
            (|c| c.table.clear(), ClaimsError::Text("table")),
            (|c| c.query = " ".into(), ClaimsError::EmptyQuery("query")),
            (|c| c.add_filters.push(String::new()), ClaimsError::EmptyQuery("an added filter")),
            (
                |c| c.not_before = Some(c.expires),
                ClaimsError::Period { not_before: samples::date("2027-12-01"), expires: samples::date("2027-12-01") },
            ),
            (|c| c.grace_days = 3651, ClaimsError::Days("grace_days")),
            (|c| c.offline_days = u32::MAX, ClaimsError::Days("offline_days")),
            (|c| c.applications.extend(c.applications.clone()), ClaimsError::Application("Incident Management".into())),
            (|c| c.entitlements.push(String::new()), ClaimsError::Text("an entitlement")),
        ];
        for (change, error) in cases {
            let mut claims = samples::claims();
            change(&mut claims);
            assert_eq!(claims.check(), Err(error));
        }
    }
}
