//! An inventory in one shape, whichever dialect it came in: sections of rows of named texts.
//!
//! In: sections, fields and texts as they are read. Out: the same under the names that the JSON dialect has for them, in lower case
//! and within limits. What does not fit is passed over and counted. Environments and processes never get in: they hold secrets.

use muster_wire::limits::REPORT_PACKAGES;
use std::collections::BTreeMap;

/// Most sections of an inventory.
const SECTIONS: usize = 256;
/// Most rows of a section: as many as there may be packages.
const SECTION_ROWS: usize = REPORT_PACKAGES;
/// Most rows of an inventory.
const ROWS: usize = 3 * SECTION_ROWS;
/// Most fields of an inventory: they take more memory than their texts.
const ALL_FIELDS: usize = 20 * SECTION_ROWS;
/// Most fields of a row.
pub(super) const FIELDS: usize = 64;
/// Longest name of a section or field, in bytes.
const NAME_BYTES: usize = 64;
/// Longest text that is kept, in characters.
pub const TEXT_CHARS: usize = 1024;

/// Sections that are dropped unread: the environment and the processes of the machine, and the command line of the agent.
const PRIVATE: [&str; 3] = ["envs", "processes", "versionprovider"];
/// Sections and fields that only the XML dialect calls so, and what both are called here.
const RENAMED: [(&str, &str); 5] = [
    ("firewall", "firewalls"),
    ("macaddr", "mac"),
    ("installdate", "install_date"),
    ("serialnumber", "serial"),
    ("member", "members"),
];

/// An inventory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Content {
    sections: BTreeMap<String, Section>,
    rows: usize,
    fields: usize,
}

/// What stands under one name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Section {
    text: Option<String>,
    rows: Vec<Row>,
    odd: usize,
    beyond: usize,
}

/// One thing of a section: a disk, a package.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row(Vec<(String, String)>);

impl Content {
    /// Whether the section was sent, be it empty. A partial inventory leaves out what has not changed.
    #[must_use]
    pub fn has(&self, section: &str) -> bool {
        self.sections.contains_key(section)
    }

    /// The rows of a section, in their order.
    #[must_use]
    pub fn rows(&self, section: &str) -> &[Row] {
        self.sections.get(section).map_or(&[], |section| &section.rows)
    }

    /// The row of a section that has only one.
    #[must_use]
    pub fn row(&self, section: &str) -> Option<&Row> {
        self.rows(section).first()
    }

    /// The text of a section that is a text (`versionclient`).
    #[must_use]
    pub fn text(&self, section: &str) -> Option<&str> {
        self.sections.get(section)?.text.as_deref()
    }

    /// How many rows of a section are none.
    #[must_use]
    pub fn odd(&self, section: &str) -> usize {
        self.sections.get(section).map_or(0, |section| section.odd)
    }

    /// How many rows of a section are more than are kept.
    #[must_use]
    pub fn beyond(&self, section: &str) -> usize {
        self.sections.get(section).map_or(0, |section| section.beyond)
    }

    /// Says that a section was sent; `false` when nothing of it is wanted.
    pub(super) fn open(&mut self, section: &str) -> bool {
        self.section(section).is_some()
    }

    /// Keeps a row of a section, or counts that it has an odd one.
    pub(super) fn add(&mut self, section: &str, row: Option<Row>) {
        let room = self.rows < ROWS && self.fields < ALL_FIELDS;
        let Some(section) = self.section(section) else { return };
        match row {
            Some(row) if row.0.is_empty() => {}
            Some(row) if room && section.rows.len() < SECTION_ROWS => {
                let fields = row.0.len();
                section.rows.push(row);
                self.rows += 1;
                self.fields += fields;
            }
            Some(_) => section.beyond += 1,
            None => section.odd += 1,
        }
    }

    /// Counts rows of a section that were not even looked at.
    pub(super) fn pass_over(&mut self, section: &str, rows: usize) {
        if let Some(section) = self.section(section) {
            section.beyond = section.beyond.saturating_add(rows);
        }
    }

    /// Keeps the text of a section, the first one.
    pub(super) fn say(&mut self, section: &str, text: &str) {
        if let (Some(section), Some(text)) = (self.section(section), kept(text)) {
            section.text.get_or_insert(text);
        }
    }

    fn section(&mut self, name: &str) -> Option<&mut Section> {
        let name = name_of(name)?;
        let wanted = !PRIVATE.contains(&name.as_str());
        let room = self.sections.len() < SECTIONS || self.sections.contains_key(&name);
        (wanted && room).then(|| self.sections.entry(name).or_default())
    }
}

impl Row {
    /// The text of a field; never an empty one.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == field).map(|(_, text)| text.as_str())
    }

    /// The text of the first of these fields that has one.
    #[must_use]
    pub fn any(&self, fields: &[&str]) -> Option<&str> {
        fields.iter().find_map(|field| self.get(field))
    }

    /// A whole number.
    #[must_use]
    pub fn number(&self, field: &str) -> Option<u32> {
        self.get(field)?.parse().ok()
    }

    /// Whether the field says yes.
    #[must_use]
    pub fn is(&self, field: &str) -> bool {
        self.get(field).is_some_and(|text| ["1", "true", "yes"].iter().any(|yes| text.eq_ignore_ascii_case(yes)))
    }

    /// Keeps a text under its name; the first one of several, and no empty one. `within` is the field that this one stands in.
    pub(super) fn put(&mut self, within: Option<&str>, field: &str, text: &str) {
        let (Some(name), Some(text)) = (name_of(field), kept(text)) else { return };
        let name = match within {
            Some(within) => name_of(within).map(|within| format!("{within}.{name}")),
            None => Some(name),
        };
        let Some(name) = name else { return };
        if self.0.len() < FIELDS && self.get(&name).is_none() {
            self.0.push((name, text));
        }
    }
}

/// The name that both dialects are read by.
fn name_of(name: &str) -> Option<String> {
    let lower = name.to_ascii_lowercase();
    let renamed = RENAMED.iter().find(|(old, _)| *old == lower).map(|(_, new)| (*new).to_owned());
    (1..=NAME_BYTES).contains(&lower.len()).then(|| renamed.unwrap_or(lower))
}

/// A text without its edges, cut to what is kept; nothing if nothing is left.
pub(super) fn kept(text: &str) -> Option<String> {
    let text = text.trim();
    let end = text.char_indices().nth(TEXT_CHARS).map_or(text.len(), |(end, _)| end);
    let text = text.get(..end).unwrap_or_default();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(fields: &[(&str, &str)]) -> Row {
        let mut row = Row::default();
        fields.iter().for_each(|(name, text)| row.put(None, name, text));
        row
    }

    #[test]
    fn names_are_those_of_json_and_private_sections_stay_out() {
        let mut content = Content::default();
        for (section, name, read) in [
            ("NETWORKS", "MACADDR", Some("mac")),
            ("softwares", "INSTALLDATE", Some("install_date")),
            ("STORAGES", "SerialNumber", Some("serial")),
            ("LOCAL_GROUPS", "MEMBER", Some("members")),
            ("BIOS", "SSN", Some("ssn")),
            ("ENVS", "KEY", None),
            ("envs", "val", None),
            ("Processes", "CMD", None),
            ("VERSIONPROVIDER", "PERL_ARGS", None),
        ] {
            content.add(section, Some(row(&[(name, " x ")])));
            let lower = section.to_ascii_lowercase();
            assert_eq!(read.and_then(|read| content.row(&lower)?.get(read)), read.map(|_| "x"), "{section}/{name}");
            assert_eq!(content.has(&lower), read.is_some(), "{section}");
        }
        content.add("FIREWALL", Some(row(&[("STATUS", "off")])));
        assert_eq!(content.rows("firewalls").len(), 1);
        content.say("VERSIONCLIENT", "GLPI-Agent_v1");
        content.say("versionclient", "other");
        assert_eq!(content.text("versionclient"), Some("GLPI-Agent_v1"));
        let timezone = &mut Row::default();
        timezone.put(Some("TIMEZONE"), "NAME", "UTC");
        assert_eq!(timezone.get("timezone.name"), Some("UTC"));
    }

    #[test]
    fn everything_has_an_end() {
        let long = "ä".repeat(TEXT_CHARS + 9);
        let one = row(&[("a", &long), ("A", "second"), ("b", " \n"), (&"n".repeat(65), "x"), ("", "x")]);
        assert_eq!(one, row(&[("a", &"ä".repeat(TEXT_CHARS))]));
        let mut wide = Row::default();
        (0..100).for_each(|n| wide.put(None, &format!("f{n}"), "x"));
        assert_eq!(wide.0.len(), FIELDS);

        let mut content = Content::default();
        (0..SECTION_ROWS + 3).for_each(|_| content.add("softwares", Some(row(&[("a", "x")]))));
        content.add("softwares", None);
        let counts = |content: &Content| {
            let name = "softwares";
            (content.rows(name).len(), content.odd(name), content.beyond(name))
        };
        assert_eq!(counts(&content), (SECTION_ROWS, 1, 3));
        (0..ROWS).for_each(|n| content.add(if n % 2 == 0 { "a" } else { "b" }, Some(row(&[("a", "x")]))));
        (0..SECTIONS + 9).for_each(|n| _ = content.open(&format!("s{n}")));
        assert_eq!((content.rows, content.sections.len()), (ROWS, SECTIONS));
        let mut content = Content::default();
        (0..SECTION_ROWS).for_each(|_| content.add("softwares", Some(wide.clone())));
        let kept = ALL_FIELDS.div_ceil(FIELDS);
        assert_eq!(counts(&content), (kept, 0, SECTION_ROWS - kept));
        content.add("empty", Some(Row::default()));
        assert_eq!((content.rows("empty").len(), content.odd("empty"), content.has("empty")), (0, 0, true));
    }

    #[test]
    fn fields_are_numbers_and_answers() {
        let row = row(&[("n", "12"), ("m", "12.5"), ("yes", "1"), ("no", "0"), ("true", "TRUE")]);
        assert_eq!((row.number("n"), row.number("m"), row.number("x")), (Some(12), None, None));
        assert_eq!(["yes", "no", "true", "x"].map(|field| row.is(field)), [true, false, true, false]);
        assert_eq!(row.any(&["x", "m", "n"]), Some("12.5"));
    }
}
