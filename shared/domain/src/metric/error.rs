//! Why a metric cannot be computed from what is known.

use super::factor::FactorError;
use crate::entitlement::PeriodError;

/// Why a metric cannot be computed from what is known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetricError {
    /// A figure that the metric takes is not known.
    #[error("{field} is missing, the metric needs it")]
    Missing {
        /// Which figure.
        field: &'static str,
    },
    /// A fact about one machine, which the metric takes, is not known.
    #[error("{field} of {object:?} is missing, the metric needs it")]
    MissingOf {
        /// Which fact.
        field: &'static str,
        /// Of which machine.
        object: String,
    },
    /// A virtual machine runs on a host that is not described.
    #[error("{vm:?} runs on the host {host:?}, which is not among the hosts; describe it, or leave the machine without a host")]
    UnknownHost {
        /// The machine.
        vm: String,
        /// The host that it names.
        host: String,
    },
    /// A name that the metric does not know.
    #[error("{field}: there is no {value:?}; known are {known}")]
    Unknown {
        /// Which field.
        field: &'static str,
        /// What it holds.
        value: String,
        /// What it may hold.
        known: String,
    },
    /// A figure that cannot be.
    #[error("{0}")]
    Wrong(String),
    /// Dates that make no subscription.
    #[error(transparent)]
    Period(#[from] PeriodError),
    /// A factor table that cannot be used.
    #[error(transparent)]
    Factor(#[from] FactorError),
    /// A number that is beyond every real one.
    #[error("the numbers are too large to be added exactly")]
    TooLarge,
}

impl MetricError {
    pub(super) fn missing_of(field: &'static str, object: &str) -> Self {
        Self::MissingOf { field, object: shown(object) }
    }

    /// The host of a virtual machine or a partition is not known.
    pub(super) fn host_of(object: &str) -> Self {
        Self::missing_of("the host (host)", object)
    }

    pub(super) fn unknown(field: &'static str, value: &str, known: &[&str]) -> Self {
        Self::Unknown { field, value: shown(value), known: known.join(", ") }
    }
}

/// As much of a name as a message bears.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(64).collect()
}
