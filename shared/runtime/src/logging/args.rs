//! The flags every program has for its log.
//!
//! Comes in: the command line and `MUSTER_LOG`. Goes out: what the user asked for, nothing where he said nothing.

use serde::Deserialize;

use super::level::Level;

/// `--log` and `--log-format`; they may stand before or after a subcommand.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct LogArgs {
    /// What is logged: off, error, warn, info, debug, trace, or "info,PART=debug"
    #[arg(long = "log", value_name = "LEVEL", env = "MUSTER_LOG", global = true)]
    pub log: Option<Level>,

    /// How log lines look
    #[arg(long = "log-format", value_name = "FORMAT", value_enum, global = true)]
    pub log_format: Option<LogFormat>,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One line of text for people
    #[default]
    Text,
    /// One JSON object per line
    Json,
}

impl LogFormat {
    /// The spelling of flags and files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::{Parser, ValueEnum};

    use super::*;

    #[derive(Debug, Parser)]
    struct Program {
        #[command(flatten)]
        log: LogArgs,
        #[command(subcommand)]
        command: Option<Command>,
    }

    #[derive(Debug, clap::Subcommand)]
    enum Command {
        Serve,
    }

    #[test]
    fn flags_stand_before_or_after_the_subcommand() {
        let check = |arguments: &[&str], level: Option<&str>, format: Option<LogFormat>| {
            let program = Program::try_parse_from([&["muster"], arguments].concat()).unwrap();
            assert_eq!((program.log.log.as_ref().map(Level::as_str), program.log.log_format), (level, format), "{arguments:?}");
        };
        check(&["--log", "debug"], Some("debug"), None);
        check(&["serve", "--log", "debug", "--log-format", "json"], Some("debug"), Some(LogFormat::Json));
        check(&["--log-format", "text", "serve", "--log=warn"], Some("warn"), Some(LogFormat::Text));
        for wrong in [["--log", "loud"], ["--log-format", "xml"]] {
            let error = Program::try_parse_from(["muster", wrong[0], wrong[1]]).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{error}");
        }
    }

    #[test]
    fn formats_have_one_spelling() {
        for format in LogFormat::value_variants() {
            assert_eq!(LogFormat::from_str(format.as_str(), false), Ok(*format));
            assert_eq!(serde_json::from_value::<LogFormat>(format.as_str().into()).unwrap(), *format);
        }
    }
}
