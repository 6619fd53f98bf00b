//! `api-token ...`

use crate::client::{
    args::{ApiTokenCommand, ApiTokenFields, TokenRole},
    error::ClientError,
    http::{Api, part},
    show::{Kind, List, Printer},
};
use reqwest::Method;
use serde_json::{Value, json};

const PATH: &str = "/api/v1/api-tokens";

pub(super) async fn run(command: ApiTokenCommand, api: &Api, printer: Printer) -> Result<(), ClientError> {
    match command {
        ApiTokenCommand::Create(fields) => {
            let created = api.change(Method::POST, PATH, Some(&body(fields))).await?;
            let text = |name: &str| created.get(name).and_then(Value::as_str);
            let until = text("expires_at").unwrap_or("it is revoked");
            let told = format!(
                "{}\n\nIt is shown once and good until {until}. Programs send it as: Authorization: Bearer TOKEN",
                text("token").unwrap_or_default()
            );
            printer.told(&created, &told)
        }
        ApiTokenCommand::List => {
            let items = api.list(PATH, &[], usize::MAX).await?;
            let columns = [
                ("ID", "id", Kind::Text),
                ("LABEL", "label", Kind::Text),
                ("ROLE", "role", Kind::Text),
                ("APPLICATIONS", "applications", Kind::Text),
                ("MADE", "created_at", Kind::Time),
                ("EXPIRES", "expires_at", Kind::Time),
                ("STATE", "state", Kind::Text),
                ("LAST USED", "last_used_at", Kind::Time),
            ];
            printer.list(List { items, columns: &columns, empty: "No API tokens." })
        }
        ApiTokenCommand::Revoke { id } => {
            api.change(Method::DELETE, &format!("{PATH}/{}", part(&id)), None).await?;
            printer.done(&format!("The API token {id} was taken back."))
        }
    }
}

fn body(fields: ApiTokenFields) -> Value {
    let ApiTokenFields { label, role, applications, ttl } = fields;
    let role = match role {
        TokenRole::Application => "application",
        TokenRole::Viewer => "viewer",
        TokenRole::Operator => "operator",
        TokenRole::LicenseAdmin => "license_admin",
        TokenRole::Owner => "owner",
    };
    let ttl = ttl.map(|ttl| ttl.get().as_secs());
    json!({"label": label, "role": role, "applications": applications, "ttl_seconds": ttl})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_bound_to_its_applications() {
        let fields = ApiTokenFields {
            label: "soap".to_owned(),
            role: TokenRole::Application,
            applications: vec!["CAD".to_owned(), "BIM".to_owned()],
            ttl: Some("2h".parse().unwrap()),
        };
        let expected = json!({"label": "soap", "role": "application", "applications": ["CAD", "BIM"], "ttl_seconds": 7200});
        assert_eq!(body(fields), expected);
    }
}
