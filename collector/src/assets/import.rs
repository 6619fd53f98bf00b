//! The import of a file: each line is in whole or not at all, and what was done is durable before it is told.
//!
//! In: a file and who brought it. Out: events while it runs: how far it is, every refused line with its reason, the sums. Lines
//! are checked by the domain and stored a thousand at a time. A repeated import changes nothing that the first one did.

use super::{
    ReferenceTables,
    index::{Index, Target},
    newcomers::{NewName, NewNames},
};
use crate::{
    sheet::{Event, ImportError, Line, Sheet, Summary, Told, UnknownColumn},
    store::{
        StoreError, Stores,
        ports::{Batch, Deed, Outcome},
        records::{AuditEntry, Cause},
    },
};
use chrono::{DateTime, Utc};
use muster_domain::{
    asset::{
        Field, References, StoredAsset, Table, Value, class,
        edit::{EditError, read_value},
        field::Kind,
        sheet::{Column, armed},
    },
    ids::AssetId,
};
use muster_runtime::clock::SharedClock;
use serde_json::json;
use std::{
    collections::HashMap,
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
    pub sheet: Sheet<Column>,
    /// Its bytes; 0 where nobody said.
    pub bytes: u64,
    /// Only say what would be done.
    pub dry_run: bool,
    /// An empty cell empties the field; otherwise it leaves it as it is.
    pub clear_empty: bool,
    /// A display value that no record has makes one, of any table but the model categories.
    pub create_references: bool,
    /// Who brought it.
    pub by: String,
}

impl crate::sheet::Column for Column {
    fn repeats(&self) -> bool {
        !matches!(self, Self::Field(_))
    }
}

/// The column of a header in a file of assets.
///
/// # Errors
/// That there is none, and how to find out which there are.
pub fn column(header: &str) -> Result<Column, UnknownColumn> {
    Column::of(header).ok_or_else(|| UnknownColumn {
        what: "asset field".to_owned(),
        known: "Known columns are the names of asset fields and their labels: muster-collector asset import --help".to_owned(),
    })
}

/// Imports, one at a time.
pub struct Importer {
    stores: Stores,
    references: Arc<ReferenceTables>,
    clock: SharedClock,
    running: Arc<Mutex<()>>,
}

/// The right to import, until it is dropped.
#[derive(Debug)]
pub struct Running(OwnedMutexGuard<()>);

impl Importer {
    /// Imports into this store, whose reference tables these are.
    #[must_use]
    pub fn new(stores: Stores, references: Arc<ReferenceTables>, clock: SharedClock) -> Self {
        Self { stores, references, clock, running: Arc::default() }
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
            references: &self.references,
            directory: self.references.snapshot(),
            clock: &self.clock,
            import: Uuid::new_v4().to_string(),
            names: NewNames::default(),
            told: Told::new(events),
            summary: Summary { dry_run: order.dry_run, ..Summary::default() },
            order,
            index: Index::default(),
        };
        let outcome = run.all().await.map_err(|error| {
            tracing::error!(%error, lines = run.summary.lines, "an import of assets broke off");
            error.to_string()
        });
        drop(right.0);
        run.told.end(outcome, run.summary).await;
    }
}

struct Run<'a> {
    stores: &'a Stores,
    references: &'a Arc<ReferenceTables>,
    /// What references point to, as it was at the start.
    directory: Arc<References>,
    clock: &'a SharedClock,
    import: String,
    /// What this import adds to them.
    names: NewNames,
    told: Told,
    order: Order,
    index: Index,
    summary: Summary,
}

impl Run<'_> {
    async fn all(&mut self) -> Result<(), ImportError<StoreError>> {
        let sheet = &self.order.sheet;
        let columns = sheet.columns().iter().zip(sheet.header());
        self.summary.ignored_columns =
            columns.filter(|(column, _)| **column == Column::Ignored).map(|(_, name)| name.clone()).collect();
        self.told.tell(Event::Header { cells: sheet.header().to_vec(), delimiter: char::from(sheet.delimiter()) }).await;
        if !self.order.dry_run {
            // Before the first line: an import that is cut off is in the log all the same.
            self.stores.audit.append(self.entry("asset.import_begin", json!(null))).await.map_err(ImportError::Store)?;
        }
        self.learn().await.map_err(ImportError::Store)?;
        loop {
            let mut lines = Vec::new();
            let read = self.order.sheet.portion(PORTION, &mut lines).await;
            let is_end = lines.is_empty();
            self.portion(lines).await.map_err(ImportError::Store)?;
            read?;
            if is_end {
                break;
            }
            let (bytes, of) = (self.order.sheet.progress(), self.order.bytes);
            self.told.tell(Event::Progress { bytes, of, lines: self.summary.lines }).await;
        }
        if !self.order.dry_run {
            let counts = json!(self.summary);
            self.stores.audit.append(self.entry("asset.import", counts)).await.map_err(ImportError::Store)?;
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
        let mut plans = Vec::with_capacity(lines.len());
        for line in lines {
            self.summary.lines += 1;
            match self.plan(&line, now) {
                Ok((deed, names)) => plans.push(Plan { line, deed, names }),
                Err(wrong) => self.refuse(line, wrong).await,
            }
        }
        let plans = self.name(plans, now).await?;
        let (pending, deeds): (Vec<Line>, Vec<_>) = plans.into_iter().map(|plan| (plan.line, plan.deed)).unzip();
        let outcomes = self.stores.assets.batch(self.batch(deeds, now, self.order.dry_run)).await?;
        for (line, outcome) in pending.into_iter().zip(outcomes) {
            if let Some(reason) = refusal(&outcome) {
                self.refuse(line, reason.into()).await;
                continue;
            }
            let (count, asset) = match outcome {
                Outcome::Refused(_) | Outcome::Missing => continue,
                Outcome::Created(asset) => (&mut self.summary.created, asset),
                Outcome::Changed(asset) => (&mut self.summary.updated, asset),
                Outcome::Unchanged(asset) => (&mut self.summary.unchanged, asset),
            };
            *count += 1;
            self.summary.uncounted_empty_state += u64::from(asset.get(Field::InstallStatus).is_none());
        }
        Ok(())
    }

    /// Makes records of the names that nobody knows, if that was asked for and their lines are good otherwise.
    async fn name(&mut self, plans: Vec<Plan>, now: DateTime<Utc>) -> Result<Vec<Plan>, StoreError> {
        let naming: Vec<_> = plans.iter().filter(|plan| !plan.names.is_empty()).map(|plan| plan.deed.clone()).collect();
        if naming.is_empty() {
            return Ok(plans);
        }
        let mut rehearsed = self.stores.assets.batch(self.batch(naming, now, true)).await?.into_iter();
        let (mut good, mut fresh) = (Vec::with_capacity(plans.len()), Vec::new());
        for plan in plans {
            let outcome = if plan.names.is_empty() { None } else { rehearsed.next() };
            let taken = match outcome.as_ref().and_then(refusal) {
                Some(reason) => Err(reason),
                None => self.names.take(&plan.names),
            };
            match taken {
                Ok(names) => {
                    fresh.extend(names);
                    good.push(plan);
                }
                Err(reason) => self.refuse(plan.line, reason.into()).await,
            }
        }
        if self.order.dry_run {
            fresh.iter().for_each(|name| self.names.became(name, name.id, true));
        } else {
            self.make(&fresh, &mut good, now).await?;
        }
        self.summary.new_references = self.names.sums();
        Ok(good)
    }

    /// Stores new names. Where one got another id than its lines point to, they point to that.
    async fn make(&mut self, fresh: &[NewName], plans: &mut [Plan], now: DateTime<Utc>) -> Result<(), StoreError> {
        let names: Vec<(Table, &str)> = fresh.iter().map(|name| (name.table, name.name.as_str())).collect();
        let entry = self.entry("reference.import", json!(null));
        let made = self.references.ensure(&names, now, entry).await?;
        let mut moved = HashMap::new();
        for (name, (record, here)) in fresh.iter().zip(made) {
            self.names.became(name, record.id, here);
            if record.id != name.id {
                moved.insert((name.table, name.id), record.id);
            }
        }
        if moved.is_empty() {
            return Ok(());
        }
        for plan in plans.iter_mut().filter(|plan| !plan.names.is_empty()) {
            let (Deed::Put(set) | Deed::Enter(set)) = &mut plan.deed.1 else { continue };
            for (field, value) in set {
                if let (Kind::Reference(table), Some(Value::Ref(id))) = (field.kind(), value)
                    && let Some(now_at) = moved.get(&(table, *id))
                {
                    *id = *now_at;
                }
            }
        }
        Ok(())
    }

    fn batch(&self, deeds: Vec<(AssetId, Deed)>, at: DateTime<Utc>, dry_run: bool) -> Batch {
        Batch { deeds, by: self.order.by.clone(), cause: Cause::Imported, at, dry_run, audit: None }
    }

    /// What a line wants done and which new names it brings, or why that cannot be.
    fn plan(&mut self, line: &Line, now: DateTime<Utc>) -> Result<((AssetId, Deed), Vec<NewName>), Wrong> {
        if let Some(problem) = &line.problem {
            return Err(problem.clone().into());
        }
        let (mut id, mut set, mut names, mut reasons) = (None, Vec::new(), Vec::new(), Vec::new());
        let mut first_wrong = None;
        for ((column, header), cell) in self.order.sheet.columns().iter().zip(self.order.sheet.header()).zip(&line.cells) {
            let (cell, before) = (armed(cell), reasons.len());
            match column {
                Column::Ignored => {}
                Column::Id if cell.trim().is_empty() => {}
                Column::Id => match cell.trim().parse::<AssetId>() {
                    Ok(given) if id.is_none_or(|id| id == given) => id = Some(given),
                    Ok(_) => reasons.push("id and sys_id differ".to_owned()),
                    Err(_) => reasons.push(format!("{:?} is not the id of an asset", cell.chars().take(64).collect::<String>())),
                },
                Column::Field(_) if cell.trim().is_empty() && !self.order.clear_empty => {}
                Column::Field(field) => match read_value(*field, cell, self.directory.as_ref()) {
                    Ok(value) => set.push((*field, value)),
                    Err(EditError::UnknownReference { .. }) if *field == Field::Parent && self.index.named(cell).is_some() => {
                        set.push((*field, self.index.named(cell).map(|parent| Value::Ref(parent.0))));
                    }
                    Err(error @ EditError::UnknownReference { .. }) if self.order.create_references => {
                        match self.names.read(*field, cell) {
                            Ok(Some(name)) => {
                                set.push((*field, Some(Value::Ref(name.id))));
                                names.push(name);
                            }
                            Ok(None) => reasons.push(error.to_string()),
                            Err(reason) => reasons.push(reason),
                        }
                    }
                    Err(error) => reasons.push(error.to_string()),
                },
            }
            if reasons.len() > before {
                first_wrong.get_or_insert_with(|| header.clone());
            }
        }
        if !reasons.is_empty() {
            return Err(Wrong { column: first_wrong, reason: reasons.join("; ") });
        }
        if id.is_none() && set.iter().all(|(_, value)| value.is_none()) {
            // Such as what comes back of a line that was too long to be shown.
            return Err("nothing is entered on this line".to_owned().into());
        }
        let text = |field: Field| {
            set.iter().find_map(|(given, value)| value.as_ref().filter(|_| *given == field)).and_then(Value::as_text)
        };
        let target = self.index.target(line.number, id, text(Field::AssetTag), text(Field::SerialNumber), &line.cells)?;
        let deed = match target {
            Target::Known(id) => (id, Deed::Enter(set)),
            Target::Nameless(id) => (id, Deed::Put(with_defaults(set))),
            Target::New => (new_id(now), Deed::Put(with_defaults(set))),
        };
        Ok((deed, names))
    }

    async fn refuse(&mut self, line: Line, wrong: Wrong) {
        let Wrong { column, reason } = wrong;
        self.summary.refused += 1;
        self.told.tell(Event::Refused { line: line.number, column, cells: line.cells, reason }).await;
    }

    fn entry(&self, action: &str, detail: serde_json::Value) -> AuditEntry {
        AuditEntry {
            at: self.clock.now(),
            actor: self.order.by.clone(),
            action: action.to_owned(),
            subject: self.import.clone(),
            detail,
        }
    }
}

/// Why a line is refused.
struct Wrong {
    /// The header of the first column that is wrong; none where it is the line as a whole.
    column: Option<String>,
    reason: String,
}

impl From<String> for Wrong {
    fn from(reason: String) -> Self {
        Self { column: None, reason }
    }
}

/// A line that can be done as far as is known.
struct Plan {
    line: Line,
    deed: (AssetId, Deed),
    names: Vec<NewName>,
}

/// Why a line was not done.
fn refusal(outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Refused(reason) => Some(reason.clone()),
        Outcome::Missing => Some("there is no asset with this id; empty the cell to make a new one".to_owned()),
        Outcome::Created(_) | Outcome::Changed(_) | Outcome::Unchanged(_) => None,
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
