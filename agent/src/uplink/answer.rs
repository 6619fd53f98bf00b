//! What an answer to a report means.
//!
//! In: status, `Retry-After`, body. Out: one of a few outcomes. Pure; whoever sent the report acts on it. What it does not
//! know is "later": a report is given up only when the collector says that it can never be taken.

use super::http::Answer;
use muster_wire::{problem::Code, report::ReportResponse};
use std::time::Duration;

/// What an answer means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is stored.
    Taken(ReportResponse),
    /// Go on with this epoch.
    Resync {
        /// The new epoch.
        epoch: u64,
    },
    /// This agent may not report now; only an administrator changes that.
    Refused {
        /// Why.
        why: Refusal,
        /// What the collector said.
        reason: String,
    },
    /// This one report can never be taken.
    Unacceptable {
        /// What the collector said.
        reason: String,
    },
    /// Try again.
    Later {
        /// How long the collector asks to wait.
        retry_after: Option<Duration>,
        /// What it said.
        reason: String,
    },
}

/// Why an agent may not report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It waits for approval.
    Pending,
    /// It was revoked.
    Revoked,
    /// Its certificate is not taken.
    Identity,
    /// Another reason.
    Other,
}

/// Reads an answer.
#[must_use]
pub fn judge(answer: &Answer) -> Outcome {
    let problem = answer.problem();
    let code = problem.as_ref().and_then(muster_wire::problem::Problem::code);
    let reason = answer.reason();
    let later = |reason| Outcome::Later { retry_after: answer.retry_after, reason };
    match (answer.status, code) {
        (200, _) => match serde_json::from_slice(&answer.body) {
            Ok(response) => Outcome::Taken(response),
            Err(error) => later(format!("the answer cannot be read: {error}")),
        },
        (409, Some(Code::Resync)) => {
            let epoch = problem.as_ref().and_then(|problem| problem.extra.get("epoch")?.as_u64());
            epoch.map_or_else(|| later("a resync without an epoch".to_owned()), |epoch| Outcome::Resync { epoch })
        }
        (401, _) => Outcome::Refused { why: Refusal::Identity, reason },
        (403, Some(Code::AgentPending)) => Outcome::Refused { why: Refusal::Pending, reason },
        (403, Some(Code::AgentRevoked)) => Outcome::Refused { why: Refusal::Revoked, reason },
        (403, _) => Outcome::Refused { why: Refusal::Other, reason },
        (413, _) | (400, Some(Code::InvalidBody)) | (422, Some(Code::InvalidValue)) => Outcome::Unacceptable { reason },
        _ => later(reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use muster_wire::problem::Problem;

    fn answer(status: u16, body: String) -> Answer {
        Answer { status, retry_after: Some(Duration::from_secs(7)), date: None, body: body.into_bytes() }
    }

    fn problem(code: Code) -> Answer {
        answer(code.status(), serde_json::to_string(&Problem::new(code, "why").with("epoch", 5)).unwrap())
    }

    #[test]
    fn every_answer_has_one_meaning() {
        let why = || "why".to_owned();
        let refused = |why| Outcome::Refused { why, reason: "why".to_owned() };
        let later = |reason: &str| Outcome::Later { retry_after: Some(Duration::from_secs(7)), reason: reason.to_owned() };
        for (answer, expected) in [
            (problem(Code::Resync), Outcome::Resync { epoch: 5 }),
            (problem(Code::Conflict), later("why")),
            (problem(Code::AgentPending), refused(Refusal::Pending)),
            (problem(Code::AgentRevoked), refused(Refusal::Revoked)),
            (problem(Code::Forbidden), refused(Refusal::Other)),
            (problem(Code::Unauthenticated), refused(Refusal::Identity)),
            (problem(Code::TooLarge), Outcome::Unacceptable { reason: why() }),
            (problem(Code::InvalidBody), Outcome::Unacceptable { reason: why() }),
            (problem(Code::InvalidValue), Outcome::Unacceptable { reason: why() }),
            (problem(Code::TooMany), later("why")),
            (problem(Code::Unavailable), later("why")),
            (problem(Code::Internal), later("why")),
            (problem(Code::NotFound), later("why")),
            (answer(400, "<html>".to_owned()), later("HTTP status 400")),
            (answer(302, String::new()), later("HTTP status 302")),
            (answer(413, "<html>".to_owned()), Outcome::Unacceptable { reason: "HTTP status 413".to_owned() }),
        ] {
            assert_eq!(judge(&answer), expected, "{answer:?}");
        }
        let taken = judge(&answer(200, r#"{"acked_seq":42,"need":["hardware","x"],"next_report_in":287,"new":1}"#.to_owned()));
        assert!(matches!(taken, Outcome::Taken(response) if response.acked_seq == 42 && response.need.len() == 2));
        assert!(matches!(judge(&answer(200, "ok".to_owned())), Outcome::Later { .. }));
    }
}
