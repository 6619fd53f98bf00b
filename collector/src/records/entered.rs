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
use muster_domain::{
    asset::{References, Value},
    record::{FieldError, FieldKind, Library as _, Schema, Values, kinds, read_cell},
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

/// The fields that are entered, with their values.
pub(super) fn read_all(
    schema: &'static Schema,
    put: &Put,
    known: &Known<'_>,
) -> Result<Vec<(&'static str, Option<Value>)>, RecordError> {
    let mut problems = Vec::new();
    let mut set: Vec<(&'static str, Option<Value>)> = Vec::with_capacity(put.set.len());
    for (name, text) in &put.set {
        let Some(field) = schema.field(name) else {
            let text = format!("a {} has no such field", schema.one);
            problems.push(FieldError { field: name.chars().take(64).collect(), text });
            continue;
        };
        match read_cell(field, text, known) {
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
                    text.push_str(", or import with create_contracts=true or skip_contracts=true");
                }
                problems.push(FieldError { field: field.name.to_owned(), text });
            }
        }
    }
    if problems.is_empty() { Ok(set) } else { Err(RecordError::Invalid(problems)) }
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
