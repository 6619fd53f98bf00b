//! Patterns: what a text has to be like.
//!
//! In: a kind and a text, as an administrator writes them (`starts with Microsoft Visio`). Out: whether a text is like that, without
//! regard to case, and what stood in its groups. No pattern takes longer than the text is long.

use super::{beginning, needed};
use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// The longest pattern, in characters.
pub const MAX_PATTERN_CHARS: usize = 1_000;
/// The most memory that a compiled pattern may take, in bytes; `\w{1000}` and the like are refused.
const MAX_COMPILED_BYTES: usize = 1 << 20;

/// How a text is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PatternKind {
    /// The whole text is this.
    Equals,
    /// It begins with this.
    StartsWith,
    /// This is in it.
    Contains,
    /// It ends with this.
    EndsWith,
    /// The whole text is this, where `*` stands for anything, also for nothing. Every star is a group.
    Glob,
    /// A regular expression finds something in it.
    Matches,
}

impl PatternKind {
    /// All of them, as they are offered.
    pub const ALL: [Self; 6] = [Self::Equals, Self::StartsWith, Self::Contains, Self::EndsWith, Self::Glob, Self::Matches];

    /// The words that it is written with.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Equals => "equals",
            Self::StartsWith => "starts with",
            Self::Contains => "contains",
            Self::EndsWith => "ends with",
            Self::Glob => "glob",
            Self::Matches => "matches",
        }
    }
}

/// A pattern. Its text form is the kind's words, a space, and the text: `starts with Microsoft Visio`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pattern {
    /// How texts are compared.
    pub kind: PatternKind,
    /// With what.
    pub text: String,
}

impl Pattern {
    /// A pattern of these two.
    #[must_use]
    pub fn new(kind: PatternKind, text: &str) -> Self {
        Self { kind, text: text.to_owned() }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.words(), self.text)
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        pattern.to_string()
    }
}

impl TryFrom<String> for Pattern {
    type Error = PatternError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim_start();
        PatternKind::ALL
            .into_iter()
            .find_map(|kind| {
                let (words, rest) = text.split_at_checked(kind.words().len())?;
                let text = rest.strip_prefix(' ')?;
                words.eq_ignore_ascii_case(kind.words()).then(|| Self::new(kind, text))
            })
            .ok_or(PatternError::Kind)
    }
}

/// Why a pattern cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// It begins with no kind.
    #[error("begin with one of: equals, starts with, contains, ends with, glob, matches; then a space and the text")]
    Kind,
    /// Nothing to compare with.
    #[error("has no text to compare with; leave the condition out to take everything")]
    Empty,
    /// Longer than any name is.
    #[error("is longer than {MAX_PATTERN_CHARS} characters; make several rules of it")]
    Long,
    /// A line break or the like.
    #[error("has a control character at {0}; names have none")]
    Control(usize),
    /// Not a regular expression. The place is counted in characters, from 1.
    #[error("is no regular expression at character {place}: {reason}")]
    Syntax {
        /// Where.
        place: usize,
        /// What is wrong there.
        reason: String,
    },
    /// One that needs too much memory.
    #[error("takes too much memory; write smaller repetitions")]
    Large,
}

/// A pattern that is ready.
#[derive(Debug)]
pub(super) struct Test {
    how: How,
    /// Every text that passes begins with one of these, in lower case; none if that is not known.
    beginnings: Vec<String>,
}

#[derive(Debug)]
enum How {
    Equals(String),
    StartsWith(String),
    Contains(String),
    EndsWith(String),
    /// What has to be in the text, in lower case, and what is asked then.
    Regex(String, Regex),
}

impl Test {
    /// Makes a pattern ready.
    pub(super) fn new(pattern: &Pattern) -> Result<Self, PatternError> {
        let Pattern { kind, text } = pattern;
        if text.trim().is_empty() {
            return Err(PatternError::Empty);
        }
        if text.chars().count() > MAX_PATTERN_CHARS {
            return Err(PatternError::Long);
        }
        if let Some(place) = text.chars().position(char::is_control) {
            return Err(PatternError::Control(place + 1));
        }
        let lower = text.to_lowercase();
        let (how, beginnings) = match kind {
            PatternKind::Equals => (How::Equals(lower.clone()), vec![lower]),
            PatternKind::StartsWith => (How::StartsWith(lower.clone()), vec![lower]),
            PatternKind::Contains => (How::Contains(lower), Vec::new()),
            PatternKind::EndsWith => (How::EndsWith(lower), Vec::new()),
            PatternKind::Glob => {
                let parts: Vec<_> = text.split('*').map(regex::escape).collect();
                let beginning = beginning::plain(text.split('*').next().unwrap_or_default());
                (
                    How::Regex(needed::of_glob(text), compile(&format!("(?s)^{}$", parts.join("(.*?)")))?),
                    beginning.into_iter().collect(),
                )
            }
            PatternKind::Matches => (How::Regex(needed::of_regex(text), compile(text)?), beginning::of_regex(text)),
        };
        Ok(Self { how, beginnings })
    }

    /// Whether a text, which is `lower` in lower case, passes.
    pub(super) fn passes(&self, text: &str, lower: &str) -> bool {
        match &self.how {
            How::Equals(expected) => lower == expected,
            How::StartsWith(expected) => lower.starts_with(expected),
            How::Contains(expected) => lower.contains(expected),
            How::EndsWith(expected) => lower.ends_with(expected),
            How::Regex(needed, regex) => lower.contains(needed) && regex.is_match(text),
        }
    }

    /// What stood in the groups of a text that passes, the first group first.
    pub(super) fn groups<'t>(&self, text: &'t str) -> Vec<&'t str> {
        let How::Regex(_, regex) = &self.how else { return Vec::new() };
        let found = regex.captures(text);
        let group = |group: Option<regex::Match<'t>>| group.map_or("", |group| group.as_str());
        found.map(|groups| groups.iter().skip(1).map(group).collect()).unwrap_or_default()
    }

    /// How many groups it has.
    pub(super) fn group_count(&self) -> usize {
        match &self.how {
            How::Regex(_, regex) => regex.captures_len().saturating_sub(1),
            _ => 0,
        }
    }

    /// Every text that passes begins with one of these, in lower case; none if that is not known.
    pub(super) fn beginnings(&self) -> &[String] {
        &self.beginnings
    }
}

fn compile(text: &str) -> Result<Regex, PatternError> {
    RegexBuilder::new(text).case_insensitive(true).size_limit(MAX_COMPILED_BYTES).build().map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => PatternError::Large,
        error => syntax(&error.to_string()),
    })
}

/// The message has the pattern on a line, below it a line with marks under the place, and a last line with the reason.
fn syntax(message: &str) -> PatternError {
    let marked = |line: &&str| line.contains('^') && line.chars().all(|c| matches!(c, ' ' | '^'));
    let indent = 4;
    let place =
        message.lines().find(marked).and_then(|line| line.find('^')).map_or(1, |column| column.saturating_sub(indent) + 1);
    let last = message.lines().last().unwrap_or_default();
    PatternError::Syntax { place, reason: last.strip_prefix("error: ").unwrap_or(last).to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn passes(pattern: &str, text: &str) -> bool {
        Test::new(&pattern.parse().unwrap()).unwrap().passes(text, &text.to_lowercase())
    }

    #[test]
    fn every_kind_compares_without_regard_to_case() {
        for (pattern, text, expected) in [
            ("equals 7-Zip", "7-zip", true),
            ("equals 7-Zip", "7-zip 23", false),
            ("starts with microsoft VISIO", "Microsoft Visio 2019", true),
            ("starts with Visio", "Microsoft Visio 2019", false),
            ("contains Ärger", "kein ÄRGER heute", true),
            ("ends with manager", "Toad Manager", true),
            ("glob Adobe * CC*", "adobe photoshop cc 2019", true),
            ("glob Adobe * CC", "adobe photoshop cc 2019", false),
            ("glob a.c", "abc", false),
            ("matches ^postgresql-\\d+$", "PostgreSQL-15", true),
            ("matches server", "SQL Server 2019", true),
            ("MATCHES ^x", "y", false),
        ] {
            assert_eq!(passes(pattern, text), expected, "{pattern} / {text}");
        }
    }

    #[test]
    fn groups_are_what_stood_there() {
        for (pattern, text, expected) in [
            ("glob Adobe * CC *", "Adobe Photoshop CC 2019", &["Photoshop", "2019"][..]),
            ("matches ^(a)?(b)", "bc", &["", "b"]),
            ("starts with x", "x", &[]),
        ] {
            let test = Test::new(&pattern.parse().unwrap()).unwrap();
            assert_eq!(test.groups(text), expected, "{pattern}");
            assert_eq!(test.group_count(), expected.len(), "{pattern}");
        }
    }

    #[test]
    fn what_is_no_pattern_says_where() {
        let error = |text: &str| text.parse().and_then(|pattern| Test::new(&pattern)).map(|_| ()).unwrap_err();
        for (text, expected) in [
            ("like x", PatternError::Kind),
            ("equals", PatternError::Kind),
            ("équals x", PatternError::Kind),
            ("equals  ", PatternError::Empty),
            ("contains a\nb", PatternError::Control(2)),
            ("matches \\w{5000}", PatternError::Large),
        ] {
            assert_eq!(error(text), expected, "{text}");
        }
        assert_eq!(error(&format!("glob {}", "x".repeat(MAX_PATTERN_CHARS + 1))), PatternError::Long);
        for (text, at, why) in
            [("ab(c", 3, "unclosed group"), ("a**{", 4, "repetition"), ("x[z-a]", 3, "range"), ("(?=x)", 1, "look")]
        {
            let PatternError::Syntax { place, reason } = error(&format!("matches {text}")) else { panic!("{text}") };
            assert_eq!((place, reason.contains(why)), (at, true), "{text}: {place} {reason}");
        }
    }

    #[test]
    fn a_pattern_prints_as_it_is_read() {
        for text in ["equals a", "starts with a b", "contains  a", "ends with x", "glob *", "matches ^a|b"] {
            assert_eq!(text.parse::<Pattern>().unwrap().to_string(), text);
            assert_eq!(serde_json::from_str::<Pattern>(&serde_json::to_string(text).unwrap()).unwrap().to_string(), text);
        }
    }

    proptest! {
        #[test]
        fn what_passes_begins_with_the_beginning(regex in "\\^?\\(?[ab2|()\\[\\]?*+^\\\\.{}-]{0,8}", text in "[abAB2|().\\[\\]-]{0,6}") {
            if let Ok(test) = Test::new(&Pattern::new(PatternKind::Matches, &regex)) {
                let lower = text.to_lowercase();
                let begins = test.beginnings().is_empty() || test.beginnings().iter().any(|beginning| lower.starts_with(beginning));
                let How::Regex(_, ready) = &test.how else { panic!() };
                prop_assert_eq!(test.passes(&text, &lower), ready.is_match(&text), "{} {}", regex, text);
                prop_assert!(!test.passes(&text, &lower) || begins, "{regex} {text} {:?}", test.beginnings());
            }
        }
    }
}
