//! Rows and their columns, as the tests of every operator ask about them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Catalogue, Column, Path, Row, ValueKind, ValueRef};

const FIELDS: [(&str, ValueKind); 13] = [
    ("sys_id", ValueKind::Text),
    ("state", ValueKind::Integer),
    ("name", ValueKind::Text),
    ("flag", ValueKind::Boolean),
    ("cost", ValueKind::Decimal),
    ("rest", ValueKind::Decimal),
    ("bought", ValueKind::Date),
    ("ends", ValueKind::Date),
    ("made", ValueKind::DateTime),
    ("user", ValueKind::Reference),
    ("user.name", ValueKind::Text),
    ("boss", ValueKind::Reference),
    ("class", ValueKind::Text),
];

pub(super) struct Fields;

impl Catalogue for Fields {
    fn column(&self, names: &[&str]) -> Option<Column> {
        let name = names.join(".");
        let (key, (_, kind)) = (0..).zip(FIELDS).find(|(_, (known, _))| *known == name)?;
        Some(Column { kind, key })
    }

    fn knows_reference(&self, _: Column, value: &str) -> bool {
        value.starts_with("u_")
    }

    fn display(&self, names: &[&str]) -> Option<String> {
        (names == ["user"]).then(|| "name".to_owned())
    }

    fn text_fields(&self) -> Vec<String> {
        vec!["name".to_owned()]
    }

    fn classes(&self, class: &str) -> Vec<String> {
        match class {
            "asset" => vec!["asset".to_owned(), "machine".to_owned()],
            "machine" => vec!["machine".to_owned()],
            _ => Vec::new(),
        }
    }

    fn has_table(&self, table: &str) -> bool {
        table == "asset" || table == "machine"
    }
}

pub(super) struct Cells(pub(super) BTreeMap<&'static str, ValueRef<'static>>);

impl Row for Cells {
    fn get(&self, path: &Path) -> Option<ValueRef<'_>> {
        self.0.get(path.to_string().as_str()).cloned()
    }

    fn id(&self) -> Option<ValueRef<'_>> {
        self.0.get("sys_id").cloned()
    }

    fn is_of(&self, table: &str) -> bool {
        table == "asset" || self.0.get("class") == Some(&text("machine"))
    }
}

pub(super) const fn text(text: &'static str) -> ValueRef<'static> {
    ValueRef::Text(Cow::Borrowed(text))
}

pub(super) fn decimal(text: &str) -> ValueRef<'static> {
    ValueRef::Decimal(text.parse().unwrap())
}

pub(super) fn date(text: &str) -> ValueRef<'static> {
    ValueRef::Date(text.parse().unwrap())
}

pub(super) fn instant(text: &str) -> ValueRef<'static> {
    ValueRef::DateTime(text.parse::<chrono::DateTime<chrono::Utc>>().unwrap().timestamp_millis())
}

/// A full row, one with other values, one with nothing but its id, and one whose name is an empty text.
pub(super) fn rows() -> [(char, Cells); 4] {
    let one = [
        ("sys_id", text("r1")),
        ("state", ValueRef::Int(1)),
        ("name", text("Lost Laptop")),
        ("flag", ValueRef::Bool(true)),
        ("cost", decimal("450")),
        ("rest", decimal("50.5")),
        ("bought", date("2025-03-10")),
        ("ends", date("2026-06-17")),
        ("made", instant("2025-03-10T23:30:00.750Z")),
        ("user", text("u_abel")),
        ("user.name", text("Abel Tuter")),
        ("boss", text("u_beth")),
        ("class", text("machine")),
    ];
    let two = [
        ("sys_id", text("r2")),
        ("state", ValueRef::Int(6)),
        ("name", text("Straße 7")),
        ("flag", ValueRef::Bool(false)),
        ("cost", decimal("90")),
        ("rest", decimal("90")),
        ("bought", date("2026-06-16")),
        ("ends", date("2026-06-14")),
        ("made", instant("2026-06-17T11:30:00Z")),
        ("user", text("u_beth")),
        ("user.name", text("Beth Anglin")),
        ("boss", text("u_beth")),
        ("class", text("asset")),
    ];
    let four = [("sys_id", text("r4")), ("name", text("")), ("boss", text("r1"))];
    [('1', Cells(one.into())), ('2', Cells(two.into())), ('3', Cells([("sys_id", text("r3"))].into())), ('4', Cells(four.into()))]
}
