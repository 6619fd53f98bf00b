//! How an agent looks on a page.

use crate::{admin::AdminContext, console::render::When, ingest::AgentView, store::records::AgentStatus};

/// What an agent is at the moment, in the words of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Two copies of it were seen.
    Clone,
    /// It waits for an administrator.
    Pending,
    /// It was heard lately.
    Online,
    /// It was not.
    Silent,
    /// It may not report any more.
    Revoked,
}

/// An agent in a list.
pub(super) struct AgentRow {
    pub(super) id: String,
    pub(super) hostname: String,
    pub(super) standing: &'static str,
    pub(super) tone: &'static str,
    pub(super) version: String,
    pub(super) seen: Option<When>,
    pub(super) enrolled: When,
    pub(super) group: String,
    pub(super) asset: Option<String>,
    pub(super) revoked: bool,
}

impl Standing {
    /// Every one, what needs somebody first.
    pub(super) const ALL: [Self; 5] = [Self::Clone, Self::Pending, Self::Silent, Self::Online, Self::Revoked];

    /// Of an agent.
    pub(super) fn of(agent: &AgentView) -> Self {
        match agent.record.status {
            AgentStatus::Quarantined => Self::Clone,
            AgentStatus::Pending => Self::Pending,
            AgentStatus::Active if agent.online => Self::Online,
            AgentStatus::Active => Self::Silent,
            AgentStatus::Revoked => Self::Revoked,
        }
    }

    /// In an address and on the page.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Clone => "clone",
            Self::Pending => "pending",
            Self::Online => "online",
            Self::Silent => "silent",
            Self::Revoked => "revoked",
        }
    }

    pub(super) const fn tone(self) -> &'static str {
        match self {
            Self::Clone => "bad",
            Self::Pending | Self::Silent => "warn",
            Self::Online => "good",
            Self::Revoked => "calm",
        }
    }

    /// What it means, and what to do.
    pub(super) const fn meaning(self) -> &'static str {
        match self {
            Self::Clone => {
                "Two machines report with the same identity: one is a copy of the other's disk. Delete the agent's state directory \
                 on the copy and enrol it with a token of its own; then say here that this is resolved. Until then it counts once."
            }
            Self::Pending => {
                "It waits for somebody: its token asks for approval, too many came within an hour, or the same machine reports already. \
                 Its reports are refused until you approve it."
            }
            Self::Online => "It reports as it should.",
            Self::Silent => {
                "It was not heard lately; its sessions were ended and its asset stays. Is the machine off or retired?"
            }
            Self::Revoked => "Its reports are refused for good. To come back, the machine enrols again with a new token.",
        }
    }
}

impl AgentRow {
    pub(super) fn of(agent: AgentView, context: &AdminContext) -> Self {
        let (now, zone, standing) = (context.now(), context.tz(), Standing::of(&agent));
        let record = &agent.record;
        let version = if agent.agent_version.is_empty() { record.agent_version.clone() } else { agent.agent_version };
        Self {
            id: record.id.to_string(),
            hostname: record.hostname.clone(),
            standing: standing.name(),
            tone: standing.tone(),
            version: record.foreign.as_ref().map_or_else(|| version.clone(), |foreign| format!("{} {version}", foreign.program)),
            seen: agent.last_seen.map(|at| When::of(at, now, zone)),
            enrolled: When::of(record.enrolled_at, now, zone),
            group: record.group.clone().unwrap_or_default(),
            asset: record.asset.map(|asset| asset.to_string()),
            revoked: standing == Standing::Revoked,
        }
    }
}
