//! Delivery against a real TLS server: order, outages, epochs, refusals, renewal, verdicts.

#![allow(clippy::unwrap_used, reason = "a test ends where something fails")]

mod support;

use chrono::DateTime;
use muster_agent::{
    identity::Identity,
    policy::Policies,
    report::{Facts, Outbox},
    spool::Limits,
    uplink::{Delivered, Refusal, Told, TransportError, Uplink, UplinkError},
    verdict::{State, Verdicts},
};
use muster_runtime::{exit::Exit, signed};
use muster_wire::{
    hardware::Hardware,
    problem::Code,
    report::Need,
    signed::join,
    verdict::{LicenseState, Verdict},
};
use std::{
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};
use support::{Collector, Reply, Site, clock, enrolled, problem, taken};
use uuid::Uuid;

struct Agent {
    outbox: Arc<Outbox>,
    verdicts: Arc<Mutex<Verdicts>>,
    uplink: Uplink,
}

/// An agent that is enrolled in `dir` at `collector`.
async fn agent(dir: &Path, site: &Site, collector: &Collector) -> Agent {
    let (state, identity) = enrolled(dir, site, &collector.url()).await;
    let record = &identity.record;
    let outbox = Arc::new(Outbox::open(dir, Limits::default(), record.epoch, Duration::from_secs(3)).unwrap());
    let verdicts = Verdicts::open(dir, Some(dir), record.collector_id, record.verify_key);
    let verdicts = Arc::new(Mutex::new(verdicts));
    let told = Told { verdicts: Arc::clone(&verdicts), policies: Arc::new(Policies::open(dir)) };
    let uplink = Uplink::new(identity, Arc::new(state), Arc::clone(&outbox), told, Vec::new(), String::new(), clock()).unwrap();
    Agent { outbox, verdicts, uplink }
}

impl Agent {
    fn put(&self) -> u64 {
        let hardware = Hardware { hostname: Some("ws-17".to_owned()), ..Hardware::default() };
        self.outbox.put(&Facts {
            boot_id: Uuid::from_u128(1),
            collected_at: DateTime::from_timestamp(1_700_000_000, 0).unwrap(),
            hardware_digest: "sha256:00",
            software_digest: None,
            software: None,
            hardware: Some(&hardware),
            sessions: &[],
            ended: &[],
            receipt: None,
            incomplete: &[],
        })
    }

    async fn drain(&mut self) -> Result<(), UplinkError> {
        loop {
            match self.uplink.deliver().await {
                Delivered::Nothing => return Ok(()),
                Delivered::Failed(error) => return Err(error),
                Delivered::Taken(_) | Delivered::Again => {}
            }
        }
    }
}

#[tokio::test]
async fn reports_go_with_certificate_date_and_compression() {
    let (dir, site) = (tempfile::tempdir().unwrap(), Site::new());
    let collector = site.serve(&["127.0.0.1"]).await;
    let mut agent = agent(dir.path(), &site, &collector).await;
    agent.put();
    agent.drain().await.unwrap();
    let asked = collector.asked();
    let report = asked.last().unwrap();
    assert!(report.client, "mutual TLS");
    assert_eq!(report.encoding.as_deref(), Some("zstd").filter(|_| report.body.len() > 1024));
    let date = report.date.as_deref().unwrap();
    assert!(date.ends_with(" GMT") && date.len() == 29, "{date}");
    agent.put();
    agent.drain().await.unwrap();
    assert_eq!(collector.reports()[1].receipt.as_deref(), Some("receipt-1"));
}

#[tokio::test]
async fn after_an_outage_everything_comes_in_order() {
    let (dir, site) = (tempfile::tempdir().unwrap(), Site::new());
    let collector = site.serve(&["127.0.0.1"]).await;
    let mut agent = agent(dir.path(), &site, &collector).await;
    let address = collector.stop().await;
    for _ in 0..3 {
        agent.put();
        let error = agent.drain().await.unwrap_err();
        assert!(error.is_unreachable(), "{error}");
        assert_eq!(error.exit(), Exit::Unreachable);
    }
    assert_eq!(agent.outbox.backlog().reports, 3);
    let collector = site.serve_at(&["127.0.0.1"], address).await;
    agent.drain().await.unwrap();
    let seqs: Vec<u64> = collector.reports().iter().map(|report| report.seq).collect();
    assert_eq!(seqs, [1, 2, 3]);
    assert_eq!(agent.outbox.backlog().reports, 0);
}

#[tokio::test]
async fn a_lost_answer_sends_the_same_bytes_again() {
    let (dir, site) = (tempfile::tempdir().unwrap(), Site::new());
    let collector = site.serve(&["127.0.0.1"]).await;
    let mut agent = agent(dir.path(), &site, &collector).await;
    agent.put();
    collector.script([Reply::Lose]);
    agent.drain().await.unwrap_err();
    agent.put();
    agent.drain().await.unwrap();
    let bodies: Vec<_> = collector.asked().into_iter().skip(1).map(|asked| asked.body).collect();
    assert_eq!(bodies.len(), 3);
    assert_eq!(bodies[0], bodies[1]);
}

#[tokio::test]
async fn a_resync_is_durable_and_followed() {
    let (dir, site) = (tempfile::tempdir().unwrap(), Site::new());
    let collector = site.serve(&["127.0.0.1"]).await;
    let mut agent = agent(dir.path(), &site, &collector).await;
    agent.put();
    collector.script([problem(Code::Resync)]);
    agent.drain().await.unwrap();
    let sent: Vec<_> = collector.reports().iter().map(|report| (report.epoch, report.seq)).collect();
    assert_eq!(sent, [(1, 1), (2, 1)]);
    assert_eq!(Identity::load(dir.path()).unwrap().unwrap().record.epoch, 2);
    // The same epoch again is no resync: it would be sent for ever.
    agent.put();
    collector.script([problem(Code::Resync)]);
    agent.drain().await.unwrap_err();
    assert_eq!(agent.outbox.backlog().reports, 1);
}

#[tokio::test]
async fn what_the_collector_says_is_understood() {
    let (dir, site) = (tempfile::tempdir().unwrap(), Site::new());
    let collector = site.serve(&["127.0.0.1"]).await;
    let mut agent = agent(dir.path(), &site, &collector).await;
    agent.put();
    let refused = |why| UplinkError::Refused { why, reason: "said by the test".to_owned() };
    for (reply, expected) in [
        (problem(Code::AgentPending), refused(Refusal::Pending)),
        (problem(Code::AgentRevoked), refused(Refusal::Revoked)),
        (problem(Code::Unauthenticated), refused(Refusal::Identity)),
        (
            Reply::Say(503, Some(17), String::new()),
            UplinkError::Later { reason: "HTTP status 503".to_owned(), retry_after: Some(Duration::from_secs(17)) },
        ),
        (
            taken(0, vec![], None),
            UplinkError::Later { reason: "report 1 was answered, but only 0 is stored".to_owned(), retry_after: None },
        ),
    ] {
        collector.script([reply]);
        assert_eq!(agent.drain().await.unwrap_err(), expected);
        assert_eq!(agent.outbox.backlog().reports, 1, "nothing is lost");
        assert_eq!(agent.outbox.progress().last_error, Some(expected.to_string()));
    }
}

#[tokio::test]
async fn a_report_over_the_limit_is_let_go_and_told() {
    let (dir, site) = (tempfile::tempdir().unwrap(), Site::new());
    let collector = site.serve(&["127.0.0.1"]).await;
    let mut agent = agent(dir.path(), &site, &collector).await;
    agent.put();
    collector.script([problem(Code::TooLarge)]);
    agent.drain().await.unwrap();
    agent.put();
    agent.drain().await.unwrap();
    let reports = collector.reports();
    assert_eq!((reports[0].dropped, reports[1].dropped, reports[1].seq), (0, 1, 2));
}

#[tokio::test]
async fn another_collector_at_the_address_is_named() {
    let (dir, site, other) = (tempfile::tempdir().unwrap(), Site::new(), Site::new());
    let collector = site.serve(&["127.0.0.1"]).await;
    let mut agent = agent(dir.path(), &site, &collector).await;
    agent.put();
    let address = collector.stop().await;
    let collector = other.serve_at(&["127.0.0.1"], address).await;
    let error = agent.drain().await.unwrap_err();
    assert!(matches!(&error, UplinkError::Transport(TransportError::OtherCollector { .. })), "{error}");
    assert!(error.to_string().contains("is not the one this agent enrolled with"));
    let address = collector.stop().await;
    let collector = site.serve_at(&["elsewhere.example"], address).await;
    let error = agent.drain().await.unwrap_err();
    assert!(matches!(&error, UplinkError::Transport(TransportError::OtherName { .. })), "{error}");
    assert!(collector.asked().is_empty());
    assert_eq!(agent.outbox.backlog().reports, 1);
}

#[tokio::test]
async fn a_certificate_of_another_collector_is_not_welcome() {
    let (dir, site, other) = (tempfile::tempdir().unwrap(), Site::new(), Site::new());
    let collector = site.serve(&["127.0.0.1"]).await;
    let (state, mut identity) = enrolled(dir.path(), &site, &collector.url()).await;
    let elsewhere = other.serve(&["127.0.0.1"]).await;
    let other_dir = tempfile::tempdir().unwrap();
    // The right root, so that the server is trusted, and a certificate the server's authority did not issue.
    identity.ca = enrolled(other_dir.path(), &other, &elsewhere.url()).await.1.ca;
    let outbox = Arc::new(Outbox::open(dir.path(), Limits::default(), 1, Duration::from_secs(3)).unwrap());
    let record = &identity.record;
    let verdicts = Arc::new(Mutex::new(Verdicts::open(dir.path(), None, record.collector_id, record.verify_key)));
    let collectors = vec![elsewhere.url()];
    let told = Told { verdicts: Arc::clone(&verdicts), policies: Arc::new(Policies::open(dir.path())) };
    let uplink = Uplink::new(identity, Arc::new(state), Arc::clone(&outbox), told, collectors, String::new(), clock());
    let mut agent = Agent { outbox, verdicts, uplink: uplink.unwrap() };
    agent.put();
    let error = agent.drain().await.unwrap_err();
    assert!(matches!(&error, UplinkError::Transport(TransportError::NotWelcome { .. })), "{error}");
}

#[tokio::test]
async fn renews_when_asked_and_goes_on_under_the_new_certificate() {
    let (dir, site) = (tempfile::tempdir().unwrap(), Site::new());
    let collector = site.serve(&["127.0.0.1"]).await;
    let mut agent = agent(dir.path(), &site, &collector).await;
    let before = Identity::load(dir.path()).unwrap().unwrap();
    agent.put();
    collector.script([taken(1, vec![Need::Renew], None)]);
    agent.drain().await.unwrap();
    agent.put();
    agent.drain().await.unwrap();
    let after = Identity::load(dir.path()).unwrap().unwrap();
    assert_ne!(after.certificate, before.certificate);
    assert_eq!(after.key.public_key(), before.key.public_key());
    let paths: Vec<_> = collector.asked().into_iter().map(|asked| asked.path).collect();
    assert_eq!(paths, ["/agent/v1/enroll", "/agent/v1/report", "/agent/v1/renew", "/agent/v1/report"]);
}

#[tokio::test]
async fn a_signed_verdict_is_kept_and_a_forged_one_is_not() {
    let (dir, site) = (tempfile::tempdir().unwrap(), Site::new());
    let collector = site.serve(&["127.0.0.1"]).await;
    let mut agent = agent(dir.path(), &site, &collector).await;
    let verdict = Verdict {
        collector_id: support::COLLECTOR,
        seq: 1,
        state: LicenseState::Disabled,
        reason: Some("expired".to_owned()),
        change_id: "c1".to_owned(),
        issued_at: clock().now(),
        valid_until: clock().now() + chrono::TimeDelta::hours(1),
        applications: std::collections::BTreeMap::new(),
    };
    let payload = serde_json::to_vec(&verdict).unwrap();
    let text = |key: &ed25519_dalek::SigningKey| join(&payload, &signed::sign(key, &payload));
    let forged = text(&ed25519_dalek::SigningKey::from_bytes(&[1; 32]));
    for (text, expected) in [(forged, State::Unknown), (text(&site.signing), State::Disabled)] {
        let seq = agent.put();
        collector.script([taken(seq, vec![], Some(text))]);
        agent.drain().await.unwrap();
        assert_eq!(agent.verdicts.lock().unwrap().view(clock().now()).state, expected);
    }
    assert!(dir.path().join("verdict.json").exists());
}
