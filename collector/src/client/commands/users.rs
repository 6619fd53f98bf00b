//! `user ...`

use crate::client::{
    args::{UserCommand, UserRole},
    error::ClientError,
    http::{Api, part},
    show::{Kind, List, Printer},
};
use reqwest::Method;
use serde_json::{Value, json};

const PATH: &str = "/api/v1/users";

pub(super) async fn run(command: UserCommand, api: &Api, printer: Printer) -> Result<(), ClientError> {
    match command {
        UserCommand::List => {
            let items = api.list(PATH, &[], usize::MAX).await?;
            let columns = [
                ("NAME", "name", Kind::Id),
                ("SOURCE", "source", Kind::Text),
                ("ROLE", "role", Kind::Text),
                ("ENABLED", "enabled", Kind::Text),
                ("MUST CHANGE PASSWORD", "must_change", Kind::Text),
                ("LOCKED UNTIL", "locked_until", Kind::Time),
                ("MADE", "created_at", Kind::Time),
                ("LAST LOGIN", "last_login_at", Kind::Time),
            ];
            let empty = "No users. Make one: muster-collector user create NAME --role viewer";
            printer.list(List { items, columns: &columns, empty })
        }
        UserCommand::Show { name } => printer.record(&api.get(&path(&name), &[]).await?),
        UserCommand::Create { name, role } => {
            let body = json!({"name": name, "role": role_name(role)});
            let made = api.change(Method::POST, PATH, Some(&body)).await?;
            one_time(&made, printer)
        }
        UserCommand::SetRole { name, role } => set(&name, &json!({"role": role_name(role)}), api, printer).await,
        UserCommand::Disable { name } => set(&name, &json!({"enabled": false}), api, printer).await,
        UserCommand::Enable { name } => set(&name, &json!({"enabled": true}), api, printer).await,
        UserCommand::ResetPassword { name } => {
            let made = api.change(Method::POST, &format!("{}/reset-password", path(&name)), None).await?;
            one_time(&made, printer)
        }
        UserCommand::Delete { name } => {
            api.change(Method::DELETE, &path(&name), None).await?;
            printer.done(&format!("The user {name} was deleted."))
        }
    }
}

async fn set(name: &str, change: &Value, api: &Api, printer: Printer) -> Result<(), ClientError> {
    printer.record(&api.change(Method::PATCH, &path(name), Some(change)).await?)
}

fn one_time(made: &Value, printer: Printer) -> Result<(), ClientError> {
    let text = |name: &str| made.get(name).and_then(Value::as_str).unwrap_or_default();
    let told = format!(
        "{}\n\nThe password of {} ({}) is shown once and must be changed at the first login: open the console at /login",
        text("password"),
        text("name"),
        text("role")
    );
    printer.told(made, &told)
}

fn path(name: &str) -> String {
    format!("{PATH}/{}", part(name))
}

const fn role_name(role: UserRole) -> &'static str {
    match role {
        UserRole::Viewer => "viewer",
        UserRole::Operator => "operator",
        UserRole::LicenseAdmin => "license_admin",
        UserRole::Owner => "owner",
    }
}
