//! Where the collector is and how its answers are printed.

use clap::Args;
use muster_runtime::output::Format;
use std::path::PathBuf;

/// Where the collector is and how to log in; these may stand after the subcommand.
#[derive(Args, Clone, Debug)]
pub struct ClientArgs {
    /// Address of the collector's admin listener; without it that in the environment variable MUSTER_URL, if any.
    #[arg(long, global = true, default_value_t = url(), value_name = "URL", help_heading = "Client")]
    pub url: String,
    /// File with an API token; without it the token itself is taken from the environment variable MUSTER_TOKEN.
    #[arg(long, global = true, value_name = "FILE", help_heading = "Client")]
    pub token_file: Option<PathBuf>,
    /// The collector's ca.pem; then only it is trusted. Without it the file that the environment variable MUSTER_CA names.
    #[arg(long, global = true, value_name = "FILE", help_heading = "Client")]
    pub ca: Option<PathBuf>,
    /// How to print: a table on a terminal, JSON otherwise.
    #[arg(long, global = true, value_enum, value_name = "FORMAT", help_heading = "Client")]
    pub output: Option<Format>,
    /// Print again every so many seconds (5 when none is given) until Ctrl-C; only what reads can be watched.
    #[arg(
        long,
        global = true,
        value_name = "SECONDS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "5",
        value_parser = clap::value_parser!(u64).range(1..=86_400),
        help_heading = "Client"
    )]
    pub watch: Option<u64>,
}

/// What is taken from the environment is a default: an error message must not ask for it as if it had to be typed.
fn url() -> String {
    std::env::var("MUSTER_URL").ok().filter(|url| !url.is_empty()).unwrap_or_else(|| "https://127.0.0.1:8444".to_owned())
}
