//! Changes of records: read by field, checked by the domain, stored with everything they bring along, then shown.

use super::{
    book::{Book, Seen},
    directory::{Records, Standing},
    entered::{FromLine, found, journaled, read_all},
    error::RecordError,
    names::{AssetNames, Known},
    work::Work,
};
use crate::store::{
    StoreError,
    ports::ImportStep,
    records::{AuditEntry, RecordCause, RecordRow},
};
use chrono::{DateTime, Utc};
use muster_domain::{
    asset::{References, Value},
    record::{Field, FieldKind, Follow, Library as _, Schema, Values, belongings, in_words, kinds, settle, users},
};
use serde_json::json;
use std::{collections::HashMap, sync::PoisonError};
use uuid::Uuid;

/// How deep changes may bring others along.
const DEPTH: u8 = 4;

/// What is to be changed, and by whom.
#[derive(Debug, Clone)]
pub struct Order {
    /// Who.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// How.
    pub cause: RecordCause,
    /// Only say what would be.
    pub dry_run: bool,
}

/// One record to make or to change.
#[derive(Debug, Clone, Default)]
pub struct Put {
    /// The record; none makes a new one.
    pub id: Option<Uuid>,
    /// The revision it must have; none is any.
    pub expects: Option<u64>,
    /// The fields that are entered, each as a person writes it; an empty text empties the field.
    pub set: Vec<(String, String)>,
    /// For a line of a file: how its record is found.
    pub line: Option<FromLine>,
}

/// A record that was made or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// As it is now.
    pub record: Seen,
    /// Whether it was made.
    pub created: bool,
    /// Whether it is another one than before.
    pub changed: bool,
    /// What an administrator should know.
    pub warnings: Vec<String>,
    /// The number of the contract that was made because the line names it.
    pub contracts: Vec<String>,
}

impl Records {
    /// Makes or changes one record.
    ///
    /// # Errors
    /// What is wrong with what was entered, that the record is not there or has another revision, and those of the store.
    pub async fn put(&self, schema: &'static Schema, put: Put, order: Order) -> Result<Kept, RecordError> {
        self.put_all(schema, vec![put], order).await?.pop().unwrap_or_else(|| Err(nothing()))
    }

    /// Makes or changes several records in one unit of work, in their order: what is wrong with one keeps none of the others.
    ///
    /// # Errors
    /// Those of the store; nothing is stored then.
    pub async fn put_all(
        &self,
        schema: &'static Schema,
        puts: Vec<Put>,
        order: Order,
    ) -> Result<Vec<Result<Kept, RecordError>>, RecordError> {
        let mut changing = self.changing.lock().await;
        self.refresh(&mut changing).await?;
        let assets =
            if puts.iter().any(|put| names_assets(schema, &put.set)) { self.asset_names().await? } else { AssetNames::default() };
        let references = self.parts.references.snapshot();
        let mut work = Work::over(self.read().clone());
        let mut outcomes = Vec::with_capacity(puts.len());
        let mut claimed = HashMap::new();
        for put in puts {
            outcomes.push(self.one(schema, put, &order, (&references, &assets), (&mut work, &mut claimed)));
        }
        self.store(schema, &mut work, &order, None, &mut changing).await?;
        Ok(outcomes)
    }

    /// Deletes a record that nothing points to and nothing names.
    ///
    /// # Errors
    /// That it is not there or in use, and those of the store.
    pub async fn delete(&self, schema: &'static Schema, id: Uuid, expects: Option<u64>, order: Order) -> Result<(), RecordError> {
        let mut changing = self.changing.lock().await;
        self.refresh(&mut changing).await?;
        let mut work = Work::over(self.read().clone());
        let card = work.book.card(schema, id).cloned();
        let card = card.ok_or_else(|| RecordError::NotFound { what: schema.one, id: id.to_string() })?;
        is_revision(schema, id, card.revision, expects)?;
        if work.book.is_built_in(schema, id) {
            return Err(RecordError::InUse(format!(
                "a {} comes with the program and cannot be deleted; set active to false",
                schema.one
            )));
        }
        if schema.path == kinds::rights::DOWNGRADE_RIGHTS.path {
            return Err(RecordError::InUse("a downgrade right cannot be deleted; set active to false".to_owned()));
        }
        let users = users(schema, id, &work.book.shelf);
        if !users.is_empty() {
            let name = work.book.shelf.record(schema.path, id).and_then(|values| schema.name_of(values));
            let name = name.map_or_else(|| id.to_string(), str::to_owned);
            let text = format!("the {} {name} is in use by {}; change or delete them first", schema.one, in_words(&users));
            return Err(RecordError::InUse(text));
        }
        for (other, line) in belongings(schema, id, &work.book.shelf) {
            work.remove(other, line);
        }
        work.remove(schema, id);
        work.keep();
        self.store(schema, &mut work, &order, None, &mut changing).await
    }

    /// Makes or changes one record over the work, or leaves the work as it was.
    pub(super) fn one(
        &self,
        schema: &'static Schema,
        put: Put,
        order: &Order,
        names: (&References, &AssetNames),
        (work, claimed): (&mut Work, &mut HashMap<Uuid, u64>),
    ) -> Result<Kept, RecordError> {
        let outcome = self.attempt(schema, put, order, names, (work, claimed));
        match &outcome {
            Ok(_) => work.keep(),
            Err(_) => work.undo(),
        }
        outcome
    }

    fn attempt(
        &self,
        schema: &'static Schema,
        mut put: Put,
        order: &Order,
        (references, assets): (&References, &AssetNames),
        (work, claimed): (&mut Work, &mut HashMap<Uuid, u64>),
    ) -> Result<Kept, RecordError> {
        let (contracts, mut warnings) = self.contracts(schema, &mut put, order, work)?;
        let known = Known { references, assets, shelf: &work.book.shelf };
        let set = read_all(schema, &put, &known)?;
        let (id, new) = match (put.id, &put.line) {
            (Some(id), _) => (id, false),
            (None, None) => built_in(schema, &set, work).map_or_else(|| (Uuid::now_v7(), true), |id| (id, false)),
            (None, Some(line)) => found(schema, &set, line, &known),
        };
        if let (Some(line), Some(other)) = (&put.line, claimed.get(&id)) {
            let text = format!(
                "line {} is about the same {} as line {other}; {id} can be changed once by a file",
                line.number, schema.one
            );
            return Err(RecordError::InUse(text));
        }
        let set = journaled(schema, (id, &put), set, order, &work.book.shelf)?;
        let (created, changed, more) = self.apply(schema, (id, new, put.expects), set, order, work, 0)?;
        warnings.extend(more);
        if let Some(line) = &put.line {
            claimed.insert(id, line.number);
        }
        let record = work.book.seen(schema, id, self.today()).ok_or_else(nothing)?;
        Ok(Kept { record, created, changed, warnings, contracts })
    }

    pub(super) fn apply(
        &self,
        schema: &'static Schema,
        (id, new, expects): (Uuid, bool, Option<u64>),
        set: Vec<(&'static str, Option<Value>)>,
        order: &Order,
        work: &mut Work,
        depth: u8,
    ) -> Result<(bool, bool, Vec<String>), RecordError> {
        let is_built_in = work.book.is_built_in(schema, id);
        let card = work.book.card(schema, id).cloned().filter(|_| !is_built_in);
        match &card {
            None if !new && !is_built_in => return Err(RecordError::NotFound { what: schema.one, id: id.to_string() }),
            Some(card) => is_revision(schema, id, card.revision, expects)?,
            None => {}
        }
        let before = work.book.shelf.record(schema.path, id).cloned();
        let mut new_id = Uuid::now_v7;
        let settled = settle(schema, id, before.as_ref(), set, &work.book.shelf, self.today(), &mut new_id)
            .map_err(|findings| RecordError::Invalid(findings.errors))?;
        let mut warnings = settled.warnings;
        let changed = before.as_ref() != Some(&settled.values);
        if changed {
            let cause = match (depth, &card) {
                (0, Some(_)) if order.cause == RecordCause::Created => RecordCause::Edited,
                (0, _) => order.cause,
                _ => RecordCause::Followed,
            };
            let card = card.as_ref().map(|card| (card.revision, card.created_at, card.created_by.as_str()));
            work.put(schema, row(schema, id, settled.values, card, order), cause);
        }
        for Follow { kind, id, set } in settled.follows {
            if depth >= DEPTH {
                return Err(nothing());
            }
            let Some(schema) = kinds::find(kind) else { continue };
            let is_new = work.book.card(schema, id).is_none();
            let (_, _, more) = self.apply(schema, (id, is_new, None), set, order, work, depth + 1)?;
            warnings.extend(more);
        }
        Ok((card.is_none() && (changed || !is_built_in), changed, warnings))
    }

    /// Stores what is to be stored, with how far an import is, then shows it.
    pub(super) async fn store(
        &self,
        schema: &'static Schema,
        work: &mut Work,
        order: &Order,
        step: Option<ImportStep>,
        standing: &mut Standing,
    ) -> Result<(), RecordError> {
        let changed = std::mem::take(&mut work.changes);
        if order.dry_run || changed.is_empty() && step.is_none() {
            return Ok(());
        }
        let subject = match changed.as_slice() {
            [one] => one.id.to_string(),
            _ => schema.path.to_owned(),
        };
        let changes: Vec<_> = changed
            .iter()
            .map(|change| json!({ "kind": change.kind, "id": change.id, "cause": change.cause, "values": change.after.as_ref().map(|row| &row.values) }))
            .collect();
        let entry = AuditEntry {
            at: order.at,
            actor: order.by.clone(),
            action: "record.change".to_owned(),
            subject,
            detail: json!({ "changes": changes }),
        };
        let rows: Vec<_> = changed.iter().map(|change| (change.kind.clone(), change.id, change.after.clone())).collect();
        let records = &self.parts.stores.records;
        let stored = match step {
            Some(step) => records.import(changed, step, entry).await,
            None => records.change(changed, entry).await,
        };
        match stored {
            Ok(()) => {
                let mut book = self.book.write().unwrap_or_else(PoisonError::into_inner);
                for (kind, id, after) in rows {
                    match (kinds::find(&kind), after) {
                        (Some(schema), Some(row)) => book.put(schema, row),
                        (Some(schema), None) => book.remove(schema, id),
                        (None, _) => {}
                    }
                }
                standing.generation += 1;
                Ok(())
            }
            // Somebody else changed it, or nobody knows whether it was stored: what is in memory is not to be trusted.
            Err(StoreError::Conflict(text)) => {
                standing.stale = true;
                Err(RecordError::Changed(text))
            }
            Err(error) => {
                standing.stale = true;
                Err(error.into())
            }
        }
    }

    /// Reads everything again when it is not known whether what is in memory is what is stored.
    pub(super) async fn refresh(&self, standing: &mut Standing) -> Result<(), RecordError> {
        if standing.stale {
            let book = Book::of(self.parts.stores.records.all(None).await?);
            *self.book.write().unwrap_or_else(PoisonError::into_inner) = book;
            standing.stale = false;
            standing.generation += 1;
        }
        Ok(())
    }
}

/// The record that came with the program and is called what is entered; nobody changed it.
fn built_in(schema: &'static Schema, set: &[(&'static str, Option<Value>)], work: &Work) -> Option<Uuid> {
    let mut values = Values::new();
    set.iter().for_each(|(name, value)| values.set(name, value.clone()));
    let holders = schema.keys(&values).into_iter().filter_map(|key| work.book.shelf.holder(schema.path, &key));
    holders.into_iter().find(|id| work.book.is_built_in(schema, *id))
}

fn row(schema: &'static Schema, id: Uuid, values: Values, card: Option<(u64, DateTime<Utc>, &str)>, order: &Order) -> RecordRow {
    let (revision, created_at, created_by) = card.unwrap_or((0, order.at, &order.by));
    RecordRow {
        kind: schema.path.to_owned(),
        id,
        revision: revision.saturating_add(1),
        keys: schema.keys(&values),
        values,
        created_at,
        created_by: created_by.to_owned(),
        updated_at: order.at,
        updated_by: order.by.clone(),
    }
}

fn is_revision(schema: &'static Schema, id: Uuid, revision: u64, expects: Option<u64>) -> Result<(), RecordError> {
    match expects {
        Some(expected) if expected != revision => {
            let text = format!(
                "the {} {id} was changed in the meantime (revision {revision}, not {expected}); read it again",
                schema.one
            );
            Err(RecordError::Changed(text))
        }
        _ => Ok(()),
    }
}

pub(super) fn names_assets(schema: &'static Schema, set: &[(String, String)]) -> bool {
    let points = |field: &Field| field.kind == FieldKind::Reference(muster_domain::asset::reference::Table::Asset);
    let is_asset = |name: &str| {
        schema.field(name).is_some_and(points)
            || schema.shared_name(name).is_some_and(|(_, fields)| fields.into_iter().any(points))
    };
    set.iter().any(|(name, text)| !text.trim().is_empty() && is_asset(name))
}

pub(super) fn nothing() -> RecordError {
    RecordError::Changed("changes bring each other along without end; nothing was stored".to_owned())
}
