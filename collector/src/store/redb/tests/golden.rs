//! Rows as they are on disks out there, one for each record and version. A row here that no longer decodes, or comes out
//! differently, breaks every installed store: raise the row version, keep reading this one, and add a row of the new one.

use crate::store::{
    StoreError,
    conformance::{self, fixtures as f},
    records::{
        AgentProgress, AgentStatus, AuditRecord, Change, Channel, ClosedSession, DeliveryRecord, DemandRecord, EndReason, Ending,
        ForeignDevice, GroupRecord, IdleSpan, InstallRecord, InstallsRecord, InteropCredentialRecord, KeyRecord, KeyedRequest,
        MembersRecord, PauseReason, ReconciliationRecord, ReferenceRecord, RemovalRecord, ResourceCategoryRecord, RunKind,
        RunRecord, SealedRow, SessionRecord, SoftwareListRecord, Tier, TitleRecord, UnitChoiceRecord, UnitReportRecord, UnitRow,
        UsageKind,
    },
    redb::{
        asset_rows,
        codec::{Form, Row, decode, encode},
        fault::Fault,
    },
};
use data_encoding::HEXLOWER;
use muster_domain::{
    asset::{field::Field, value::Value},
    ids::SessionId,
    session::{Application, AtLimit, ClaimId, Reservation, SeatKind, Share, Standing},
    units::{Choice, category::published},
};
use proptest::prelude::*;
use std::fmt::Debug;
use uuid::Uuid;

const GOLDEN: &str = include_str!("../../../../tests/golden/store-rows-v1.txt");

/// The row of a record in the golden file: `NAME VERSION BODY`, the body in hexadecimal or as JSON.
fn check<R: Row + Debug + PartialEq>(name: &str, record: &R) {
    let row = encode(record).unwrap();
    let (version, body) = row.split_first().unwrap();
    let body = match R::FORM {
        Form::Compact => HEXLOWER.encode(body),
        Form::Json => String::from_utf8(body.to_vec()).unwrap(),
    };
    is_golden(name, *version, &body);
    assert_eq!(&decode::<R>(&row).unwrap(), record);
}

fn is_golden(name: &str, version: u8, body: &str) {
    let line = format!("{name} {version} {body}");
    if std::env::var_os("MUSTER_RENEW").is_some() {
        println!("golden {line}");
        return;
    }
    let golden = GOLDEN.lines().find(|golden| golden.starts_with(&format!("{name} ")));
    assert_eq!(golden, Some(line.as_str()));
}

/// A row of an older version, which is still read.
fn check_older<R: Row + Debug + PartialEq>(name: &str, record: &R) {
    let line = GOLDEN.lines().find_map(|line| line.strip_prefix(&format!("{name} "))).unwrap();
    let (version, body) = line.split_once(' ').unwrap();
    let mut row = vec![version.parse().unwrap()];
    row.extend(HEXLOWER.decode(body.as_bytes()).unwrap());
    assert!(row[0] < R::VERSION);
    assert_eq!(&decode::<R>(&row).unwrap(), record);
}

fn check_asset(asset: &muster_domain::asset::record::Asset) {
    let row = asset_rows::encode(asset);
    let (version, body) = row.split_first().unwrap();
    is_golden("asset", *version, &HEXLOWER.encode(body));
    assert_eq!(&asset_rows::decode(&row).unwrap(), asset);
}

fn every_change() -> [Change; 4] {
    let mut report = f::report(1, f::mark(2, 300), vec![f::session(1, 1)], vec![(SessionId(2), f::ending(20))]);
    if let Change::Report { hardware_digest, passed, dropped, .. } = &mut report {
        *hardware_digest = Some("sha256:00ff".to_owned());
        passed.push(ClosedSession { session: f::session(3, 1), ending: f::ending(12) });
        *dropped = 7;
    }
    let by_hand = Ending { at: f::at(3), reason: EndReason::Administrator };
    [
        report,
        Change::Resync { agent: f::agent_id(1), epoch: 3 },
        Change::Ended { sessions: vec![(SessionId(u128::MAX), by_hand)], keep: true },
        Change::Idle {
            session: SessionId(5),
            span: IdleSpan {
                application: "Incident Management".to_owned(),
                since: f::at(4),
                until: Some(f::at(9)),
                why: PauseReason::NotUsed,
            },
        },
    ]
}

fn full_application() -> Application {
    Application {
        named_limit: Some(2),
        named_users: vec!["alice".to_owned()],
        floating_limit: Some(5),
        at_limit: AtLimit::Queue,
        sharing: vec![Share::User, Share::ClientIp],
        reservations: vec![Reservation { group: "lab".to_owned(), seats: 1 }],
        ..f::application("Incident Management")
    }
}

fn edited_asset() -> muster_domain::asset::record::Asset {
    let mut asset = f::asset(1, Some(f::agent_id(2)));
    let changes = [
        (Field::Location, Some(Value::Ref(Uuid::from_u128(5)))),
        (Field::PurchaseDate, Some(Value::Date(f::date(21)))),
        (Field::Cost, Some(Value::Decimal("1299.99".parse().unwrap()))),
        (Field::ExcludedFromHam, Some(Value::Bool(true))),
        (Field::SerialNumber, None),
    ];
    asset.edit(&changes, f::at(4)).unwrap();
    asset
}

#[test]
fn stored_rows_stay_readable() {
    check("agent", &f::agent(1));
    check_older("agent-v1", &f::agent(1));
    let foreign = ForeignDevice {
        credential: "abcdefgh".to_owned(),
        device_id: "ws-17-2026-11-20-10-00-00".to_owned(),
        program: "GLPI-Agent_v1.12".to_owned(),
    };
    check("agent-foreign", &crate::store::records::AgentRecord { foreign: Some(foreign), ..f::agent(1) });
    let superseded = Some(f::agent_id(2));
    check(
        "agent-revoked",
        &crate::store::records::AgentRecord { status: AgentStatus::Revoked, superseded_by: superseded, ..f::agent(1) },
    );
    check("token", &crate::store::records::TokenRecord { used_by: vec![[1; 32]], ..f::token("abcdefgh", 10) });
    check(
        "interop-credential",
        &InteropCredentialRecord { let_in: vec![1_795_000_000_000], ..conformance::credential("abcdefgh", 10) },
    );
    check("application", &crate::store::records::ApplicationRecord { application: full_application(), version: 3 });
    check_asset(&edited_asset());
    check("history", &f::history());
    check("audit", &AuditRecord { number: 1, entry: f::entry("asset.edit"), hash: "00ff".to_owned() });
    let text = "-----BEGIN".to_owned();
    let applied_by = "user:root".to_owned();
    check("key", &KeyRecord { id: "lic-1".to_owned(), serial: 1, text, applied_at: f::at(1), applied_by });
    check("ledger", &SealedRow { bytes: vec![0, 1, 255], mac: [9; 32] });
    check("run", &RunRecord { id: 4, ..conformance::run(RunKind::Nightly, f::date(21), Some("no query")) });
    let parent = Some(Uuid::from_u128(5));
    check("import", &conformance::import_run(4));
    check("notice", &conformance::notice("over_limit", 1));
    check("delivery", &conformance::delivery(1, Channel::Mail("it@example.com".to_owned()), 5));
    check(
        "delivery-webhook",
        &DeliveryRecord { error: Some("503".to_owned()), ..conformance::delivery(2, Channel::Webhook(Uuid::from_u128(3)), 5) },
    );
    check("webhook", &conformance::webhook(3));
    check("keyed-request", &KeyedRequest { answer: Some(conformance::answer()), ..conformance::keyed(1, 2) });
    check("refused-line", &conformance::refused_line(7));
    check("reference", &ReferenceRecord::new(muster_domain::asset::Table::Location, "Berlin", parent, f::at(1)));
    check("user", &conformance::user("root"));
    check("api-token", &conformance::api_token("t"));
    let [report, resync, ended, idle] = every_change();
    check("change-report", &report);
    check("change-resync", &resync);
    check("change-ended", &ended);
    check("change-idle", &idle);
    let progress = AgentProgress {
        agent: f::agent_id(1),
        epoch: 2,
        seq: 300,
        resync_to: Some(3),
        recent: vec![(299, f::digest(299)), (300, f::digest(300))],
        hardware_digest: Some("sha256:00ff".to_owned()),
        boot_id: Some(Uuid::from_u128(99)),
        last_seen: f::at(5),
        agent_version: "0.1.0".to_owned(),
        dropped: 7,
    };
    check("progress", &progress);
    check("session", &SessionRecord { ended: Some(f::ending(9)), ..f::session(1, 2) });
    check("closed-session", &ClosedSession { session: f::session(1, 2), ending: f::ending(9) });
    let held = Standing::Held { kind: SeatKind::Named, over: true, borrowed_until: Some(f::at(9)) };
    check("claim-held", &f::claim("CAD", ClaimId::Checkout(f::checkout_id(1)), held));
    let waiting = Standing::Waiting { borrow_seconds: Some(3600) };
    check("claim-waiting", &f::claim("CAD", ClaimId::Checkout(f::checkout_id(1)), waiting));
    let lingering = Standing::Lingering { kind: SeatKind::Floating };
    check("claim-lingering", &f::claim("CAD", ClaimId::Session(SessionId(1)), lingering));
    check("claim-refused", &f::claim("CAD", ClaimId::Session(SessionId(1)), Standing::Refused));
    check("closed-checkout", &f::closed_checkout(1, 2, 3));
    check("uncounted-use", &f::uncounted_use(1, 4));
    check(
        "demand",
        &DemandRecord {
            date: f::date(21),
            application: "CAD".to_owned(),
            asked: muster_domain::session::Asked { denied: 300, longest_wait_ms: 7, ..Default::default() },
        },
    );
    check("hour", &f::hour(1, "CAD", 3));
    check("group", &GroupRecord { name: "Design".to_owned(), members: vec!["alice".to_owned()] });
    let by = "user:root".to_owned();
    let opted_in = UnitChoiceRecord {
        category: "Servers".to_owned(),
        choice: Choice::OptedIn,
        at: f::at(5),
        by,
        assets: (3, 9),
        units: (1, 3),
    };
    check("unit-choice", &opted_in);
    check("resource-category", &ResourceCategoryRecord { category: published().swap_remove(8), updated_at: f::at(6) });
    let row = UnitRow { category: "Servers".to_owned(), application: Some("HAM".to_owned()), ratio: 1, count: 7, units: None };
    let (rounding, rows) = ("up_sum".to_owned(), vec![row]);
    let report = UnitReportRecord { site_date: f::date(22), at: f::at(7), consumed: 7, entitled: Some(9), rounding, rows };
    check("unit-report", &report);
    let software = conformance::software("Bash", "5.2");
    check("title", &TitleRecord { software: software.clone(), installs: 300 });
    let digest = "sha256:00ff".to_owned();
    check("software-list", &SoftwareListRecord { asset: f::asset_id(1), agent: f::agent_id(2), digest, at: f::at(1) });
    let install = InstallRecord { title: 300, install_day: Some(739_942), first_seen: f::at(1), updated_at: Some(f::at(2)) };
    let removal = RemovalRecord { software, first_seen: f::at(1), removed_at: f::at(3) };
    check("installs", &InstallsRecord { present: vec![install], removed: vec![removal], forgotten: 300 });
    let run = ReconciliationRecord { id: 4, ..conformance::reconciliation(Some("Microsoft")) };
    check("reconciliation", &run);
    check("position", &conformance::position(4, 1, Tier::Metric, "Visio"));
    check("position-members", &MembersRecord { rows: vec![conformance::member(300)] });
    check("removal-candidate", &conformance::candidate(1));
    check("remedy", &conformance::remedy(1));
    check("usage", &f::usage(21, "Incident Management", UsageKind::Floating, 3));
}

fn reason<R: Row + Debug>(row: &[u8]) -> String {
    match decode::<R>(row) {
        Err(Fault::Refused(StoreError::Corrupt { table, reason })) => format!("{table}: {reason}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_row_that_is_not_whole_is_an_error_of_its_table() {
    let row = encode(&f::agent(1)).unwrap();
    let changed = |change: fn(&mut Vec<u8>)| {
        let mut row = row.clone();
        change(&mut row);
        row
    };
    for (row, expected) in [
        (vec![], "agents: the row is empty"),
        (changed(|row| row[0] = 9), "agents: the row has version 9"),
        (changed(|row| row.push(0)), "agents: 1 bytes are left over"),
        (changed(|row| row.truncate(row.len() - 1)), "agents: "),
        (vec![1], "agents: "),
    ] {
        assert!(reason::<crate::store::records::AgentRecord>(&row).starts_with(expected), "{expected}");
    }
    let user = [&[1][..], br#"{"name":"root","password_hash":"secret"#].concat();
    let message = reason::<crate::store::records::UserRecord>(&user);
    assert!(message.starts_with("users: the JSON is wrong at line 1") && !message.contains("secret"), "{message}");
}

proptest! {
    #[test]
    fn no_bytes_make_a_decoder_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Some(version) = bytes.first_mut() {
            *version = 1;
        }
        let _ = decode::<Change>(&bytes);
        let _ = decode::<AgentProgress>(&bytes);
        let _ = asset_rows::decode(&bytes);
        let _ = decode::<crate::store::records::ApplicationRecord>(&bytes);
        let _ = decode::<AuditRecord>(&bytes);
    }
}
