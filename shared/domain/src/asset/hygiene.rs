//! What is wrong in a list of assets, and which of them would bring a site under its limit.
//!
//! In: facts of each asset. Out: findings by class, surest first, and a ranked list of assets that are counted though they
//! need not be. It only proposes; nothing is changed here.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::identity::is_junk;
use super::state::InstallStatus;
use crate::ids::AssetId;

/// What is wrong with an asset. The order is the rank: the surest that the asset need not be counted comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Another asset has the same serial number.
    DuplicateSerial,
    /// Another asset has the same asset tag.
    DuplicateTag,
    /// Another asset has the same model and host name.
    DuplicateHost,
    /// Its agent was not heard for 90 days.
    Silent90,
    /// Its agent was not heard for 30 days.
    Silent30,
    /// In use, and nobody was ever named as its user.
    NeverAssigned,
    /// It has no state, and licence counts leave it out.
    EmptyState,
}

impl Class {
    /// Every class, in order of rank.
    pub const ALL: [Self; 7] = [
        Self::DuplicateSerial,
        Self::DuplicateTag,
        Self::DuplicateHost,
        Self::Silent90,
        Self::Silent30,
        Self::NeverAssigned,
        Self::EmptyState,
    ];

    /// The name in queries and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DuplicateSerial => "duplicate_serial",
            Self::DuplicateTag => "duplicate_tag",
            Self::DuplicateHost => "duplicate_host",
            Self::Silent90 => "silent90",
            Self::Silent30 => "silent30",
            Self::NeverAssigned => "never_assigned",
            Self::EmptyState => "empty_state",
        }
    }

    /// The class of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }
}

/// What the rules look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The asset.
    pub id: AssetId,
    /// Its state.
    pub status: Option<InstallStatus>,
    /// Its asset tag.
    pub tag: Option<String>,
    /// Its serial number.
    pub serial: Option<String>,
    /// Its model and the host name that its agent reports.
    pub host: Option<(String, String)>,
    /// When its agent was heard last; none where no agent reports it.
    pub heard: Option<DateTime<Utc>>,
    /// When the record was made.
    pub created: DateTime<Utc>,
    /// Somebody was once named as its user.
    pub was_assigned: bool,
    /// The compliance query counts it.
    pub counted: bool,
}

/// Something wrong with an asset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub class: Class,
    /// The asset.
    pub asset: AssetId,
    /// For a duplicate: the one to keep, which was heard last.
    pub keep: Option<AssetId>,
}

/// Everything that is wrong, by class and then by id. Retired and consumed assets are out of service and are not looked at. An
/// asset that is silent for 90 days is not listed again as silent for 30.
#[must_use]
pub fn findings(candidates: &[Candidate], now: DateTime<Utc>) -> Vec<Finding> {
    let live: Vec<&Candidate> = candidates
        .iter()
        .filter(|candidate| !matches!(candidate.status, Some(InstallStatus::Retired | InstallStatus::Consumed)))
        .collect();
    let mut found = Vec::new();
    duplicates(&live, Class::DuplicateSerial, |candidate| identifier(candidate.serial.as_deref()), &mut found);
    duplicates(&live, Class::DuplicateTag, |candidate| name(candidate.tag.as_deref()), &mut found);
    let host = |candidate: &Candidate| {
        let (model, host) = candidate.host.as_ref()?;
        Some(format!("{}\n{}", name(Some(model))?, name(Some(host))?))
    };
    duplicates(&live, Class::DuplicateHost, host, &mut found);
    for candidate in &live {
        let alone = |class| Finding { class, asset: candidate.id, keep: None };
        match candidate.heard.map(|heard| now.signed_duration_since(heard)) {
            Some(silence) if silence >= TimeDelta::days(90) => found.push(alone(Class::Silent90)),
            Some(silence) if silence >= TimeDelta::days(30) => found.push(alone(Class::Silent30)),
            _ => {}
        }
        if candidate.status == Some(InstallStatus::InUse) && !candidate.was_assigned {
            found.push(alone(Class::NeverAssigned));
        }
        if candidate.status.is_none() {
            found.push(alone(Class::EmptyState));
        }
    }
    found.sort_by_key(|finding| (finding.class, finding.asset));
    found
}

/// The counted assets that would bring a site under its limit, surest first: at most `over_by`, each once. Fewer when there are
/// not enough findings. That nobody was named as its user is a question and no proof, so that such assets come last.
#[must_use]
pub fn proposal(candidates: &[Candidate], findings: &[Finding], over_by: u64) -> Vec<Finding> {
    let counted: BTreeSet<AssetId> =
        candidates.iter().filter(|candidate| candidate.counted).map(|candidate| candidate.id).collect();
    let mut ranked: Vec<&Finding> =
        findings.iter().filter(|finding| finding.class != Class::EmptyState && counted.contains(&finding.asset)).collect();
    ranked.sort_by_key(|finding| (finding.class, finding.asset));
    let (mut taken, mut kept) = (BTreeSet::new(), BTreeSet::new());
    let mut proposed = Vec::new();
    for finding in ranked {
        if u64::try_from(proposed.len()).unwrap_or(u64::MAX) >= over_by {
            break;
        }
        // The one that stays of a pair is not proposed for another reason, and its pair is gone only once.
        if kept.contains(&finding.asset) || finding.keep.is_some_and(|keep| taken.contains(&keep)) {
            continue;
        }
        if taken.insert(finding.asset) {
            kept.extend(finding.keep);
            proposed.push(finding.clone());
        }
    }
    proposed
}

/// All but the one of each group that is kept: the one heard last, among equals the newest record.
fn duplicates(live: &[&Candidate], class: Class, key: impl Fn(&Candidate) -> Option<String>, found: &mut Vec<Finding>) {
    let mut groups: BTreeMap<String, Vec<&Candidate>> = BTreeMap::new();
    for candidate in live {
        if let Some(key) = key(candidate) {
            groups.entry(key).or_default().push(candidate);
        }
    }
    for group in groups.values().filter(|group| group.len() > 1) {
        let Some(keep) = group.iter().max_by_key(|candidate| (candidate.heard, candidate.created, candidate.id)) else {
            continue;
        };
        let others = group.iter().filter(|candidate| candidate.id != keep.id);
        found.extend(others.map(|candidate| Finding { class, asset: candidate.id, keep: Some(keep.id) }));
    }
}

/// A name that people give, as it is compared.
fn name(text: Option<&str>) -> Option<String> {
    text.map(|text| text.trim().to_lowercase()).filter(|text| !text.is_empty())
}

/// A maker's identifier as it is compared; none for one that says nothing about the machine.
fn identifier(text: Option<&str>) -> Option<String> {
    name(text).filter(|text| !is_junk(text))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(1000)
    }

    fn id(number: u128) -> AssetId {
        AssetId(Uuid::from_u128(number))
    }

    fn sound(number: u128) -> Candidate {
        Candidate {
            id: id(number),
            status: Some(InstallStatus::InUse),
            tag: Some(format!("P{number}x")),
            serial: Some(format!("SN{number}x")),
            host: Some(("ThinkPad T14".to_owned(), format!("ws-{number}"))),
            heard: Some(now()),
            created: DateTime::UNIX_EPOCH,
            was_assigned: true,
            counted: true,
        }
    }

    fn changed(number: u128, change: impl FnOnce(&mut Candidate)) -> Candidate {
        let mut candidate = sound(number);
        change(&mut candidate);
        candidate
    }

    fn days_ago(days: i64) -> Option<DateTime<Utc>> {
        Some(now() - TimeDelta::days(days))
    }

    #[test]
    fn each_class_is_found() {
        let check = |candidates: &[Candidate], expected: &[(Class, u128)]| {
            let found: Vec<_> = findings(candidates, now()).iter().map(|finding| (finding.class, finding.asset)).collect();
            let expected: Vec<_> = expected.iter().map(|(class, number)| (*class, id(*number))).collect();
            assert_eq!(found, expected, "{candidates:?}");
        };
        check(&[], &[]);
        check(&[sound(1), sound(2)], &[]);
        for (days, expected) in
            [(29, None), (30, Some(Class::Silent30)), (89, Some(Class::Silent30)), (90, Some(Class::Silent90))]
        {
            let expected: Vec<_> = expected.map(|class| (class, 1)).into_iter().collect();
            check(&[changed(1, |asset| asset.heard = days_ago(days))], &expected);
        }
        check(&[changed(1, |asset| asset.heard = None)], &[]);
        check(&[changed(1, |asset| asset.was_assigned = false)], &[(Class::NeverAssigned, 1)]);
        check(&[changed(1, |asset| (asset.status, asset.was_assigned) = (Some(InstallStatus::InStock), false))], &[]);
        check(&[changed(1, |asset| asset.status = None)], &[(Class::EmptyState, 1)]);
        check(
            &[sound(1), changed(2, |asset| (asset.serial, asset.heard) = (Some("sn1X ".into()), days_ago(1)))],
            &[(Class::DuplicateSerial, 2)],
        );
        check(
            &[changed(1, |asset| asset.heard = None), changed(2, |asset| asset.tag = Some("p1X".into()))],
            &[(Class::DuplicateTag, 1)],
        );
        let same_host = || sound(1).host;
        check(&[sound(1), changed(2, |asset| (asset.host, asset.heard) = (same_host(), None))], &[(Class::DuplicateHost, 2)]);
        let junk = |number| changed(number, |asset| asset.serial = Some("To be filled by O.E.M.".into()));
        check(&[junk(1), junk(2)], &[]);
        let retired = |asset: &mut Candidate| {
            (asset.status, asset.heard, asset.serial) = (Some(InstallStatus::Retired), days_ago(400), Some("SN1x".into()));
        };
        check(&[sound(1), changed(2, retired)], &[]);
    }

    #[test]
    fn the_surest_are_proposed_first_and_each_once() {
        let candidates = [
            changed(1, |asset| asset.was_assigned = false),
            changed(2, |asset| (asset.heard, asset.was_assigned) = (days_ago(100), false)),
            changed(3, |asset| asset.heard = days_ago(40)),
            changed(4, |asset| (asset.serial, asset.heard) = (Some("SN5x".into()), days_ago(95))),
            sound(5),
            changed(6, |asset| (asset.heard, asset.counted) = (days_ago(300), false)),
            changed(7, |asset| asset.status = None),
        ];
        let found = findings(&candidates, now());
        let check = |over_by: u64, expected: &[u128]| {
            let proposed: Vec<_> = proposal(&candidates, &found, over_by).iter().map(|finding| finding.asset).collect();
            assert_eq!(proposed, expected.iter().map(|number| id(*number)).collect::<Vec<_>>(), "{over_by}");
        };
        check(0, &[]);
        check(1, &[4]);
        check(2, &[4, 2]);
        check(3, &[4, 2, 3]);
        check(9, &[4, 2, 3, 1]);
    }

    #[test]
    fn one_of_a_pair_stays() {
        // Two records of one machine, the kept one silent, too: retiring both would lose the machine.
        let candidates = [
            changed(1, |asset| asset.heard = days_ago(100)),
            changed(2, |asset| (asset.heard, asset.serial) = (days_ago(95), Some("SN1x".into()))),
        ];
        let found = findings(&candidates, now());
        let proposed: Vec<_> = proposal(&candidates, &found, 5).iter().map(|finding| finding.asset).collect();
        assert_eq!(proposed, [id(1)]);
    }
}
