//! Checks that several kinds share.
//!
//! In: a draft and the names of its fields. Out: findings that name the field and say what to do.

use uuid::Uuid;

use crate::asset::Value;
use crate::query;
use crate::record::{Draft, Findings, Library};

/// A last day is not before its first.
pub(super) fn dates_in_order(draft: &Draft<'_>, (first, last): (&str, &str), findings: &mut Findings) {
    if let (Some(from), Some(to)) = (draft.values.date(first), draft.values.date(last))
        && to < from
    {
        findings.error(last, format!("{to} is before {from}, the first day; enter {from} or a later day"));
    }
}

/// A condition can be read as an encoded query.
pub(super) fn condition(draft: &Draft<'_>, field: &str, findings: &mut Findings) {
    if let Some(text) = draft.values.text(field)
        && let Err(error) = query::parse(text)
    {
        findings.error(field, format!("it is no encoded query: {error}; an example is company=Example AG^install_status=1"));
    }
}

/// A field that has no place in this record: who enters it is told why; what was there before is emptied.
pub(super) fn no_place_for(draft: &mut Draft<'_>, field: &'static str, why: &str, findings: &mut Findings) {
    if draft.values.get(field).is_none() {
        return;
    }
    if draft.enters(field) {
        findings.error(field, format!("{why}; leave it empty"));
    } else {
        draft.values.set(field, None);
        findings.warn(format!("{field} was emptied: {why}."));
    }
}

/// A text as a value; none of an empty one.
pub(super) fn text(text: impl Into<String>) -> Option<Value> {
    Some(text.into()).filter(|text| !text.is_empty()).map(Value::Text)
}

/// What people call a record: its name, or its id.
pub(super) fn called(library: &dyn Library, kind: &str, id: Uuid) -> String {
    let name = super::find(kind).zip(library.record(kind, id)).and_then(|(schema, values)| schema.name_of(values));
    name.map_or_else(|| id.to_string(), str::to_owned)
}

/// Whether a record can be reached from another by going from record to record along a link of its own kind.
pub(super) fn leads_to(library: &dyn Library, (kind, link): (&str, &str), from: Uuid, to: Uuid) -> bool {
    let (mut at, mut seen) = (Some(from), std::collections::BTreeSet::new());
    while let Some(id) = at.filter(|id| seen.insert(*id)) {
        if id == to {
            return true;
        }
        at = library.record(kind, id).and_then(|values| values.id(link));
    }
    false
}

/// Whether a record can be reached from another over records of a kind between them, each from the field `from` to the field `to`.
pub(super) fn joins(library: &dyn Library, (kind, from, to): (&str, &str, &str), start: Uuid, end: Uuid) -> bool {
    let (mut open, mut seen) = (vec![start], std::collections::BTreeSet::new());
    while let Some(id) = open.pop() {
        if id == end {
            return true;
        }
        if seen.insert(id) {
            open.extend(library.pointing(kind, from, id).filter_map(|(_, values)| values.id(to)));
        }
    }
    false
}
