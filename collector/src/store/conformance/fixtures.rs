//! Records to test with. A number makes a record its own.

use crate::store::{
    ports::Enrollment,
    records::{
        AgentRecord, AgentStatus, Approval, AuditEntry, Cause, Change, CheckoutEnd, CheckoutFacts, ClaimRecord, ClosedCheckout,
        CountableUse, Digest, EndReason, Ending, HistoryRecord, HourRecord, ReportMark, SessionRecord, TokenRecord, UncountedUse,
        UsageKind, UsageRecord,
    },
};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use muster_domain::{
    asset::{self, field::Field, identity::Facets, layer::Layer, record::Asset, value::Value},
    ids::{AgentId, AssetId, CheckoutId, SessionId},
    session::{Application, Asked, ClaimId, Claimant, Entry, HourFigures, Limits, Origin, SeatKind, Standing},
};
use serde_json::json;
use uuid::Uuid;

/// Minutes after a fixed moment.
pub(crate) fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_795_000_000_000).unwrap() + TimeDelta::minutes(minutes)
}

pub(crate) fn date(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, day).unwrap()
}

pub(crate) fn entry(action: &str) -> AuditEntry {
    AuditEntry {
        at: at(0),
        actor: "user:root".to_owned(),
        action: action.to_owned(),
        subject: "subject".to_owned(),
        detail: json!({"z": 1, "a": [true, null, "ü"]}),
    }
}

pub(crate) fn agent_id(number: u128) -> AgentId {
    AgentId(Uuid::from_u128(number))
}

pub(crate) fn asset_id(number: u128) -> AssetId {
    AssetId(Uuid::from_u128(number))
}

pub(crate) fn layer(serial: &str) -> Layer {
    Layer::new()
        .with(Field::InstallStatus, Some(Value::Int(1)))
        .with(Field::SysClassName, Some(Value::Text("alm_hardware".to_owned())))
        .with(Field::Quantity, Some(Value::Int(1)))
        .with(Field::SerialNumber, Some(Value::Text(serial.to_owned())))
}

pub(crate) fn asset(number: u128, agent: Option<AgentId>) -> Asset {
    let mut asset = Asset::new(asset_id(number), agent, at(0));
    asset.observe(layer(&format!("SN{number}")), at(0));
    asset
}

pub(crate) fn agent(number: u8) -> AgentRecord {
    AgentRecord {
        id: agent_id(u128::from(number)),
        status: AgentStatus::Active,
        key_hash: [number; 32],
        asset: None,
        token: None,
        group: None,
        hostname: format!("ws-{number}"),
        agent_version: "0.1.0".to_owned(),
        facets: Facets { serial: Some(format!("SN{number}")), ..Facets::default() },
        observed: layer(&format!("SN{number}")),
        enrolled_at: at(1),
        certificate_until: at(90 * 24 * 60),
        certificate: format!("PEM {number}"),
        superseded_by: None,
        foreign: None,
    }
}

pub(crate) fn token(id: &str, uses: u32) -> TokenRecord {
    TokenRecord {
        id: id.to_owned(),
        secret_hash: [7; 32],
        max_uses: uses,
        used_by: Vec::new(),
        expires_at: at(60),
        approval: Approval::Auto,
        group: Some("lab".to_owned()),
        created_by: "user:root".to_owned(),
        created_at: at(0),
        revoked: false,
    }
}

pub(crate) fn enrollment(token: &str, number: u8) -> Enrollment {
    Enrollment {
        token_id: token.to_owned(),
        secret_hash: [7; 32],
        now: at(1),
        agent: agent(number),
        supersedes: None,
        hold: false,
        audit: entry("agent.enroll"),
    }
}

pub(crate) fn digest(seq: u64) -> Digest {
    u128::from(seq).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C834).to_be_bytes()
}

pub(crate) fn mark(epoch: u64, seq: u64) -> ReportMark {
    ReportMark { epoch, seq, digest: digest(seq) }
}

pub(crate) fn session(number: u128, agent: u128) -> SessionRecord {
    SessionRecord {
        id: SessionId(number),
        agent: agent_id(agent),
        user: format!("user{number}"),
        client_ip: "10.0.0.1".to_owned(),
        client: "ssh".to_owned(),
        tty: Some("pts/0".to_owned()),
        started_at: at(10),
        counted_from: at(10),
        idle: Vec::new(),
        applications: vec!["Workstation login".to_owned()],
        ended: None,
    }
}

pub(crate) fn ending(minutes: i64) -> Ending {
    Ending { at: at(minutes), reason: EndReason::Logout }
}

/// A report of an agent with these sessions started and ended.
pub(crate) fn report(agent: u128, mark: ReportMark, started: Vec<SessionRecord>, ended: Vec<(SessionId, Ending)>) -> Change {
    Change::Report {
        agent: agent_id(agent),
        mark,
        boot_id: Uuid::from_u128(99),
        received_at: at(10 + i64::try_from(mark.seq).unwrap()),
        agent_version: "0.1.0".to_owned(),
        hardware_digest: None,
        started,
        ended,
        passed: Vec::new(),
        dropped: 0,
    }
}

pub(crate) fn usage(day: u32, application: &str, kind: UsageKind, peak: u64) -> UsageRecord {
    UsageRecord {
        date: date(day),
        application: application.to_owned(),
        kind,
        peak,
        peak_at: at(i64::from(day)),
        holders: vec![("alice".to_owned(), "10.0.0.1".to_owned())],
    }
}

pub(crate) fn application(name: &str) -> Application {
    Application::new(name).unwrap()
}

pub(crate) fn checkout_id(number: u128) -> CheckoutId {
    CheckoutId(Uuid::from_u128(number))
}

pub(crate) fn claimant(number: u128) -> Claimant {
    let (user, client) = (format!("user{number}"), format!("10.0.0.{number}"));
    Claimant::new(Origin { user: &user, client: &client, host: Some("ws-1"), display: None }, ["design"])
}

pub(crate) fn claim(application: &str, id: ClaimId, standing: Standing) -> ClaimRecord {
    let facts = || CheckoutFacts { owner: "token:abcdefgh".to_owned(), client: "rest".to_owned() };
    ClaimRecord {
        application: application.to_owned(),
        entry: Entry { id, claimant: claimant(1), number: 7, asked_at: at(1), since: at(2), standing },
        checkout: matches!(id, ClaimId::Checkout(_)).then(facts),
    }
}

pub(crate) fn closed_checkout(number: u128, since: i64, until: i64) -> ClosedCheckout {
    ClosedCheckout {
        id: checkout_id(number),
        application: "CAD".to_owned(),
        facts: CheckoutFacts { owner: "token:abcdefgh".to_owned(), client: "rest".to_owned() },
        claimant: claimant(number),
        kind: SeatKind::Floating,
        over: false,
        asked_at: at(since),
        since: at(since),
        until: at(until),
        end: CheckoutEnd::Returned,
    }
}

pub(crate) fn uncounted_use(number: u128, told: i64) -> UncountedUse {
    UncountedUse {
        id: checkout_id(number),
        agent: agent_id(1),
        host: "ws-1".to_owned(),
        told_at: at(told),
        application: "CAD".to_owned(),
        user: "alice".to_owned(),
        client_ip: "10.0.0.1".to_owned(),
        client: "exec".to_owned(),
        from: at(2),
        to: at(3),
        reason: "there is no application CAD".to_owned(),
        countable: Some(CountableUse {
            claimant: closed_checkout(number, 2, 3).claimant,
            facts: closed_checkout(number, 2, 3).facts,
        }),
    }
}

/// An entry with a value of each kind.
pub(crate) fn history() -> HistoryRecord {
    let change = |field, before, after| asset::edit::Change { field, before, after };
    HistoryRecord {
        asset: asset_id(1),
        number: 300,
        at: at(5),
        by: "user:root".to_owned(),
        cause: Cause::Imported,
        changes: vec![
            change(Field::InstallStatus, Some(Value::Int(1)), Some(Value::Int(7))),
            change(Field::Location, None, Some(Value::Ref(Uuid::from_u128(5)))),
            change(Field::PurchaseDate, Some(Value::Date(date(21))), None),
            change(Field::Cost, None, Some(Value::Decimal("1299.99".parse().unwrap()))),
        ],
    }
}

/// An hour with a peak; the number counts hours.
pub(crate) fn hour(number: i64, application: &str, peak: u64) -> HourRecord {
    let limits = Limits { named: Some(1), floating: None };
    let asked = Asked { granted: 300, denied: 2, longest_wait_ms: 7, ..Asked::default() };
    let figures = HourFigures {
        watched_seconds: 3600,
        peak,
        floating_peak: peak,
        floating_seconds: 3600 * peak,
        limits,
        asked,
        ..HourFigures::default()
    };
    HourRecord { start: at(number * 60), application: application.to_owned(), figures }
}
