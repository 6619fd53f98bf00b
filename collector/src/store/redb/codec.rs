//! Rows: one version byte, then the record.
//!
//! In: records. Out: bytes, and back. Records of fixed shape are postcard, which is compact and decodes from the front;
//! records that hold values of free shape are JSON; assets have a form of their own, see [`super::asset_rows`]. A row that does not decode completely is an error that names its table,
//! never a default value.

use super::fault::Fault;
use crate::store::{
    StoreError,
    records::{
        AgentProgress, AgentRecord, ApiTokenRecord, ApplicationRecord, AuditRecord, CandidateRecord, Change, ClaimRecord,
        ClosedCheckout, ClosedSession, DeliveryRecord, DemandRecord, GroupRecord, HistoryRecord, HourRecord, ImportRun,
        InstallsRecord, InteropCredentialRecord, KeyRecord, KeyedRequest, MembersRecord, NoticeRecord, PositionRecord,
        ReconciliationRecord, RecordEvent, RecordRow, ReferenceRecord, RefusedLine, RemedyRecord, ResourceCategoryRecord,
        RunRecord, SealedRow, SessionRecord, SoftwareListRecord, TitleRecord, TokenRecord, UncountedUse, UnitChoiceRecord,
        UnitReportRecord, UsageRecord, UserRecord, WebhookRecord,
    },
};
use chrono::{DateTime, Utc};
use redb::{Key, ReadableTable, Table};
use serde::{Serialize, de::DeserializeOwned};
use std::borrow::Borrow;

/// How a record becomes bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// postcard.
    Compact,
    /// JSON.
    Json,
}

/// A record with a table of its own.
pub(super) trait Row: Serialize + DeserializeOwned {
    /// Name of the table, for messages.
    const TABLE: &'static str;
    /// Version of the newest row layout. A changed record raises it and keeps reading the older ones.
    const VERSION: u8;
    /// How it is written.
    const FORM: Form;

    /// What the end of a row of an older version lacks; none for a version that is not known.
    fn missing(version: u8) -> Option<&'static [u8]>;
}

macro_rules! rows {
    ($($record:ty => $table:literal, $version:literal, $form:ident $(, $older:literal lacks $missing:literal)*;)*) => {$(
        impl Row for $record {
            const TABLE: &'static str = $table;
            const VERSION: u8 = $version;
            const FORM: Form = Form::$form;

            fn missing(version: u8) -> Option<&'static [u8]> {
                match version {
                    $($older => Some($missing),)*
                    _ => None,
                }
            }
        }
    )*};
}

rows! {
    // Version 2 ends with the device of another make; none is one zero.
    AgentRecord => "agents", 2, Compact, 1 lacks b"\0";
    TokenRecord => "tokens", 1, Compact;
    InteropCredentialRecord => "interop_credentials", 1, Compact;
    ApplicationRecord => "applications", 1, Compact;
    HistoryRecord => "history", 1, Compact;
    AuditRecord => "audit", 1, Json;
    KeyRecord => "license_keys", 1, Compact;
    SealedRow => "license_ledger", 1, Compact;
    ImportRun => "imports", 1, Json;
    RefusedLine => "import_lines", 1, Json;
    RecordRow => "records", 1, Json;
    RecordEvent => "record_history", 1, Json;
    ReferenceRecord => "references", 1, Json;
    RunRecord => "runs", 1, Json;
    UserRecord => "users", 1, Json;
    ApiTokenRecord => "api_tokens", 1, Json;
    Change => "journal", 1, Compact;
    AgentProgress => "progress", 1, Compact;
    SessionRecord => "live_sessions", 1, Compact;
    ClosedSession => "closed_sessions", 1, Compact;
    UsageRecord => "usage", 1, Compact;
    ClaimRecord => "claims", 1, Compact;
    ClosedCheckout => "closed_checkouts", 1, Compact;
    DemandRecord => "demand", 1, Compact;
    HourRecord => "hours", 1, Compact;
    GroupRecord => "groups", 1, Compact;
    UnitChoiceRecord => "unit_choices", 1, Json;
    ResourceCategoryRecord => "resource_categories", 1, Json;
    UnitReportRecord => "unit_reports", 1, Json;
    UncountedUse => "uncounted_uses", 1, Compact;
    TitleRecord => "titles", 1, Compact;
    SoftwareListRecord => "software_lists", 1, Compact;
    InstallsRecord => "installs", 1, Compact;
    ReconciliationRecord => "reconciliations", 1, Json;
    PositionRecord => "positions", 1, Json;
    MembersRecord => "position_members", 1, Compact;
    CandidateRecord => "removal_candidates", 1, Compact;
    RemedyRecord => "remedies", 1, Json;
    NoticeRecord => "notices", 1, Json;
    DeliveryRecord => "deliveries", 1, Json;
    WebhookRecord => "webhooks", 1, Json;
    KeyedRequest => "keyed_requests", 1, Compact;
}

/// A row as it is stored.
///
/// # Errors
/// [`StoreError::Rule`] when the record holds something its form cannot express.
pub(super) fn encode<R: Row>(record: &R) -> Result<Vec<u8>, Fault> {
    let row = vec![R::VERSION];
    match R::FORM {
        Form::Compact => postcard::to_extend(record, row).map_err(|e| unwritable::<R>(&e)),
        Form::Json => {
            let mut row = row;
            serde_json::to_writer(&mut row, record).map_err(|e| unwritable::<R>(&e))?;
            Ok(row)
        }
    }
}

/// The record of a stored row.
///
/// # Errors
/// [`StoreError::Corrupt`] for an unknown version, a record that does not decode, or bytes after it.
pub(super) fn decode<R: Row>(row: &[u8]) -> Result<R, Fault> {
    let Some((&version, body)) = row.split_first() else {
        return Err(unreadable::<R>("the row is empty".to_owned()));
    };
    let mut older = Vec::new();
    let body = match R::missing(version) {
        _ if version == R::VERSION => body,
        Some(missing) => {
            older.extend_from_slice(body);
            older.extend_from_slice(missing);
            older.as_slice()
        }
        None => return Err(unreadable::<R>(format!("the row has version {version}, this program knows {}", R::VERSION))),
    };
    match R::FORM {
        Form::Compact => match postcard::take_from_bytes(body) {
            Ok((record, [])) => Ok(record),
            Ok((_, rest)) => Err(unreadable::<R>(format!("{} bytes are left over", rest.len()))),
            Err(e) => Err(unreadable::<R>(e.to_string())),
        },
        // The text of a JSON error can repeat stored values; where it is says enough.
        Form::Json => serde_json::from_slice(body)
            .map_err(|e| unreadable::<R>(format!("the JSON is wrong at line {} column {}", e.line(), e.column()))),
    }
}

/// The record under a key.
pub(super) fn get<'k, K: Key + 'static, R: Row>(
    table: &impl ReadableTable<K, &'static [u8]>,
    key: impl Borrow<K::SelfType<'k>>,
) -> Result<Option<R>, Fault> {
    table.get(key)?.map(|row| decode(row.value())).transpose()
}

/// Every record of a table, in order of its keys.
pub(super) fn all<K: Key + 'static, R: Row>(table: &impl ReadableTable<K, &'static [u8]>) -> Result<Vec<R>, Fault> {
    table.iter()?.map(|row| decode(row?.1.value())).collect()
}

/// Stores a record under a key.
pub(super) fn put<'k, K: Key + 'static, R: Row>(
    table: &mut Table<'_, K, &'static [u8]>,
    key: impl Borrow<K::SelfType<'k>>,
    record: &R,
) -> Result<(), Fault> {
    table.insert(key, encode(record)?.as_slice())?;
    Ok(())
}

/// The rows of a table whose keys begin with the millisecond of an end, of those that ended in `from..to`; in the order of the keys.
pub(super) fn ended<R: Row>(
    table: &impl ReadableTable<(i64, u128), &'static [u8]>,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Vec<R>, Fault> {
    if from >= to {
        return Ok(Vec::new());
    }
    let range = (from.timestamp_millis(), 0)..(to.timestamp_millis(), 0);
    table.range(range)?.map(|row| decode(row?.1.value())).collect()
}

/// Removes at most `limit` rows of a table whose keys begin with the millisecond of an end, of those that ended before `before`;
/// the oldest first. Returns how many.
pub(super) fn forget_ended(
    table: &mut Table<'_, (i64, u128), &'static [u8]>,
    before: DateTime<Utc>,
    limit: usize,
) -> Result<usize, Fault> {
    let mut count = 0;
    for row in table.extract_from_if(..(before.timestamp_millis(), 0), |_, _| true)?.take(limit) {
        row?;
        count += 1;
    }
    Ok(count)
}

fn unwritable<R: Row>(reason: &dyn std::fmt::Display) -> Fault {
    StoreError::Rule(format!("the record cannot be stored in table {}: {reason}", R::TABLE)).into()
}

fn unreadable<R: Row>(reason: String) -> Fault {
    StoreError::Corrupt { table: R::TABLE, reason }.into()
}
