//! `audit ...`

use crate::client::{
    args::AuditCommand,
    error::ClientError,
    http::Api,
    show::{Kind, List, Printer},
};
use serde_json::Value;

pub(super) async fn run(command: AuditCommand, api: &Api, printer: Printer) -> Result<(), ClientError> {
    match command {
        AuditCommand::List { limit } => {
            let items = api.list("/api/v1/audit", &[], limit).await?;
            let columns = [
                ("NUMBER", "number", Kind::Number),
                ("AT", "at", Kind::Time),
                ("BY", "actor", Kind::Text),
                ("ACTION", "action", Kind::Text),
                ("SUBJECT", "subject", Kind::Text),
                ("DETAIL", "detail", Kind::Text),
            ];
            printer.list(List { items, columns: &columns, empty: "The audit log is empty." })
        }
        AuditCommand::Verify => {
            let chain = api.get("/api/v1/audit/verify", &[]).await?;
            let entries = chain.get("entries").and_then(Value::as_u64).unwrap_or_default();
            if chain.get("intact").and_then(Value::as_bool) == Some(true) {
                return printer.told(&chain, &format!("The audit log is whole: {entries} entries."));
            }
            let at = chain.get("broken_at").and_then(Value::as_u64).unwrap_or_default();
            printer.told(&chain, &format!("The audit log is broken at entry {at}."))?;
            Err(ClientError::Failed(format!("entry {at} of the audit log does not fit the one before")))
        }
    }
}
