//! What was entered, by a person or a line of a file, read by field; and which record a line is about.
//!
//! In: texts, and the names that there are. Out: values, and the contracts that a line brings along.

use super::{
    change::{Order, Put, nothing},
    directory::Records,
    error::RecordError,
    names::{AssetNames, Known},
    work::Work,
};
use chrono::SecondsFormat;
use muster_domain::{
    asset::{References, Value, reference::Table},
    record::{Field, FieldError, FieldKind, Library as _, Names, Schema, Shelf, Values, kinds, noted, read_cell},
};
use uuid::Uuid;

/// How the record of a line of a file is found, where the line has no id.
#[derive(Debug, Clone)]
pub struct FromLine {
    /// The line's number: what is about a record that an earlier line of the same batch was about is refused.
    pub number: u64,
    /// The record, where no unique fields name one.
    pub nameless: Uuid,
    /// What becomes of a contract that nobody knows.
    pub unknown_contract: Unknown,
}

/// What becomes of a name that nobody knows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Unknown {
    /// The line is refused.
    #[default]
    Refused,
    /// A record of this name is made.
    Made,
    /// It is left out.
    Skipped,
}

impl Records {
    /// Makes the contracts that a line names and nobody knows, or leaves them out, as it was asked for.
    pub(super) fn contracts(
        &self,
        schema: &'static Schema,
        put: &mut Put,
        order: &Order,
        work: &mut Work,
    ) -> Result<(Vec<String>, Vec<String>), RecordError> {
        let (mut made, mut warnings) = (Vec::new(), Vec::new());
        let Some(unknown) = put.line.as_ref().map(|line| line.unknown_contract).filter(|unknown| *unknown != Unknown::Refused)
        else {
            return Ok((made, warnings));
        };
        let contracts = &kinds::contract::CONTRACTS;
        for (name, text) in &mut put.set {
            let is_contract = schema.field(name).is_some_and(|field| field.kind == FieldKind::Link(contracts.path));
            let number = text.trim().to_owned();
            let is_known = || {
                let by_id = Uuid::try_parse(&number).ok().filter(|id| work.book.shelf.record(contracts.path, *id).is_some());
                by_id.is_some() || !work.book.shelf.named(contracts.path, &number).is_empty()
            };
            if !is_contract || number.is_empty() || is_known() {
                continue;
            }
            if unknown == Unknown::Skipped {
                warnings.push(format!("{name}: there is no contract {number:?}; it was left out"));
                text.clear();
                continue;
            }
            let wrong = |text: String| RecordError::Invalid(vec![FieldError { field: name.clone(), text }]);
            let field = contracts.field(contracts.name).ok_or_else(nothing)?;
            let known = Known { references: &References::new(), assets: &AssetNames::default(), shelf: &work.book.shelf };
            let value = read_cell(field, &number, &known).map_err(|error| wrong(error.to_string()))?.value;
            self.apply(contracts, (Uuid::now_v7(), true, None), vec![(field.name, value)], order, work, 0)?;
            made.push(number);
        }
        Ok((made, warnings))
    }
}

/// A field with its value.
type Entered = (&'static str, Option<Value>);

/// The fields that are entered, with their values.
pub(super) fn read_all(schema: &'static Schema, put: &Put, known: &Known<'_>) -> Result<Vec<Entered>, RecordError> {
    let mut problems = Vec::new();
    let mut set: Vec<Entered> = Vec::with_capacity(put.set.len());
    for (name, text) in &put.set {
        let Some(field) = schema.field(name) else {
            match one_of(schema, name, text, known) {
                Ok(entered) => set.extend(entered),
                Err(text) => problems.push(FieldError { field: name.chars().take(64).collect(), text }),
            }
            continue;
        };
        match read_cell(field, text, &among(schema, field, put, known)) {
            Ok(entry) => {
                if let (FieldKind::Money(beside), Some(currency)) = (field.kind, entry.currency) {
                    let given = set.iter().find(|(name, _)| *name == beside).and_then(|(_, value)| value.as_ref());
                    match given.and_then(Value::as_text) {
                        Some(other) if other != currency => problems.push(FieldError {
                            field: field.name.to_owned(),
                            text: format!("the amount is in {currency}, the record in {other}"),
                        }),
                        _ => set.push((beside, Some(Value::Text(currency)))),
                    }
                }
                set.push((field.name, entry.value));
            }
            Err(error) => {
                let mut text = error.to_string();
                if put.line.is_some() && error.is_unknown() && field.kind == FieldKind::Link(kinds::contract::CONTRACTS.path) {
                    text.push_str(
                        ", import with create_contracts=true or skip_contracts=true, or choose create-contract or skip-contract for this \
                         line (import set-line)",
                    );
                }
                problems.push(FieldError { field: field.name.to_owned(), text });
            }
        }
    }
    if problems.is_empty() { Ok(set) } else { Err(RecordError::Invalid(problems)) }
}

/// The value of one of several fields that are called the same: of the one that knows what was entered.
fn one_of(schema: &'static Schema, name: &str, text: &str, known: &Known<'_>) -> Result<Option<Entered>, String> {
    let Some((_, fields)) = schema.shared_name(name) else { return Err(format!("a {} has no such field", schema.one)) };
    if text.trim().is_empty() {
        return Ok(None);
    }
    let read = fields.iter().map(|field| (field.name, read_cell(field, text, known)));
    let mut found: Vec<Entered> = read.filter_map(|(name, entry)| Some((name, entry.ok()?.value))).collect();
    let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
    let shown: String = text.trim().chars().take(64).collect();
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => Ok(Some(one)),
        (Some(_), false) => Err(format!("{shown:?} can be {}; enter the one that is meant", names.join(" and "))),
        (None, _) => Err(format!("nothing is called {shown:?}; give an id or a known name for {}", names.join(" or "))),
    }
}

/// What a field can name: where names are unique only among the records of another field, those of that field's record.
fn among<'a>(schema: &'static Schema, field: &Field, put: &Put, known: &'a Known<'a>) -> Among<'a> {
    let scope = field.within.and_then(|within| {
        let entered = put.set.iter().find(|(name, _)| name == within);
        let of_text = |text: &str| read_cell(schema.field(within)?, text, known).ok()?.value?.as_ref_id();
        let stored = || known.shelf.record(schema.path, put.id?)?.id(within);
        let owner = entered.map_or_else(stored, |(_, text)| of_text(text));
        Some((within, owner?))
    });
    Among { known, scope }
}

struct Among<'a> {
    known: &'a Known<'a>,
    scope: Option<(&'static str, Uuid)>,
}

impl Names for Among<'_> {
    fn reference(&self, table: Table, text: &str) -> Option<Uuid> {
        self.known.reference(table, text)
    }

    fn linked(&self, kind: &'static str, text: &str) -> Vec<Uuid> {
        let all = self.known.linked(kind, text);
        let Some((field, owner)) = self.scope else { return all };
        let is_its = |id: &Uuid| self.known.shelf.record(kind, *id).is_some_and(|values| values.id(field) == Some(owner));
        let own: Vec<Uuid> = all.iter().copied().filter(is_its).collect();
        // What is only elsewhere is told so by the rules.
        if own.is_empty() { all } else { own }
    }
}

/// The same, where what is entered into a journal is added to what is there.
pub(super) fn journaled(
    schema: &'static Schema,
    (id, put): (Uuid, &Put),
    mut set: Vec<Entered>,
    order: &Order,
    shelf: &Shelf,
) -> Result<Vec<Entered>, RecordError> {
    let before = shelf.record(schema.path, id);
    for (name, value) in &mut set {
        if !schema.field(name).is_some_and(|field| field.journal) {
            continue;
        }
        let (before, entered) = (before.and_then(|values| values.text(name)), value.as_ref().and_then(Value::as_text));
        let at = order.at.to_rfc3339_opts(SecondsFormat::Secs, true);
        let all = noted(before.unwrap_or_default(), entered.unwrap_or_default(), (&order.by, &at), put.line.is_some());
        let all = all.map_err(|text| RecordError::Invalid(vec![FieldError { field: (*name).to_owned(), text }]))?;
        *value = Some(all).filter(|all| !all.is_empty()).map(Value::Text);
    }
    Ok(set)
}

/// The record that a line without an id is about, and whether it is a new one: the one with its first set of unique fields that
/// all have values; where no set has, the one that this line made before.
pub(super) fn found(
    schema: &'static Schema,
    set: &[(&'static str, Option<Value>)],
    line: &FromLine,
    known: &Known<'_>,
) -> (Uuid, bool) {
    let mut values = Values::new();
    for field in schema.fields {
        if let Some(Ok(entry)) = field.default.map(|default| read_cell(field, default, known)) {
            values.set(field.name, entry.value);
        }
    }
    for (name, value) in set {
        values.set(name, value.clone());
    }
    match schema.keys(&values).first() {
        Some(key) => known.shelf.holder(schema.path, key).map_or_else(|| (Uuid::now_v7(), true), |id| (id, false)),
        None => (line.nameless, known.shelf.record(schema.path, line.nameless).is_none()),
    }
}
