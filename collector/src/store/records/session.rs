//! Sessions: what a report changed, who is logged in, who was, and the highest use of each day.

use super::agent::ReportMark;
use chrono::{DateTime, NaiveDate, Utc};
use muster_domain::ids::{AgentId, SessionId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The user logged out.
    Logout,
    /// An application's idle timeout.
    Idle,
    /// An administrator ended it.
    Administrator,
    /// The agent was silent for too long.
    Silent,
    /// The agent was revoked or its identity replaced.
    Revoked,
    /// The machine stopped or restarted.
    Shutdown,
}

/// One logged-in session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRecord {
    /// Derived from agent, boot, the agent's session id and start.
    pub id: SessionId,
    /// Who reports it.
    pub agent: AgentId,
    /// Login user name as reported.
    pub user: String,
    /// Where the user sits, normalised.
    pub client_ip: String,
    /// How the user came in.
    pub client: String,
    /// Terminal or display.
    pub tty: Option<String>,
    /// When it began, by the collector's clock.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub started_at: DateTime<Utc>,
    /// Since when it counts: its start, or when it came back after silence.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub counted_from: DateTime<Utc>,
    /// Applications the agent found in use in it, at some time; [`Self::in_use`] are those of now.
    pub applications: Vec<String>,
    /// Times in which an application's seat was not held, by start.
    pub idle: Vec<IdleSpan>,
    /// Set when an administrator or silence ended it while the agent still has it in its list: it stays ended until it
    /// leaves that list.
    pub ended: Option<Ending>,
}

impl SessionRecord {
    /// Adds a time of idleness, or completes it.
    pub fn note_idle(&mut self, span: &IdleSpan) {
        match self.idle.iter_mut().find(|known| known.is(span)) {
            Some(known) => known.until = span.until,
            None => {
                // Who is idle asks for no seat, and is refused none.
                let refused = |known: &&mut IdleSpan| known.lasts_for(&span.application) && known.why == PauseReason::Refused;
                self.idle.iter_mut().filter(refused).for_each(|known| known.until = Some(span.since.max(known.since)));
                self.idle.push(span.clone());
            }
        }
    }

    /// Since when it uses an application that it uses now: its start, or the end of the last time in which it did not.
    #[must_use]
    pub fn in_use_since(&self, application: &str) -> DateTime<Utc> {
        let ends = self.idle.iter().filter(|span| span.application == application).filter_map(|span| span.until);
        ends.max().map_or(self.counted_from, |until| until.max(self.counted_from))
    }

    /// Applications in use now.
    pub fn in_use(&self) -> impl Iterator<Item = &String> {
        let paused = |name: &str| self.idle.iter().any(|span| span.is_open_for(name) && span.why == PauseReason::NotUsed);
        self.applications.iter().filter(move |name| !paused(name))
    }

    /// This record in the place of an earlier one of the same session: an end other than by silence stays, and so does the
    /// idleness of the same stretch.
    #[must_use]
    pub fn on_top_of(mut self, earlier: &Self) -> Self {
        self.ended = earlier.ended.filter(|ending| ending.reason != EndReason::Silent).or(self.ended);
        if self.counted_from == earlier.counted_from {
            earlier.idle.iter().for_each(|span| match self.idle.iter_mut().find(|known| known.is(span)) {
                // What ended in the meantime is over.
                Some(known) => known.until = known.until.or(span.until),
                None => self.idle.push(span.clone()),
            });
            self.idle.sort_by(|a, b| (a.since, &a.application).cmp(&(b.since, &b.application)));
        }
        self
    }
}

/// Why a session did not hold the seat of an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PauseReason {
    /// It was idle.
    Idle,
    /// The application was not in use in it.
    NotUsed,
    /// It was refused one.
    Refused,
}

/// A time in which a session did not hold the seat of an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdleSpan {
    /// Which application.
    pub application: String,
    /// Since when, by the collector's clock.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub since: DateTime<Utc>,
    /// Until when; none while it lasts.
    #[serde(with = "chrono::serde::ts_milliseconds_option")]
    pub until: Option<DateTime<Utc>>,
    /// Why.
    pub why: PauseReason,
}

impl IdleSpan {
    /// Whether it lasts, for this application, and the session asks for no seat meanwhile.
    #[must_use]
    pub fn is_open_for(&self, application: &str) -> bool {
        self.lasts_for(application) && self.why != PauseReason::Refused
    }

    /// Whether it lasts, for this application, whatever its reason.
    #[must_use]
    pub fn lasts_for(&self, application: &str) -> bool {
        self.until.is_none() && self.application == application
    }

    /// Whether it is the same one, perhaps at another stage.
    fn is(&self, other: &Self) -> bool {
        self.application == other.application && self.since == other.since && self.why == other.why
    }
}

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    /// When, by the collector's clock.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// Why.
    pub reason: EndReason,
}

/// A session that is over: what the peaks of a day are computed from, and what a number opens to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedSession {
    /// The session as it was, with `ended` set.
    pub session: SessionRecord,
    /// How it ended.
    pub ending: Ending,
}

/// A change that is committed to the journal before a report is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// A report changed something.
    Report {
        /// Whose report.
        agent: AgentId,
        /// Which one.
        mark: ReportMark,
        /// Boot of the machine.
        boot_id: Uuid,
        /// When it arrived.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        received_at: DateTime<Utc>,
        /// The agent's version.
        agent_version: String,
        /// Digest of the hardware whose asset row is written with this change; none if the hardware did not change.
        hardware_digest: Option<String>,
        /// Sessions that are new in the snapshot.
        started: Vec<SessionRecord>,
        /// Live sessions that are over.
        ended: Vec<(SessionId, Ending)>,
        /// Sessions that came and went between two reports.
        passed: Vec<ClosedSession>,
        /// Reports that the agent said it dropped.
        dropped: u64,
    },
    /// The agent was told to go on with a new epoch.
    Resync {
        /// Who.
        agent: AgentId,
        /// The new epoch.
        epoch: u64,
    },
    /// A session gave back the seat of an application because it was idle, or takes it again.
    Idle {
        /// Which session.
        session: SessionId,
        /// Since when, and until when if it is in use again.
        span: IdleSpan,
    },
    /// The collector ended sessions (administrator, silence, revocation). With `keep` the rows stay in the list of the agent, ended.
    Ended {
        /// Which ones, and how.
        sessions: Vec<(SessionId, Ending)>,
        /// Whether the agent still lists them.
        keep: bool,
    },
}

/// Which seats a daily record is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UsageKind {
    /// Named and floating seats together, at one instant.
    Total,
    /// Named seats.
    Named,
    /// Floating seats.
    Floating,
}

/// The highest use of one application on one site date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageRecord {
    /// Site date.
    pub date: NaiveDate,
    /// Application.
    pub application: String,
    /// Which seats.
    pub kind: UsageKind,
    /// Highest number of seats in use at one instant.
    pub peak: u64,
    /// When it was first reached.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub peak_at: DateTime<Utc>,
    /// Who held the seats at that instant: (user, client), sorted.
    pub holders: Vec<(String, String)>,
}
