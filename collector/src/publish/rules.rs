//! The rule behind every number of the status, as data: a sentence, the inputs by their place, where the rows are.

/// The rule behind one number.
pub(super) struct Rule {
    /// Its place in the status; for an application, the member's name.
    pub(super) id: &'static str,
    /// The rule in one sentence.
    pub(super) rule: &'static str,
    /// Its inputs by their place: in the status, `run.` the run that counted, `forecast.`, `application.` the same application.
    pub(super) inputs: &'static [&'static str],
    /// Whether the last run that counted is where it comes from.
    pub(super) of_run: bool,
    /// Command and path of the API that show the rows; `{query}` is the query that counted, `{name}` the application.
    pub(super) rows: &'static [(&'static str, &'static str)],
}

const LICENSE: (&str, &str) = ("license show", "/api/v1/license");
const KEYS: (&str, &str) = ("license history", "/api/v1/license/history");
const COUNTED: (&str, &str) = ("asset list --query {query}", "/api/v1/assets?sysparm_query={query}");
const RUNS: (&str, &str) = ("compliance history", "/api/v1/compliance/runs");
const UNITS: (&str, &str) = ("units show", "/api/v1/units");
const AGENTS: (&str, &str) = ("agent list", "/api/v1/agents");
const USERS: (&str, &str) = ("status", "/api/v1/users");
const SESSIONS: (&str, &str) = ("session list", "/api/v1/sessions");
const HELD: (&str, &str) = ("session list --application {name}", "/api/v1/sessions?application={name}");
const TAKEN: (&str, &str) = ("checkout list --application {name}", "/api/v1/checkouts?application={name}");
const DENIED: (&str, &str) = ("usage denials --application {name}", "/api/v1/usage/denials?application={name}");
const MESSAGES: (&str, &str) = ("notify list", "/api/v1/notifications");
const PEAKS: (&str, &str) = ("usage show --application {name}", "/api/v1/usage?application={name}");
const APPLICATIONS: (&str, &str) = ("application list", "/api/v1/applications/{name}");

const fn rule(
    id: &'static str,
    rule: &'static str,
    inputs: &'static [&'static str],
    rows: &'static [(&'static str, &'static str)],
) -> Rule {
    Rule { id, rule, inputs, of_run: false, rows }
}

const fn counted(
    id: &'static str,
    text: &'static str,
    inputs: &'static [&'static str],
    rows: &'static [(&'static str, &'static str)],
) -> Rule {
    Rule { of_run: true, ..rule(id, text, inputs, rows) }
}

/// The rules of single numbers. Where two are called the same, the first answers to the short name.
pub(super) const RULES: &[Rule] = &[
    counted(
        "compliance.asset_count",
        "Assets of the licence's table that the compliance query matched in the last run that counted.",
        &["run.table", "run.query", "run.null_mode", "run.finished_at", "run.by_category", "run.by_state", "run.since"],
        &[COUNTED, RUNS],
    ),
    counted(
        "compliance.asset_limit",
        "Assets that may be counted: what the licence key in force allows; more than this is over the limit.",
        &["license.serial", "license.customer"],
        &[LICENSE, KEYS],
    ),
    counted(
        "compliance.over_by",
        "Counted assets less the limit; 0 while the count is within it.",
        &["compliance.asset_count", "compliance.asset_limit"],
        &[COUNTED, RUNS],
    ),
    counted(
        "compliance.uncounted_empty_state",
        "Assets of the table without a state that the compliance query left out: a negative condition drops empty fields unless the \
         setting null_mode is inclusive.",
        &["run.table", "run.query", "run.null_mode"],
        &[("asset list --query install_statusISEMPTY", "/api/v1/assets?sysparm_query=install_statusISEMPTY")],
    ),
    counted(
        "compliance.counted_at",
        "When the last run that could count was over.",
        &["run.id", "run.kind", "run.by", "run.started_at", "run.finished_at", "compliance.last_error"],
        &[RUNS],
    ),
    rule(
        "compliance.next_run_at",
        "The next time the site's clock shows the time of the nightly run; every site date has exactly one.",
        &["now", "time_zone"],
        &[RUNS],
    ),
    counted(
        "compliance.grace_started_at",
        "00:00 site time of the date on which a run first found the count over the limit, or on which a key was applied that it was over.",
        &["state", "compliance.asset_count", "compliance.asset_limit", "time_zone"],
        &[RUNS],
    ),
    counted(
        "compliance.grace_ends_at",
        "00:00 site time of the start of grace + the key's days of grace (60 unless it says otherwise), not before a date that the key \
         promises; the first run on or after it that still counts too many disables.",
        &["compliance.grace_started_at", "license.serial", "time_zone"],
        &[RUNS, LICENSE],
    ),
    counted(
        "compliance.days_left",
        "Whole site dates from today to the end of grace, never below 0.",
        &["compliance.grace_ends_at", "now", "time_zone"],
        &[RUNS],
    ),
    rule(
        "compliance.user_count",
        "Enabled accounts with any role; API tokens and the users of endpoints do not count.",
        &["compliance.user_limit"],
        &[USERS],
    ),
    rule(
        "compliance.user_limit",
        "Accounts that may be enabled by the licence key in force; over it is a warning unless the key says enforce.",
        &["license.serial", "compliance.user_count"],
        &[LICENSE],
    ),
    rule(
        "compliance.users_over_by",
        "Enabled accounts less the limit of the licence key; 0 within it or without one. It is a warning unless the key says enforce.",
        &["compliance.user_count", "compliance.user_limit", "license.user_limit_mode"],
        &[USERS, LICENSE],
    ),
    rule(
        "license.serial",
        "The serial of the licence key in force; a lower one is refused.",
        &["license.id", "license.customer"],
        &[KEYS],
    ),
    rule("license.asset_limit", "Assets that the licence key in force allows.", &["license.id", "license.serial"], &[LICENSE]),
    rule("license.user_limit", "Accounts that the licence key in force allows.", &["license.id", "license.serial"], &[LICENSE]),
    rule(
        "license.expires_at",
        "00:00 site time of the key's expiry date: from then on the product is disabled, whatever is counted.",
        &["license.serial", "time_zone"],
        &[LICENSE],
    ),
    rule(
        "license.days_left",
        "Whole site dates from today to the key's expiry date, never below 0.",
        &["license.expires_at", "now", "time_zone"],
        &[LICENSE],
    ),
    rule("agents.total", "Agents that enrolled and were not revoked.", &["agents.pending", "agents.quarantined"], &[AGENTS]),
    rule("agents.online", "Agents that were heard of within agents.silent_after.", &["agents.total", "now"], &[AGENTS]),
    rule(
        "agents.pending",
        "Agents that wait for approval; they have no asset and are not counted.",
        &["agents.total"],
        &[AGENTS],
    ),
    rule(
        "agents.quarantined",
        "Agents whose identity was used twice at once: suspected copies, counted once until an administrator resolves them.",
        &["agents.total"],
        &[AGENTS],
    ),
    rule(
        "agents.silent",
        "Approved agents that were not heard of within agents.silent_after; suspected copies are not among them.",
        &["agents.total", "agents.online"],
        &[AGENTS],
    ),
    rule(
        "sessions.active",
        "Sessions that the newest report of their agent lists and that nobody ended.",
        &["agents.online"],
        &[SESSIONS],
    ),
    rule("units.consumed", "Subscription units that the counted resources need, rounded as the settings say.", &[], &[UNITS]),
    rule("units.entitled", "Subscription units that were bought with the licence key.", &["license.serial"], &[LICENSE]),
    rule(
        "notifications.last_sent_at",
        "When a mail server or a webhook last took a message to administrators.",
        &[],
        &[MESSAGES],
    ),
    rule(
        "notifications.last_failed_at",
        "When a message to administrators last could not be delivered; it is tried again for three days.",
        &["notifications.waiting"],
        &[MESSAGES],
    ),
    rule(
        "notifications.waiting",
        "Messages to administrators that are to be sent, for the first time, again after a failure, or gathered for the daily mail.",
        &[],
        &[MESSAGES],
    ),
    counted(
        "forecast.reached_on",
        "The date on which the nightly counts reach the limit at their median slope (Theil-Sen), with the dates for the ends of Sen's \
         90 % band.",
        &[
            "forecast.outlook",
            "forecast.nights",
            "forecast.from",
            "forecast.to",
            "forecast.per_day",
            "forecast.asset_count",
            "forecast.asset_limit",
            "forecast.earliest",
            "forecast.latest",
        ],
        &[("compliance forecast", "/api/v1/compliance/forecast"), RUNS],
    ),
];

/// The rules of the numbers of one application.
pub(super) const APPLICATION_RULES: &[Rule] = &[
    rule(
        "named_in_use",
        "Named users who use it now; each takes one named seat however many sessions share it.",
        &["application.named_limit"],
        &[HELD, TAKEN],
    ),
    rule(
        "named_limit",
        "Named seats: the lower of what the administrator set and what the licence key allows; null is no limit.",
        &["license.serial"],
        &[APPLICATIONS],
    ),
    rule(
        "floating_in_use",
        "Floating seats held now: one for each different holder (user and address unless set otherwise) who has no named seat.",
        &["application.floating_limit", "application.named_in_use"],
        &[HELD, TAKEN],
    ),
    rule(
        "floating_limit",
        "Floating seats: the lower of what the administrator set and what the licence key allows; null is no limit.",
        &["license.serial"],
        &[APPLICATIONS],
    ),
    rule("denied_today", "Times a seat was refused since 00:00 site time.", &["now", "time_zone"], &[DENIED]),
    rule("queued", "Clients that wait for a seat.", &["application.floating_in_use", "application.floating_limit"], &[TAKEN]),
    rule(
        "peak_today",
        "The highest named and floating seats together at one instant since 00:00 site time.",
        &["application.peak_at", "application.named_in_use", "application.floating_in_use"],
        &[PEAKS],
    ),
    rule("peak_at", "When today's peak was first reached.", &["application.peak_today"], &[PEAKS]),
];
