//! Asset states: the stored codes of `install_status`, their labels, and the substates that each allows.
//!
//! The codes are those of the asset tables; the configuration item tables use another list, which is never mixed in.

use serde::{Deserialize, Serialize};

/// State of an asset (`install_status`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "i64", try_from = "i64")]
pub enum InstallStatus {
    /// 1
    InUse,
    /// 2
    OnOrder,
    /// 3
    InMaintenance,
    /// 6
    InStock,
    /// 7
    Retired,
    /// 8
    Missing,
    /// 9
    InTransit,
    /// 10
    Consumed,
    /// 11, for software entitlements only.
    Build,
}

/// A number that is no asset state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not an asset state; known are 1, 2, 3, 6, 7, 8, 9, 10 and 11")]
pub struct UnknownStatus(pub i64);

impl InstallStatus {
    /// Every state, by code.
    pub const ALL: [Self; 9] = [
        Self::InUse,
        Self::OnOrder,
        Self::InMaintenance,
        Self::InStock,
        Self::Retired,
        Self::Missing,
        Self::InTransit,
        Self::Consumed,
        Self::Build,
    ];

    /// The stored code.
    #[must_use]
    pub const fn code(self) -> i64 {
        match self {
            Self::InUse => 1,
            Self::OnOrder => 2,
            Self::InMaintenance => 3,
            Self::InStock => 6,
            Self::Retired => 7,
            Self::Missing => 8,
            Self::InTransit => 9,
            Self::Consumed => 10,
            Self::Build => 11,
        }
    }

    /// The label that people see.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::InUse => "In use",
            Self::OnOrder => "On order",
            Self::InMaintenance => "In maintenance",
            Self::InStock => "In stock",
            Self::Retired => "Retired",
            Self::Missing => "Missing",
            Self::InTransit => "In transit",
            Self::Consumed => "Consumed",
            Self::Build => "Build",
        }
    }

    /// The state of a stored code.
    #[must_use]
    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.code() == code)
    }

    /// The state of a label, compared without case.
    #[must_use]
    pub fn from_label(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.label().eq_ignore_ascii_case(label.trim()))
    }

    /// The stored substate values this state allows.
    #[must_use]
    pub const fn substates(self) -> &'static [&'static str] {
        match self {
            Self::InStock => &[
                "available",
                "reserved",
                "defective",
                "pending_repair",
                "pending_install",
                "pending_disposal",
                "pending_transfer",
                "pre_allocated",
                "on_hold",
                "legal_hold",
                "quarantine",
                "pending_fulfillment",
                "pending_certificate",
                "pending_return",
                "test",
                "end_of_support",
                "pending_retirement",
                "pending_resale",
                "pending_evaluation",
            ],
            Self::InTransit => &[
                "available",
                "reserved",
                "defective",
                "pending_install",
                "pending_disposal",
                "pending_donation",
                "pre_allocated",
                "pending_resale",
            ],
            Self::InUse => &["pending_fulfillment", "end_of_support", "pending_retirement"],
            Self::Retired => &[
                "disposed",
                "pending_disposal",
                "sold",
                "donated",
                "vendor_credit",
                "lease_return",
                "obsolete",
                "rma",
                "buy_out",
                "pending_resale",
            ],
            Self::Missing => &["lost", "stolen"],
            Self::OnOrder | Self::InMaintenance | Self::Consumed | Self::Build => &[],
        }
    }

    /// Whether "Assigned to" is cleared when an asset goes from In use to this state.
    #[must_use]
    pub const fn clears_assignment(self) -> bool {
        matches!(self, Self::OnOrder | Self::InStock | Self::InTransit)
    }
}

impl From<InstallStatus> for i64 {
    fn from(status: InstallStatus) -> Self {
        status.code()
    }
}

impl TryFrom<i64> for InstallStatus {
    type Error = UnknownStatus;

    fn try_from(code: i64) -> Result<Self, UnknownStatus> {
        Self::from_code(code).ok_or(UnknownStatus(code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_labels_are_the_published_ones() {
        let check = |code: i64, label: Option<&str>| {
            assert_eq!(InstallStatus::from_code(code).map(InstallStatus::label), label, "{code}")
        };
        check(1, Some("In use"));
        check(2, Some("On order"));
        check(3, Some("In maintenance"));
        check(6, Some("In stock"));
        check(7, Some("Retired"));
        check(8, Some("Missing"));
        check(9, Some("In transit"));
        check(10, Some("Consumed"));
        check(11, Some("Build"));
        for unknown in [i64::MIN, -1, 0, 4, 5, 12, 100, i64::MAX] {
            check(unknown, None);
            assert_eq!(InstallStatus::try_from(unknown), Err(UnknownStatus(unknown)));
        }
        for status in InstallStatus::ALL {
            assert_eq!(InstallStatus::from_label(&status.label().to_uppercase()), Some(status));
        }
    }

    #[test]
    fn substates_are_snake_case_and_belong_to_their_state() {
        for status in InstallStatus::ALL {
            for substate in status.substates() {
                assert!(substate.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{substate}");
            }
        }
        assert!(InstallStatus::Retired.substates().contains(&"disposed"));
        assert!(!InstallStatus::InUse.substates().contains(&"disposed"));
    }
}
