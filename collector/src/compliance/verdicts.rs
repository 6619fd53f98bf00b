//! Verdicts and receipts: what agents are told of the licence's state, signed with this collector's key, and what they echo.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use muster_domain::compliance::{DisabledReason, Standing};
use muster_license::MachineKey;
use muster_wire::{
    signed,
    verdict::{Decision, LicenseState, Receipt, Verdict},
};
use std::{collections::BTreeMap, sync::Arc};
use uuid::Uuid;

use super::{
    facts::reason,
    ledger::{Ledger, is_open},
};

/// The signed texts in force, and what they were made from.
#[derive(Debug, Clone)]
pub(super) struct Signed {
    pub(super) verdict: Arc<str>,
    pub(super) receipt: Arc<str>,
    pub(super) issued_at: DateTime<Utc>,
    pub(super) seq: u64,
    pub(super) epoch: u64,
    pub(super) standing: Standing,
    pub(super) applications: Vec<String>,
}

/// Signs verdict and receipt of a state; `change_id` is that of the change that led to it.
pub(super) fn sign(
    machine: &MachineKey,
    collector_id: Uuid,
    ledger: &Ledger,
    (standing, change_id): (&Standing, Uuid),
    applications: &[String],
    offline_days: u32,
    now: DateTime<Utc>,
) -> Result<Signed, serde_json::Error> {
    let decision = if is_open(standing) { Decision::Allow } else { Decision::Deny };
    let verdict = Verdict {
        collector_id,
        seq: ledger.seq,
        state: state(standing),
        reason: reason(standing).map(str::to_owned),
        change_id: change_id.to_string(),
        issued_at: now,
        valid_until: now + TimeDelta::days(i64::from(offline_days)),
        applications: applications.iter().map(|name| (name.clone(), decision)).collect::<BTreeMap<_, _>>(),
    };
    let receipt = Receipt {
        collector_id,
        ledger_epoch: ledger.epoch,
        seq: ledger.seq,
        state: state(standing),
        grace_started_at: grace_start(standing),
    };
    let text = |payload: Vec<u8>| -> Arc<str> { signed::join(&payload, &machine.sign(&payload)).into() };
    Ok(Signed {
        verdict: text(serde_json::to_vec(&verdict)?),
        receipt: text(serde_json::to_vec(&receipt)?),
        issued_at: now,
        seq: ledger.seq,
        epoch: ledger.epoch,
        standing: *standing,
        applications: applications.to_vec(),
    })
}

/// A receipt that this machine key signed, whatever the collector was called; none when it is somebody else's or was changed.
pub(super) fn read_receipt(text: &str, machine: &MachineKey) -> Option<Receipt> {
    let envelope = signed::split(text).ok()?;
    if !machine.public().verify(&envelope.payload, &envelope.signature) {
        return None;
    }
    serde_json::from_slice(&envelope.payload).ok()
}

/// The standing a receipt speaks of; none for a state this build does not know.
pub(super) fn standing_of(receipt: &Receipt) -> Option<Standing> {
    Some(match (receipt.state, receipt.grace_started_at) {
        (LicenseState::Unlicensed, _) => Standing::Unlicensed,
        (LicenseState::Compliant, _) => Standing::Compliant,
        (LicenseState::Grace, Some(start)) => Standing::Grace { start },
        (LicenseState::Disabled, Some(start)) => Standing::Disabled { reason: DisabledReason::GraceElapsed { start } },
        (LicenseState::Disabled, None) => Standing::Disabled { reason: DisabledReason::Expired },
        (LicenseState::Grace, None) | (LicenseState::Other, _) => return None,
    })
}

fn state(standing: &Standing) -> LicenseState {
    match standing {
        Standing::Unlicensed => LicenseState::Unlicensed,
        Standing::Compliant => LicenseState::Compliant,
        Standing::Grace { .. } => LicenseState::Grace,
        Standing::Disabled { .. } => LicenseState::Disabled,
    }
}

fn grace_start(standing: &Standing) -> Option<NaiveDate> {
    match standing {
        Standing::Grace { start } | Standing::Disabled { reason: DisabledReason::GraceElapsed { start } } => Some(*start),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receipts_come_back_and_forged_ones_do_not() {
        let machine = MachineKey::generate().unwrap();
        let id = Uuid::new_v4();
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let start = NaiveDate::from_ymd_opt(2027, 1, 15).unwrap();
        for standing in [
            Standing::Unlicensed,
            Standing::Compliant,
            Standing::Grace { start },
            Standing::Disabled { reason: DisabledReason::GraceElapsed { start } },
            Standing::Disabled { reason: DisabledReason::Expired },
        ] {
            let signed = sign(&machine, id, &Ledger::new(now), (&standing, id), &[], 30, now).unwrap();
            let receipt = read_receipt(&signed.receipt, &machine).unwrap();
            assert_eq!((standing_of(&receipt), receipt.collector_id), (Some(standing), id));
            assert_eq!(read_receipt(&signed.receipt, &MachineKey::generate().unwrap()), None);
            assert_eq!(read_receipt(&format!("x{}", signed.receipt), &machine), None);
        }
    }
}
