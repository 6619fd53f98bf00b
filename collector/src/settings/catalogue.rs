//! The one list of settings: name, type, default, what it does, and where the rule comes from. A new setting is one row here and
//! one member of [`super::Values`].

use super::{kind::Kind, notifications};
use muster_domain::units::Rounding;

/// One setting.
#[derive(Debug, Clone, Copy)]
pub struct Definition {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// Its default, as it would be stored.
    pub default: &'static str,
    /// What it does, in a sentence or two.
    pub what: &'static str,
    /// Where the rule comes from.
    pub source: &'static str,
    /// Whether the compliance count depends on it: a change of it says what it does to the count.
    pub counts: bool,
    /// Whether subscription units depend on it: a change of it says what it does to them.
    pub units: bool,
}

impl Definition {
    /// A setting of reconciliation.
    const fn of_reconciliation(name: &'static str, kind: Kind, default: &'static str, what: &'static str) -> Self {
        Self { name, kind, default, what, source: "domain 6.7", counts: false, units: false }
    }
}

/// `null_mode`.
pub(super) const NULL_MODE: &str = "null_mode";
/// `query_invalid`.
pub(super) const QUERY_INVALID: &str = "query_invalid";
/// `query_dynamic`.
pub(super) const QUERY_DYNAMIC: &str = "query_dynamic";
/// `query_week_start`.
pub(super) const QUERY_WEEK_START: &str = "query_week_start";
/// `query_relative_days`.
pub(super) const QUERY_RELATIVE_DAYS: &str = "query_relative_days";
/// `run_retention_days`.
pub(super) const RUN_RETENTION_DAYS: &str = "run_retention_days";
/// `session_retention_days`.
pub(super) const SESSION_RETENTION_DAYS: &str = "session_retention_days";
/// `usage_retention_days`.
pub(super) const USAGE_RETENTION_DAYS: &str = "usage_retention_days";
/// `pseudonymise_after_days`.
pub(super) const PSEUDONYMISE_AFTER_DAYS: &str = "pseudonymise_after_days";
/// `hour_retention_days`.
pub(super) const HOUR_RETENTION_DAYS: &str = "hour_retention_days";

/// `reconciliation_retention_days`.
pub(super) const RECONCILIATION_RETENTION_DAYS: &str = "reconciliation_retention_days";

/// `reconciliation_rows_runs`.
pub(super) const RECONCILIATION_ROWS_RUNS: &str = "reconciliation_rows_runs";

/// `realms`.
pub(super) const REALMS: &str = "realms";

/// `ham_version`.
pub(super) const HAM_VERSION: &str = "ham_version";
/// `ham_applications`.
pub(super) const HAM_APPLICATIONS: &str = "ham_applications";
/// `sn_ham_active_entitlements`.
pub(super) const ENTITLEMENTS: &str = "sn_ham_active_entitlements";
/// `sn_hamp.enable_custom_category_licensing`.
pub(super) const CUSTOM_CATEGORIES: &str = "sn_hamp.enable_custom_category_licensing";
/// `units_rounding`.
pub(super) const UNITS_ROUNDING: &str = "units_rounding";

/// `com.snc.samp.recon.group`.
pub(super) const GROUPING: &str = "com.snc.samp.recon.group";
/// `com.snc.samp.recon.subgroup`.
pub(super) const SUBGROUPING: &str = "com.snc.samp.recon.subgroup";
/// `com.snc.samp.enablecustommetrics`.
pub(super) const CUSTOM_METRICS: &str = "com.snc.samp.enablecustommetrics";
/// `com.snc.samp.oracle.reconlevel`.
pub(super) const ORACLE_LEVEL: &str = "com.snc.samp.oracle.reconlevel";
/// `com.snc.samp.oracle.hostaffinityenabled`.
pub(super) const HOST_AFFINITY: &str = "com.snc.samp.oracle.hostaffinityenabled";
/// `oracle_nup_minimum`.
pub(super) const NUP_MINIMUM: &str = "oracle_nup_minimum";
/// `com.snc.samp.citrix.app.license.period`.
pub(super) const CITRIX_DAYS: &str = "com.snc.samp.citrix.app.license.period";
/// `com.snc.samp.eng.app.peak.usage.period`.
pub(super) const PEAK_DAYS: &str = "com.snc.samp.eng.app.peak.usage.period";
/// `low_usage_days`.
pub(super) const LOW_USAGE_DAYS: &str = "low_usage_days";
/// `suite_components_fall_back`.
pub(super) const COMPONENTS_FALL_BACK: &str = "suite_components_fall_back";

/// The days of a week, as a choice.
pub(super) const WEEKDAYS: &[&str] = &["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// The fields by which results can be shown.
const GROUPS: &[&str] = &["none", "company", "cost_center", "country", "department", "region"];
/// Yes or no.
const TRUTH: &[&str] = &["false", "true"];

const DEFINITIONS: &[Definition] = &[
    Definition {
        name: NULL_MODE,
        kind: Kind::Choice(&["sql", "inclusive"]),
        default: "sql",
        what: "What != and NOT IN do with an empty field. sql: the row does not match, as in a database; inclusive: it matches. \
               The compliance query follows it, too, and inclusive never counts fewer assets than sql.",
        source: "domain 1.4",
        counts: true,
        units: false,
    },
    Definition {
        name: QUERY_INVALID,
        kind: Kind::Choice(&["error", "ignore", "none"]),
        default: "error",
        what: "What a condition on an unknown field does in a list. error: the query is refused; ignore: the condition is left \
               out; none: no rows. The compliance query is always refused: it must never count by accident.",
        source: "domain 1.6, contract 5",
        counts: false,
        units: false,
    },
    Definition {
        name: QUERY_DYNAMIC,
        kind: Kind::Map,
        default: "54635e965f510100a9ad2572f2b4774c=javascript:gs.getUserID();\
                  90d1921e5f510100a9ad2572f2b477fe=javascript:gs.getUserID()",
        what: "The values of dynamic filter options (operator DYNAMIC) by their ids: a text, or javascript:gs.getUserID() for \"Me\".",
        source: "domain 1.2, 8 (40)",
        counts: true,
        units: false,
    },
    Definition {
        name: QUERY_WEEK_START,
        kind: Kind::Choice(WEEKDAYS),
        default: "monday",
        what: "The day on which the weeks of gs.beginningOfThisWeek() and its like begin.",
        source: "domain 1.3",
        counts: true,
        units: false,
    },
    Definition {
        name: QUERY_RELATIVE_DAYS,
        kind: Kind::Choice(&["instant", "day_start"]),
        default: "instant",
        what: "The bound of RELATIVEGT@dayofweek@ago@7 and its like. instant: seven days ago at this time of day; day_start: 00:00 \
               site time of that day.",
        source: "domain 1.2, 8 (5)",
        counts: true,
        units: false,
    },
    Definition {
        name: REALMS,
        kind: Kind::Names,
        default: "",
        what: "Realms that make no other user where licences are counted: with CORP,corp.example the users CORP\\alice, \
               alice@corp.example and alice are one.",
        source: "contract 2.4",
        counts: false,
        units: false,
    },
    Definition {
        name: RUN_RETENTION_DAYS,
        kind: Kind::Whole(400, 36_500),
        default: "1100",
        what: "Days for which compliance runs are kept, and at least for as many nights. A licence request tells of 13 months, so that \
               less than 400 cannot be set.",
        source: "contract 2.2",
        counts: false,
        units: false,
    },
    Definition {
        name: SESSION_RETENTION_DAYS,
        kind: Kind::Whole(1, 36_500),
        default: "400",
        what: "Days for which sessions that are over are kept, and at least for as many nights that had a compliance run.",
        source: "contract 2.2",
        counts: false,
        units: false,
    },
    Definition {
        name: USAGE_RETENTION_DAYS,
        kind: Kind::Whole(400, 36_500),
        default: "3660",
        what: "Days for which the figures of days are kept (usage show, usage denials), and at least for as many nights that had a \
               compliance run, as far as runs are kept. Metrics look back for a year, so that less than 400 cannot be set.",
        source: "contract 2.2",
        counts: false,
        units: false,
    },
    Definition {
        name: HOUR_RETENTION_DAYS,
        kind: Kind::Whole(1, 36_500),
        default: "400",
        what: "Days for which the figures of hours are kept (usage hours), and at least for as many nights that had a compliance run.",
        source: "contract 2.2",
        counts: false,
        units: false,
    },
    Definition {
        name: PSEUDONYMISE_AFTER_DAYS,
        kind: Kind::Whole(0, 36_500),
        default: "0",
        what: "Days after which the names of users and their clients are replaced by pseudonyms of this site in sessions and check-outs \
               that are over, in the peaks of days, and in offline uses; 0: never. No number changes, and a day whose names were \
               replaced is not counted anew when an agent tells of it late. It cannot be undone.",
        source: "contract 2.2",
        counts: false,
        units: false,
    },
    Definition {
        name: RECONCILIATION_RETENTION_DAYS,
        kind: Kind::Whole(1, 36_500),
        default: "396",
        what: "Days for which the results of reconciliations are kept, and at least for as many nights that had a compliance run; 396 \
               are 13 months. The rows behind a number are kept as reconciliation_rows_runs says.",
        source: "domain 6.5",
        counts: false,
        units: false,
    },
    Definition {
        name: RECONCILIATION_ROWS_RUNS,
        kind: Kind::Whole(1, 520),
        default: "4",
        what: "Of how many runs of each publisher, the newest among them, the rows behind a number are kept: as long as they are there, a \
               number of the history opens to its devices and users. A row takes about 80 bytes: 50,000 devices with 20 licensed titles \
               each are 1,000,000 rows, 80 MB a run.",
        source: "domain 6.5",
        counts: false,
        units: false,
    },
    Definition {
        name: HAM_VERSION,
        kind: Kind::Version,
        default: "10.1.0",
        what: "The version of Hardware Asset Management whose rules say which resource categories there are. An upgrade from a \
               version before 3 opts in what was in use before; the newer categories always need units opt-in.",
        source: "domain 3.3, 3.5",
        counts: false,
        units: true,
    },
    Definition {
        name: HAM_APPLICATIONS,
        kind: Kind::Some(&["ZTM", "TNI", "HAM"]),
        default: "HAM",
        what: "The applications that are installed: Zero Touch Mobility, Telecommunications Network Inventory, Hardware Asset \
               Management. A resource category is licensed under the first of them that supports it.",
        source: "domain 3.6",
        counts: false,
        units: true,
    },
    Definition {
        name: ENTITLEMENTS,
        kind: Kind::Names,
        default: "",
        what: "The entitlements to resource categories, such as ham_computer_license, where the licence key names none.",
        source: "domain 3.1",
        counts: false,
        units: true,
    },
    Definition {
        name: CUSTOM_CATEGORIES,
        kind: Kind::Choice(&["false", "true"]),
        default: "false",
        what: "true: a custom model category can be used only below an opted-in one. From licence version 4 on it is so whatever \
               stands here.",
        source: "domain 3.4",
        counts: false,
        units: true,
    },
    Definition {
        name: UNITS_ROUNDING,
        kind: Kind::Choice(&Rounding::NAMES),
        default: "up",
        what: "How parts of a subscription unit are rounded: up, nearest or down for each resource category; up_sum: only their \
               sum, up.",
        source: "domain 3.2",
        counts: false,
        units: true,
    },
    Definition::of_reconciliation(
        GROUPING,
        Kind::Choice(GROUPS),
        "none",
        "The field of the organisation by which results of a reconciliation are shown. It changes no licensing.",
    ),
    Definition::of_reconciliation(
        SUBGROUPING,
        Kind::Choice(GROUPS),
        "none",
        "A second field below the first by which results of a reconciliation are shown.",
    ),
    Definition::of_reconciliation(
        CUSTOM_METRICS,
        Kind::Choice(TRUTH),
        "true",
        "Whether metrics of the site's own are reconciled.",
    ),
    Definition::of_reconciliation(
        ORACLE_LEVEL,
        Kind::Choice(&["esx", "esx_cluster", "vcenter"]),
        "esx_cluster",
        "The hosts that count for Oracle on VMware: those the machines run on, all of their clusters, or all of their vCenters.",
    ),
    Definition::of_reconciliation(
        HOST_AFFINITY,
        Kind::Choice(TRUTH),
        "false",
        "true: at the level vcenter only the hosts that Oracle's machines are kept on count.",
    ),
    Definition::of_reconciliation(
        NUP_MINIMUM,
        Kind::Choice(&["cores", "processors"]),
        "cores",
        "Of what Oracle's minimum of named users is taken: cores, or processors after the core factor.",
    ),
    Definition::of_reconciliation(
        CITRIX_DAYS,
        Kind::Whole(1, 3660),
        "90",
        "Days for which the use of a published application needs a right of Citrix.",
    ),
    Definition::of_reconciliation(
        PEAK_DAYS,
        Kind::Whole(1, 3660),
        "30",
        "Days over which concurrent metrics look for the highest use.",
    ),
    Definition::of_reconciliation(
        LOW_USAGE_DAYS,
        Kind::Whole(1, 3650),
        "90",
        "Days without use after which an install is a removal candidate for low usage, where its software model does not say otherwise.",
    ),
    Definition::of_reconciliation(
        COMPONENTS_FALL_BACK,
        Kind::Choice(TRUTH),
        "false",
        "true: where a suite's rights have run out, its components may use rights of their own.",
    ),
];

/// Every setting.
pub fn definitions() -> impl Iterator<Item = &'static Definition> {
    DEFINITIONS.iter().chain(&notifications::DEFINITIONS)
}

/// The setting of a name.
pub(super) fn find(name: &str) -> Option<&'static Definition> {
    definitions().find(|definition| definition.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use std::collections::BTreeSet;

    #[test]
    fn every_default_is_a_value_of_its_type() {
        let mut names = BTreeSet::new();
        for definition in definitions() {
            assert!(names.insert(definition.name), "{} stands twice", definition.name);
            let stored = definition.kind.canonical(&Value::String(definition.default.to_owned()));
            assert_eq!(stored.as_deref(), Ok(definition.default), "{}", definition.name);
        }
    }
}
