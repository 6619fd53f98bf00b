//! `audit ...`

use super::audit_file;
use crate::client::{
    args::{AuditCommand, AuditFilterArgs},
    error::ClientError,
    http::Api,
    show::{Kind, List, Printer},
};
use serde_json::Value;

const PATH: &str = "/api/v1/audit";

pub(super) async fn run(command: AuditCommand, api: &Api, printer: Printer) -> Result<(), ClientError> {
    match command {
        AuditCommand::List { limit, filter } => {
            let items = api.list(PATH, &asked(&filter), limit).await?;
            let columns = [
                ("NUMBER", "number", Kind::Number),
                ("AT", "at", Kind::Time),
                ("BY", "actor", Kind::Text),
                ("ACTION", "action", Kind::Text),
                ("SUBJECT", "subject", Kind::Text),
                ("DETAIL", "detail", Kind::Text),
            ];
            printer.list(List { items, columns: &columns, empty: "No entry of the audit log fits." })
        }
        AuditCommand::Export { to, filter } => audit_file::export(&to, &asked(&filter), api, printer).await,
        AuditCommand::Verify { input: Some(file), expected } => audit_file::verify(&file, &expected, printer),
        AuditCommand::Verify { input: None, .. } => {
            let chain = api.get(&format!("{PATH}/verify"), &[]).await?;
            let entries = chain.get("entries").and_then(Value::as_u64).unwrap_or_default();
            if chain.get("intact").and_then(Value::as_bool) == Some(true) {
                let hash = chain.get("hash").and_then(Value::as_str).unwrap_or_default();
                return printer
                    .told(&chain, &format!("The audit log is whole: {entries} entries, the last with the hash {hash}."));
            }
            let at = chain.get("broken_at").and_then(Value::as_u64).unwrap_or_default();
            printer.told(&chain, &format!("The audit log is broken at entry {at}."))?;
            Err(ClientError::Failed(format!("entry {at} of the audit log does not fit the one before")))
        }
    }
}

fn asked(filter: &AuditFilterArgs) -> Vec<(&str, &str)> {
    let AuditFilterArgs { actor, action, subject, since, until } = filter;
    let parts = [("actor", actor), ("action", action), ("subject", subject), ("since", since), ("until", until)];
    parts.into_iter().filter_map(|(name, text)| Some((name, text.as_deref()?))).collect()
}
