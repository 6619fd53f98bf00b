//! `asset action` and `asset hygiene`: what is done with one asset or many, and what should be.

use crate::client::{
    args::How,
    error::ClientError,
    http::{Api, part},
    show::{Column, Kind, List, Printer, aligned},
};
use futures_util::{StreamExt as _, stream};
use reqwest::Method;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

const HYGIENE: &str = "/api/v1/assets/hygiene";

/// Requests at once.
const AT_ONCE: usize = 8;

/// Assets of a proposal that the overview shows.
const SHOWN: usize = 20;

/// What the classes of findings mean, in words.
const CLASSES: [(&str, &str); 7] = [
    ("duplicate_serial", "another asset has the same serial number"),
    ("duplicate_tag", "another asset has the same asset tag"),
    ("duplicate_host", "another asset has the same model and host name"),
    ("silent90", "its agent was not heard for 90 days"),
    ("silent30", "its agent was not heard for 30 days"),
    ("never_assigned", "in use, and nobody was ever named as its user"),
    ("empty_state", "it has no state and is not counted"),
];

/// Does an action with these assets and tells what came of each.
pub(super) async fn act(name: &str, assets: Vec<String>, how: &How, api: &Api, printer: Printer) -> Result<(), ClientError> {
    let mut body = Map::new();
    for (field, value) in [("substatus", &how.substate), ("assigned_to", &how.to)] {
        if let Some(value) = value {
            body.insert(field.to_owned(), json!(value));
        }
    }
    if name == "loan" && how.to.is_none() {
        return Err(ClientError::Usage("say to whom it is lent: --to USER".to_owned()));
    }
    let body = Value::Object(body);
    let query = if how.dry_run { "?dry_run=true" } else { "" };
    let one = |id: String| {
        let (path, body) = (format!("/api/v1/assets/{}/actions/{name}{query}", part(&id)), &body);
        async move {
            match api.change(Method::POST, &path, Some(body)).await {
                Ok(mut asset) => {
                    if let Some(asset) = asset.as_object_mut() {
                        asset.insert("result".to_owned(), json!(if how.dry_run { "would be done" } else { "done" }));
                    }
                    Ok((true, asset))
                }
                Err(ClientError::Refused(problem)) if matches!(problem.status, 404 | 409) => {
                    Ok((false, json!({"id": id, "result": problem.detail})))
                }
                Err(error) => Err(error),
            }
        }
    };
    let total = assets.len();
    let outcomes: Vec<_> = stream::iter(assets.into_iter().map(one)).buffered(AT_ONCE).collect().await;
    let (mut items, mut done) = (Vec::with_capacity(total), 0);
    for outcome in outcomes {
        let (is_done, item) = outcome?;
        done += usize::from(is_done);
        items.push(item);
    }
    let columns = [
        ("ID", "id", Kind::Text),
        ("ASSET TAG", "asset_tag", Kind::Text),
        ("SERIAL NUMBER", "serial_number", Kind::Text),
        ("STATE", "install_status", Kind::State),
        ("SUBSTATE", "substatus", Kind::Text),
        ("RESULT", "result", Kind::Text),
    ];
    printer.list(List { items, columns: &columns, empty: "No assets: there is nothing to do." })?;
    printer.aside(&match how.dry_run {
        true => format!("\n{name}: would be done with {done} of {total} assets. This was a dry run: nothing was changed."),
        false => format!("\n{name}: done with {done} of {total} assets."),
    })?;
    if done < total {
        return Err(ClientError::Failed(format!("{} of {total} assets were refused; the list says why", total - done)));
    }
    Ok(())
}

/// Tells what is wrong, or does something about it.
pub(super) async fn hygiene(
    class: Option<&str>,
    apply: Option<&str>,
    how: &How,
    api: &Api,
    printer: Printer,
) -> Result<(), ClientError> {
    let columns = [
        ("ID", "asset", Kind::Text),
        ("CLASS", "class", Kind::Text),
        ("ASSET TAG", "asset_tag", Kind::Text),
        ("SERIAL NUMBER", "serial_number", Kind::Text),
        ("STATE", "install_status", Kind::State),
        ("AGENT HEARD", "heard", Kind::Time),
        ("KEEP INSTEAD", "keep", Kind::Text),
        ("COUNTED", "counted", Kind::Text),
    ];
    let Some(class) = class else {
        let mut found = api.get(HYGIENE, &[("limit", "1")]).await?;
        // People see sums and a proposal; a program has everything.
        if !printer.for_people()
            && let Some(whole) = found.as_object_mut()
        {
            whole.insert("items".to_owned(), api.list(HYGIENE, &[], usize::MAX).await?.into());
            whole.insert("next".to_owned(), Value::Null);
        }
        return printer.told(&found, &overview(&found, &columns, printer));
    };
    let items = if class == "proposal" {
        let mut found = api.get(HYGIENE, &[("limit", "1")]).await?;
        found.get_mut("proposal").and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default()
    } else {
        api.list(HYGIENE, &[("class", class)], usize::MAX).await?
    };
    match apply {
        Some(action) => {
            let ids = items.iter().filter_map(|item| item.get("asset")?.as_str().map(str::to_owned)).collect();
            act(action, ids, how, api, printer).await
        }
        None => printer.list(List { items, columns: &columns, empty: "Nothing of this class is wrong." }),
    }
}

fn overview(found: &Value, columns: &[Column], printer: Printer) -> String {
    let sums: Vec<Vec<String>> = CLASSES
        .iter()
        .map(|(class, meaning)| {
            let sum = found.pointer(&format!("/sums/{class}")).and_then(Value::as_u64).unwrap_or_default();
            vec![(*class).to_owned(), sum.to_string(), (*meaning).to_owned()]
        })
        .collect();
    let heads: [Column; 3] = [("CLASS", "", Kind::Text), ("ASSETS", "", Kind::Number), ("MEANING", "", Kind::Text)];
    let mut text = aligned(&heads.map(|(header, _, _)| header), sums, &heads);
    let over_by = found.get("over_by").and_then(Value::as_u64).unwrap_or_default();
    let proposal = found.get("proposal").and_then(Value::as_array).cloned().unwrap_or_default();
    let enough = u64::try_from(proposal.len()).is_ok_and(|proposed| proposed >= over_by);
    match (over_by, proposal.is_empty()) {
        (0, _) => text.push_str("\nThe last count was not over the limit.\nSee the assets of a class with --class CLASS."),
        (_, true) => {
            let _ = write!(text, "\nOver the limit by {over_by}, and no counted asset is among these findings.");
        }
        _ => {
            let _ = match enough {
                true => {
                    write!(text, "\nOver the limit by {over_by}. These {} would bring you under the limit:\n\n", proposal.len())
                }
                false => {
                    write!(text, "\nOver the limit by {over_by}. Of these, {} are counted and need not be:\n\n", proposal.len())
                }
            };
            let shown = proposal.get(..SHOWN).unwrap_or(&proposal);
            text.push_str(&printer.table(shown, columns));
            if shown.len() < proposal.len() {
                let more = proposal.len() - shown.len();
                let _ = writeln!(text, "and {more} more: muster-collector asset hygiene --class proposal");
            }
            text.push_str(
                "\nLook at what retiring them does: muster-collector asset hygiene --class proposal --apply retire --dry-run",
            );
        }
    }
    text
}
