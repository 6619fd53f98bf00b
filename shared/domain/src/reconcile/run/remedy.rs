//! What can be done about a position, and how far it is (domain 6.5).

use super::candidates::without_allocation;
use super::estate::{DeviceIndex, ModelIndex, UserIndex};
use super::model::MetricName;
use super::result::{MetricResult, Money};
use super::serve::Serving;
use super::tally::MetricTally;
use serde::{Deserialize, Serialize};

/// What can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RemedyKind {
    /// Buy what is missing.
    PurchaseRights,
    /// Take back what is allocated and not used.
    RemoveAllocations,
    /// Allocate what is used without an allocation.
    CreateAllocations,
    /// Remove what is used without an allocation.
    RemoveUnallocatedInstalls,
    /// Remove what is not licensed.
    RemoveUnlicensedInstalls,
}

/// How far a remedy is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RemedyState {
    /// Nobody has chosen it.
    #[default]
    New,
    /// It is under way.
    InProgress,
    /// It is done.
    Complete,
    /// It is done, and something went wrong.
    CompletedWithErrors,
    /// Another one was chosen, or a later run has none.
    Void,
}

/// One thing that can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remedy {
    /// What.
    pub kind: RemedyKind,
    /// By which metric.
    pub metric: MetricName,
    /// Whether with active maintenance.
    pub maintenance: bool,
    /// Whether subscribed to, not bought for good.
    pub subscription: bool,
    /// Rights to buy, to allocate or to take back, or installs.
    pub count: u64,
    /// What a purchase costs; empty where no price is known, and for everything else.
    pub cost: Money,
}

/// Why something may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Justification {
    /// Nobody may use it.
    RestrictedSoftware,
    /// It is not licensed.
    Unlicensed,
    /// It was not used for a long time.
    LowUsage,
    /// Others have an allocation, and this has none.
    Unallocated,
}

/// How far a removal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CandidateState {
    /// Somebody has to decide.
    AttentionRequired,
    /// It may be started.
    Ready,
    /// The user was asked.
    AwaitingUser,
    /// The approver was asked.
    AwaitingApproval,
    /// It is to be removed.
    AwaitingRevocation,
    /// It is gone.
    ClosedComplete,
    /// It was passed over.
    ClosedSkipped,
    /// It was called off.
    ClosedCanceled,
}

/// Something that may go.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// From which device.
    pub device: Option<DeviceIndex>,
    /// From which user.
    pub user: Option<UserIndex>,
    /// What.
    pub model: ModelIndex,
    /// Why.
    pub justification: Justification,
    /// How far it is at first.
    pub state: CandidateState,
    /// Rights that it would set free, or that need not be bought.
    pub rights: u64,
}

/// A step that a state does not take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what is {from} does not become {to}")]
pub struct NoSuchStep {
    /// The state.
    pub from: &'static str,
    /// What was asked for.
    pub to: &'static str,
}

impl RemedyKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::PurchaseRights,
        Self::RemoveAllocations,
        Self::CreateAllocations,
        Self::RemoveUnallocatedInstalls,
        Self::RemoveUnlicensedInstalls,
    ];

    /// The name that people see.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PurchaseRights => "Purchase Rights",
            Self::RemoveAllocations => "Remove Allocations",
            Self::CreateAllocations => "Create Allocations",
            Self::RemoveUnallocatedInstalls => "Remove Unallocated Installs",
            Self::RemoveUnlicensedInstalls => "Remove Unlicensed Installs",
        }
    }

    /// Whether choosing this one voids another of the same model: a purchase voids the other purchases, allocating what is used voids
    /// its removal.
    #[must_use]
    pub const fn voids(self, other: Self) -> bool {
        matches!(
            (self, other),
            (Self::PurchaseRights, Self::PurchaseRights) | (Self::CreateAllocations, Self::RemoveUnallocatedInstalls)
        )
    }
}

impl RemedyState {
    /// Every state.
    pub const ALL: [Self; 5] = [Self::New, Self::InProgress, Self::Complete, Self::CompletedWithErrors, Self::Void];

    /// The name that people see.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "New",
            Self::InProgress => "In Progress",
            Self::Complete => "Complete",
            Self::CompletedWithErrors => "Completed with Errors",
            Self::Void => "Void",
        }
    }

    /// Whether it may become another.
    #[must_use]
    pub const fn may_become(self, to: Self) -> bool {
        matches!(
            (self, to),
            (Self::New, Self::InProgress | Self::Void)
                | (Self::InProgress, Self::Complete | Self::CompletedWithErrors | Self::Void)
                | (Self::CompletedWithErrors, Self::InProgress)
        )
    }

    /// The next state.
    ///
    /// # Errors
    /// When the one does not become the other.
    pub const fn step(self, to: Self) -> Result<Self, NoSuchStep> {
        if self.may_become(to) { Ok(to) } else { Err(NoSuchStep { from: self.name(), to: to.name() }) }
    }
}

impl Justification {
    /// The name that people see.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RestrictedSoftware => "Restricted Software",
            Self::Unlicensed => "Unlicensed",
            Self::LowUsage => "Low Usage",
            Self::Unallocated => "Unallocated",
        }
    }

    /// How far a removal is at first. A user is asked before what is licensed and little used goes.
    #[must_use]
    pub const fn first_state(self) -> CandidateState {
        match self {
            Self::RestrictedSoftware | Self::Unlicensed => CandidateState::AwaitingRevocation,
            Self::LowUsage => CandidateState::AttentionRequired,
            Self::Unallocated => CandidateState::Ready,
        }
    }
}

impl CandidateState {
    /// Every state.
    pub const ALL: [Self; 8] = [
        Self::AttentionRequired,
        Self::Ready,
        Self::AwaitingUser,
        Self::AwaitingApproval,
        Self::AwaitingRevocation,
        Self::ClosedComplete,
        Self::ClosedSkipped,
        Self::ClosedCanceled,
    ];

    /// The name that people see.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AttentionRequired => "Attention Required",
            Self::Ready => "Ready",
            Self::AwaitingUser => "Awaiting User",
            Self::AwaitingApproval => "Awaiting Approval",
            Self::AwaitingRevocation => "Awaiting Revocation",
            Self::ClosedComplete => "Closed Complete",
            Self::ClosedSkipped => "Closed Skipped",
            Self::ClosedCanceled => "Closed Canceled",
        }
    }

    /// Whether nothing follows.
    #[must_use]
    pub const fn is_closed(self) -> bool {
        matches!(self, Self::ClosedComplete | Self::ClosedSkipped | Self::ClosedCanceled)
    }

    /// Whether it may become another: it goes on from who has to decide to the removal, back to attention when something fails, and
    /// may be called off or passed over while it is open.
    #[must_use]
    pub const fn may_become(self, to: Self) -> bool {
        match (self, to) {
            (Self::AttentionRequired, Self::Ready)
            | (Self::AttentionRequired | Self::Ready, Self::AwaitingUser | Self::AwaitingApproval | Self::AwaitingRevocation)
            | (Self::AwaitingUser, Self::AwaitingApproval | Self::AwaitingRevocation)
            | (Self::AwaitingApproval, Self::AwaitingRevocation)
            | (Self::AwaitingRevocation, Self::ClosedComplete)
            | (Self::Ready | Self::AwaitingUser | Self::AwaitingApproval | Self::AwaitingRevocation, Self::AttentionRequired) => {
                true
            }
            (from, Self::ClosedSkipped | Self::ClosedCanceled) => !from.is_closed(),
            _ => false,
        }
    }

    /// The next state.
    ///
    /// # Errors
    /// When the one does not become the other.
    pub const fn step(self, to: Self) -> Result<Self, NoSuchStep> {
        if self.may_become(to) { Ok(to) } else { Err(NoSuchStep { from: self.name(), to: to.name() }) }
    }
}

/// What results of different rules ask for in the same way is one remedy; purchases are offers, of which one is enough.
pub(super) fn added_up(remedies: Vec<Remedy>) -> Vec<Remedy> {
    let mut found: Vec<Remedy> = Vec::new();
    for one in remedies {
        let is_same = |known: &&mut Remedy| {
            (known.kind, known.maintenance, known.subscription) == (one.kind, one.maintenance, one.subscription)
                && known.metric == one.metric
                && one.kind != RemedyKind::PurchaseRights
        };
        match found.iter_mut().find(is_same) {
            Some(known) => known.count = known.count.saturating_add(one.count),
            None => found.push(one),
        }
    }
    found
}

/// What can be done about the allocations of a metric result: rights that are allocated and not used, rights that are used without an
/// allocation, and the installs that use them.
pub(super) fn of_metric(serving: &Serving<'_, '_>, result: &MetricResult, tally: &MetricTally) -> Vec<Remedy> {
    let access = result.metric.ends_with("CAL");
    let one = |kind, count| Remedy {
        kind,
        metric: MetricName { group: result.group.clone(), metric: result.metric.clone() },
        maintenance: result.maintenance,
        subscription: result.subscription,
        count,
        cost: Money::new(),
    };
    let mut found = Vec::new();
    if result.figures.allocated_not_in_use > 0 {
        found.push(one(RemedyKind::RemoveAllocations, result.figures.allocated_not_in_use));
    }
    let unallocated = result.figures.not_allocated_in_use;
    if unallocated > 0 && !access {
        found.push(one(RemedyKind::CreateAllocations, unallocated));
        // What nobody may take away is no remedy: removals are those of the candidates.
        let installs = without_allocation(serving, tally);
        if installs > 0 {
            found.push(one(RemedyKind::RemoveUnallocatedInstalls, installs));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_is_closed_and_everything_open_can_be_closed() {
        for from in CandidateState::ALL {
            for to in CandidateState::ALL {
                assert!(!from.is_closed() || from.step(to).is_err(), "{} {}", from.name(), to.name());
                assert_eq!(from.step(to).is_ok(), from.may_become(to));
            }
            assert!(!from.may_become(from));
            assert_eq!(from.may_become(CandidateState::ClosedCanceled), !from.is_closed());
        }
        let error = CandidateState::ClosedSkipped.step(CandidateState::Ready).unwrap_err().to_string();
        assert_eq!(error, "what is Closed Skipped does not become Ready");
        for why in [Justification::RestrictedSoftware, Justification::Unlicensed] {
            assert_eq!(why.first_state(), CandidateState::AwaitingRevocation, "{}", why.name());
        }
        assert_eq!(Justification::Unallocated.first_state(), CandidateState::Ready);
    }

    #[test]
    fn remedies_go_forward_and_void_each_other() {
        let check = |from: RemedyState, to, expected| assert_eq!(from.step(to).is_ok(), expected, "{} {to:?}", from.name());
        check(RemedyState::New, RemedyState::InProgress, true);
        check(RemedyState::New, RemedyState::Complete, false);
        check(RemedyState::InProgress, RemedyState::CompletedWithErrors, true);
        check(RemedyState::CompletedWithErrors, RemedyState::InProgress, true);
        check(RemedyState::Complete, RemedyState::Void, false);
        check(RemedyState::Void, RemedyState::New, false);
        for one in RemedyKind::ALL {
            for other in RemedyKind::ALL {
                let expected = [("Purchase Rights", "Purchase Rights"), ("Create Allocations", "Remove Unallocated Installs")];
                assert_eq!(one.voids(other), expected.contains(&(one.name(), other.name())));
            }
        }
    }
}
