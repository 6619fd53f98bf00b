//! `join-token ...`

use crate::client::{
    args::{Approval, JoinTokenCommand, JoinTokenFields},
    error::ClientError,
    http::{Api, part},
    show::{Kind, List, Printer},
};
use reqwest::Method;
use serde_json::{Value, json};

const PATH: &str = "/api/v1/join-tokens";

pub(super) async fn run(command: JoinTokenCommand, api: &Api, printer: Printer) -> Result<(), ClientError> {
    match command {
        JoinTokenCommand::Create(fields) => create(fields, api, printer).await,
        JoinTokenCommand::List => {
            let items = api.list(PATH, &[], usize::MAX).await?;
            let columns = [
                ("ID", "id", Kind::Text),
                ("STATE", "state", Kind::Text),
                ("USED", "used", Kind::Number),
                ("OF", "uses", Kind::Number),
                ("APPROVAL", "approval", Kind::Text),
                ("GROUP", "group", Kind::Text),
                ("EXPIRES", "expires_at", Kind::Time),
                ("BY", "created_by", Kind::Text),
            ];
            printer.list(List { items, columns: &columns, empty: "No join tokens. Make one: muster-collector join-token create" })
        }
        JoinTokenCommand::Revoke { id, with_assets } => {
            let done = format!("The join token {id} was taken back.");
            take_back(&format!("{PATH}/{}", part(&id)), with_assets, &done, api, printer).await
        }
    }
}

/// Takes back what machines came with, and perhaps them, too.
pub(super) async fn take_back(path: &str, with_assets: bool, done: &str, api: &Api, printer: Printer) -> Result<(), ClientError> {
    if !with_assets {
        api.change(Method::DELETE, path, None).await?;
        return printer.done(done);
    }
    let undone = api.change(Method::DELETE, &format!("{path}?with_assets=true"), None).await?;
    let count = |name: &str| undone.get(name).and_then(Value::as_u64).unwrap_or_default();
    let kept = match count("assets_kept") {
        0 => String::new(),
        kept => format!(" Assets that stay, because another agent reports them or their state does not allow it: {kept}."),
    };
    let told = format!("{done} Agents revoked: {}. Assets retired: {}.{kept}", count("agents_revoked"), count("assets_retired"));
    printer.told(&undone, &told)
}

async fn create(fields: JoinTokenFields, api: &Api, printer: Printer) -> Result<(), ClientError> {
    let JoinTokenFields { uses, ttl, approval, group } = fields;
    let approval = approval.map(|approval| match approval {
        Approval::Auto => "auto",
        Approval::Manual => "manual",
    });
    let body = json!({"uses": uses, "ttl_seconds": ttl.get().as_secs(), "approval": approval, "group": group});
    let created = api.change(Method::POST, PATH, Some(&body)).await?;
    let text = |name: &str| created.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let warnings = created.get("warnings").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let warnings: String = warnings.iter().filter_map(Value::as_str).map(|warning| format!("\n\nMind: {warning}")).collect();
    let mut told = format!(
        "{}\n\nIt is shown once and good until {}. On the machine:\n  {}{warnings}",
        text("token"),
        text("expires_at"),
        text("command")
    );
    if text("agents_url").is_empty() {
        told.push_str("\nCOLLECTOR stands for the name by which machines reach the collector.");
    }
    printer.told(&created, &told)
}
