//! What is logged: a level, or levels per part of the program.
//!
//! Comes in: text such as `debug` or `info,muster_collector::ingest=trace`. Goes out: text that the filter is known to
//! take. A word that is no level is refused here, because the filter would take it for the name of a part and log
//! everything of that.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, de};
use tracing_subscriber::EnvFilter;

/// The levels, from nothing to everything.
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// A level that has been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level(String);

/// Why a text is no [`Level`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a level (off, error, warn, info, debug, trace), or several for parts such as \"info,muster_agent::spool=debug\""
)]
pub struct LevelError;

impl Level {
    /// The level as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn filter(&self) -> Result<EnvFilter, LevelError> {
        EnvFilter::builder().parse(&self.0).map_err(|_| LevelError)
    }
}

impl Default for Level {
    fn default() -> Self {
        Self("info".to_owned())
    }
}

impl fmt::Display for Level {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for Level {
    type Err = LevelError;

    fn from_str(text: &str) -> Result<Self, LevelError> {
        let is_level = |word: &str| LEVELS.iter().any(|level| level.eq_ignore_ascii_case(word));
        let fits = |part: &str| part.rsplit_once('=').map_or_else(|| is_level(part), |(_, level)| is_level(level));
        if !text.split(',').all(fits) {
            return Err(LevelError);
        }
        let level = Self(text.to_owned());
        level.filter()?;
        Ok(level)
    }
}

impl<'de> Deserialize<'de> for Level {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_words_or_parts_with_words() {
        let check = |text: &str, expected: bool| assert_eq!(text.parse::<Level>().is_ok(), expected, "{text:?}");
        for text in
            ["off", "error", "warn", "info", "debug", "trace", "INFO", "info,muster_agent=debug", "muster_agent::spool=trace"]
        {
            check(text, true);
        }
        for text in ["", "loud", "info,", "info, debug", "muster_agent", "muster_agent=loud", "info,[=debug", "7"] {
            check(text, false);
        }
        assert_eq!(Level::default().to_string(), "info");
        assert_eq!(serde_json::from_str::<Level>("\"debug\"").unwrap().as_str(), "debug");
        let message = serde_json::from_str::<Level>("\"loud\"").unwrap_err().to_string();
        assert!(message.starts_with("expected a level"), "{message}");
    }
}
