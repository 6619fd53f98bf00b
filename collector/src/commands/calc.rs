//! `calc`: the rules over a file, without a server.

use crate::calc::{self, Kind};
use muster_runtime::{exit::Exit, output};
use std::{io::Read as _, path::PathBuf};

/// How whole exports are given.
const RUN: &str = "\
reconcile and metric, ask \"run\": what a reconciliation of whole exports comes to, as the collector itself would reconcile them. \
Save a site, change what you like, and compute:
  muster-collector reconcile export > site.json
  muster-collector calc reconcile --input site.json
The inputs are the lists of the API as the commands print them with --output json, {\"items\":[...]} or an array each:
  assets (asset list), hardware (asset hardware), installs (software installs), settings (settings list)
  factors (metric factors list), applications (application list), usage (usage show)
  references, with a list for each table (reference list TABLE)
  kinds of records by their paths: models, entitlements, allocations, consumption-rules, hosts...
What is left out is empty; settings and factors have their defaults. \"now\" is the instant of the run, \"time_zone\" the site's \
(UTC), \"publisher\" one whose products alone are wanted. A record without an id gets one. The answer has positions, candidates, \
remedies and warnings; that of metric has only the positions of metrics, of the group and metric that stand beside the ask, if any.
units, ask \"run\": assets, settings, categories (units categories), model-categories (reference list model-categories).
sessions, ask \"run\": sessions (session list) and applications (application list), counted by application.
compliance, ask \"run\": assets (asset list) beside limit and query, and perhaps table and null_mode.";

/// What `calc --help` says beside its options.
fn after_help() -> String {
    format!(
        "A file holds {{\"cases\":[...]}}, an array of cases, or one case; the answers come in the same order.\n\n\
sessions, ask \"trace\": a recorded trace against the rules of a pool. Events, in the order of time: start and end of a session,
checkout, heartbeat and return of a check-out; who asks has user and client_ip, and may have host, display and groups. The rules are
fields of an application: named_users, floating_limit, at_limit (warn, refuse, queue), sharing, reservations, access, lease_seconds,
linger_seconds; \"groups\" says who is in which. The answer has peaks, what was in use over time, who was refused, how long the queue
was. With \"seats\":N it also says whom N floating seats would have denied, what other numbers would have, and the smallest that
denies nobody. Save this as trace.json and try: muster-collector calc sessions --input trace.json\n\n{}\n\n\
metric, ask \"metric\": licences required; \"group\" and \"metric\" stand beside the ask, such as
{{\"id\":\"a\",\"ask\":\"metric\",\"group\":\"Common\",\"metric\":\"Per Core\",\"inputs\":{{\"hosts\":[{{\"id\":\"h1\",\"cpus\":2,\"cores_per_cpu\":8}}],\"rights_owned\":4}}}}
Further asks: cost_choice (SQL Server in a cluster), density (Red Hat), multitenant (Oracle). The groups and their metrics:\n{}
{RUN}",
        calc::TRACE_EXAMPLE,
        calc::metric_groups()
    )
}

/// Options of `calc`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_long_help = after_help())]
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
