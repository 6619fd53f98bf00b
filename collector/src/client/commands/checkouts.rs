//! `checkout ...`

use crate::client::{
    args::{CheckoutCommand, CheckoutFields},
    error::ClientError,
    http::{Api, part},
    show::{Kind, List, Printer},
};
use reqwest::Method;
use serde_json::{Value, json};

const PATH: &str = "/api/v1/checkouts";

pub(super) async fn run(command: CheckoutCommand, api: &Api, printer: Printer) -> Result<(), ClientError> {
    match command {
        CheckoutCommand::Create(fields) => {
            let CheckoutFields { application, user, client_ip, client, host, display, wait, borrow_hours } = fields;
            let body = json!({
                "application": application, "user": user, "client_ip": client_ip, "client": client, "host": host,
                "display": display, "wait_seconds": wait, "borrow_hours": borrow_hours,
            });
            let got = api.change(Method::POST, PATH, Some(&body)).await?;
            tell(&got, printer)
        }
        CheckoutCommand::Show { id, wait } => {
            let wait = wait.to_string();
            let got = api.get(&format!("{PATH}/{}", part(&id)), &[("wait", &wait)]).await?;
            tell(&got, printer)
        }
        CheckoutCommand::Heartbeat { id } => {
            let got = api.change(Method::POST, &format!("{PATH}/{}/heartbeat", part(&id)), None).await?;
            tell(&got, printer)
        }
        CheckoutCommand::Release { id } => {
            api.change(Method::DELETE, &format!("{PATH}/{}", part(&id)), None).await?;
            printer.done(&format!("The check-out {id} was given back."))
        }
        CheckoutCommand::List { application } => {
            let query: Vec<(&str, &str)> = application.iter().map(|name| ("application", name.as_str())).collect();
            let items = api.list(PATH, &query, usize::MAX).await?;
            let columns = [
                ("ID", "id", Kind::Text),
                ("APPLICATION", "application", Kind::Text),
                ("USER", "user", Kind::Text),
                ("SEAT", "kind", Kind::Word),
                ("UNTIL", "expires_at", Kind::Time),
                ("CLIENT", "client_ip", Kind::Text),
                ("PLACE", "position", Kind::Number),
                ("SINCE", "since", Kind::Time),
                ("OVER", "over_use", Kind::Text),
                ("SHARED", "shared", Kind::Text),
                ("BORROWED", "borrowed", Kind::Text),
                ("BY", "client", Kind::Text),
            ];
            printer.list(List { items, columns: &columns, empty: "Nobody has checked anything out." })
        }
    }
}

/// A seat, or a place in the queue: then the command says how to go on, and ends with "try again later".
fn tell(got: &Value, printer: Printer) -> Result<(), ClientError> {
    printer.record(got)?;
    match (got.get("position").and_then(Value::as_u64), got.get("id").and_then(Value::as_str)) {
        (Some(position), Some(id)) => Err(ClientError::Waits { position, id: id.to_owned() }),
        _ => Ok(()),
    }
}
