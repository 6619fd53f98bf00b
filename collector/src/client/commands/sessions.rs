//! `session ...`

use crate::client::{
    args::SessionCommand,
    error::ClientError,
    http::{Api, part},
    show::{Kind, List, Printer},
};
use reqwest::Method;

const PATH: &str = "/api/v1/sessions";

pub(super) async fn run(command: SessionCommand, api: &Api, printer: Printer) -> Result<(), ClientError> {
    match command {
        SessionCommand::List { application } => {
            let query: Vec<(&str, &str)> = application.iter().map(|name| ("application", name.as_str())).collect();
            let items = api.list(PATH, &query, usize::MAX).await?;
            let columns = [
                ("ID", "id", Kind::Id),
                ("USER", "user", Kind::Text),
                ("HOLDS", "holds", Kind::Text),
                ("HOST", "hostname", Kind::Text),
                ("SINCE", "started_at", Kind::Time),
                ("CLIENT", "client_ip", Kind::Text),
                ("STATE", "state", Kind::Word),
                ("KIND", "client", Kind::Text),
                ("IDLE (S)", "idle_seconds", Kind::Number),
                ("TTY", "tty", Kind::Text),
                ("ENDED BY", "ended_reason", Kind::Text),
            ];
            printer.list(List { items, columns: &columns, empty: "Nobody is logged in on the machines that report." })
        }
        SessionCommand::Idle { application, longer_than } => {
            let seconds = longer_than.get().as_secs().to_string();
            let path = format!("/api/v1/applications/{}/idle", part(&application));
            let items = api.list(&path, &[("longer_than_seconds", &seconds)], usize::MAX).await?;
            let some = !items.is_empty();
            let columns = [
                ("ID", "id", Kind::Text),
                ("AS", "claim", Kind::Text),
                ("USER", "user", Kind::Text),
                ("CLIENT", "client_ip", Kind::Text),
                ("HOST", "hostname", Kind::Text),
                ("SEAT", "kind", Kind::Text),
                ("SINCE", "since", Kind::Time),
                ("IDLE SINCE", "idle_since", Kind::Time),
                ("IDLE (S)", "idle_seconds", Kind::Number),
                ("WHOLE SEAT", "whole_seat", Kind::Text),
            ];
            let empty = "Nobody is known to hold a seat without using it.";
            printer.list(List { items, columns: &columns, empty })?;
            if some {
                printer.aside(
                    "End a session: muster-collector session end ID. End a check-out: muster-collector checkout release ID.\n\
                     Where WHOLE SEAT is no, somebody else shares the seat and may be using it.",
                )?;
            }
            Ok(())
        }
        SessionCommand::End { id } => {
            api.change(Method::DELETE, &format!("{PATH}/{}", part(&id)), None).await?;
            printer.done(&format!("The session {id} was ended."))
        }
    }
}
