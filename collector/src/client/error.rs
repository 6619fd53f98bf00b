//! What can go wrong with a command, and the exit code that says so (contract 1).

use muster_domain::query::excerpt;
use muster_runtime::{exit::Exit, output::printable};
use muster_wire::problem::{Code, Problem};

/// A command that failed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The collector cannot be reached.
    #[error("the collector cannot be reached at {url}: {reason}{}", stranger(.reason))]
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
    #[error("{}{}", printable(&placed(.problem, .query)), pointed(.problem, .query))]
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

/// What to do about a token that is not in force.
const TOKEN: &str = "the API token is not in force: give another one with --token-file FILE, or in the environment variable \
                     MUSTER_TOKEN. The console makes one under API tokens; who has one that is in force: muster-collector \
                     api-token create";

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
    if problem.code() == Some(Code::Unauthenticated) {
        return TOKEN.to_owned();
    }
    let position = problem.extra.get("position").and_then(serde_json::Value::as_u64);
    match position {
        Some(position) if !detail.contains("byte") => format!("{detail} (at byte {position})"),
        _ => detail.clone(),
    }
}

/// What to do where the certificate is nobody's that is trusted.
fn stranger(reason: &str) -> &'static str {
    if reason.contains("UnknownIssuer") {
        "; the collector's certificate is from its own authority: give its ca.pem with --ca FILE or MUSTER_CA"
    } else {
        ""
    }
}

/// The problem of a query as one clear line, with the character at which it is, from 1, as the console counts.
fn placed(problem: &Problem, query: &str) -> String {
    let detail = sentence(problem);
    let Some(position) = position(problem) else { return detail };
    let said = format!(" (at byte {position} of the query)");
    let character = query.char_indices().take_while(|(at, _)| *at < position).count() + 1;
    format!("{} (at character {character} of the query)", detail.strip_suffix(&said).unwrap_or(&detail))
}

fn position(problem: &Problem) -> Option<usize> {
    let position = problem.extra.get("position").and_then(serde_json::Value::as_u64);
    position.and_then(|position| usize::try_from(position).ok())
}

/// The query with a caret under the place that is wrong.
fn pointed(problem: &Problem, query: &str) -> String {
    let excerpt = |position| format!("\n{}", printable_lines(&excerpt(query, position)));
    position(problem).map(excerpt).unwrap_or_default()
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
        let expected = format!("unknown field colour (at character 18 of the query)\n  {query}\n                   ^");
        assert_eq!(told(&problem), expected);
        let accented = ClientError::Query { problem: Box::new(problem), query: "comments=größe^colour=red".to_owned() };
        assert!(accented.to_string().starts_with("unknown field colour (at character 16 of"), "{accented}");
    }

    #[test]
    fn errors_say_what_to_do() {
        let refused = ClientError::Refused(Box::new(Problem::new(Code::Unauthenticated, "log in at /login"))).to_string();
        assert!(["MUSTER_TOKEN", "--token-file", "api-token create"].iter().all(|part| refused.contains(part)), "{refused}");
        let unreachable = |reason: &str| ClientError::Unreachable { url: String::new(), reason: reason.to_owned() }.to_string();
        assert!(unreachable("no connection: invalid peer certificate: UnknownIssuer").contains("--ca FILE or MUSTER_CA"));
        assert!(!unreachable("no connection").contains("--ca"));
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
