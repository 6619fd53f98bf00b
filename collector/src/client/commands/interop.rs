//! `interop ...`

use super::join_tokens::take_back;
use crate::client::{
    args::{InteropCommand, InteropFields, InteropKind},
    error::ClientError,
    http::{Api, part},
    show::{Kind, List, Printer},
};
use reqwest::Method;
use serde_json::{Value, json};

const PATH: &str = "/api/v1/interop-credentials";

pub(super) async fn run(command: InteropCommand, api: &Api, printer: Printer) -> Result<(), ClientError> {
    match command {
        InteropCommand::Create(fields) => create(fields, api, printer).await,
        InteropCommand::List => {
            let items = api.list(PATH, &[], usize::MAX).await?;
            let columns = [
                ("ID", "id", Kind::Text),
                ("KIND", "kind", Kind::Text),
                ("STATE", "state", Kind::Text),
                ("DEVICES", "devices", Kind::Number),
                ("NEW PER HOUR", "max_new_per_hour", Kind::Number),
                ("GROUP", "group", Kind::Text),
                ("LAST USED", "last_used_at", Kind::Time),
                ("BY", "created_by", Kind::Text),
                ("CREATED", "created_at", Kind::Time),
            ];
            let empty = "No interop credentials. Make one: muster-collector interop create --kind inventory";
            printer.list(List { items, columns: &columns, empty })
        }
        InteropCommand::Revoke { id, with_assets } => {
            let done = format!("The interop credential {id} was taken back.");
            take_back(&format!("{PATH}/{}", part(&id)), with_assets, &done, api, printer).await
        }
    }
}

async fn create(fields: InteropFields, api: &Api, printer: Printer) -> Result<(), ClientError> {
    let InteropFields { kind, group, max_new_per_hour } = fields;
    let kind = match kind {
        InteropKind::Inventory => "inventory",
        InteropKind::Osquery => "osquery",
    };
    let body = json!({"kind": kind, "group": group, "max_new_per_hour": max_new_per_hour});
    let created = api.change(Method::POST, PATH, Some(&body)).await?;
    printer.told(&created, &told(&created))
}

/// The parts of a credential, the lines for the files of agents, and what is in the way.
fn told(created: &Value) -> String {
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let list = |name: &str| created.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut told = String::new();
    for name in ["user", "password", "bearer", "enroll_secret"] {
        let part = text(created, name);
        if !part.is_empty() {
            told.push_str(&format!("{name}: {part}\n"));
        }
    }
    told.push_str("\nIt is shown once and good until it is taken back.");
    for file in list("configuration") {
        let lines: String = text(file, "lines").lines().map(|line| format!("\n  {line}")).collect();
        told.push_str(&format!("\n\n{}: put this into {}{lines}", text(file, "program"), text(file, "file")));
    }
    if !list("configuration").is_empty() {
        told.push_str(
            "\n\nCopy ca.pem of the collector's data directory to each machine, under the name that the lines give it.",
        );
        if text(created, "url").starts_with("https://COLLECTOR") {
            told.push_str("\nCOLLECTOR stands for the name by which machines reach the collector.");
        }
    }
    for warning in list("warnings").iter().filter_map(Value::as_str) {
        told.push_str(&format!("\n\nMind: {warning}"));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_told_with_its_lines_and_what_is_in_the_way() {
        let check = |created: Value, parts: &[&str], absent: &[&str]| {
            let told = told(&created);
            for part in parts {
                assert!(told.contains(part), "{part}: {told}");
            }
            for part in absent {
                assert!(!told.contains(part), "{part}: {told}");
            }
        };
        let file = json!({"program": "GLPI agent", "file": "/etc/x.cfg", "lines": "server = https://c:8445/\nuser = abcd\n"});
        let listening = json!({"id": "abcd", "user": "abcd", "password": "secret", "bearer": "msi_abcd_secret",
            "warnings": [], "url": "https://c:8445/", "configuration": [file]});
        let lines = "GLPI agent: put this into /etc/x.cfg\n  server = https://c:8445/\n  user = abcd\n";
        check(
            listening.clone(),
            &["user: abcd\n", "password: secret\n", "bearer: msi_", lines, "ca.pem"],
            &["Mind", "COLLECTOR", "enroll"],
        );
        let mut nameless = listening;
        nameless["url"] = json!("https://COLLECTOR:8445/");
        check(nameless, &["COLLECTOR stands for"], &[]);
        let off = json!({"id": "abcd", "enroll_secret": "msi_abcd_secret", "warnings": ["The listener is off."], "url": null,
            "configuration": []});
        check(off, &["enroll_secret: msi_abcd_secret\n", "Mind: The listener is off."], &["ca.pem", "password"]);
    }
}
