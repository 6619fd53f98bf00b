//! The fields of a record: what each is called, what may stand in it, and what it is for.

use crate::asset::reference::Table;

/// One field of a kind of record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its name in the API, in files and in commands.
    pub name: &'static str,
    /// What people call it.
    pub label: &'static str,
    /// What else files call it. Where several fields of a kind are called the same, what is entered says which one is meant.
    pub also: &'static [&'static str],
    /// What may stand in it.
    pub kind: FieldKind,
    /// What it is for, in a sentence or two.
    pub help: &'static str,
    /// Where a form shows it; empty is the form's first part.
    pub tab: &'static str,
    /// Whether a record cannot be without it.
    pub required: bool,
    /// Whether it follows from other values: nobody enters it. It is made when the record is stored, or when it is read.
    pub derived: bool,
    /// Whether a name is unique only among the records that point, by this field, to what this record points to by the same field.
    pub within: Option<&'static str>,
    /// Whether what is entered is added to what is there, with who entered it and when.
    pub journal: bool,
    /// What a new record has unless something is entered, as a person would write it.
    pub default: Option<&'static str>,
}

/// What may stand in a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// One line of text, at most this many characters.
    Text(usize),
    /// Text of several lines, at most this many characters.
    Notes(usize),
    /// A whole number from the first to the second.
    Whole(i64, i64),
    /// An exact decimal number from 0 up with at most four places.
    Decimal,
    /// An amount of money from 0 up, in the currency that stands in the field of this name.
    Money(&'static str),
    /// A currency, by its three letters.
    Currency,
    /// A calendar date.
    Date,
    /// True or false.
    Boolean,
    /// One of these texts, whatever the case.
    Choice(&'static [&'static str]),
    /// A record of a reference table, or an asset.
    Reference(Table),
    /// A record of this kind, by its path.
    Link(&'static str),
}

/// The most that a count of rights, packs or devices can be.
pub const MOST: i64 = 1_000_000_000_000;

impl FieldKind {
    /// The name that machines read.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Notes(_) => "notes",
            Self::Whole(..) => "integer",
            Self::Decimal => "decimal",
            Self::Money(_) => "money",
            Self::Currency => "currency",
            Self::Date => "date",
            Self::Boolean => "boolean",
            Self::Choice(_) => "choice",
            Self::Reference(_) => "reference",
            Self::Link(_) => "link",
        }
    }
}

impl Field {
    const fn new(name: &'static str, label: &'static str, kind: FieldKind, help: &'static str) -> Self {
        Self {
            name,
            label,
            also: &[],
            kind,
            help,
            tab: "",
            required: false,
            derived: false,
            within: None,
            journal: false,
            default: None,
        }
    }

    /// A line of text of at most 255 characters.
    #[must_use]
    pub const fn text(name: &'static str, label: &'static str, help: &'static str) -> Self {
        Self::new(name, label, FieldKind::Text(255), help)
    }

    /// Text of several lines.
    #[must_use]
    pub const fn notes(name: &'static str, label: &'static str, help: &'static str) -> Self {
        Self::new(name, label, FieldKind::Notes(10_000), help)
    }

    /// A count from 0 up.
    #[must_use]
    pub const fn count(name: &'static str, label: &'static str, help: &'static str) -> Self {
        Self::new(name, label, FieldKind::Whole(0, MOST), help)
    }

    /// A whole number in bounds.
    #[must_use]
    pub const fn whole(name: &'static str, label: &'static str, bounds: (i64, i64), help: &'static str) -> Self {
        Self::new(name, label, FieldKind::Whole(bounds.0, bounds.1), help)
    }

    /// A decimal number.
    #[must_use]
    pub const fn decimal(name: &'static str, label: &'static str, help: &'static str) -> Self {
        Self::new(name, label, FieldKind::Decimal, help)
    }

    /// Money in the currency of the field `currency`.
    #[must_use]
    pub const fn money(name: &'static str, label: &'static str, help: &'static str) -> Self {
        Self::new(name, label, FieldKind::Money("currency"), help)
    }

    /// The currency of the amounts of the record.
    #[must_use]
    pub const fn currency() -> Self {
        Self::new("currency", "Currency", FieldKind::Currency, "Currency of the amounts, by its three letters, such as EUR.")
    }

    /// A date.
    #[must_use]
    pub const fn date(name: &'static str, label: &'static str, help: &'static str) -> Self {
        Self::new(name, label, FieldKind::Date, help)
    }

    /// True or false.
    #[must_use]
    pub const fn boolean(name: &'static str, label: &'static str, help: &'static str) -> Self {
        Self::new(name, label, FieldKind::Boolean, help)
    }

    /// One of some texts.
    #[must_use]
    pub const fn choice(name: &'static str, label: &'static str, choices: &'static [&'static str], help: &'static str) -> Self {
        Self::new(name, label, FieldKind::Choice(choices), help)
    }

    /// A record of a reference table.
    #[must_use]
    pub const fn reference(name: &'static str, label: &'static str, table: Table, help: &'static str) -> Self {
        Self::new(name, label, FieldKind::Reference(table), help)
    }

    /// A record of another kind.
    #[must_use]
    pub const fn link(name: &'static str, label: &'static str, path: &'static str, help: &'static str) -> Self {
        Self::new(name, label, FieldKind::Link(path), help)
    }

    /// The same, which files call otherwise, too.
    #[must_use]
    pub const fn also(self, also: &'static [&'static str]) -> Self {
        Self { also, ..self }
    }

    /// The same, with names that are unique only among the records of what this field points to.
    #[must_use]
    pub const fn within(self, field: &'static str) -> Self {
        Self { within: Some(field), ..self }
    }

    /// The same, as a journal.
    #[must_use]
    pub const fn journal(self) -> Self {
        Self { journal: true, kind: FieldKind::Notes(super::journal::MOST), ..self }
    }

    /// The same on a tab of the form.
    #[must_use]
    pub const fn on(self, tab: &'static str) -> Self {
        Self { tab, ..self }
    }

    /// The same, and a record cannot be without it.
    #[must_use]
    pub const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// The same, following from other values.
    #[must_use]
    pub const fn derived(self) -> Self {
        Self { derived: true, ..self }
    }

    /// The same with a default.
    #[must_use]
    pub const fn or(self, default: &'static str) -> Self {
        Self { default: Some(default), ..self }
    }
}
