//! `removal-candidates ...`

use crate::client::{
    args::CandidateCommand,
    error::ClientError,
    http::{Api, part},
    show::{Column, Kind, List, Printer},
};
use reqwest::Method;
use serde_json::{Value, json};

const PATH: &str = "/api/v1/removal-candidates";

const CANDIDATES: &[Column] = &[
    ("ID", "id", Kind::Text),
    ("PRODUCT", "product", Kind::Text),
    ("DEVICE", "device", Kind::Text),
    ("STATE", "state", Kind::Word),
    ("WHY", "justification", Kind::Word),
    ("USER", "user", Kind::Text),
    ("RIGHTS", "rights", Kind::Number),
    ("MODEL", "model", Kind::Text),
    ("PUBLISHER", "publisher", Kind::Text),
    ("FOUND", "found_at", Kind::Time),
    ("CHANGED", "changed_at", Kind::Time),
];

pub(super) async fn run(command: CandidateCommand, api: &Api, printer: Printer) -> Result<(), ClientError> {
    match command {
        CandidateCommand::List { publisher, product, state, justification, all } => {
            let given = [("publisher", &publisher), ("product", &product), ("state", &state), ("justification", &justification)];
            let mut query: Vec<(&str, &str)> =
                given.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?))).collect();
            if !all && state.is_none() {
                query.push(("open", "true"));
            }
            let items = api.list(PATH, &query, usize::MAX).await?;
            let empty = "Nothing may go, as far as the last reconciliation knows. Closed ones: --all";
            printer.list(List { items, columns: CANDIDATES, empty })
        }
        CandidateCommand::Set { id, state } => {
            let one = api.change(Method::PATCH, &format!("{PATH}/{}", part(&id)), Some(&json!({ "state": state }))).await?;
            let word = |path: &str| one.pointer(path).and_then(Value::as_str).unwrap_or_default().replace('_', " ");
            printer.told(&one, &format!("The removal of {} is now {}.", word("/model/display"), word("/state")))
        }
    }
}
