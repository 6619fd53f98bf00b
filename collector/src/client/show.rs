//! Printing answers: aligned tables for people, JSON and CSV for programs.

use super::{
    error::ClientError,
    fit::{Fit, fitting, is_whole, wrapped},
    time,
};
use chrono::{DateTime, Utc};
use muster_domain::asset::InstallStatus;
use muster_domain::currency::written;
use muster_runtime::output::{self, Format};
use serde_json::Value;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text.
    Text,
    /// A number, aligned to the right.
    Number,
    /// A time, relative and absolute.
    Time,
    /// A time of which the minute matters, absolute.
    Exact,
    /// An asset state, for people with its label.
    State,
    /// A word of the API such as `not_compliant`, for people as a word.
    Word,
    /// What names something in other commands: never cut.
    Id,
}

/// A column: its header, the member it shows (walked by dots), its kind.
pub(super) type Column = (&'static str, &'static str, Kind);

/// A list.
pub(super) struct List<'a> {
    /// The items.
    pub(super) items: Vec<Value>,
    /// The columns of the table and the CSV.
    pub(super) columns: &'a [Column],
    /// What to say instead of an empty table: what to do next.
    pub(super) empty: &'a str,
}

/// How to print.
#[derive(Debug, Clone, Copy)]
pub(super) struct Printer {
    format: Format,
    flag: Option<Format>,
    now: DateTime<Utc>,
}

impl Printer {
    pub(super) fn new(flag: Option<Format>, now: DateTime<Utc>) -> Self {
        Self { format: output::choose(flag), flag, now }
    }

    /// The format that was asked for by name.
    pub(super) const fn chosen(&self) -> Option<Format> {
        self.flag
    }

    /// Whether people read the answer.
    pub(super) fn for_people(&self) -> bool {
        self.format == Format::Table
    }

    /// A list as a table for people.
    pub(super) fn table(&self, items: &[Value], columns: &[Column]) -> String {
        let headers: Vec<&str> = columns.iter().map(|(header, _, _)| *header).collect();
        let mut rows = self.rows(items, columns, true);
        if !output::fits(&headers, &rows) {
            // Better a short time than one that is cut.
            for (row, item) in rows.iter_mut().zip(items) {
                for (cell, (_, path, kind)) in row.iter_mut().zip(columns) {
                    if let (Kind::Time, Some(Value::String(time))) = (kind, walk(item, path)) {
                        *cell = time::short(time, self.now);
                    }
                }
            }
        }
        let Some(width) = output::terminal_width() else { return aligned(&headers, rows, columns) };
        let Fit { shown, left_out } = fitting(columns, &rows, width);
        let columns: Vec<Column> = chosen(columns.iter().copied(), &shown);
        let rows = rows.into_iter().map(|row| chosen(row.into_iter(), &shown)).collect();
        let headers: Vec<&str> = columns.iter().map(|(header, ..)| *header).collect();
        let mut text = aligned(&headers, rows, &columns);
        if !left_out.is_empty() {
            let note = format!("Not shown for want of room: {}. Use a wider terminal or --output csv.", left_out.join(", "));
            text.push_str(&wrapped(&note, Some(width), 0));
            text.push('\n');
        }
        text
    }

    /// A time for people.
    pub(super) fn time(&self, text: &str) -> String {
        time::for_people(text, self.now)
    }

    /// A sentence for people, broken where the terminal ends.
    pub(super) fn sentence(&self, text: &str, indent: usize) -> String {
        wrapped(text, output::terminal_width(), indent)
    }

    /// Says something to people that programs do not need.
    pub(super) fn aside(&self, text: &str) -> Result<(), ClientError> {
        if self.format == Format::Table { print(&format!("{text}\n")) } else { Ok(()) }
    }

    /// Prints a list.
    pub(super) fn list(&self, list: List<'_>) -> Result<(), ClientError> {
        let List { items, columns, empty } = list;
        match self.format {
            Format::Json => self.json(&serde_json::json!({"items": items})),
            Format::Csv => {
                let names: Vec<&str> = columns.iter().map(|(_, path, _)| *path).collect();
                print(&output::csv(&names, &self.rows(&items, columns, false)))
            }
            Format::Table if items.is_empty() => print(&format!("{empty}\n")),
            Format::Table => print(&self.table(&items, columns)),
        }
    }

    /// Prints one record, member by member.
    pub(super) fn record(&self, record: &Value) -> Result<(), ClientError> {
        match self.format {
            Format::Json => self.json(record),
            Format::Csv => print(&output::csv(&["name", "value"], &self.members(record, false))),
            Format::Table => {
                let rows: Vec<Vec<String>> = self
                    .members(record, true)
                    .into_iter()
                    .filter(|row| row.get(1).is_some_and(|value| !value.is_empty()))
                    .collect();
                print(&output::table(&["name", "value"], &rows))
            }
        }
    }

    /// Prints sentences for people, the record itself for programs.
    pub(super) fn told(&self, record: &Value, text: &str) -> Result<(), ClientError> {
        match self.format {
            Format::Table => print(&format!("{text}\n")),
            Format::Json => self.json(record),
            Format::Csv => print(&output::csv(&["name", "value"], &self.members(record, false))),
        }
    }

    /// Says that something was done; programs get an empty object.
    pub(super) fn done(&self, text: &str) -> Result<(), ClientError> {
        match self.format {
            Format::Table => print(&format!("{text}\n")),
            Format::Json => print("{}\n"),
            Format::Csv => Ok(()),
        }
    }

    fn json(&self, value: &Value) -> Result<(), ClientError> {
        print(&output::json(value).map_err(|error| ClientError::Failed(error.to_string()))?)
    }

    fn rows(&self, items: &[Value], columns: &[Column], people: bool) -> Vec<Vec<String>> {
        let cell = |item: &Value, (_, path, kind): &Column| {
            let text = walk(item, path).map_or_else(String::new, cell);
            match kind {
                Kind::Time if people && !text.is_empty() => time::for_people(&text, self.now),
                Kind::Exact if people => time::exact(&text),
                Kind::State if people => state(&text),
                Kind::Word if people => word(&text),
                _ => text,
            }
        };
        items.iter().map(|item| columns.iter().map(|column| cell(item, column)).collect()).collect()
    }

    fn members(&self, record: &Value, people: bool) -> Vec<Vec<String>> {
        let mut rows = Vec::new();
        flatten("", record, &mut rows);
        // What says how many days are left says it by dates of the site; hours from now would say something else.
        let counted: Vec<String> =
            rows.iter().filter_map(|(name, _)| name.strip_suffix("days_left").map(str::to_owned)).collect();
        let is_counted = |name: &str| {
            let end = ["expires_at", "grace_ends_at"].into_iter().find_map(|end| name.strip_suffix(end));
            end.is_some_and(|prefix| counted.iter().any(|counted| counted == prefix))
        };
        rows.into_iter()
            .map(|(name, value)| {
                let value = match name.as_str() {
                    "install_status" if people => state(&value),
                    name if people && is_counted(name) => time::exact(&value),
                    _ if people && looks_like_time(&value) => time::for_people(&value, self.now),
                    _ => value,
                };
                vec![name, value]
            })
            .collect()
    }
}

/// An asset state for people: "6 In stock"; what is no state comes back as it is.
pub(super) fn state(code: &str) -> String {
    let label = code.parse().ok().and_then(InstallStatus::from_code).map(InstallStatus::label);
    label.map_or_else(|| code.to_owned(), |label| format!("{code} {label}"))
}

/// A word of the API for people: `not_compliant` is "Not compliant".
pub(super) fn word(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters.map(|letter| if letter == '_' { ' ' } else { letter })).collect()
}

/// So many of something: "1 product", "2 products".
pub(super) fn counted(count: u64, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

/// A table whose numbers end at the same place.
pub(super) fn aligned(headers: &[&str], mut rows: Vec<Vec<String>>, columns: &[Column]) -> String {
    let mut headers: Vec<String> = headers.iter().map(|header| (*header).to_owned()).collect();
    for (index, _) in columns.iter().enumerate().filter(|(_, (_, _, kind))| *kind == Kind::Number) {
        let cells = rows.iter().filter_map(|row| row.get(index)).chain(headers.get(index));
        let width = cells.map(|cell| cell.chars().count()).max().unwrap_or_default();
        for cell in rows.iter_mut().filter_map(|row| row.get_mut(index)).chain(headers.get_mut(index)) {
            *cell = format!("{cell:>width$}");
        }
    }
    let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
    let whole: Vec<bool> = columns.iter().map(is_whole).collect();
    output::table_with(&headers, &rows, &whole)
}

fn chosen<T>(items: impl Iterator<Item = T>, shown: &[bool]) -> Vec<T> {
    items.zip(shown).filter_map(|(item, shown)| shown.then_some(item)).collect()
}

fn walk<'a>(item: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(item, |value, name| value.get(name))
}

pub(super) fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(truth) => if *truth { "yes" } else { "no" }.to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(", "),
        Value::Object(members) => match (members.get("display"), members.get("id"), members.get("application")) {
            (Some(display), _, _) if !display.is_null() => cell(display),
            (_, Some(id), _) => cell(id),
            (_, _, Some(application)) => seats(members).map_or_else(|| cell(application), |seats| cell(application) + &seats),
            _ => corrected(value).or_else(|| amounts(value)).unwrap_or_else(|| value.to_string()),
        },
    }
}

/// The seats that a licence key grants an application; none where it is something else.
fn seats(members: &serde_json::Map<String, Value>) -> Option<String> {
    let of = |seats: &Value| seats.as_u64().map_or_else(|| "unlimited".to_owned(), |seats| seats.to_string());
    Some(format!(": {} named, {} floating", of(members.get("named")?), of(members.get("floating")?)))
}

/// A fact that was corrected, such as `sockets 4, reported as 2 (two are off)`; none where it is something else.
fn corrected(value: &Value) -> Option<String> {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    let reason = text("reason").map(|reason| format!(" ({reason})")).unwrap_or_default();
    Some(format!("{} {}, reported as {}{reason}", text("field")?, text("entered")?, text("reported")?))
}

/// Amounts by currency in its smallest unit, such as `10.50 EUR, 3.00 USD`; none where it is something else. Prices of one right, which
/// have more places, are exact in JSON and CSV.
pub(super) fn amounts(value: &Value) -> Option<String> {
    let one = |(currency, amount): (&String, &Value)| {
        let amount = amount.as_str()?.parse::<muster_domain::decimal::Decimal>().ok()?;
        Some(format!("{} {currency}", written(amount, currency)).trim_end().to_owned())
    };
    value.as_object()?.iter().map(one).collect::<Option<Vec<_>>>().map(|parts| parts.join(", "))
}

fn flatten(prefix: &str, value: &Value, rows: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) if !members.contains_key("display") => {
            for (name, value) in members {
                let name = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
                flatten(&name, value, rows);
            }
        }
        other => rows.push((prefix.to_owned(), cell(other))),
    }
}

fn looks_like_time(text: &str) -> bool {
    text.len() >= 20 && text.as_bytes().get(10) == Some(&b'T') && DateTime::parse_from_rfc3339(text).is_ok()
}

/// Writes to standard output.
pub(super) fn print(text: &str) -> Result<(), ClientError> {
    output::print(text).map_err(|error| ClientError::Local { what: "standard output".to_owned(), error })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn cells_and_members_read_well() {
        let item = json!({"a": {"id": "1", "display": "Computer"}, "b": {"c": true}, "d": null, "e": ["x", "y"]});
        for (path, expected) in [("a", "Computer"), ("b.c", "yes"), ("d", ""), ("e", "x, y")] {
            assert_eq!(walk(&item, path).map(cell).unwrap(), expected);
        }
        let granted = json!([{"application": "CAD", "named": null, "floating": 3}, {"application": "CAM"}]);
        assert_eq!(cell(&granted), "CAD: unlimited named, 3 floating, CAM");
        let mut rows = Vec::new();
        flatten("", &item, &mut rows);
        let names: Vec<&str> = rows.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["a", "b.c", "d", "e"]);
    }

    #[test]
    fn words_and_counts_read_well() {
        for (given, shown) in [("not_compliant", "Not compliant"), ("done", "Done"), ("", ""), ("Own", "Own")] {
            assert_eq!(word(given), shown);
        }
        assert_eq!([0, 1, 2].map(|count| counted(count, "product")), ["0 products", "1 product", "2 products"]);
        let item = json!({"status": "not_compliant"});
        let printer = Printer::new(Some(Format::Csv), DateTime::UNIX_EPOCH);
        let columns = [("STATUS", "status", Kind::Word)];
        assert_eq!(printer.rows(std::slice::from_ref(&item), &columns, true), [["Not compliant"]]);
        assert_eq!(printer.rows(std::slice::from_ref(&item), &columns, false), [["not_compliant"]]);
    }

    #[test]
    fn states_have_their_label_for_people_only() {
        for (code, shown) in [("6", "6 In stock"), ("1", "1 In use"), ("99", "99"), ("", "")] {
            assert_eq!(state(code), shown);
        }
        let item = json!({"install_status": 7});
        let printer = Printer::new(Some(Format::Csv), DateTime::UNIX_EPOCH);
        let columns = [("STATE", "install_status", Kind::State)];
        assert_eq!(printer.rows(std::slice::from_ref(&item), &columns, true), [["7 Retired"]]);
        assert_eq!(printer.rows(std::slice::from_ref(&item), &columns, false), [["7"]]);
        assert_eq!(printer.members(&item, true), [["install_status", "7 Retired"]]);
    }

    #[test]
    fn an_end_whose_days_are_counted_is_not_counted_otherwise() {
        let now = "2026-11-22T20:00:00Z".parse().unwrap();
        let printer = Printer::new(Some(Format::Table), now);
        let rows = |record: Value| printer.members(&record, true).into_iter().map(|mut row| row.remove(1)).collect::<Vec<_>>();
        let end = "2026-12-24T12:00:00Z";
        assert_eq!(rows(json!({"days_left": 32, "expires_at": end})), ["32", "2026-12-24 12:00 UTC"]);
        assert_eq!(rows(json!({"license": {"days_left": 32, "expires_at": end}})), ["32", "2026-12-24 12:00 UTC"]);
        assert_eq!(rows(json!({"expires_at": end})), ["in 31 d (2026-12-24 12:00 UTC)"]);
    }

    #[test]
    fn numbers_end_at_the_same_place() {
        let columns: [Column; 2] = [("NAME", "name", Kind::Text), ("USED", "used", Kind::Number)];
        let rows = vec![vec!["a".to_owned(), "7".to_owned()], vec!["b".to_owned(), "12345".to_owned()]];
        let table = aligned(&["NAME", "USED"], rows, &columns);
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines, ["NAME   USED", "----  -----", "a         7", "b     12345"]);
    }
}
