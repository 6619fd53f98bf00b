//! What must not stick: a state that was only shown, a wrong clock, history that a wrong clock would have ended.

use super::{Site, start};
use crate::{
    compliance::TrustedVendors, ingest::VerdictSource as _, publish::State, store::records::RunKind, trust::keys::KeyFiles,
};
use chrono::TimeDelta;
use muster_wire::{signed, verdict::Verdict};
use std::collections::BTreeSet;

impl Site {
    /// What agents are told now.
    fn verdict(&self) -> Verdict {
        let text = self.service.verdict().unwrap();
        serde_json::from_slice(&signed::split(&text).unwrap().payload).unwrap()
    }

    /// The vendor's key is lost, or there again.
    async fn trusting(&mut self, vendor: bool) {
        let files = KeyFiles::of(self.dir.path());
        let keys = if vendor { vec![self.vendor.public().to_pem()] } else { Vec::new() };
        TrustedVendors::create(&files, &keys).unwrap();
        self.restart().await;
    }

    /// The directions that the audit log was told of, oldest first; none for "right again".
    async fn clocks_told(&self) -> Vec<Option<String>> {
        let mut records = self.stores.audit.page(None, 1000).await.unwrap();
        records.sort_by_key(|record| record.number);
        let of_clock = records.into_iter().filter(|record| record.entry.action == "license.clock");
        of_clock.map(|record| record.entry.detail["direction"].as_str().map(str::to_owned)).collect()
    }
}

#[tokio::test]
async fn every_state_that_is_shown_is_a_change_of_its_own_over_restarts() {
    let mut site = Site::new().await;
    site.apply(1).await;
    let mut seen = BTreeSet::from([site.verdict().change_id]);
    let mut seq = site.verdict().seq;
    for round in 0..3 {
        for vendor in [false, true] {
            site.trusting(vendor).await;
            let expected = if vendor { State::Compliant } else { State::Disabled };
            let verdict = site.verdict();
            assert_eq!(site.state(), expected, "round {round}");
            assert!(seen.insert(verdict.change_id.clone()), "round {round}: {vendor} came back as an earlier change");
            assert_eq!(verdict.seq > seq, vendor, "round {round}: what ends it is newer than what was before");
            seq = verdict.seq;
            // Neither a restart nor a night nor time makes another change of it.
            site.restart().await;
            site.clock.advance(std::time::Duration::from_secs(1200));
            site.service.tick().await.unwrap();
            site.service.run(RunKind::Manual, "user:anna").await.unwrap();
            assert_eq!((site.verdict().change_id, site.verdict().seq), (verdict.change_id, verdict.seq), "round {round}");
        }
    }
    assert_eq!(site.audited("license.state").await, 6);
}

#[tokio::test]
async fn a_grace_goes_on_as_it_was_after_nights_without_a_key_that_opens() {
    let mut site = Site::new().await;
    site.apply(1).await;
    site.service.witness(&site.receipt(1, 9, super::grace("2026-11-01"))).await;
    let began = site.service.facts().compliance.grace_started_at;
    assert!(began.is_some());
    site.trusting(false).await;
    for _ in 0..3 {
        site.clock.advance(std::time::Duration::from_secs(86_400));
        site.service.run(RunKind::Nightly, "collector").await.unwrap();
    }
    site.trusting(true).await;
    assert_eq!((site.state(), site.service.facts().compliance.grace_started_at), (State::Grace, began));
}

#[tokio::test]
async fn a_key_recovers_under_a_clock_by_which_it_would_have_ended() {
    for (days, frozen) in [(390, true), (300, false), (3650, true)] {
        let mut site = Site::new().await;
        site.apply(1).await;
        site.clock.advance(std::time::Duration::from_secs(86_400));
        site.service.tick().await.unwrap();
        site.clock.step_wall(TimeDelta::days(days));
        site.service.tick().await.unwrap();
        let issued_at = start() + TimeDelta::hours(20);
        let key = site.key_of(&site.vendor, 2, issued_at, &serde_json::json!({"expires": "2027-11-22"}));
        let applied = site.service.apply(&key, "user:anna", false).await.unwrap();
        assert_eq!((applied.facts.state, applied.facts.license.map(|key| key.serial)), (State::Compliant, Some(2)), "{days}");
        // The clock stays as doubtful as it was, also over a restart; and it is forgiven when it is right again.
        for _ in 0..2 {
            site.service.tick().await.unwrap();
            assert_eq!((site.alert("the clock is"), site.state()), (frozen, State::Compliant), "{days}");
            site.restart().await;
        }
        site.clock.step_wall(-TimeDelta::days(days));
        site.restart().await;
        assert_eq!((site.alert("the clock is"), site.state()), (false, State::Compliant), "{days}");
    }
}

#[tokio::test]
async fn a_store_made_anew_beside_the_old_machine_key_is_told_once() {
    let mut site = Site::new().await;
    site.apply(1).await;
    let of_before = {
        let ledger = crate::compliance::Ledger { seq: 9, ..crate::compliance::Ledger::new(start()) };
        let grace = super::grace("2026-11-01");
        let sign = |id| {
            let id = uuid::Uuid::from_u128(id);
            crate::compliance::verdicts::sign(&site.machine, id, &ledger, (&grace, id), &[], 30, start()).unwrap()
        };
        [sign(3).receipt, sign(4).receipt]
    };
    for receipt in &of_before {
        site.service.witness(receipt).await;
        assert!(site.alert("an agent knows another collector with this machine key"), "{:?}", site.alerts.list());
    }
    site.restart().await;
    assert!(site.alert("an agent knows another collector with this machine key"));
    assert_eq!((site.state(), site.audited("license.remade").await), (State::Compliant, 1));
    site.apply(2).await;
    assert_eq!(site.alerts.list(), []);
}

#[tokio::test]
async fn the_audit_log_is_told_of_a_wrong_clock_once() {
    let mut site = Site::new().await;
    site.apply(1).await;
    for (step, direction) in [(3650, Some("forward")), (-3650, None), (-30, Some("backward")), (30, None)] {
        site.clock.step_wall(TimeDelta::days(step));
        for _ in 0..3 {
            site.service.tick().await.unwrap();
            let told = site.alerts.list().into_iter().find(|alert| alert.text.ends_with("(clock_anomaly)"));
            assert_eq!(told.is_some(), direction.is_some(), "{step}");
            site.restart().await;
        }
        assert_eq!(site.clocks_told().await.last(), Some(&direction.map(str::to_owned)));
    }
    assert_eq!(site.clocks_told().await.len(), 4);
}
