//! The ways out of a line that an import refused: it is done at once, as it stands or with what was in its way decided.
//!
//! In: a run that is kept, one of its refused lines, and what is to become of it. Out: the record. The run counts it and the line is
//! seen to, in the unit of work that stores the record.

use super::{
    batch::Batch,
    change::{Kept, Order},
    entered::Unknown,
    error::RecordError,
    import::{Reading, column, put},
    importer::Imports,
};
use crate::{
    sheet::{Line, Nameless},
    store::{
        ports::ImportStep,
        records::{AuditEntry, ImportRun, ImportState, LineState, RecordCause, RefusedLine},
    },
};
use muster_domain::record::{FieldError, kinds};
use serde_json::json;

/// What becomes of a refused line (domain 6.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// It is done as it stands: what was in its way is there by now.
    Again,
    /// The contract that it names is made.
    CreateContract,
    /// It is done without the contract that nobody knows.
    SkipContract,
    /// It is another purchase, although it looks like one that is there.
    CreateDuplicate,
}

impl Way {
    /// Every way with its name.
    pub const ALL: [(Self, &'static str); 4] = [
        (Self::Again, "again"),
        (Self::CreateContract, "create_contract"),
        (Self::SkipContract, "skip_contract"),
        (Self::CreateDuplicate, "create_duplicate"),
    ];

    /// The way of a name, with underscores or hyphens.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let name = name.trim().to_lowercase().replace('-', "_");
        Self::ALL.into_iter().find(|(_, known)| *known == name).map(|(way, _)| way)
    }
}

/// The field by which a duplicate is allowed.
const ALLOW_DUPLICATE: &str = "allow_duplicate";

impl Imports {
    /// Does a line that an import refused.
    ///
    /// # Errors
    /// That an import is running or the line is seen to already, what is still wrong with it, and those of the store.
    pub async fn redo(
        &self,
        run: ImportRun,
        line: RefusedLine,
        way: Way,
        by: String,
    ) -> Result<(Kept, RefusedLine), RecordError> {
        let number = line.line;
        if line.state == LineState::ManuallyFixed {
            return Err(RecordError::InUse(format!("line {number} is seen to already; set it to Needs review to do it again")));
        }
        let Some(right) = self.begin() else {
            return Err(RecordError::InUse("another import is running; do the line when it is over".to_owned()));
        };
        let wrong = |field: &str, text: String| RecordError::Invalid(vec![FieldError { field: field.to_owned(), text }]);
        let schema = kinds::find(&run.kind).ok_or_else(|| wrong("kind", format!("there is no kind {} any more", run.kind)))?;
        let columns = run.header.iter().map(|header| column(schema, header)).collect::<Result<Vec<_>, _>>();
        let columns = columns.map_err(|unknown| wrong("header", format!("a column is no {} any more", unknown.what)))?;
        let unknown_contract = match way {
            Way::Again | Way::CreateDuplicate => Unknown::Refused,
            Way::CreateContract => Unknown::Made,
            Way::SkipContract => Unknown::Skipped,
        };
        let problem = (columns.len() != line.cells.len())
            .then(|| format!("it has {} cells, the header has {}; mend it in the file", line.cells.len(), columns.len()));
        let reading = Reading { clear_empty: run.clear_empty, unknown_contract };
        let read = Line { number, cells: line.cells.clone(), problem };
        let mut put = put(schema, &columns, &read, reading, &mut Nameless::default()).map_err(|(place, text)| {
            let header = place.and_then(|place| run.header.get(place)).map_or("line", String::as_str);
            wrong(header, text)
        })?;
        if way == Way::CreateDuplicate {
            if schema.field(ALLOW_DUPLICATE).is_none() {
                return Err(wrong("action", format!("a {} has no duplicates to be allowed; choose another action", schema.one)));
            }
            put.set.retain(|(name, _)| name != ALLOW_DUPLICATE);
            put.set.push((ALLOW_DUPLICATE.to_owned(), "true".to_owned()));
        }
        let at = self.clock.now();
        let order = Order { by: by.clone(), at, cause: RecordCause::Imported, dry_run: false };
        let done = RefusedLine { state: LineState::ManuallyFixed, state_by: Some(by.clone()), ..line };
        let step = |kept: &Kept| ImportStep { run: counted(run.clone(), kept), lines: vec![done.clone()] };
        let mut batch = Batch::default();
        let kept = self
            .records
            .put_in(&mut batch, schema, vec![put], &order, |outcomes| {
                let outcome = outcomes.into_iter().next();
                let step = outcome.as_ref().and_then(|outcome| outcome.as_ref().ok()).filter(|kept| kept.changed).map(step);
                (outcome, step)
            })
            .await?;
        let kept = kept.unwrap_or_else(|| Err(super::change::nothing()))?;
        if !kept.changed {
            let detail = json!({ "line": number, "state": "Manually fixed" });
            let action = "import.set_line".to_owned();
            let audit = AuditEntry { at, actor: by, action, subject: run.id.to_string(), detail };
            self.records.stores().imports.set_line(run.id, number, LineState::ManuallyFixed, audit).await?;
        }
        drop(right);
        Ok((kept, done))
    }
}

/// The run with a line that was refused and is done now.
fn counted(run: ImportRun, kept: &Kept) -> ImportRun {
    let (created, updated) = (u64::from(kept.created), u64::from(!kept.created));
    let refused = run.refused.saturating_sub(1);
    let state = match run.state {
        ImportState::CompletedWithErrors if refused == 0 => ImportState::Completed,
        state => state,
    };
    ImportRun { state, refused, created: run.created + created, updated: run.updated + updated, ..run }
}
