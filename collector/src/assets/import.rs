//! The import of a file: each line is in whole or not at all, and what was done is durable before it is told.
//!
//! In: a file and who brought it. Out: events while it runs: how far it is, every refused line with its reason, the sums. Lines
//! are checked by the domain and stored a thousand at a time. A repeated import changes nothing that the first one did.

use super::{
    index::{Index, Target},
    lines::{Line, Sheet},
};
use crate::store::{
    StoreError, Stores,
    ports::{Batch, Deed, Outcome},
    records::{AuditEntry, Cause},
};
use chrono::{DateTime, Utc};
use muster_domain::{
    asset::{
        Directory, Field, StoredAsset, Value, class,
        edit::read_value,
        sheet::{Column, armed},
    },
    ids::AssetId,
};
use muster_runtime::clock::SharedClock;
use serde::Serialize;
use serde_json::json;
use std::{
    ops::ControlFlow,
    sync::{Arc, Mutex as StdMutex, PoisonError},
};
use tokio::sync::{Mutex, OwnedMutexGuard, mpsc};
use uuid::Uuid;

/// Lines of one unit of work: long enough that a commit costs little, short enough that reports do not wait for it.
const PORTION: usize = 1_000;

/// What is to be imported, and how.
pub struct Order {
    /// The file.
    pub sheet: Sheet,
    /// Only say what would be done.
    pub dry_run: bool,
    /// An empty cell empties the field; otherwise it leaves it as it is.
    pub clear_empty: bool,
    /// Who brought it.
    pub by: String,
    /// What references point to.
    pub directory: Arc<dyn Directory + Send + Sync>,
}

/// The sums of an import.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Summary {
    /// Nothing was changed.
    pub dry_run: bool,
    /// Lines with content, without the header.
    pub lines: u64,
    /// Records made.
    pub created: u64,
    /// Records changed.
    pub updated: u64,
    /// Lines that say what is known already.
    pub unchanged: u64,
    /// Lines that were refused.
    pub refused: u64,
    /// Assets of the file that have an empty state, which licence counts leave out.
    pub uncounted_empty_state: u64,
    /// Columns that nobody can enter; they were not looked at.
    pub ignored_columns: Vec<String>,
}

/// What happens during an import, one JSON object each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The header of the file, first of all.
    Header {
        /// Its cells.
        cells: Vec<String>,
        /// What parts them.
        delimiter: char,
    },
    /// A line that was refused.
    Refused {
        /// Its number in the file; the header is 1.
        line: u64,
        /// Its cells.
        cells: Vec<String>,
        /// Why, and what would be right.
        reason: String,
    },
    /// How far it is.
    Progress {
        /// Bytes read.
        bytes: usize,
        /// Bytes of the file.
        of: usize,
        /// Lines done.
        lines: u64,
    },
    /// Everything is stored.
    Done(Summary),
    /// It broke off; what was stored stays, and repeating the import goes on from there.
    Failed {
        /// Why.
        reason: String,
        /// What was stored.
        stored: Summary,
    },
}

/// Imports, one at a time.
pub struct Importer {
    stores: Stores,
    clock: SharedClock,
    running: Arc<Mutex<()>>,
}

/// The right to import, until it is dropped.
#[derive(Debug)]
pub struct Running(OwnedMutexGuard<()>);

impl Importer {
    /// Imports into this store.
    #[must_use]
    pub fn new(stores: Stores, clock: SharedClock) -> Self {
        Self { stores, clock, running: Arc::default() }
    }

    /// The right to import; none while another import runs.
    #[must_use]
    pub fn begin(&self) -> Option<Running> {
        Arc::clone(&self.running).try_lock_owned().ok().map(Running)
    }

    /// Imports; runs on to its end when nobody listens any more.
    pub async fn run(&self, right: Running, order: Order, events: mpsc::Sender<Event>) {
        let mut run = Run {
            stores: &self.stores,
            clock: &self.clock,
            events,
            summary: Summary { dry_run: order.dry_run, ..Summary::default() },
            order,
            index: Index::default(),
        };
        let outcome = run.all().await;
        let summary = run.summary;
        let event = match outcome {
            Ok(()) => Event::Done(summary),
            Err(error) => {
                tracing::error!(%error, lines = summary.lines, "an import of assets broke off");
                Event::Failed { reason: error.to_string(), stored: summary }
            }
        };
        drop(right.0);
        drop(run.events.send(event).await);
    }
}

struct Run<'a> {
    stores: &'a Stores,
    clock: &'a SharedClock,
    events: mpsc::Sender<Event>,
    order: Order,
    index: Index,
    summary: Summary,
}

impl Run<'_> {
    async fn all(&mut self) -> Result<(), StoreError> {
        let sheet = &self.order.sheet;
        let columns = sheet.columns().iter().zip(sheet.header());
        self.summary.ignored_columns =
            columns.filter(|(column, _)| **column == Column::Ignored).map(|(_, name)| name.clone()).collect();
        self.tell(Event::Header { cells: sheet.header().to_vec(), delimiter: char::from(sheet.delimiter()) }).await;
        let import = Uuid::new_v4().to_string();
        if !self.order.dry_run {
            // Before the first line: an import that is cut off is in the log all the same.
            self.stores.audit.append(self.entry("asset.import_begin", &import, json!(null))).await?;
        }
        self.learn().await?;
        loop {
            let lines: Vec<Line> = self.order.sheet.by_ref().take(PORTION).collect();
            if lines.is_empty() {
                break;
            }
            self.portion(lines).await?;
            let (bytes, of) = self.order.sheet.progress();
            self.tell(Event::Progress { bytes, of, lines: self.summary.lines }).await;
        }
        if !self.order.dry_run {
            let counts = json!(self.summary);
            self.stores.audit.append(self.entry("asset.import", &import, counts)).await?;
        }
        Ok(())
    }

    /// Reads the keys of every asset there is.
    async fn learn(&mut self) -> Result<(), StoreError> {
        let index = Arc::new(StdMutex::new(Index::default()));
        let filled = Arc::clone(&index);
        let visit = move |asset: &StoredAsset<'_>| {
            // A row that does not unpack is damaged: the scan itself says so.
            let Ok(asset) = asset.unpack() else { return ControlFlow::Break(()) };
            let asset = &asset;
            filled.lock().unwrap_or_else(PoisonError::into_inner).add(asset);
            ControlFlow::Continue(())
        };
        self.stores.assets.scan(None, Box::new(visit)).await?;
        self.index = std::mem::take(&mut *index.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(())
    }

    async fn portion(&mut self, lines: Vec<Line>) -> Result<(), StoreError> {
        let now = self.clock.now();
        let (mut deeds, mut pending) = (Vec::new(), Vec::new());
        for line in lines {
            self.summary.lines += 1;
            match self.plan(&line, now) {
                Ok(deed) => {
                    deeds.push(deed);
                    pending.push(line);
                }
                Err(reason) => self.refuse(line, reason).await,
            }
        }
        let batch =
            Batch { deeds, by: self.order.by.clone(), cause: Cause::Imported, at: now, dry_run: self.order.dry_run, audit: None };
        let outcomes = self.stores.assets.batch(batch).await?;
        for (line, outcome) in pending.into_iter().zip(outcomes) {
            let (count, asset) = match outcome {
                Outcome::Refused(reason) => {
                    self.refuse(line, reason).await;
                    continue;
                }
                Outcome::Missing => {
                    let reason = "there is no asset with this id; empty the cell to make a new one".to_owned();
                    self.refuse(line, reason).await;
                    continue;
                }
                Outcome::Created(asset) => (&mut self.summary.created, asset),
                Outcome::Changed(asset) => (&mut self.summary.updated, asset),
                Outcome::Unchanged(asset) => (&mut self.summary.unchanged, asset),
            };
            *count += 1;
            self.summary.uncounted_empty_state += u64::from(asset.get(Field::InstallStatus).is_none());
        }
        Ok(())
    }

    /// What a line wants done, or why that cannot be.
    fn plan(&mut self, line: &Line, now: DateTime<Utc>) -> Result<(AssetId, Deed), String> {
        if let Some(problem) = &line.problem {
            return Err(problem.clone());
        }
        let (mut id, mut set, mut reasons) = (None, Vec::new(), Vec::new());
        for (column, cell) in self.order.sheet.columns().iter().zip(&line.cells) {
            let cell = armed(cell);
            match column {
                Column::Ignored => {}
                Column::Id if cell.trim().is_empty() => {}
                Column::Id => match cell.trim().parse::<AssetId>() {
                    Ok(given) if id.is_none_or(|id| id == given) => id = Some(given),
                    Ok(_) => reasons.push("id and sys_id differ".to_owned()),
                    Err(_) => reasons.push(format!("{:?} is not the id of an asset", cell.chars().take(64).collect::<String>())),
                },
                Column::Field(_) if cell.trim().is_empty() && !self.order.clear_empty => {}
                Column::Field(field) => match read_value(*field, cell, self.order.directory.as_ref()) {
                    Ok(value) => set.push((*field, value)),
                    Err(error) => reasons.push(error.to_string()),
                },
            }
        }
        if !reasons.is_empty() {
            return Err(reasons.join("; "));
        }
        let text = |field: Field| {
            set.iter().find_map(|(given, value)| value.as_ref().filter(|_| *given == field)).and_then(Value::as_text)
        };
        let target = self.index.target(line.number, id, text(Field::AssetTag), text(Field::SerialNumber), &line.cells)?;
        Ok(match target {
            Target::Known(id) => (id, Deed::Enter(set)),
            Target::Nameless(id) => (id, Deed::Put(with_defaults(set))),
            Target::New => (new_id(now), Deed::Put(with_defaults(set))),
        })
    }

    async fn refuse(&mut self, line: Line, reason: String) {
        self.summary.refused += 1;
        self.tell(Event::Refused { line: line.number, cells: line.cells, reason }).await;
    }

    /// Tells whoever listens; that nobody does any more is no reason to stop.
    async fn tell(&self, event: Event) {
        drop(self.events.send(event).await);
    }

    fn entry(&self, action: &str, import: &str, detail: serde_json::Value) -> AuditEntry {
        AuditEntry {
            at: self.clock.now(),
            actor: self.order.by.clone(),
            action: action.to_owned(),
            subject: import.to_owned(),
            detail,
        }
    }
}

/// A new record is hardware, one piece, unless the line says something else.
fn with_defaults(mut set: Vec<(Field, Option<Value>)>) -> Vec<(Field, Option<Value>)> {
    set.retain(|(_, value)| value.is_some());
    for (field, value) in [(Field::SysClassName, Value::Text(class::HARDWARE.to_owned())), (Field::Quantity, Value::Int(1))] {
        if !set.iter().any(|(given, _)| *given == field) {
            set.push((field, Some(value)));
        }
    }
    set
}

/// A new id. Ids made later sort later, so that new rows are written side by side.
fn new_id(now: DateTime<Utc>) -> AssetId {
    let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
    AssetId(Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, now.timestamp_subsec_nanos())))
}
