//! `agent ...`

use crate::client::{
    args::AgentCommand,
    error::ClientError,
    http::{Api, part},
    named,
    show::{Kind, List, Printer},
};
use reqwest::Method;
use serde_json::Value;

const PATH: &str = "/api/v1/agents";

pub(super) async fn run(command: AgentCommand, api: &Api, printer: Printer) -> Result<(), ClientError> {
    match command {
        AgentCommand::List => {
            let items = api.list(PATH, &[], usize::MAX).await?;
            let columns = [
                ("ID", "id", Kind::Text),
                ("HOST", "hostname", Kind::Text),
                ("STATUS", "status", Kind::Text),
                ("LAST SEEN", "last_seen", Kind::Time),
                ("ONLINE", "online", Kind::Text),
                ("VERSION", "agent_version", Kind::Text),
                ("PROGRAM", "program", Kind::Text),
            ];
            let empty = "No agents yet. Make a join token: muster-collector join-token create";
            printer.list(List { items, columns: &columns, empty })
        }
        AgentCommand::Show { id } => {
            let id = named::agent(&id, api).await?;
            printer.record(&api.get(&format!("{PATH}/{}", part(&id)), &[]).await?)
        }
        AgentCommand::Approve { id } => act(&id, "approve", "approved", api, printer).await,
        AgentCommand::Revoke { id } => act(&id, "revoke", "revoked; its asset stays", api, printer).await,
        AgentCommand::Resolve { id } => act(&id, "resolve", "no longer quarantined", api, printer).await,
    }
}

async fn act(given: &str, verb: &str, done: &str, api: &Api, printer: Printer) -> Result<(), ClientError> {
    let id = &named::agent(given, api).await?;
    let agent = api.change(Method::POST, &format!("{PATH}/{}/{verb}", part(id)), None).await?;
    let host = agent.get("hostname").and_then(Value::as_str).unwrap_or(id);
    printer.told(&agent, &format!("{host} is {done}."))
}
