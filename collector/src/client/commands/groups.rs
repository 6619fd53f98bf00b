//! `group ...`

use crate::client::{
    args::GroupCommand,
    error::ClientError,
    http::{Api, part},
    show::{Kind, List, Printer},
};
use reqwest::Method;
use serde_json::json;

const PATH: &str = "/api/v1/groups";

pub(super) async fn run(command: GroupCommand, api: &Api, printer: Printer) -> Result<(), ClientError> {
    match command {
        GroupCommand::List => {
            let items = api.list(PATH, &[], usize::MAX).await?;
            let columns = [("NAME", "name", Kind::Text), ("SOURCE", "source", Kind::Text), ("MEMBERS", "members", Kind::Text)];
            let empty = "No groups. Make one: muster-collector group set NAME USER...";
            printer.list(List { items, columns: &columns, empty })
        }
        GroupCommand::Set { name, members } => {
            let group = api.change(Method::POST, PATH, Some(&json!({"name": name, "members": members}))).await?;
            printer.record(&group)
        }
        GroupCommand::Delete { name } => {
            api.change(Method::DELETE, &format!("{PATH}/{}", part(&name)), None).await?;
            printer.done(&format!("The group {name} was deleted."))
        }
    }
}
