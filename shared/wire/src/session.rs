//! Logged-in sessions as an agent sees them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One live session of the whole current list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The session manager's id, unique within one boot together with `started_at`.
    pub id: String,
    /// Login user name.
    pub user: String,
    /// Where the user sits: an address, or a lower-case host name that was never resolved.
    pub client_ip: String,
    /// How the user came in: `console`, `ssh`, `rdp`, `x11`...
    #[serde(default)]
    pub client: String,
    /// Terminal or display, if any.
    #[serde(default)]
    pub tty: Option<String>,
    /// What the session does now.
    #[serde(default)]
    pub state: SessionState,
    /// When it began, by the agent's clock.
    pub started_at: DateTime<Utc>,
    /// Seconds without input; null means not known and never means inactive.
    #[serde(default)]
    pub idle_seconds: Option<u64>,
    /// The system's own groups of the user.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Applications found in use in this session.
    #[serde(default)]
    pub applications: Vec<String>,
}

/// What a session does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionState {
    /// In the foreground.
    Active,
    /// Logged in, in the background.
    Online,
    /// Disconnected, still logged in.
    Disconnected,
    /// A state this build does not know.
    #[default]
    #[serde(other)]
    Other,
}

/// A session that came and went since the last acknowledged report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedSession {
    /// As in [`Session::id`].
    pub id: String,
    /// Login user name.
    pub user: String,
    /// Where the user sat.
    pub client_ip: String,
    /// How the user came in.
    #[serde(default)]
    pub client: String,
    /// When it began, by the agent's clock.
    pub started_at: DateTime<Utc>,
    /// When it was gone, by the agent's clock.
    pub ended_at: DateTime<Utc>,
    /// Why it ended.
    #[serde(default)]
    pub reason: EndReason,
    /// Applications found in use in this session.
    #[serde(default)]
    pub applications: Vec<String>,
}

/// Why the agent says a session ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The user logged out.
    Logout,
    /// The machine stopped or restarted.
    Shutdown,
    /// A reason this build does not know.
    #[default]
    #[serde(other)]
    Other,
}
