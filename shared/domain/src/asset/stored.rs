//! An asset as it is stored, read where it lies.
//!
//! In: an asset; or the bytes of one. Out: bytes; or single values, the head, or the whole asset again. First come the values in
//! force, the head before the others, so that a count or a query reads them and no more; what only an editor needs (which layer a
//! value is of, and what an administrator's entry hides) comes last.

use std::cell::Cell;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::class;
use super::field::Field;
use super::layer::Layer;
use super::packed::{self, Damaged};
use super::record::{Asset, Parts};
use crate::ids::{AgentId, AssetId};
use crate::query::ValueRef;

/// How many fields, from the first, make up the head.
const HEAD: u8 = 6;
/// A field is a bit in the set of the edited ones.
const _: () = assert!(Field::ALL.len() <= 64);

/// Whether counts know a field without reading assets: it is one of the head.
#[must_use]
pub const fn is_head(field: Field) -> bool {
    field.index() < HEAD
}

/// The bytes of an asset.
#[must_use]
pub fn pack(asset: &Asset) -> Vec<u8> {
    let (mut head, mut tail, mut hidden) = (Vec::new(), Vec::new(), Vec::new());
    for (field, value) in asset.fields().iter() {
        packed::put(if is_head(field) { &mut head } else { &mut tail }, field, value);
    }
    for (field, value) in asset.observed().iter() {
        if value.is_none() || asset.edited().entry(field).is_some() {
            packed::put(&mut hidden, field, value);
        }
    }
    let mut row = Vec::with_capacity(head.len() + tail.len() + hidden.len() + 80);
    for part in [head, tail] {
        packed::put_length(&mut row, part.len());
        row.extend(part);
    }
    row.extend(asset.id().0.as_bytes());
    for instant in [asset.created_on(), asset.updated_on()] {
        row.extend(instant.timestamp().to_le_bytes());
        row.extend(instant.timestamp_subsec_nanos().to_le_bytes());
    }
    row.push(u8::from(asset.agent().is_some()));
    row.extend(asset.agent().map_or(Uuid::nil(), |agent| agent.0).as_bytes());
    let edited = asset.edited().iter().fold(0_u64, |edited, (field, _)| edited | bit(field));
    row.extend(edited.to_le_bytes());
    row.extend(hidden);
    row
}

/// A stored asset. Values are looked up in its bytes when they are asked for.
#[derive(Debug, Clone)]
pub struct StoredAsset<'a> {
    bytes: &'a [u8],
    head: &'a [u8],
    tail: &'a [u8],
    rest: &'a [u8],
    id: Uuid,
    damaged: Cell<bool>,
}

impl<'a> StoredAsset<'a> {
    /// The asset of a row.
    ///
    /// # Errors
    /// When its parts are not all there. What is inside them is judged when it is read: see [`StoredAsset::is_damaged`].
    pub fn new(bytes: &'a [u8]) -> Result<Self, Damaged> {
        let (head, rest) = packed::part(bytes)?;
        let (tail, rest) = packed::part(rest)?;
        let (id, rest) = rest.split_first_chunk::<16>().ok_or(Damaged)?;
        Ok(Self { bytes, head, tail, rest, id: Uuid::from_bytes(*id), damaged: Cell::new(false) })
    }

    /// The record's id.
    #[must_use]
    pub const fn id(&self) -> AssetId {
        AssetId(self.id)
    }

    /// The whole row.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The head: the same values of its fields are always the same bytes.
    #[must_use]
    pub const fn head(&self) -> &'a [u8] {
        self.head
    }

    /// The value in force of a field that is kept.
    #[must_use]
    pub fn get(&self, field: Field) -> Option<ValueRef<'a>> {
        let found = packed::find(if is_head(field) { self.head } else { self.tail }, field);
        found.unwrap_or_else(|Damaged| {
            self.damaged.set(true);
            None
        })
    }

    /// When the record was made, in milliseconds since 1970.
    #[must_use]
    pub fn created_on(&self) -> Option<i64> {
        self.instant(0)
    }

    /// When its values last changed, in milliseconds since 1970.
    #[must_use]
    pub fn updated_on(&self) -> Option<i64> {
        self.instant(12)
    }

    /// Whether a value that was asked for could not be read. What was concluded from the row is then void.
    #[must_use]
    pub const fn is_damaged(&self) -> bool {
        self.damaged.get()
    }

    /// The whole asset.
    ///
    /// # Errors
    /// When anything in the row cannot be read; it then is damaged for whoever gave it out, too.
    pub fn unpack(&self) -> Result<Asset, Damaged> {
        self.whole().inspect_err(|Damaged| self.damaged.set(true))
    }

    fn whole(&self) -> Result<Asset, Damaged> {
        let (created_on, rest) = instant(self.rest)?;
        let (updated_on, rest) = instant(rest)?;
        let (bound, rest) = rest.split_first().ok_or(Damaged)?;
        let (agent, rest) = rest.split_first_chunk::<16>().ok_or(Damaged)?;
        let agent = match bound {
            0 => None,
            1 => Some(AgentId(Uuid::from_bytes(*agent))),
            _ => return Err(Damaged),
        };
        let (edited_fields, hidden) = rest.split_first_chunk::<8>().ok_or(Damaged)?;
        let edited_fields = u64::from_le_bytes(*edited_fields);
        let is_edited = |field: Field| edited_fields & bit(field) != 0;
        let (mut observed, mut edited) = (Layer::new(), Layer::new());
        for field in Field::ALL.iter().filter(|field| is_edited(**field)) {
            edited.set(*field, None);
        }
        for (field, value) in packed::all(self.head)?.into_iter().chain(packed::all(self.tail)?) {
            if is_edited(field) { edited.set(field, value) } else { observed.set(field, value) }
        }
        for (field, value) in packed::all(hidden)? {
            observed.set(field, value);
        }
        Ok(Parts { id: self.id(), observed, edited, agent, created_on, updated_on }.into())
    }

    fn instant(&self, at: usize) -> Option<i64> {
        let found = self.rest.split_at_checked(at).ok_or(Damaged).and_then(|(_, rest)| instant(rest));
        if found.is_err() {
            self.damaged.set(true);
        }
        found.ok().map(|(instant, _)| instant.timestamp_millis())
    }
}

/// The head of an asset apart from it: what counts read. Many assets have the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head(Box<[u8]>);

impl Head {
    /// A head as [`StoredAsset::head`] gives it.
    ///
    /// # Errors
    /// When it is not whole.
    pub fn new(bytes: &[u8]) -> Result<Self, Damaged> {
        packed::all(bytes).map(|_| Self(bytes.into()))
    }

    /// The bytes it was made of.
    #[must_use]
    pub fn into_bytes(self) -> Box<[u8]> {
        self.0
    }

    /// The value in force of a field of the head.
    #[must_use]
    pub fn get(&self, field: Field) -> Option<ValueRef<'_>> {
        // It was read as a whole when it was made.
        packed::find(&self.0, field).unwrap_or_default()
    }

    /// The class; hardware where none is given.
    #[must_use]
    pub fn class(&self) -> std::borrow::Cow<'_, str> {
        class_of(self.get(Field::SysClassName))
    }
}

/// The class that a value of the class field stands for.
pub(super) fn class_of(value: Option<ValueRef<'_>>) -> std::borrow::Cow<'_, str> {
    match value {
        Some(ValueRef::Text(class)) => class,
        _ => class::HARDWARE.into(),
    }
}

const fn bit(field: Field) -> u64 {
    1 << field.index()
}

fn instant(bytes: &[u8]) -> Result<(DateTime<Utc>, &[u8]), Damaged> {
    let (seconds, rest) = bytes.split_first_chunk::<8>().ok_or(Damaged)?;
    let (nanos, rest) = rest.split_first_chunk::<4>().ok_or(Damaged)?;
    let instant = DateTime::from_timestamp(i64::from_le_bytes(*seconds), u32::from_le_bytes(*nanos)).ok_or(Damaged)?;
    Ok((instant, rest))
}
