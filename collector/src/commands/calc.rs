//! `calc`: the rules over a file, without a server.

use crate::calc::{self, Kind};
use muster_runtime::{exit::Exit, output};
use std::{io::Read as _, path::PathBuf};

/// Options of `calc`.
#[derive(Debug, Clone, clap::Args)]
pub struct CalcArgs {
    /// Which rules.
    #[arg(value_enum)]
    pub kind: Kind,
    /// The file with the cases, `-` for standard input.
    #[arg(long, value_name = "FILE")]
    pub input: PathBuf,
}

/// Computes.
#[must_use]
pub fn calc(args: &CalcArgs) -> Exit {
    let text = if args.input.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(&args.input)
    };
    let text = match text {
        Ok(text) => text,
        Err(error) => {
            super::say(&format!("{}: {error}", args.input.display()));
            return if error.kind() == std::io::ErrorKind::NotFound { Exit::NotFound } else { Exit::Failed };
        }
    };
    match calc::run(args.kind, &text) {
        Ok(answer) => match output::print(&answer) {
            Ok(()) => Exit::Done,
            Err(_) => Exit::Failed,
        },
        Err(error) => {
            super::say(&format!("{}: {error}", args.input.display()));
            Exit::Failed
        }
    }
}
