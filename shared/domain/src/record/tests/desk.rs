//! A desk at which records are entered: the records there are, the day, and a check of what entering one brings.

use chrono::NaiveDate;
use uuid::Uuid;

use crate::asset::reference::Table;
use crate::record::{Findings, Library as _, Names, Schema, Settled, Shelf, Values, derived, kinds, read_cell, settle};

/// What entering a record is expected to bring.
#[derive(Debug, Clone, Copy)]
pub(in crate::record) enum Expect {
    /// An error at a field that says this.
    Wrong(&'static str, &'static str),
    /// A warning that says this.
    Warns(&'static str),
    /// No warning at all.
    Quiet,
    /// The field shows this; an empty text is no value.
    Shows(&'static str, &'static str),
    /// So many records of a kind change with it.
    Brings(&'static str, usize),
}

pub(in crate::record) struct Desk {
    pub(in crate::record) shelf: Shelf,
    pub(in crate::record) today: NaiveDate,
    next: u128,
}

pub(in crate::record) type Set<'a> = &'a [(&'a str, &'a str)];

impl Names for Desk {
    fn reference(&self, _: Table, text: &str) -> Option<Uuid> {
        let mut bytes = [0; 16];
        for (place, byte) in bytes.iter_mut().zip(text.bytes()) {
            *place = byte;
        }
        Some(Uuid::from_bytes(bytes))
    }

    fn linked(&self, kind: &'static str, text: &str) -> Vec<Uuid> {
        match Uuid::try_parse(text) {
            Ok(id) => vec![id],
            Err(_) => self.shelf.named(kind, text),
        }
    }
}

impl Desk {
    pub(in crate::record) fn new() -> Self {
        Self { shelf: Shelf::default(), today: "2026-06-15".parse().unwrap(), next: 0 }
    }

    /// With a model of Microsoft and one of Acme.
    pub(in crate::record) fn with_models() -> Self {
        let mut desk = Self::new();
        desk.put(
            "models",
            &[("publisher", "Microsoft"), ("product", "SQL Server"), ("version", "2019"), ("edition", "Enterprise")],
        );
        desk.put("models", &[("publisher", "Acme"), ("product", "Draw")]);
        desk
    }

    pub(in crate::record) fn settle(&mut self, kind: &str, id: Uuid, set: Set<'_>) -> Result<Settled, Findings> {
        let schema = kinds::find(kind).unwrap();
        let mut read = Vec::new();
        for (name, text) in set {
            let field = schema.field(name).unwrap_or_else(|| panic!("{kind} has no {name}"));
            let entry = read_cell(field, text, self).unwrap_or_else(|error| panic!("{kind}.{name} {text}: {error}"));
            if let Some(currency) = entry.currency {
                read.push(("currency", Some(crate::asset::Value::Text(currency))));
            }
            read.push((field.name, entry.value));
        }
        let before = self.shelf.record(kind, id).cloned();
        let mut next = self.next;
        let mut new_id = || {
            next += 1;
            Uuid::from_u128(next)
        };
        let settled = settle(schema, id, before.as_ref(), read, &self.shelf, self.today, &mut new_id);
        self.next = next;
        settled
    }

    pub(in crate::record) fn new_id(&mut self) -> Uuid {
        self.next += 1;
        Uuid::from_u128(self.next)
    }

    /// Puts what was settled, and everything it brings along.
    pub(in crate::record) fn keep(&mut self, schema: &'static Schema, id: Uuid, settled: Settled) {
        self.shelf.put(schema, id, settled.values);
        for follow in settled.follows {
            let schema = kinds::find(follow.kind).unwrap();
            let before = self.shelf.record(follow.kind, follow.id).cloned();
            let mut next = self.next;
            let mut new_id = || {
                next += 1;
                Uuid::from_u128(next)
            };
            let settled = settle(schema, follow.id, before.as_ref(), follow.set, &self.shelf, self.today, &mut new_id);
            self.next = next;
            self.keep(schema, follow.id, settled.unwrap());
        }
    }

    /// A new record.
    pub(in crate::record) fn put(&mut self, kind: &str, set: Set<'_>) -> Uuid {
        let id = self.new_id();
        self.change(kind, id, set);
        id
    }

    /// A record that is put or changed.
    pub(in crate::record) fn change(&mut self, kind: &str, id: Uuid, set: Set<'_>) {
        let settled = self.settle(kind, id, set).unwrap_or_else(|findings| panic!("{kind} {set:?}: {findings:?}"));
        self.keep(kinds::find(kind).unwrap(), id, settled);
    }

    /// A record as it shows today.
    pub(in crate::record) fn shows(&self, kind: &str, id: Uuid) -> Values {
        let schema = kinds::find(kind).unwrap();
        derived(schema, id, self.shelf.record(kind, id).unwrap(), &self.shelf, self.today)
    }

    /// A new entitlement for Acme Draw by Per Device, with these fields over that.
    pub(in crate::record) fn entitlement(&mut self, number: &str, set: Set<'_>) -> Uuid {
        let usual = [
            ("number", number),
            ("software_model", "Acme Draw"),
            ("metric_group", "Common"),
            ("license_metric", "Per Device"),
            ("purchased_rights", "10"),
            ("state", "In use"),
            ("allow_duplicate", "true"),
        ];
        let set: Vec<(&str, &str)> =
            usual.into_iter().filter(|(name, _)| set.iter().all(|(other, _)| other != name)).chain(set.iter().copied()).collect();
        self.put("entitlements", &set)
    }

    /// What a new record brings; nothing is kept.
    pub(in crate::record) fn check(&mut self, kind: &str, set: Set<'_>, expected: &[Expect]) {
        let id = self.new_id();
        self.check_change(kind, id, set, expected);
    }

    /// What a change of a record brings; nothing is kept.
    pub(in crate::record) fn check_change(&mut self, kind: &str, id: Uuid, set: Set<'_>, expected: &[Expect]) {
        let at = format!("{kind} {set:?}");
        let settled = self.settle(kind, id, set);
        let wanted = expected.iter().any(|expect| matches!(expect, Expect::Wrong(..)));
        match &settled {
            Ok(settled) if wanted => panic!("{at}: nothing is wrong with {settled:?}"),
            Err(findings) if !wanted => panic!("{at}: {:?}", findings.errors),
            _ => {}
        }
        for expect in expected {
            match (*expect, &settled) {
                (Expect::Wrong(field, part), Err(findings)) => {
                    let is_it = |error: &crate::record::FieldError| error.field == field && error.text.contains(part);
                    assert!(findings.errors.iter().any(is_it), "{at}: {:?}, not {field} {part}", findings.errors);
                }
                (Expect::Warns(part), Ok(settled)) => {
                    assert!(settled.warnings.iter().any(|warning| warning.contains(part)), "{at}: {:?}", settled.warnings);
                }
                (Expect::Quiet, Ok(settled)) => assert!(settled.warnings.is_empty(), "{at}: {:?}", settled.warnings),
                (Expect::Shows(field, text), Ok(settled)) => {
                    let shown = derived(kinds::find(kind).unwrap(), id, &settled.values, &self.shelf, self.today);
                    assert_eq!(shown.get(field).map(ToString::to_string).unwrap_or_default(), text, "{at}: {field}");
                }
                (Expect::Brings(kind, count), Ok(settled)) => {
                    let brought = settled.follows.iter().filter(|follow| follow.kind == kind).count();
                    assert_eq!(brought, count, "{at}: {:?}", settled.follows);
                }
                (expect, settled) => panic!("{at}: {expect:?}: {settled:?}"),
            }
        }
    }
}
