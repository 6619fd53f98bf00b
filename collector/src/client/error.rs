//! What can go wrong with a command, and the exit code that says so (contract 1).

use muster_domain::query::excerpt;
use muster_runtime::{exit::Exit, output::printable};
use muster_wire::problem::{Code, Problem};

/// A command that failed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The collector cannot be reached.
    #[error("the collector cannot be reached at {url}: {reason}")]
    Unreachable {
        /// Where it was looked for.
        url: String,
        /// Why not.
        reason: String,
    },
    /// The collector refused.
    #[error("{}", sentence(.0))]
    Refused(Box<Problem>),
    /// The collector refused a query that was given here.
    #[error("{}{}", printable(&sentence(.problem)), pointed(.problem, .query))]
    Query {
        /// What it said.
        problem: Box<Problem>,
        /// The query.
        query: String,
    },
    /// Something that is no collector answered.
    #[error("the answer from {url} is not a collector's ({status}): {reason}")]
    Strange {
        /// Where it came from.
        url: String,
        /// HTTP status.
        status: u16,
        /// What is odd about it.
        reason: String,
    },
    /// The arguments do not say enough.
    #[error("{0}")]
    Usage(String),
    /// A local file or the output.
    #[error("{what}: {error}")]
    Local {
        /// Which.
        what: String,
        /// Why.
        error: std::io::Error,
    },
    /// Lines of a file were refused; one line for each.
    #[error("{0}")]
    Lines(String),
    /// A check-out waits for a seat.
    #[error("no seat is free; the check-out waits at place {position}: muster-collector checkout show {id} --wait 30")]
    Waits {
        /// Its place.
        position: u64,
        /// The check-out.
        id: String,
    },
    /// What was asked is not in order.
    #[error("{0}")]
    Failed(String),
}

impl ClientError {
    /// The exit code.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Unreachable { .. } => Exit::Unreachable,
            Self::Usage(_) => Exit::Usage,
            Self::Waits { .. } => Exit::TryAgain,
            Self::Strange { .. } | Self::Local { .. } | Self::Lines(_) | Self::Failed(_) => Exit::Failed,
            Self::Refused(problem) | Self::Query { problem, .. } => match (problem.code(), problem.status) {
                (Some(Code::LicenseDisabled | Code::PoolExhausted), _) => Exit::Forbidden,
                (_, 404) => Exit::NotFound,
                (_, 429 | 503) => Exit::TryAgain,
                _ => Exit::Failed,
            },
        }
    }
}

/// The problem as one clear line.
fn sentence(problem: &Problem) -> String {
    let detail = if problem.detail.is_empty() { &problem.title } else { &problem.detail };
    let position = problem.extra.get("position").and_then(serde_json::Value::as_u64);
    match position {
        Some(position) if !detail.contains("byte") => format!("{detail} (at byte {position})"),
        _ => detail.clone(),
    }
}

/// The query with a caret under the place that is wrong.
fn pointed(problem: &Problem, query: &str) -> String {
    let position = problem.extra.get("position").and_then(serde_json::Value::as_u64);
    let position = position.and_then(|position| usize::try_from(position).ok());
    let excerpt = |position| format!("\n{}", printable_lines(&excerpt(query, position)));
    position.map(excerpt).unwrap_or_default()
}

/// Nothing in it steers the terminal; its line ends stay.
fn printable_lines(text: &str) -> String {
    text.lines().map(printable).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caret_stands_under_what_is_wrong() {
        let mut problem = Problem::new(Code::InvalidQuery, "unknown field colour (at byte 17 of the query)");
        let query = "install_status=1^colour=red";
        let told =
            |problem: &Problem| ClientError::Query { problem: Box::new(problem.clone()), query: query.to_owned() }.to_string();
        assert_eq!(told(&problem), problem.detail);
        problem.extra.insert("position".to_owned(), 17.into());
        assert_eq!(told(&problem), format!("{}\n  {query}\n                   ^", problem.detail));
    }

    #[test]
    fn exit_codes_follow_the_contract() {
        let refused = |code| ClientError::Refused(Box::new(Problem::new(code, "x")));
        let cases = [
            (refused(Code::LicenseDisabled), Exit::Forbidden),
            (refused(Code::PoolExhausted), Exit::Forbidden),
            (ClientError::Waits { position: 1, id: String::new() }, Exit::TryAgain),
            (refused(Code::Forbidden), Exit::Failed),
            (refused(Code::Unauthenticated), Exit::Failed),
            (refused(Code::NotFound), Exit::NotFound),
            (refused(Code::TooMany), Exit::TryAgain),
            (refused(Code::Unavailable), Exit::TryAgain),
            (refused(Code::InvalidLicense), Exit::Failed),
            (ClientError::Unreachable { url: String::new(), reason: String::new() }, Exit::Unreachable),
            (ClientError::Usage(String::new()), Exit::Usage),
        ];
        for (error, expected) in cases {
            assert_eq!(error.exit() as u8, expected as u8, "{error:?}");
        }
    }
}
