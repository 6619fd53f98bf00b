//! Every table of the file, and nothing else.
//!
//! Keys are chosen so that what is read together lies together: identifiers are 128-bit numbers, names are folded to lower
//! case, time comes first where a table is read by time. Values are rows of [`super::codec`] unless a comment says otherwise.

use super::{codec::Row, fault::Fault};
use crate::store::records::{
    AgentProgress, AgentRecord, ApiTokenRecord, ApplicationRecord, AuditRecord, CandidateRecord, Change, ClaimRecord,
    ClosedCheckout, ClosedSession, DeliveryRecord, DemandRecord, GroupRecord, HistoryRecord, HourRecord, ImportRun,
    InstallsRecord, InteropCredentialRecord, KeyRecord, KeyedRequest, MembersRecord, NoticeRecord, PositionRecord,
    ReconciliationRecord, RecordEvent, RecordRow, ReferenceRecord, RefusedLine, RemedyRecord, ResourceCategoryRecord, RunRecord,
    SealedRow, SessionRecord, SoftwareListRecord, TitleRecord, TokenRecord, UncountedUse, UnitChoiceRecord, UnitReportRecord,
    UsageRecord, UserRecord, WebhookRecord,
};
use chrono::{Datelike, NaiveDate};
use muster_domain::asset::reference::Table;
use redb::{Key, TableDefinition, Value, WriteTransaction};

/// A table whose values are bytes.
pub(super) type Rows<K> = TableDefinition<'static, K, &'static [u8]>;

/// What the file is: application, schema version, collector id (raw bytes, see [`super::open`] and [`super::system`]).
pub(super) const META: Rows<&str> = TableDefinition::new("meta");
/// Agents by id.
pub(super) const AGENTS: Rows<u128> = TableDefinition::new("agents");
/// The agent that a token and a key made, so that a lost reply can be repeated.
pub(super) const ENROLLED: TableDefinition<'static, (&str, &[u8; 32]), u128> = TableDefinition::new("enrolled");
/// Join tokens by id.
pub(super) const TOKENS: Rows<&str> = TableDefinition::new("tokens");
/// Credentials of agents of another make, by id.
pub(super) const INTEROP_CREDENTIALS: Rows<&str> = TableDefinition::new("interop_credentials");
/// Applications by folded name.
pub(super) const APPLICATIONS: Rows<&str> = TableDefinition::new("applications");
/// Assets by id.
pub(super) const ASSETS: Rows<u128> = TableDefinition::new("assets");
/// How many assets have a head, by its bytes. What changes an asset changes this in the same transaction.
pub(super) const HEADS: TableDefinition<'static, &[u8], u64> = TableDefinition::new("heads");
/// Reported hardware by asset, JSON as it came.
pub(super) const HARDWARE: Rows<u128> = TableDefinition::new("hardware");
/// Histories of assets, by asset and number.
pub(super) const HISTORY: Rows<(u128, u64)> = TableDefinition::new("history");
/// Reference records by table and id.
pub(super) const REFERENCES: Rows<(u8, u128)> = TableDefinition::new("references");
/// The id of a reference record by table and folded display value.
pub(super) const REFERENCE_NAMES: TableDefinition<'static, (u8, &str), u128> = TableDefinition::new("reference_names");
/// Audit entries by number.
pub(super) const AUDIT: Rows<u64> = TableDefinition::new("audit");
/// Licence keys in the order they were applied.
pub(super) const LICENSE_KEYS: Rows<u64> = TableDefinition::new("license_keys");
/// What was added to the trusted vendor keys, in the order it was added.
pub(super) const LICENSE_TRUST: Rows<u64> = TableDefinition::new("license_trust");
/// The ledger: one row.
pub(super) const LICENSE_LEDGER: Rows<()> = TableDefinition::new("license_ledger");
/// Compliance runs by id.
pub(super) const RUNS: Rows<u64> = TableDefinition::new("runs");
/// The newest run without an error of a kind and site date.
pub(super) const RUN_DATES: TableDefinition<'static, (u8, i32), u64> = TableDefinition::new("run_dates");
/// Accounts by name.
pub(super) const USERS: Rows<&str> = TableDefinition::new("users");
/// API tokens by id.
pub(super) const API_TOKENS: Rows<&str> = TableDefinition::new("api_tokens");
/// When logins were last used, in seconds since 1970, by `token:ID` and `user:NAME`.
pub(super) const LAST_USES: TableDefinition<'static, &str, i64> = TableDefinition::new("last_uses");
/// Settings that differ from their default, as text.
pub(super) const SETTINGS: TableDefinition<'static, &str, &str> = TableDefinition::new("settings");
/// Job leases: holder, token, end in milliseconds since 1970.
pub(super) const LEASES: TableDefinition<'static, &str, (&str, u64, i64)> = TableDefinition::new("leases");
/// Changes that are not folded yet, in the order they were committed.
pub(super) const JOURNAL: Rows<u64> = TableDefinition::new("journal");
/// How far each agent has come.
pub(super) const PROGRESS: Rows<u128> = TableDefinition::new("progress");
/// Sessions that their agents still list.
pub(super) const LIVE_SESSIONS: Rows<u128> = TableDefinition::new("live_sessions");
/// Sessions that are over, by end in milliseconds since 1970 and id.
pub(super) const CLOSED_SESSIONS: Rows<(i64, u128)> = TableDefinition::new("closed_sessions");
/// Daily peaks by day, folded application and kind.
pub(super) const USAGE: Rows<(i32, &str, u8)> = TableDefinition::new("usage");

/// Claims on seats by folded application, kind of claim and id.
pub(super) const CLAIMS: Rows<(&str, u8, u128)> = TableDefinition::new("claims");
/// Check-outs that are over, by end in milliseconds since 1970 and id.
pub(super) const CLOSED_CHECKOUTS: Rows<(i64, u128)> = TableDefinition::new("closed_checkouts");
/// What was asked of pools, by day and folded application.
pub(super) const DEMAND: Rows<(i32, &str)> = TableDefinition::new("demand");
/// Hourly use by the first second of the hour since 1970 and folded application.
pub(super) const HOURS: Rows<(i64, &str)> = TableDefinition::new("hours");
/// Uses that count nowhere, by id.
pub(super) const UNCOUNTED: Rows<u128> = TableDefinition::new("uncounted_uses");
/// Groups by folded name.
pub(super) const GROUPS: Rows<&str> = TableDefinition::new("groups");

/// Acts of opting in and out, in the order they were done.
pub(super) const UNIT_CHOICES: Rows<u64> = TableDefinition::new("unit_choices");
/// Resource categories that differ from the published ones, by folded name.
pub(super) const RESOURCE_CATEGORIES: Rows<&str> = TableDefinition::new("resource_categories");
/// Reports on subscription units by day.
pub(super) const UNIT_REPORTS: Rows<i32> = TableDefinition::new("unit_reports");

/// Software that is on any asset, by number.
pub(super) const TITLES: Rows<u64> = TableDefinition::new("titles");
/// The number of software by its texts, folded name first.
pub(super) const TITLE_NUMBERS: TableDefinition<'static, &str, u64> = TableDefinition::new("title_numbers");
/// Which list of software is stored, by asset.
pub(super) const SOFTWARE_LISTS: Rows<u128> = TableDefinition::new("software_lists");
/// What is installed, by asset.
pub(super) const INSTALLS: Rows<u128> = TableDefinition::new("installs");

/// Records of software asset management by kind and id.
pub(super) const RECORDS: Rows<(&str, u128)> = TableDefinition::new("records");
/// The id of the record of a kind that has a key.
pub(super) const RECORD_KEYS: TableDefinition<'static, (&str, &str), u128> = TableDefinition::new("record_keys");
/// Histories of records by kind, id and number.
pub(super) const RECORD_HISTORY: Rows<(&str, u128, u64)> = TableDefinition::new("record_history");

/// Reconciliation runs by id.
pub(super) const RECONCILIATIONS: Rows<u64> = TableDefinition::new("reconciliations");
/// Positions by run and number.
pub(super) const POSITIONS: Rows<(u64, u32)> = TableDefinition::new("positions");
/// The positions of products, by folded product, run and number.
pub(super) const PRODUCT_POSITIONS: TableDefinition<'static, (&str, u64, u32), ()> = TableDefinition::new("product_positions");
/// Rows behind positions, by run, number of the position and chunk.
pub(super) const POSITION_MEMBERS: Rows<(u64, u32, u32)> = TableDefinition::new("position_members");
/// Removal candidates by id.
pub(super) const REMOVAL_CANDIDATES: Rows<u128> = TableDefinition::new("removal_candidates");
/// Remedies by id.
pub(super) const REMEDIES: Rows<u128> = TableDefinition::new("remedies");
/// Imports that were run, by id.
pub(super) const IMPORTS: Rows<u128> = TableDefinition::new("imports");
/// Lines that they refused, by import and number.
pub(super) const IMPORT_LINES: Rows<(u128, u64)> = TableDefinition::new("import_lines");

/// Notices by number.
pub(super) const NOTICES: Rows<u64> = TableDefinition::new("notices");
/// Keys of occurrences that were told, with the millisecond since 1970 of it.
pub(super) const NOTICE_KEYS: TableDefinition<'static, &str, i64> = TableDefinition::new("notice_keys");
/// Deliveries by id.
pub(super) const DELIVERIES: Rows<u128> = TableDefinition::new("deliveries");
/// Deliveries that wait, by the millisecond since 1970 of the next attempt and id.
pub(super) const WAITING_DELIVERIES: TableDefinition<'static, (i64, u128), ()> = TableDefinition::new("waiting_deliveries");
/// Webhooks by id.
pub(super) const WEBHOOKS: Rows<u128> = TableDefinition::new("webhooks");

/// Requests that came with an idempotency key, by it.
pub(super) const KEYED_REQUESTS: Rows<&[u8; 32]> = TableDefinition::new("keyed_requests");
/// Their keys by the millisecond since 1970 when they came.
pub(super) const KEYED_TIMES: TableDefinition<'static, (i64, &[u8; 32]), ()> = TableDefinition::new("keyed_times");

/// Key in [`META`] of the number of the last audit entry that was read for notices.
pub(super) const AUDIT_READ: &str = "audit_read";
/// Key in [`META`] of the day before which names were replaced in the history of use, as big-endian number.
pub(super) const MASKED_UNTIL: &str = "masked_until";
/// Key in [`META`] of the day before which a name may have been replaced, as big-endian number.
pub(super) const MASKED_BEFORE: &str = "masked_before";
/// Key in [`META`] of the row that [`write_probe`] writes.
pub(super) const PROBE: &str = "probe";

/// What is done with every table.
pub(super) trait Visit {
    /// With this one.
    fn table<K: Key + 'static, V: Value + 'static>(&mut self, table: TableDefinition<'static, K, V>) -> Result<(), Fault>;
    /// With this one, whose values are rows of [`super::codec`].
    fn rows<K: Key + 'static, R: Row>(&mut self, table: Rows<K>) -> Result<(), Fault> {
        self.table(table)
    }
}

/// Visits every table that there is.
pub(super) fn each(visit: &mut impl Visit) -> Result<(), Fault> {
    visit.table(META)?;
    visit.rows::<_, AgentRecord>(AGENTS)?;
    visit.table(ENROLLED)?;
    visit.rows::<_, TokenRecord>(TOKENS)?;
    visit.rows::<_, InteropCredentialRecord>(INTEROP_CREDENTIALS)?;
    visit.rows::<_, ApplicationRecord>(APPLICATIONS)?;
    visit.table(ASSETS)?;
    visit.table(HEADS)?;
    visit.table(HARDWARE)?;
    visit.rows::<_, HistoryRecord>(HISTORY)?;
    visit.rows::<_, ReferenceRecord>(REFERENCES)?;
    visit.table(REFERENCE_NAMES)?;
    visit.rows::<_, AuditRecord>(AUDIT)?;
    visit.rows::<_, KeyRecord>(LICENSE_KEYS)?;
    visit.rows::<_, SealedRow>(LICENSE_TRUST)?;
    visit.rows::<_, SealedRow>(LICENSE_LEDGER)?;
    visit.rows::<_, RunRecord>(RUNS)?;
    visit.table(RUN_DATES)?;
    visit.rows::<_, UserRecord>(USERS)?;
    visit.rows::<_, ApiTokenRecord>(API_TOKENS)?;
    visit.table(LAST_USES)?;
    visit.table(SETTINGS)?;
    visit.table(LEASES)?;
    visit.rows::<_, Change>(JOURNAL)?;
    visit.rows::<_, AgentProgress>(PROGRESS)?;
    visit.rows::<_, SessionRecord>(LIVE_SESSIONS)?;
    visit.rows::<_, ClosedSession>(CLOSED_SESSIONS)?;
    visit.rows::<_, UsageRecord>(USAGE)?;
    visit.rows::<_, ClaimRecord>(CLAIMS)?;
    visit.rows::<_, ClosedCheckout>(CLOSED_CHECKOUTS)?;
    visit.rows::<_, DemandRecord>(DEMAND)?;
    visit.rows::<_, HourRecord>(HOURS)?;
    visit.rows::<_, UncountedUse>(UNCOUNTED)?;
    visit.rows::<_, GroupRecord>(GROUPS)?;
    visit.rows::<_, UnitChoiceRecord>(UNIT_CHOICES)?;
    visit.rows::<_, ResourceCategoryRecord>(RESOURCE_CATEGORIES)?;
    visit.rows::<_, UnitReportRecord>(UNIT_REPORTS)?;
    visit.rows::<_, TitleRecord>(TITLES)?;
    visit.table(TITLE_NUMBERS)?;
    visit.rows::<_, SoftwareListRecord>(SOFTWARE_LISTS)?;
    visit.rows::<_, InstallsRecord>(INSTALLS)?;
    visit.rows::<_, RecordRow>(RECORDS)?;
    visit.table(RECORD_KEYS)?;
    visit.rows::<_, RecordEvent>(RECORD_HISTORY)?;
    visit.rows::<_, ReconciliationRecord>(RECONCILIATIONS)?;
    visit.rows::<_, PositionRecord>(POSITIONS)?;
    visit.table(PRODUCT_POSITIONS)?;
    visit.rows::<_, MembersRecord>(POSITION_MEMBERS)?;
    visit.rows::<_, CandidateRecord>(REMOVAL_CANDIDATES)?;
    visit.rows::<_, RemedyRecord>(REMEDIES)?;
    visit.rows::<_, ImportRun>(IMPORTS)?;
    visit.rows::<_, RefusedLine>(IMPORT_LINES)?;
    visit.rows::<_, NoticeRecord>(NOTICES)?;
    visit.table(NOTICE_KEYS)?;
    visit.rows::<_, DeliveryRecord>(DELIVERIES)?;
    visit.table(WAITING_DELIVERIES)?;
    visit.rows::<_, WebhookRecord>(WEBHOOKS)?;
    visit.rows::<_, KeyedRequest>(KEYED_REQUESTS)?;
    visit.table(KEYED_TIMES)?;
    Ok(())
}

/// Opens every table once, so that a reader never finds one missing.
pub(super) fn create_all(txn: &WriteTransaction) -> Result<(), Fault> {
    struct Create<'a>(&'a WriteTransaction);
    impl Visit for Create<'_> {
        fn table<K: Key + 'static, V: Value + 'static>(&mut self, table: TableDefinition<'static, K, V>) -> Result<(), Fault> {
            self.0.open_table(table)?;
            Ok(())
        }
    }
    each(&mut Create(txn))
}

/// Writes the row that proves that commits are taken.
pub(super) fn write_probe(txn: &WriteTransaction) -> Result<(), Fault> {
    txn.open_table(META)?.insert(PROBE, [1_u8].as_slice())?;
    Ok(())
}

/// A name as a key: names are equal without regard to case.
pub(super) fn folded(name: &str) -> String {
    name.to_lowercase()
}

/// A reference table as a key. The numbers are stored: they never change.
pub(super) const fn reference_table(table: Table) -> u8 {
    match table {
        Table::ModelCategory => 1,
        Table::Model => 2,
        Table::ConfigurationItem => 3,
        Table::User => 4,
        Table::Location => 5,
        Table::Stockroom => 6,
        Table::Company => 7,
        Table::Department => 8,
        Table::CostCenter => 9,
        Table::Group => 10,
        Table::Asset => 11,
    }
}

/// A day as a key that sorts by time.
pub(super) fn day(date: NaiveDate) -> i32 {
    date.num_days_from_ce()
}

/// The day of a key.
pub(super) fn date(day: i32) -> Option<NaiveDate> {
    NaiveDate::from_num_days_from_ce_opt(day)
}
