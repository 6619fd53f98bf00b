//! A field of a form: what it is called, what stands in it, what is wrong with it, and the control that it is entered with.
//!
//! In: names, texts and errors of whoever makes the form. Out: what the templates of forms show.

use super::records::{Cell, Fact};
use crate::{
    admin::{AdminContext, Answer},
    records::called,
};
use muster_domain::asset::{Directory as _, reference::Table};
use std::collections::BTreeMap;

/// The most names of a list.
pub(super) const MOST_NAMES: usize = 500;

/// The texts of a form by field.
pub(super) type Texts = BTreeMap<String, String>;

/// A part of a form.
pub(super) struct Part {
    pub(super) title: String,
    pub(super) fields: Vec<FieldRow>,
}

/// A field of a form.
pub(super) struct FieldRow {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) help: &'static str,
    pub(super) required: bool,
    pub(super) errors: Vec<String>,
    pub(super) control: Control,
    /// What stands in the control.
    pub(super) text: String,
    /// The list of names that it offers.
    pub(super) list: Option<String>,
    /// The value as people read it; of a field that cannot be entered, all there is.
    pub(super) cell: Cell,
    /// What the metric counts that this field names.
    pub(super) metric: Option<Fact>,
    /// What all metrics count that may be named here.
    pub(super) metrics: Vec<Fact>,
    /// What an agent sees, where something else was entered, which can be taken back; and whether that is ticked.
    pub(super) reported: Option<(String, bool)>,
}

/// What a field is entered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Control {
    /// Nothing: it follows from other values.
    Shown,
    /// A line: its type, what keyboard it wants, and the most characters.
    Line { kind: &'static str, mode: &'static str, most: usize },
    /// Several lines of at most so many characters.
    Lines { most: usize },
    /// One of these: value, what people read, whether it is chosen.
    Select { options: Vec<(String, String, bool)> },
}

impl Control {
    /// These values with what people read; what stands there already, too; and nothing, where the field may be empty.
    pub(super) fn select(known: impl IntoIterator<Item = (String, String)>, text: &str, may_be_empty: bool) -> Self {
        let mut options = Vec::new();
        if may_be_empty {
            options.push((String::new(), "–".to_owned(), text.is_empty()));
        }
        options.extend(known.into_iter().map(|(value, shown)| {
            let chosen = value == text;
            (value, shown, chosen)
        }));
        if !text.is_empty() && !options.iter().any(|(_, _, chosen)| *chosen) {
            options.push((text.to_owned(), text.to_owned(), true));
        }
        Self::Select { options }
    }
}

/// What is wrong, for the list above the form.
pub(super) struct Wrong {
    /// The field's name; none where no field of the form has it.
    pub(super) field: Option<&'static str>,
    pub(super) label: String,
    pub(super) text: String,
}

/// A list of known names.
pub(super) struct Choices {
    /// Its id on the page.
    pub(super) id: String,
    pub(super) names: Vec<String>,
}

/// The names of what can be pointed to in a table; none where there are more than [`MOST_NAMES`]: such a field is a plain one.
pub(super) async fn names_of(context: &AdminContext, table: Table) -> Answer<Option<Vec<String>>> {
    let names: Vec<String> = if table == Table::Asset {
        let assets = context.stores.assets.page(None, MOST_NAMES + 1).await?;
        if assets.len() > MOST_NAMES {
            return Ok(None);
        }
        let references = context.references.snapshot();
        let mut names: Vec<String> = assets.iter().filter_map(|asset| called(asset, references.as_ref())).collect();
        names.sort();
        // What several are called names none of them.
        let alone = names.chunk_by(|one, other| one.eq_ignore_ascii_case(other)).filter(|same| same.len() == 1);
        alone.flatten().cloned().collect()
    } else {
        context.references.snapshot().records(table).into_iter().map(|(_, name)| name.to_owned()).collect()
    };
    Ok((names.len() <= MOST_NAMES).then(|| in_order(names)))
}

/// Each name once, in order.
pub(super) fn in_order(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names.dedup();
    names
}
