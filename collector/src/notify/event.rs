//! The events that administrators are told: a word, how urgent each is, and what it says of itself.

use crate::store::records::Urgency;

/// An event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    /// A count began a grace.
    OverLimit,
    /// A count ended a grace.
    WithinLimit,
    /// A count came near the limit.
    NearLimit,
    /// The end of a grace came nearer.
    GraceEnding,
    /// The product was disabled.
    Disabled,
    /// The product runs again.
    Enabled,
    /// The end of the licence came nearer.
    LicenseEnding,
    /// Subscriptions, maintenance or contracts end soon.
    SubscriptionEnding,
    /// An application denied many requests.
    PoolDenials,
    /// An agent was copied.
    CloneFound,
    /// A run that nobody watches failed.
    RunFailed,
    /// Agents have not been heard for long.
    AgentsSilent,
    /// The clock, the store or the licence's state are not what they were.
    Integrity,
    /// Somebody tries whether messages arrive.
    Test,
}

impl Event {
    /// Every event that happens by itself.
    pub const ALL: [Self; 13] = [
        Self::OverLimit,
        Self::WithinLimit,
        Self::NearLimit,
        Self::GraceEnding,
        Self::Disabled,
        Self::Enabled,
        Self::LicenseEnding,
        Self::SubscriptionEnding,
        Self::PoolDenials,
        Self::CloneFound,
        Self::RunFailed,
        Self::AgentsSilent,
        Self::Integrity,
    ];

    /// Its word in settings, webhooks and lists.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::OverLimit => "over_limit",
            Self::WithinLimit => "within_limit",
            Self::NearLimit => "near_limit",
            Self::GraceEnding => "grace_ending",
            Self::Disabled => "disabled",
            Self::Enabled => "enabled",
            Self::LicenseEnding => "license_ending",
            Self::SubscriptionEnding => "subscription_ending",
            Self::PoolDenials => "pool_denials",
            Self::CloneFound => "clone_found",
            Self::RunFailed => "run_failed",
            Self::AgentsSilent => "agents_silent",
            Self::Integrity => "integrity",
            Self::Test => "test",
        }
    }

    /// How urgent it is where nothing makes it more so.
    pub(super) const fn urgency(self) -> Urgency {
        match self {
            Self::WithinLimit | Self::Enabled | Self::Test => Urgency::Info,
            Self::Disabled | Self::CloneFound | Self::Integrity => Urgency::Critical,
            Self::OverLimit
            | Self::NearLimit
            | Self::GraceEnding
            | Self::LicenseEnding
            | Self::SubscriptionEnding
            | Self::PoolDenials
            | Self::RunFailed
            | Self::AgentsSilent => Urgency::Warning,
        }
    }
}

/// The word of an urgency.
#[must_use]
pub const fn urgency_word(urgency: Urgency) -> &'static str {
    match urgency {
        Urgency::Info => "info",
        Urgency::Warning => "warning",
        Urgency::Critical => "critical",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::EVENTS;

    #[test]
    fn every_event_can_be_chosen() {
        assert_eq!(Event::ALL.map(Event::word), EVENTS);
        assert!(!EVENTS.contains(&Event::Test.word()), "a test is told whoever asks for it");
    }
}
