//! `muster-vendor`: makes signing keys, issues, renews and inspects licence keys. The work is in `muster_collector::vendor`.

use std::{io::Write as _, process::ExitCode};

use clap::Parser as _;
use muster_collector::vendor::{self, Cli};
use muster_runtime::{clock::SystemClock, exit::Exit, logging, output};

fn main() -> ExitCode {
    let cli = Cli::parse();
    logging::init(&cli.log, "warn", "text");
    match run(&cli) {
        Ok(exit) => exit.into(),
        Err(error) => {
            // Standard error may be closed; the exit code still says what happened.
            let _ = writeln!(std::io::stderr(), "muster-vendor: {error}");
            error.exit().into()
        }
    }
}

fn run(cli: &Cli) -> Result<Exit, vendor::VendorError> {
    let answer = vendor::execute(cli, &SystemClock)?;
    output::print(&answer.text).map_err(vendor::VendorError::Output)?;
    Ok(answer.exit)
}
