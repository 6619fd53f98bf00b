//! What can be wrong with a configuration, and where.
//!
//! Comes in: a place and a reason. Goes out: `FILE:LINE:COLUMN: key `x.y`: what is wrong`. Text is not
//! repeated where something else than text was expected, because it may be a secret; the place says where to look.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::de;

use crate::output::printable;

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A place in a file; line and column count from 1, the column in characters.
    File {
        /// The file.
        file: Arc<Path>,
        /// The line.
        line: usize,
        /// The column.
        column: usize,
    },
    /// A file as a whole, e.g. because a key is missing.
    Whole(Arc<Path>),
    /// An environment variable.
    Environment(String),
    /// A flag of the command line.
    CommandLine,
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { file, line, column } => write!(formatter, "{}:{line}:{column}", file.display()),
            Self::Whole(file) => write!(formatter, "{}", file.display()),
            Self::Environment(name) => write!(formatter, "environment variable {name}"),
            Self::CommandLine => write!(formatter, "command line"),
        }
    }
}

/// Why there is no configuration. Programs end with [`crate::exit::Exit::Config`] then.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file or the `conf.d` directory cannot be read, or a file that was asked for is missing.
    #[error("{}: cannot be read: {source}", file.display())]
    Read {
        /// The file or directory.
        file: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The file is not TOML.
    #[error("{at}: {message}")]
    Syntax {
        /// The first place that is wrong.
        at: Origin,
        /// What is wrong.
        message: String,
    },
    /// A key is unknown, or its value does not fit.
    #[error("{at}: key `{}`: {}", printable(key), printable(message))]
    Key {
        /// The place of the key or its value.
        at: Origin,
        /// The dotted key.
        key: String,
        /// What is wrong.
        message: String,
    },
}

/// An error on its way up through the deserialiser: it learns its place and its key from the levels it passes.
#[derive(Debug)]
pub(super) struct Fault {
    at: Option<Origin>,
    key: String,
    message: String,
}

impl Fault {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { at: None, key: String::new(), message: message.into() }
    }

    /// Gives the place, unless a deeper level knew a closer one.
    pub(super) fn or_at(mut self, at: &Origin) -> Self {
        self.at.get_or_insert_with(|| at.clone());
        self
    }

    /// Puts the key of the level above in front.
    pub(super) fn under(mut self, key: &str) -> Self {
        if self.key.is_empty() {
            key.clone_into(&mut self.key);
        } else {
            let dot = if self.key.starts_with('[') { "" } else { "." };
            self.key = format!("{key}{dot}{}", self.key);
        }
        self
    }

    /// The error for people; `whole` is named when no level knew a place.
    pub(super) fn into_error(self, whole: &Path) -> ConfigError {
        let Self { at, key, message } = self;
        let at = at.unwrap_or_else(|| Origin::Whole(whole.into()));
        if key.is_empty() { ConfigError::Syntax { at, message } } else { ConfigError::Key { at, key, message } }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }

    fn invalid_type(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::new(format!("expected {}, found {}", needed(expected), silent(found)))
    }

    fn invalid_value(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    fn unknown_field(_: &str, known: &'static [&'static str]) -> Self {
        // The key itself is added by the level that read it.
        Self::new(match known {
            [] => "is not a known key; none is known here".to_owned(),
            known => format!("is not a known key; known here: {}", known.join(", ")),
        })
    }

    fn unknown_variant(found: &str, known: &'static [&'static str]) -> Self {
        Self::new(format!("`{found}` is none of the possible values: {}", known.join(", ")))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new("is missing and has no default").under(field)
    }
}

/// What was found, without the content of a text.
fn silent(found: de::Unexpected<'_>) -> String {
    match found {
        de::Unexpected::Str(_) => "other text".to_owned(),
        de::Unexpected::Map => "a table".to_owned(),
        de::Unexpected::Seq => "an array".to_owned(),
        found => found.to_string(),
    }
}

/// What is expected, in the words of TOML rather than those of Rust.
fn needed(expected: &dyn de::Expected) -> String {
    let expected = expected.to_string();
    match expected.as_str() {
        "u8" => format!("a whole number from 0 to {}", u8::MAX),
        "u16" => format!("a whole number from 0 to {}", u16::MAX),
        "u32" => format!("a whole number from 0 to {}", u32::MAX),
        "u64" | "usize" => "a whole number from 0".to_owned(),
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number".to_owned(),
        "a sequence" => "an array".to_owned(),
        "a map" => "a table".to_owned(),
        other if other.starts_with("struct ") => "a table".to_owned(),
        _ => expected,
    }
}
