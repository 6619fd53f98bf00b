//! `compliance ...`

use super::status::sentence;
use crate::client::{
    args::ComplianceCommand,
    error::ClientError,
    http::Api,
    show::{Kind, List, Printer},
};
use crate::publish::uncounted;
use reqwest::Method;
use serde_json::Value;

pub(super) async fn run(command: ComplianceCommand, api: &Api, printer: Printer) -> Result<(), ClientError> {
    match command {
        ComplianceCommand::Show => {
            let license = api.get("/api/v1/license", &[]).await?;
            let compliance = api.get("/api/v1/compliance", &[]).await?;
            printer.told(&compliance, &sentence(&license))
        }
        ComplianceCommand::Run => {
            let run = api.change(Method::POST, "/api/v1/compliance/runs", None).await?;
            if run.is_string() {
                return printer.done("The run goes on; look at muster-collector compliance history.");
            }
            if let Some(error) = run.get("error").and_then(Value::as_str) {
                printer.record(&run)?;
                return Err(ClientError::Failed(format!("the run could not judge: {error}")));
            }
            printer.record(&run)?;
            let left_out = run.get("uncounted_empty_state").and_then(Value::as_u64).unwrap_or_default();
            uncounted(left_out).map_or(Ok(()), |sentence| printer.aside(&format!("\n{sentence}")))
        }
        ComplianceCommand::History => {
            let items = api.list("/api/v1/compliance/runs", &[], usize::MAX).await?;
            let columns = [
                ("RUN", "id", Kind::Number),
                ("DATE", "site_date", Kind::Text),
                ("KIND", "kind", Kind::Text),
                ("ASSETS", "asset_count", Kind::Number),
                ("LIMIT", "asset_limit", Kind::Number),
                ("BEFORE", "state_before", Kind::Text),
                ("AFTER", "state_after", Kind::Text),
                ("FINISHED", "finished_at", Kind::Time),
                ("BY", "by", Kind::Text),
                ("ERROR", "error", Kind::Text),
            ];
            printer.list(List {
                items,
                columns: &columns,
                empty: "Nothing was counted yet. Count now: muster-collector compliance run",
            })
        }
    }
}
