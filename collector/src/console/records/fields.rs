//! The fields of a record as a form shows them: by part of the form, each with its control, its help and what is wrong with it.

use super::{
    cells::{Cell, cell},
    choices::list_of,
    metrics,
};
use crate::{
    console::entry::{Choices, Control, FieldRow, Part, Texts},
    records::{Records, Seen},
    store::StoreError,
};
use chrono::NaiveDate;
use muster_domain::{
    asset::Value,
    record::{Field, FieldError, FieldKind, Schema, kinds},
};

/// What a form is about.
pub(super) struct Filling<'a> {
    pub(super) schema: &'static Schema,
    /// The record; none of a new one.
    pub(super) seen: Option<&'a Seen>,
    /// The texts in the controls.
    pub(super) texts: &'a Texts,
    /// What is wrong.
    pub(super) errors: &'a [FieldError],
    /// The lists of names on the page.
    pub(super) lists: &'a [Choices],
}

/// The parts of a form in the order in which the kind names them.
pub(super) async fn parts(records: &Records, filling: &Filling<'_>, first: &str) -> Result<Vec<Part>, StoreError> {
    let mut parts: Vec<Part> = Vec::new();
    for field in filling.schema.fields.iter().filter(|field| filling.seen.is_some() || !field.derived) {
        let title = if field.tab.is_empty() { first } else { field.tab };
        let field = row(records, filling, field).await?;
        match parts.iter_mut().find(|part| part.title == title) {
            Some(part) => part.fields.push(field),
            None => parts.push(Part { title: title.to_owned(), fields: vec![field] }),
        }
    }
    Ok(parts)
}

async fn row(records: &Records, filling: &Filling<'_>, field: &'static Field) -> Result<FieldRow, StoreError> {
    let text = filling.texts.get(field.name).cloned().unwrap_or_default();
    let list = list_of(filling.schema, field).filter(|id| filling.lists.iter().any(|list| list.id == *id));
    let names_metric = field.name == metrics::METRIC && metrics::names_metric(filling.schema);
    let group = filling.texts.get(metrics::GROUP).map(String::as_str).unwrap_or_default();
    Ok(FieldRow {
        name: field.name,
        label: field.label,
        help: field.help,
        required: field.required,
        errors: filling.errors.iter().filter(|error| error.field == field.name).map(|error| error.text.clone()).collect(),
        control: control(field, &text),
        list,
        cell: match filling.seen {
            Some(seen) => cell(records, field, &seen.values).await?,
            None => Cell::default(),
        },
        metric: names_metric.then(|| metrics::find(records, group, &text)).flatten(),
        metrics: if names_metric { metrics::all(records, group) } else { Vec::new() },
        reported: None,
        text,
    })
}

fn control(field: &Field, text: &str) -> Control {
    if field.derived {
        return Control::Shown;
    }
    let line = |mode: &'static str, most: usize| Control::Line { kind: "text", mode, most };
    match field.kind {
        FieldKind::Text(most) => line("", most),
        FieldKind::Notes(most) => Control::Lines { most },
        FieldKind::Whole(..) => line("numeric", 40),
        FieldKind::Decimal | FieldKind::Money(_) => line("decimal", 60),
        FieldKind::Currency => line("", 3),
        // A browser shows nothing in a date field for what is no date; what was entered is kept instead.
        FieldKind::Date if text.is_empty() || text.parse::<NaiveDate>().is_ok() => {
            Control::Line { kind: "date", mode: "", most: 10 }
        }
        FieldKind::Date => line("", 40),
        FieldKind::Boolean => select(field, text, &[("true", "yes"), ("false", "no")]),
        FieldKind::Choice(choices) => select(field, text, &choices.iter().map(|choice| (*choice, *choice)).collect::<Vec<_>>()),
        FieldKind::Reference(_) | FieldKind::Link(_) => line("", 400),
    }
}

/// What may be chosen; nothing, too, unless the field has a default that it cannot be without; and what stands there already.
fn select(field: &Field, text: &str, known: &[(&str, &str)]) -> Control {
    let known = known.iter().map(|(value, shown)| ((*value).to_owned(), (*shown).to_owned()));
    Control::select(known, text, !field.required || field.default.is_none())
}

/// The texts that a form shows before anything is entered: those of the record, or the defaults of a new one.
pub(super) async fn texts(records: &Records, schema: &'static Schema, seen: Option<&Seen>) -> Result<Texts, StoreError> {
    let mut texts = Texts::new();
    for field in schema.fields.iter().filter(|field| !field.derived) {
        let text = match seen {
            None => field.default.unwrap_or_default().to_owned(),
            Some(seen) => match seen.values.get(field.name) {
                None => String::new(),
                Some(value) => text(records, field, value).await?,
            },
        };
        texts.insert(field.name.to_owned(), text);
    }
    Ok(texts)
}

/// A value as it can be entered again.
async fn text(records: &Records, field: &Field, value: &Value) -> Result<String, StoreError> {
    Ok(match (field.kind, value) {
        (FieldKind::Link(path), Value::Ref(id)) => {
            kinds::find(path).map_or_else(|| id.to_string(), |schema| records.text_of(schema, *id))
        }
        (FieldKind::Reference(_), Value::Ref(id)) => records.display(field.kind, value).await?.unwrap_or_else(|| id.to_string()),
        _ => value.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_field_has_its_control() {
        let check = |field: Field, text: &str, expected: Control| assert_eq!(control(&field, text), expected, "{}", field.name);
        let line = |kind, mode, most| Control::Line { kind, mode, most };
        check(Field::text("t", "T", ""), "x", line("text", "", 255));
        check(Field::text("t", "T", "").derived(), "x", Control::Shown);
        check(Field::notes("n", "N", ""), "x", Control::Lines { most: 10_000 });
        check(Field::count("c", "C", ""), "7", line("text", "numeric", 40));
        check(Field::date("d", "D", ""), "", line("date", "", 10));
        check(Field::date("d", "D", ""), "2026-02-28", line("date", "", 10));
        check(Field::date("d", "D", ""), "2026-02-30", line("text", "", 40));
        let option = |value: &str, shown: &str, chosen| (value.to_owned(), shown.to_owned(), chosen);
        let yes_or_no = |chosen: &str| vec![option("true", "yes", chosen == "true"), option("false", "no", chosen == "false")];
        let mut any = vec![option("", "–", true)];
        any.extend(yes_or_no(""));
        check(Field::boolean("b", "B", ""), "", Control::Select { options: any });
        check(Field::boolean("b", "B", "").required().or("true"), "false", Control::Select { options: yes_or_no("false") });
        let kept = vec![option("", "–", false), option("new", "new", false), option("old", "old", true)];
        check(Field::choice("c", "C", &["new"], ""), "old", Control::Select { options: kept });
    }
}
