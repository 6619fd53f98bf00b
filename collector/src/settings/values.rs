//! The settings as the stages read them: typed, all of one moment.

use super::{catalogue as names, kind, notifications::Notifying};
use chrono::{DateTime, Utc, Weekday};
use muster_domain::{
    calendar::SiteZone,
    metric::inputs::{AggregationLevel, NupMinimum},
    query::{Context, Invalid, NullMode},
    reconcile::{Unit, run::Settings as Reconciling},
    units::{Application, Rounding, Version},
};
use std::collections::{BTreeMap, BTreeSet};

/// Every setting, typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Values {
    /// What a negative condition does with an empty field.
    pub null_mode: NullMode,
    /// What an unknown field does in a list.
    pub invalid: Invalid,
    /// The values of dynamic filter options by id.
    pub dynamic: BTreeMap<String, String>,
    /// The day on which weeks begin.
    pub week_start: Weekday,
    /// Whether a relative day begins at its midnight.
    pub relative_from_midnight: bool,
    /// Realms that make no other user where licences are counted.
    pub realms: Vec<String>,
    /// Days for which compliance runs are kept.
    pub run_retention_days: u64,
    /// Days for which sessions that are over are kept.
    pub session_retention_days: u64,
    /// Days after which names are replaced in the history of use; 0 = never.
    pub pseudonymise_after_days: u64,
    /// The version of Hardware Asset Management.
    pub ham_version: Version,
    /// The applications that are installed.
    pub ham_applications: BTreeSet<Application>,
    /// Entitlements where the licence key names none.
    pub ham_entitlements: Vec<String>,
    /// Whether custom model categories are restricted whatever the licence version.
    pub custom_category_licensing: bool,
    /// How parts of a subscription unit are rounded.
    pub units_rounding: Rounding,
    /// Days for which the figures of days are kept.
    pub usage_retention_days: u64,
    /// Days for which the figures of hours are kept.
    pub hour_retention_days: u64,
    /// Days for which the results of reconciliations are kept.
    pub reconciliation_retention_days: u64,
    /// Of how many runs of each publisher the rows behind numbers are kept.
    pub reconciliation_rows_runs: usize,
    /// How to reconcile.
    pub reconcile: Reconciling,
    /// Whether metrics of the site's own are reconciled.
    pub custom_metrics: bool,
    /// Who is told what.
    pub notifying: Notifying,
}

/// How to reconcile, from texts that were checked.
fn reconciling(of: &impl Fn(&str) -> String) -> Reconciling {
    let days = |name: &str| of(name).parse().unwrap_or_default();
    Reconciling {
        grouping: Unit::from_name(&of(names::GROUPING)),
        subgrouping: Unit::from_name(&of(names::SUBGROUPING)),
        oracle_level: match of(names::ORACLE_LEVEL).as_str() {
            "esx" => AggregationLevel::Esx,
            "vcenter" => AggregationLevel::VCenter,
            _ => AggregationLevel::EsxCluster,
        },
        nup_minimum: if of(names::NUP_MINIMUM) == "processors" { NupMinimum::Processors } else { NupMinimum::Cores },
        host_affinity: of(names::HOST_AFFINITY) == "true",
        peak_days: days(names::PEAK_DAYS),
        citrix_days: days(names::CITRIX_DAYS),
        low_usage_days: days(names::LOW_USAGE_DAYS),
        components_when_suites_run_out: of(names::COMPONENTS_FALL_BACK) == "true",
    }
}

impl Values {
    /// From texts that were checked; `of` gives the stored value or the default of a setting.
    pub(super) fn read(of: impl Fn(&str) -> String) -> Self {
        let number = |name: &str| of(name).parse::<u64>().unwrap_or_default();
        let weekday = of(names::QUERY_WEEK_START);
        Self {
            null_mode: if of(names::NULL_MODE) == "inclusive" { NullMode::Inclusive } else { NullMode::Sql },
            invalid: match of(names::QUERY_INVALID).as_str() {
                "ignore" => Invalid::Ignore,
                "none" => Invalid::None,
                _ => Invalid::Error,
            },
            dynamic: kind::split(&of(names::QUERY_DYNAMIC)),
            week_start: weekday.parse().unwrap_or(Weekday::Mon),
            relative_from_midnight: of(names::QUERY_RELATIVE_DAYS) == "day_start",
            realms: kind::list(&of(names::REALMS)),
            run_retention_days: number(names::RUN_RETENTION_DAYS),
            session_retention_days: number(names::SESSION_RETENTION_DAYS),
            pseudonymise_after_days: number(names::PSEUDONYMISE_AFTER_DAYS),
            ham_version: of(names::HAM_VERSION).parse().unwrap_or(Version::new(10, 1)),
            ham_applications: kind::list(&of(names::HAM_APPLICATIONS))
                .iter()
                .filter_map(|code| Application::from_code(code))
                .collect(),
            ham_entitlements: kind::list(&of(names::ENTITLEMENTS)),
            custom_category_licensing: of(names::CUSTOM_CATEGORIES) == "true",
            units_rounding: Rounding::from_name(&of(names::UNITS_ROUNDING)).unwrap_or_default(),
            usage_retention_days: number(names::USAGE_RETENTION_DAYS),
            hour_retention_days: number(names::HOUR_RETENTION_DAYS),
            reconciliation_retention_days: number(names::RECONCILIATION_RETENTION_DAYS),
            reconciliation_rows_runs: usize::try_from(number(names::RECONCILIATION_ROWS_RUNS)).unwrap_or(usize::MAX),
            reconcile: reconciling(&of),
            custom_metrics: of(names::CUSTOM_METRICS) == "true",
            notifying: Notifying::read(&of),
        }
    }

    /// What a list's query is compiled with.
    #[must_use]
    pub fn context(&self, now: DateTime<Utc>, zone: SiteZone) -> Context {
        Context {
            first_day_of_week: self.week_start,
            dynamic: self.dynamic.clone(),
            invalid: self.invalid,
            relative_from_midnight: self.relative_from_midnight,
            ..Context::new(now, zone)
        }
    }

    /// What a compliance query is compiled with: the same, but an unknown field is always an error.
    #[must_use]
    pub fn counting_context(&self, now: DateTime<Utc>, zone: SiteZone) -> Context {
        Context { invalid: Invalid::Error, ..self.context(now, zone) }
    }

    /// The null mode's name.
    #[must_use]
    pub const fn null_mode_name(&self) -> &'static str {
        match self.null_mode {
            NullMode::Sql => "sql",
            NullMode::Inclusive => "inclusive",
        }
    }
}

impl Default for Values {
    fn default() -> Self {
        Self::read(|name| names::find(name).map(|definition| definition.default.to_owned()).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_those_of_the_query_language() {
        let now = DateTime::UNIX_EPOCH;
        let values = Values::default();
        assert_eq!(values.context(now, SiteZone::UTC), Context::new(now, SiteZone::UTC));
        assert_eq!((values.null_mode, values.run_retention_days), (NullMode::Sql, 1100));
        assert_eq!((values.ham_version, values.units_rounding), (Version::new(10, 1), Rounding::Up));
        assert_eq!(values.ham_applications, [Application::HardwareAssetManagement].into());
        assert_eq!((values.reconcile.clone(), values.custom_metrics), (Reconciling::default(), true));
        assert_eq!((values.session_retention_days, values.usage_retention_days, values.hour_retention_days), (400, 3660, 400));
    }

    #[test]
    fn every_weekday_is_read() {
        for (index, name) in names::WEEKDAYS.iter().enumerate() {
            let values = Values::read(|asked| if asked == names::QUERY_WEEK_START { (*name).to_owned() } else { String::new() });
            assert_eq!(usize::try_from(values.week_start.num_days_from_monday()), Ok(index), "{name}");
        }
    }
}
