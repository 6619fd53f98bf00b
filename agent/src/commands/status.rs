//! `status`: identity, last contact, backlog, verdict.
//!
//! In: the running agent's answer, else the state directory. Out: table, JSON or CSV.

use super::{Failure, print};
use crate::{
    cli::StatusArgs,
    config::Config,
    socket::{self, Status, from_files},
};
use muster_runtime::{
    clock::SharedClock,
    exit::Exit,
    output::{self, Format},
};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(5);

pub(super) async fn run(args: &StatusArgs, clock: SharedClock) -> Result<Exit, Failure> {
    let config = Config::load(args.place.config.as_deref(), args.place.state_dir.as_deref())?;
    let answer = socket::get(&config.socket.path, "/v1/status", TIMEOUT).await;
    let running = answer.ok().and_then(|(_, body)| serde_json::from_slice::<Status>(&body).ok());
    let status = match running {
        Some(status) => status,
        None => from_files(&config.state_dir, &config.collector, clock.now())?,
    };
    let failed = |error| Failure::new(Exit::Failed, error);
    let text = match output::choose(args.output) {
        Format::Json => output::json(&status).map_err(failed)?,
        Format::Table => output::table(&["what", "value"], &rows(&status).map_err(failed)?),
        Format::Csv => output::csv(&["what", "value"], &rows(&status).map_err(failed)?),
    };
    print(&text)
}

/// One row for each field, under the field's own name.
fn rows(status: &Status) -> Result<Vec<Vec<String>>, serde_json::Error> {
    let serde_json::Value::Object(fields) = serde_json::to_value(status)? else { return Ok(Vec::new()) };
    let text = |value: serde_json::Value| match value {
        serde_json::Value::Null => "-".to_owned(),
        serde_json::Value::String(text) => text,
        serde_json::Value::Array(items) => {
            items.iter().map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned)).collect::<Vec<_>>().join(" ")
        }
        other => other.to_string(),
    };
    Ok(fields.into_iter().map(|(name, value)| vec![name.replace('_', " "), text(value)]).collect())
}
