//! The one place where wire messages become facts of the domain. Each message is taken apart whole: a new field of the protocol does
//! not compile until somebody decides here what it means.

use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use muster_domain::{
    asset::{
        category::{self, MachineKind},
        field::Field,
        identity::Facets,
        layer::Layer,
        reference::{MAX_NAME, read_name},
        value::Value,
    },
    ids::{AgentId, SessionId},
    session as rules,
};
use muster_wire::{
    hardware::{Chassis, ChassisKind, Hardware, Os},
    session::{self as wire, EndedSession, Session, SessionState},
};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use uuid::Uuid;

use crate::{
    sessions::Liveliness,
    store::{
        ports::NamedReference,
        records::{ClosedSession, EndReason, Ending, SessionRecord},
    },
};

/// Differences below this are transit, not a wrong clock.
const CLOCK_TOLERANCE: TimeDelta = TimeDelta::seconds(5);
/// A session cannot have begun longer ago than this.
const LONGEST_SESSION: TimeDelta = TimeDelta::days(3660);

/// Most groups or applications of a session that are kept.
const NAMES: usize = 256;

/// How the agent's clock differs from ours, measured when a report was sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct ClockOffset {
    received: DateTime<Utc>,
    offset: TimeDelta,
}

impl ClockOffset {
    /// From the agent's time of sending, if it gave one.
    pub(super) fn measure(received: DateTime<Utc>, sent: Option<DateTime<Utc>>) -> Self {
        let offset = sent.map_or(TimeDelta::zero(), |sent| received - sent);
        let offset = if offset.abs() <= CLOCK_TOLERANCE { TimeDelta::zero() } else { offset };
        Self { received, offset }
    }

    /// An instant of the agent's clock in ours, never later than the report arrived. In milliseconds, as it is stored: nothing
    /// looks different after a restart.
    pub(super) fn ours(&self, theirs: DateTime<Utc>) -> DateTime<Utc> {
        let ours = theirs.checked_add_signed(self.offset).unwrap_or(self.received);
        ours.clamp(self.received - LONGEST_SESSION, self.received).trunc_subsecs(3)
    }
}

/// A session of a snapshot.
pub(super) fn session(agent: AgentId, boot: Uuid, clock: ClockOffset, message: Session) -> (SessionRecord, Liveliness) {
    let Session { id, user, client_ip, client, tty, state, started_at, idle_seconds, groups, applications } = message;
    let started = clock.ours(started_at);
    let record = SessionRecord {
        id: session_id(agent, boot, &id, started_at),
        agent,
        user: rules::user(&user),
        client_ip: rules::client(&client_ip),
        client: kept(client),
        tty: tty.map(kept).filter(|tty| !tty.is_empty()),
        started_at: started,
        counted_from: started,
        applications: names(&applications),
        idle: Vec::new(),
        ended: None,
    };
    let state = match state {
        SessionState::Active => "active",
        SessionState::Online => "online",
        SessionState::Disconnected => "disconnected",
        SessionState::Other => "other",
    };
    (record, Liveliness { state, idle_seconds, groups: names(&groups) })
}

/// A session that came and went between two reports.
pub(super) fn passed(agent: AgentId, boot: Uuid, clock: ClockOffset, message: EndedSession) -> ClosedSession {
    let EndedSession { id, user, client_ip, client, started_at, ended_at, reason, applications } = message;
    let started = clock.ours(started_at);
    let ending = Ending {
        at: clock.ours(ended_at).max(started),
        reason: match reason {
            wire::EndReason::Logout | wire::EndReason::Other => EndReason::Logout,
            wire::EndReason::Shutdown => EndReason::Shutdown,
        },
    };
    let session = SessionRecord {
        id: session_id(agent, boot, &id, started_at),
        agent,
        user: rules::user(&user),
        client_ip: rules::client(&client_ip),
        client: text(&client),
        tty: None,
        started_at: started,
        counted_from: started,
        applications: names(&applications),
        idle: Vec::new(),
        ended: Some(ending),
    };
    ClosedSession { session, ending }
}

/// What the asset of a machine shows, but for what [`named`] knows by name only.
pub(super) fn observed(hardware: &Hardware) -> Layer {
    let Hardware {
        product_uuid: _,
        product_serial,
        board_serial,
        board_vendor: _,
        board_model: _,
        vendor: _,
        model: _,
        family: _,
        sku: _,
        asset_tag,
        chassis,
        machine_id_hash: _,
        macs: _,
        cpu: _,
        memory_bytes: _,
        disks: _,
        virtualization: _,
        container: _,
        os,
        hostname: _,
    } = hardware;
    let category = model_category(chassis, os);
    let serial = product_serial.as_deref().or(board_serial.as_deref()).map(text);
    Layer::new()
        .with(Field::InstallStatus, Value::Int(1))
        .with(Field::SysClassName, Value::Text("alm_hardware".to_owned()))
        .with(Field::Quantity, Value::Int(1))
        .with(Field::ModelCategory, category::by_name(category).map(|category| Value::Ref(category.id.into())))
        .with(Field::SerialNumber, serial.map(Value::Text))
        .with(Field::AssetTag, asset_tag.as_deref().map(|tag| Value::Text(text(tag))))
}

/// What a machine says of itself that is a record of its own: who made it, and its model.
pub(super) fn named(hardware: &Hardware) -> Vec<NamedReference> {
    let Hardware { vendor, model, .. } = hardware;
    [(Field::Vendor, vendor), (Field::Model, model)]
        .into_iter()
        .filter_map(|(field, name)| {
            let name: String = text(name.as_deref()?).chars().take(MAX_NAME).collect();
            let name = read_name(&name).ok()?;
            Some(NamedReference { field, name })
        })
        .collect()
}

/// What recognises a machine.
pub(super) fn facets(hardware: &Hardware) -> Facets {
    Facets {
        product_uuid: hardware.product_uuid.as_deref().map(text),
        serial: hardware.product_serial.as_deref().map(text),
        board_serial: hardware.board_serial.as_deref().map(text),
        macs: hardware.macs.iter().map(|mac| text(mac)).collect(),
        machine_id_hash: hardware.machine_id_hash.as_deref().map(text),
        cloud_id: None,
    }
}

fn model_category(chassis: &Chassis, os: &Os) -> &'static str {
    let Chassis { kind, code: _, source: _ } = chassis;
    let kind = match kind {
        ChassisKind::Virtual => MachineKind::Virtual,
        ChassisKind::Desktop => MachineKind::Desktop,
        ChassisKind::Laptop => MachineKind::Laptop,
        ChassisKind::Convertible => MachineKind::Convertible,
        ChassisKind::Tablet => MachineKind::Tablet,
        ChassisKind::Handset => MachineKind::Handset,
        ChassisKind::Server => MachineKind::Server,
        ChassisKind::Embedded => MachineKind::Embedded,
        ChassisKind::Other => MachineKind::Other,
    };
    let Os { family, name, version: _, kernel: _ } = os;
    category::for_chassis(kind, family.as_deref(), name.as_deref())
}

/// One session over reports and restarts: agent, boot, the session manager's id and the start by the agent's clock.
fn session_id(agent: AgentId, boot: Uuid, id: &str, started_at: DateTime<Utc>) -> SessionId {
    let mut hash = Sha256::new();
    hash.update(Uuid::from(agent).as_bytes());
    hash.update(boot.as_bytes());
    hash.update(started_at.timestamp_millis().to_be_bytes());
    hash.update(id.as_bytes());
    let digest: [u8; 32] = hash.finalize().into();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(digest.split_at(16).0);
    SessionId(u128::from_be_bytes(bytes))
}

/// A set of names: in an order of its own, so that another one is no change, and not too many.
fn names(given: &[String]) -> Vec<String> {
    let names: BTreeSet<String> = given.iter().take(NAMES).map(|name| text(name)).filter(|name| !name.is_empty()).collect();
    names.into_iter().collect()
}

/// A text that can be kept and shown: no control characters, not too long.
pub(super) fn text(value: &str) -> String {
    if is_plain(value) {
        return value.to_owned();
    }
    value.trim().chars().filter(|c| !c.is_control()).take(muster_wire::limits::TEXT_CHARS).collect()
}

/// The same for a text that is ours already; most stay as they are, and every report has many of them.
fn kept(value: String) -> String {
    if is_plain(&value) { value } else { text(&value) }
}

/// Whether nothing of it would be taken away.
fn is_plain(value: &str) -> bool {
    let blank = |edge: Option<&u8>| edge == Some(&b' ');
    let bytes = value.as_bytes();
    bytes.len() <= muster_wire::limits::TEXT_CHARS
        && bytes.iter().all(|byte| matches!(byte, b' '..=b'~'))
        && !blank(bytes.first())
        && !blank(bytes.last())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    #[test]
    fn a_wrong_clock_is_corrected_and_the_future_is_cut_off() {
        let received = at(1000);
        for (sent, theirs, ours) in [
            (Some(at(1000)), at(900), at(900)),
            (Some(at(997)), at(900), at(900)),
            (Some(at(0)), at(-100), at(900)),
            (Some(at(5000)), at(4900), at(900)),
            (Some(at(1000)), at(2000), at(1000)),
            (None, at(900), at(900)),
        ] {
            assert_eq!(ClockOffset::measure(received, sent).ours(theirs), ours, "{sent:?} {theirs:?}");
        }
    }

    #[test]
    fn a_text_loses_its_edges_what_cannot_be_seen_and_what_is_too_long() {
        let long = "x".repeat(muster_wire::limits::TEXT_CHARS);
        for (given, expected) in [
            ("Incident Management", "Incident Management"),
            ("", ""),
            (" ", ""),
            (" ssh", "ssh"),
            ("ssh ", "ssh"),
            ("\tpts/0\n", "pts/0"),
            ("a\u{7f}b\u{0}c", "abc"),
            ("Büro\u{85}", "Büro"),
            (&long, &long),
            (&format!("{long}y"), &long),
            (&format!(" {long}"), &long),
        ] {
            assert_eq!(text(given), expected, "{given:?}");
            assert_eq!(kept(given.to_owned()), expected, "{given:?}");
        }
    }

    #[test]
    fn maker_and_model_are_named_where_they_are_known() {
        let long = "x".repeat(MAX_NAME + 1);
        for (hardware, expected) in [
            (serde_json::json!({}), vec![]),
            (
                serde_json::json!({"vendor": " LENOVO ", "model": "20UES0V100"}),
                vec![(Field::Vendor, "LENOVO"), (Field::Model, "20UES0V100")],
            ),
            (serde_json::json!({"vendor": " \t", "model": "a\nb"}), vec![(Field::Model, "ab")]),
            (serde_json::json!({"model": long}), vec![(Field::Model, long.split_at(MAX_NAME).0)]),
        ] {
            let hardware: Hardware = serde_json::from_value(hardware).unwrap();
            let named: Vec<_> = named(&hardware).into_iter().map(|named| (named.field, named.name)).collect();
            let expected: Vec<_> = expected.into_iter().map(|(field, name)| (field, name.to_owned())).collect();
            assert_eq!(named, expected);
        }
    }

    #[test]
    fn extreme_times_do_not_panic() {
        for sent in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            for theirs in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
                let ours = ClockOffset::measure(at(0), Some(sent)).ours(theirs);
                assert!(ours <= at(0) && ours >= at(0) - LONGEST_SESSION);
            }
        }
    }
}
