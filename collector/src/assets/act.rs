//! The asset actions: retire, dispose, loan, refresh, audit.
//!
//! In: the name of an action with its parameters, and an asset. Out: the record after it, or why not. Every action on an asset
//! comes through [`act`], whoever asks for it.

use crate::store::{
    StoreError, Stores,
    ports::{Batch, Deed, Outcome},
    records::{AuditEntry, Cause},
};
use chrono::{DateTime, Utc};
use muster_domain::{
    asset::{
        Asset, Directory, Field, Value,
        action::Action,
        edit::{EditError, read_value},
    },
    ids::AssetId,
};

/// What came of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acted {
    /// The record after it, or as it would be.
    Done(Box<Asset>),
    /// Why not.
    Refused(String),
    /// There is no such asset.
    Missing,
}

/// Reads an action: its name, the substate to retire to, the user to lend to (an id or a display value). None for a name that is
/// no action's.
///
/// # Errors
/// When a loan has no known user.
pub fn read_action(
    name: &str,
    substatus: Option<&str>,
    assigned_to: Option<&str>,
    directory: &dyn Directory,
) -> Result<Option<Action>, EditError> {
    Ok(Some(match name {
        "retire" => {
            let value = read_value(Field::Substatus, substatus.unwrap_or_default(), directory)?;
            Action::Retire { substatus: value.as_ref().and_then(Value::as_text).map(str::to_owned) }
        }
        "dispose" => Action::Dispose,
        "loan" => match read_value(Field::AssignedTo, assigned_to.unwrap_or_default(), directory)? {
            Some(Value::Ref(to)) => Action::Loan { to },
            _ => return Err(EditError::UnknownReference { field: Field::AssignedTo, text: String::new() }),
        },
        "refresh" => Action::Refresh,
        "audit" => Action::Audit,
        _ => return Ok(None),
    }))
}

/// Does an action with an asset, or with `dry_run` says what would come of it.
///
/// # Errors
/// Those of the store.
pub async fn act(
    stores: &Stores,
    id: AssetId,
    action: Action,
    by: &str,
    at: DateTime<Utc>,
    dry_run: bool,
) -> Result<Acted, StoreError> {
    let cause = match action {
        Action::Retire { .. } => Cause::Retired,
        Action::Dispose => Cause::Disposed,
        Action::Loan { .. } => Cause::Lent,
        Action::Refresh => Cause::Refreshed,
        Action::Audit => Cause::Audited,
    };
    let audit = AuditEntry {
        at,
        actor: by.to_owned(),
        action: format!("asset.{}", action.name()),
        subject: id.to_string(),
        detail: serde_json::Value::Null,
    };
    let deeds = vec![(id, Deed::Act(action))];
    let batch = Batch { deeds, by: by.to_owned(), cause, at, dry_run, audit: Some(audit) };
    Ok(match stores.assets.batch(batch).await?.pop() {
        Some(Outcome::Created(asset) | Outcome::Changed(asset) | Outcome::Unchanged(asset)) => Acted::Done(asset),
        Some(Outcome::Refused(reason)) => Acted::Refused(reason),
        Some(Outcome::Missing) | None => Acted::Missing,
    })
}
