//! The import of a file of records: each line is in whole or not at all, and what was done is durable before it is told.
//!
//! In: a file, its kind and who brought it. Out: events while it runs, and a run that is kept with the lines that were refused. A
//! repeated import changes nothing that the first one did.

use super::{
    batch::Batch,
    change::{Kept, Order, Put},
    directory::Records,
    entered::Unknown,
    error::RecordError,
    import::{Column, Reading, put},
};
use crate::{
    assets::{NewName, NewNames},
    sheet::{Event, ImportError, Line, Nameless, NewReferences, Sheet, Summary, Told},
    store::{
        StoreError,
        ports::ImportStep,
        records::{AuditEntry, ImportRun, ImportState, LineState, RecordCause, RefusedLine},
    },
};
use chrono::{DateTime, Utc};
use muster_domain::{
    asset::{Directory as _, References},
    record::{FieldKind, Schema, kinds::contract::CONTRACTS},
};
use muster_runtime::clock::SharedClock;
use serde_json::json;
use std::sync::{Arc, PoisonError};
use tokio::sync::{Mutex, OwnedMutexGuard, mpsc};
use uuid::Uuid;

/// Lines of one unit of work: long enough that a commit costs little, short enough that other changes do not wait for it.
const PORTION: usize = 500;
/// Runs that are kept.
const RUNS: usize = 100;
/// Refused lines that are kept of a run, and bytes of their cells.
const KEPT: (u64, usize) = (1_000, 4 * 1024 * 1024);
/// Names that the sums show.
const SHOWN: usize = 20;

/// What is to be imported, and how.
pub struct How {
    /// The kind.
    pub schema: &'static Schema,
    /// The file.
    pub sheet: Sheet<Column>,
    /// Its name, where it was told.
    pub file: Option<String>,
    /// Its bytes; 0 where nobody said.
    pub bytes: u64,
    /// Only say what would be done.
    pub dry_run: bool,
    /// An empty cell empties its field; otherwise it leaves it as it is.
    pub clear_empty: bool,
    /// A name in a reference field that nobody knows becomes a record of its table.
    pub create_references: bool,
    /// What becomes of a contract that nobody knows.
    pub unknown_contract: Unknown,
    /// Who brought it.
    pub by: String,
}

/// Imports of records, one at a time.
pub struct Imports {
    pub(super) records: Arc<Records>,
    pub(super) clock: SharedClock,
    running: Arc<Mutex<()>>,
    /// The run that is going on.
    current: std::sync::Mutex<Option<Uuid>>,
}

/// The right to import, until it is dropped.
#[derive(Debug)]
pub struct Running(OwnedMutexGuard<()>);

impl Imports {
    /// Imports into these records.
    #[must_use]
    pub fn new(records: Arc<Records>, clock: SharedClock) -> Self {
        Self { records, clock, running: Arc::default(), current: std::sync::Mutex::default() }
    }

    /// The right to import; none while another import runs.
    #[must_use]
    pub fn begin(&self) -> Option<Running> {
        Arc::clone(&self.running).try_lock_owned().ok().map(Running)
    }

    /// The run that is going on.
    #[must_use]
    pub fn running(&self) -> Option<Uuid> {
        *self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Imports; runs on to its end when nobody listens any more.
    pub async fn run(&self, right: Running, how: How, events: mpsc::Sender<Event>) {
        let now = self.clock.now();
        let kept = ImportRun {
            id: Uuid::new_v7(uuid::Timestamp::from_unix(
                uuid::NoContext,
                u64::try_from(now.timestamp()).unwrap_or_default(),
                now.timestamp_subsec_nanos(),
            )),
            kind: how.schema.path.to_owned(),
            file: how.file.clone(),
            by: how.by.clone(),
            started_at: now,
            finished_at: None,
            state: ImportState::Failed,
            failure: Some(
                "it was cut off after the lines that are counted; import the file again: nothing of it is done twice".to_owned(),
            ),
            lines: 0,
            created: 0,
            updated: 0,
            unchanged: 0,
            refused: 0,
            header: how.sheet.header().to_vec(),
            delimiter: char::from(how.sheet.delimiter()),
            clear_empty: how.clear_empty,
        };
        let references = self.records.parts.references.snapshot();
        let mut run = Run {
            records: &self.records,
            clock: &self.clock,
            batch: if how.dry_run { Batch::rehearsal() } else { Batch::default() },
            references,
            names: NewNames::default(),
            nameless: Nameless::default(),
            contracts: NewReferences { table: CONTRACTS.path, count: 0, names: Vec::new() },
            told: Told::new(events),
            summary: Summary { dry_run: how.dry_run, ..Summary::default() },
            room: KEPT,
            kept,
            how,
        };
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Some(run.kept.id);
        let outcome = run.all().await.map_err(|error| {
            tracing::error!(%error, kind = run.how.schema.path, lines = run.summary.lines, "an import of records broke off");
            error.to_string()
        });
        let outcome = run.keep_end(outcome).await;
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = None;
        drop(right.0);
        run.told.end(outcome, run.summary).await;
    }
}

impl std::fmt::Debug for Imports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Imports")
    }
}

struct Run<'a> {
    records: &'a Arc<Records>,
    clock: &'a SharedClock,
    batch: Batch,
    /// What reference fields point to; of a dry run with the names that would be made.
    references: Arc<References>,
    names: NewNames,
    nameless: Nameless,
    contracts: NewReferences,
    told: Told,
    summary: Summary,
    /// Refused lines that may still be kept, and bytes of their cells.
    room: (u64, usize),
    kept: ImportRun,
    how: How,
}

/// A line that was not done, the header of the column that is wrong, and why.
type Refusal = (Line, Option<String>, String);

/// A line that can be done as far as is known, with the names that it brings.
struct Plan {
    line: Line,
    put: Put,
    names: Vec<NewName>,
}

impl Run<'_> {
    async fn all(&mut self) -> Result<(), ImportError<RecordError>> {
        let sheet = &self.how.sheet;
        let columns = sheet.columns().iter().zip(sheet.header());
        self.summary.ignored_columns =
            columns.filter(|(column, _)| **column == Column::Ignored).map(|(_, name)| name.clone()).collect();
        self.told.tell(Event::Header { cells: sheet.header().to_vec(), delimiter: char::from(sheet.delimiter()) }).await;
        if !self.how.dry_run {
            self.summary.import = Some(self.kept.id.to_string());
            // Before the first line: an import that is cut off is kept all the same.
            let entry = self.entry("record.import_begin", json!({ "kind": self.how.schema.path, "file": self.how.file }));
            self.keep(entry).await.map_err(store)?;
        }
        loop {
            let mut lines = Vec::new();
            let read = self.how.sheet.portion(PORTION, &mut lines).await;
            let is_end = lines.is_empty();
            self.portion(lines).await.map_err(ImportError::Store)?;
            read?;
            if self.how.sheet.skipped() && self.summary.warnings.count == 0 {
                self.summary.warnings.add(2, "it begins with # and was taken as the explanation of a template");
            }
            if is_end {
                return Ok(());
            }
            let (bytes, of) = (self.how.sheet.progress(), self.how.bytes);
            self.told.tell(Event::Progress { bytes, of, lines: self.summary.lines }).await;
        }
    }

    /// Does the next lines. What is not stored is not counted.
    async fn portion(&mut self, lines: Vec<Line>) -> Result<(), RecordError> {
        let before = (self.summary.clone(), self.contracts.clone());
        let done = self.lines(lines).await;
        if done.is_err() {
            (self.summary, self.contracts) = before;
        }
        done
    }

    async fn lines(&mut self, lines: Vec<Line>) -> Result<(), RecordError> {
        let now = self.clock.now();
        let reading = Reading { clear_empty: self.how.clear_empty, unknown_contract: self.how.unknown_contract };
        let (mut plans, mut refused) = (Vec::with_capacity(lines.len()), Vec::new());
        for line in lines {
            self.summary.lines += 1;
            let read = put(self.how.schema, self.how.sheet.columns(), &line, reading, &mut self.nameless);
            match read.and_then(|put| self.new_names(&put).map(|names| (put, names)).map_err(|reason| (None, reason))) {
                Ok((put, names)) => plans.push(Plan { line, put, names }),
                Err((place, reason)) => {
                    let column = place.and_then(|place| self.how.sheet.header().get(place).cloned());
                    refused.push((line, column, reason));
                }
            }
        }
        let plans = self.name(plans, now, &mut refused).await?;
        let (pending, puts): (Vec<Line>, Vec<Put>) = plans.into_iter().map(|plan| (plan.line, plan.put)).unzip();
        let (order, records, schema) = (self.order(now), self.records, self.how.schema);
        let mut batch = std::mem::take(&mut self.batch);
        let stored = records.put_in(&mut batch, schema, puts, &order, |outcomes| self.step(pending, outcomes, refused)).await;
        self.batch = batch;
        for (line, column, reason) in stored? {
            self.told.tell(Event::Refused { line: line.number, column, cells: line.cells, reason }).await;
        }
        Ok(())
    }

    /// Counts what becomes of the lines of a portion; the refused ones, and how far the run is then.
    fn step(
        &mut self,
        pending: Vec<Line>,
        outcomes: Vec<Result<Kept, RecordError>>,
        mut refused: Vec<Refusal>,
    ) -> (Vec<Refusal>, Option<ImportStep>) {
        for (line, outcome) in pending.into_iter().zip(outcomes) {
            match outcome {
                Ok(kept) => self.count(line.number, kept),
                Err(error) => refused.push(self.refusal(line, &error)),
            }
        }
        refused.sort_by_key(|(line, _, _)| line.number);
        self.summary.refused += u64::try_from(refused.len()).unwrap_or(u64::MAX);
        if self.how.dry_run {
            return (refused, None);
        }
        let mut lines = Vec::new();
        for (line, column, reason) in &refused {
            let bytes = line.cells.iter().map(String::len).sum::<usize>() + reason.len();
            if self.room.0 == 0 || self.room.1 < bytes {
                continue;
            }
            self.room = (self.room.0 - 1, self.room.1 - bytes);
            lines.push(RefusedLine {
                line: line.number,
                column: column.clone(),
                cells: line.cells.clone(),
                reason: reason.clone(),
                state: LineState::NeedsReview,
                state_by: None,
            });
        }
        (refused, Some(ImportStep { run: self.so_far(), lines }))
    }

    fn count(&mut self, line: u64, kept: Kept) {
        let count = match (kept.created, kept.changed) {
            (true, _) => &mut self.summary.created,
            (false, true) => &mut self.summary.updated,
            (false, false) => &mut self.summary.unchanged,
        };
        *count += 1;
        kept.warnings.iter().for_each(|warning| self.summary.warnings.add(line, warning));
        for number in kept.contracts {
            self.contracts.count += 1;
            if self.contracts.names.len() < SHOWN {
                self.contracts.names.push(number);
            }
        }
        self.sum_up();
    }

    fn sum_up(&mut self) {
        self.summary.new_references = self.names.sums();
        if self.contracts.count > 0 {
            self.summary.new_references.push(self.contracts.clone());
        }
    }

    /// The names in reference fields that nobody knows and that are to become records.
    fn new_names(&self, put: &Put) -> Result<Vec<NewName>, String> {
        let mut names = Vec::new();
        for (field, cell) in put.set.iter().filter(|(_, cell)| self.how.create_references && !cell.is_empty()) {
            let Some(FieldKind::Reference(table)) = self.how.schema.field(field).map(|field| field.kind) else { continue };
            if self.references.find(table, cell).is_none() {
                names.extend(self.names.named(table, field, cell)?);
            }
        }
        Ok(names)
    }

    /// Makes records of the names that nobody knows, if their lines are good otherwise.
    async fn name(&mut self, plans: Vec<Plan>, now: DateTime<Utc>, refused: &mut Vec<Refusal>) -> Result<Vec<Plan>, RecordError> {
        if plans.iter().all(|plan| plan.names.is_empty()) {
            return Ok(plans);
        }
        let mut with_names = References::clone(&self.references);
        plans.iter().flat_map(|plan| &plan.names).for_each(|name| with_names.insert(name.table, name.id, &name.name));
        let mut rehearsal = self.batch.rehearsed(Arc::new(with_names));
        let puts = plans.iter().map(|plan| plan.put.clone()).collect();
        let order = self.order(now);
        let outcomes = self.records.put_in(&mut rehearsal, self.how.schema, puts, &order, |outcomes| (outcomes, None)).await?;
        drop(rehearsal);
        let (mut good, mut fresh) = (Vec::with_capacity(plans.len()), Vec::new());
        for (plan, outcome) in plans.into_iter().zip(outcomes) {
            match (plan.names.is_empty(), outcome) {
                (true, _) => good.push(plan),
                (false, Err(error)) => refused.push(self.refusal(plan.line, &error)),
                (false, Ok(_)) => match self.names.take(&plan.names) {
                    Ok(names) => {
                        fresh.extend(names);
                        good.push(plan);
                    }
                    Err(reason) => refused.push((plan.line, None, reason)),
                },
            }
        }
        if self.how.dry_run {
            let references = Arc::make_mut(&mut self.references);
            for name in &fresh {
                references.insert(name.table, name.id, &name.name);
                self.names.became(name, name.id, true);
            }
            self.batch.refer_to(Arc::clone(&self.references));
        } else {
            let names: Vec<_> = fresh.iter().map(|name| (name.table, name.name.as_str())).collect();
            let entry = self.entry("reference.import", json!(null));
            let made = self.records.parts.references.ensure(&names, now, entry).await?;
            for (name, (record, here)) in fresh.iter().zip(made) {
                self.names.became(name, record.id, here);
            }
            self.references = self.records.parts.references.snapshot();
        }
        self.sum_up();
        Ok(good)
    }

    /// A line that was not done: where it is wrong by the header of the file, and why.
    fn refusal(&self, line: Line, error: &RecordError) -> Refusal {
        let fields: Vec<&str> = match error {
            RecordError::Invalid(errors) => errors.iter().map(|error| error.field.as_str()).collect(),
            _ => Vec::new(),
        };
        let columns = self.how.sheet.columns().iter().zip(self.how.sheet.header());
        let of_field = |(column, header): (&Column, &String)| match column {
            Column::Field(known) if fields.contains(&known.name) => Some(header.clone()),
            Column::OneOf(name) if fields.contains(name) => Some(header.clone()),
            Column::Id if matches!(error, RecordError::NotFound { .. }) => Some(header.clone()),
            _ => None,
        };
        let column = columns.filter_map(of_field).next();
        let reason = match error {
            RecordError::NotFound { .. } => format!("id: {error}; empty the cell to make a new one"),
            error => error.to_string(),
        };
        (line, column, reason)
    }

    /// Keeps what came of it.
    async fn keep_end(&mut self, outcome: Result<(), String>) -> Result<(), String> {
        if self.how.dry_run {
            return outcome;
        }
        let finished_at = Some(self.clock.now());
        let state = match &outcome {
            Ok(()) if self.summary.refused == 0 => ImportState::Completed,
            Ok(()) => ImportState::CompletedWithErrors,
            Err(_) => ImportState::Failed,
        };
        self.kept = ImportRun { state, finished_at, failure: outcome.as_ref().err().cloned(), ..self.kept.clone() };
        let entry = self.entry("record.import", json!({ "kind": self.how.schema.path, "sums": self.summary }));
        let stored = self.keep(entry).await;
        outcome.and(stored.map_err(|error| format!("every line was done, but its end was not stored: {error}")))
    }

    async fn keep(&mut self, entry: AuditEntry) -> Result<(), StoreError> {
        self.records.parts.stores.imports.put(self.so_far(), RUNS, entry).await
    }

    /// The run with the sums of the lines that are done.
    fn so_far(&self) -> ImportRun {
        let Summary { lines, created, updated, unchanged, refused, .. } = self.summary;
        ImportRun { lines, created, updated, unchanged, refused, ..self.kept.clone() }
    }

    fn order(&self, at: DateTime<Utc>) -> Order {
        Order { by: self.how.by.clone(), at, cause: RecordCause::Imported, dry_run: self.how.dry_run }
    }

    fn entry(&self, action: &str, detail: serde_json::Value) -> AuditEntry {
        AuditEntry {
            at: self.clock.now(),
            actor: self.how.by.clone(),
            action: action.to_owned(),
            subject: self.kept.id.to_string(),
            detail,
        }
    }
}

fn store(error: StoreError) -> ImportError<RecordError> {
    ImportError::Store(RecordError::Store(error))
}
