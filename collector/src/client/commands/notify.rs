//! `notify ...`

use crate::client::{
    args::{NotifyCommand, WebhookCommand, WebhookFields},
    error::ClientError,
    http::{Api, part},
    show::{Column, Kind, List, Printer},
};
use reqwest::Method;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

const PATH: &str = "/api/v1/notifications";
const WEBHOOKS: &str = "/api/v1/webhooks";
const MESSAGES: [Column; 7] = [
    ("TO", "target", Kind::Text),
    ("BY", "channel", Kind::Text),
    ("STATE", "state", Kind::Word),
    ("ATTEMPTS", "attempts", Kind::Number),
    ("LAST", "tried_at", Kind::Time),
    ("NEXT", "next_at", Kind::Time),
    ("ERROR", "error", Kind::Text),
];

pub(super) async fn run(command: NotifyCommand, api: &Api, printer: Printer) -> Result<(), ClientError> {
    match command {
        NotifyCommand::List { limit } => {
            let items = api.list(PATH, &[], limit).await?;
            let unsettled: Vec<Value> = items.iter().flat_map(unsettled).collect();
            let columns = [
                ("NUMBER", "number", Kind::Number),
                ("WHEN", "at", Kind::Time),
                ("EVENT", "event", Kind::Word),
                ("URGENCY", "urgency", Kind::Text),
                ("TOLD", "state", Kind::Word),
                ("WHAT", "title", Kind::Text),
            ];
            printer.list(List { items, columns: &columns, empty: "Nothing happened yet that administrators are told." })?;
            if unsettled.is_empty() {
                return Ok(());
            }
            let columns = [&[("ID", "id", Kind::Id)][..], &MESSAGES[..]].concat();
            let table = printer.table(&unsettled, &columns);
            printer.aside(&format!(
                "\nMessages that did not arrive yet; try one again with: muster-collector notify retry ID\n{}",
                table.trim_end()
            ))
        }
        NotifyCommand::Test => {
            let tested = api.change(Method::POST, &format!("{PATH}/test"), None).await?;
            printer.told(&tested, &outcome(&tested, printer))?;
            let failed = tested.pointer("/state").and_then(Value::as_str) != Some("sent");
            if failed { Err(ClientError::Failed("the test did not arrive everywhere".to_owned())) } else { Ok(()) }
        }
        NotifyCommand::Retry { id } => {
            let message = api.change(Method::POST, &format!("{PATH}/deliveries/{}/retry", part(&id)), None).await?;
            printer.told(&message, &format!("The message {id} is tried again now; see muster-collector notify list."))
        }
        NotifyCommand::Webhook(command) => webhook(command, api, printer).await,
    }
}

async fn webhook(command: WebhookCommand, api: &Api, printer: Printer) -> Result<(), ClientError> {
    match command {
        WebhookCommand::Create { address, name, events } => {
            let body = json!({"url": address, "name": name, "events": events});
            let created = api.change(Method::POST, WEBHOOKS, Some(&body)).await?;
            printer.told(&created, &with_secret(&created, "was made"))
        }
        WebhookCommand::List => {
            let items = api.list(WEBHOOKS, &[], usize::MAX).await?;
            let columns = [
                ("ID", "id", Kind::Id),
                ("NAME", "name", Kind::Text),
                ("URL", "url", Kind::Text),
                ("EVENTS", "events", Kind::Text),
                ("ENABLED", "enabled", Kind::Text),
                ("MADE", "created_at", Kind::Time),
                ("BY", "created_by", Kind::Text),
            ];
            printer.list(List {
                items,
                columns: &columns,
                empty: "No webhooks. Make one: muster-collector notify webhook create ADDRESS",
            })
        }
        WebhookCommand::Set(fields) => {
            let id = fields.id.clone();
            let changed = api.change(Method::PATCH, &format!("{WEBHOOKS}/{}", part(&id)), Some(&change(fields))).await?;
            printer.told(&changed, &with_secret(&changed, "was changed"))
        }
        WebhookCommand::Delete { id } => {
            api.change(Method::DELETE, &format!("{WEBHOOKS}/{}", part(&id)), None).await?;
            printer.done(&format!("The webhook {id} was deleted."))
        }
    }
}

fn change(fields: WebhookFields) -> Value {
    let WebhookFields { id: _, address, name, events, enabled, new_secret } = fields;
    let events = events
        .map(|events| events.split(',').map(str::trim).filter(|event| !event.is_empty()).map(str::to_owned).collect::<Vec<_>>());
    let members = [("url", json!(address)), ("name", json!(name)), ("events", json!(events)), ("enabled", json!(enabled))];
    let mut body: Map<String, Value> =
        members.into_iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.to_owned(), value)).collect();
    if new_secret {
        body.insert("new_secret".to_owned(), true.into());
    }
    Value::Object(body)
}

fn with_secret(webhook: &Value, what: &str) -> String {
    let text = |name: &str| webhook.get(name).and_then(Value::as_str).unwrap_or_default();
    let mut told = format!("The webhook {} ({}) {what}.", text("name"), text("id"));
    if let Some(secret) = webhook.get("secret").and_then(Value::as_str) {
        let _ = write!(
            told,
            "\n\n{secret}\n\nIt is the secret by which the receiver verifies signatures, and is shown once. Try it: muster-collector notify test"
        );
    }
    told
}

/// The messages of a notice that did not arrive yet and were tried.
fn unsettled(notice: &Value) -> Vec<Value> {
    let deliveries = notice.get("deliveries").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let open = |delivery: &&Value| {
        delivery.get("state").and_then(Value::as_str) != Some("sent")
            && delivery.get("attempts").and_then(Value::as_u64).unwrap_or(0) > 0
    };
    deliveries.iter().filter(open).cloned().collect()
}

fn outcome(tested: &Value, printer: Printer) -> String {
    let deliveries = tested.get("deliveries").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let table = printer.table(deliveries, &MESSAGES);
    let sentence = match tested.get("state").and_then(Value::as_str) {
        Some("sent") => "The test arrived.",
        _ => "The test did not arrive everywhere; what failed is tried again for three days.",
    };
    format!("{sentence}\n\n{}", table.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_given_changes() {
        let fields = |events: Option<&str>| WebhookFields {
            id: "x".to_owned(),
            address: None,
            name: Some("Chat".to_owned()),
            events: events.map(str::to_owned),
            enabled: None,
            new_secret: events.is_none(),
        };
        assert_eq!(change(fields(Some(""))), json!({"name": "Chat", "events": []}));
        assert_eq!(change(fields(Some("disabled, enabled"))), json!({"name": "Chat", "events": ["disabled", "enabled"]}));
        assert_eq!(change(fields(None)), json!({"name": "Chat", "new_secret": true}));
    }

    #[test]
    fn messages_that_were_tried_and_did_not_arrive_are_shown() {
        let notice = json!({"deliveries": [
            {"id": 1, "state": "sent", "attempts": 1}, {"id": 2, "state": "waiting", "attempts": 0},
            {"id": 3, "state": "waiting", "attempts": 2}, {"id": 4, "state": "given_up", "attempts": 9},
        ]});
        let ids: Vec<i64> = unsettled(&notice).iter().filter_map(|delivery| delivery["id"].as_i64()).collect();
        assert_eq!(ids, [3, 4]);
    }
}
