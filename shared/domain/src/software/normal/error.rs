//! What is wrong with rules.

use super::{PatternError, TemplateError};
use std::fmt;

/// Where in a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Its id.
    Id,
    /// All of its conditions.
    Conditions,
    /// What installed it.
    Source,
    /// The publisher, as a condition.
    Publisher,
    /// The name, as a condition.
    Name,
    /// The version, as a condition.
    Version,
    /// A result.
    Result(&'static str),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Id => "id",
            Self::Conditions => "if",
            Self::Source => "if.sources",
            Self::Publisher => "if.publisher",
            Self::Name => "if.name",
            Self::Version => "if.version",
            Self::Result(name) => return write!(f, "then.{name}"),
        })
    }
}

/// Why a rule cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("rule {rule:?}, {place}: {reason}")]
pub struct RuleError {
    /// The rule.
    pub rule: String,
    /// Where in it.
    pub place: Place,
    /// What is wrong there.
    pub reason: RuleErrorKind,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleErrorKind {
    /// Nothing where something has to be.
    #[error("is empty")]
    Empty,
    /// Two rules of one name.
    #[error("is taken by another rule")]
    Taken,
    /// A rule that is about everything.
    #[error("has no condition, and would take all software; name a publisher, a name, a version or a source")]
    Unconditional,
    /// A pattern.
    #[error("the pattern {0}")]
    Pattern(#[from] PatternError),
    /// A text of a result.
    #[error("the text {0}")]
    Template(#[from] TemplateError),
}
