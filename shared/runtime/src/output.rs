//! What commands print: tables for people, JSON and CSV for programs.
//!
//! Comes in: headers and rows of text that may come from anybody on the network. Goes out: text that cannot steer the
//! terminal or the spreadsheet it ends in. It does not know what the columns mean.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write as _};

/// The space between two columns of a table.
const GAP: usize = 2;
/// Columns are not made narrower than this, even if the table does not fit then.
const NARROWEST: usize = 8;
/// A last column of sentences is made this narrow before any other is cut: it goes on in the next line.
const SENTENCES: usize = 24;

/// How a reading command prints its answer (`--output`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, clap::ValueEnum)]
pub enum Format {
    /// Aligned columns for people.
    Table,
    /// JSON, with every field.
    Json,
    /// CSV for spreadsheets.
    Csv,
}

/// What the user asked for; otherwise a table on a terminal and JSON anywhere else (contract 1).
#[must_use]
pub fn choose(flag: Option<Format>) -> Format {
    default_format(flag, io::stdout().is_terminal())
}

/// A table with a line under its headers, as wide as its content; on a terminal long cells are cut so that it fits, and those of
/// the last column go on below at a space. Rows that are too short are filled with empty cells.
#[must_use]
pub fn table(headers: &[&str], rows: &[Vec<String>]) -> String {
    render(headers, rows, &[], terminal_width())
}

/// As [`table`], but columns marked in `whole`, such as those of ids, are never cut.
#[must_use]
pub fn table_with(headers: &[&str], rows: &[Vec<String>], whole: &[bool]) -> String {
    render(headers, rows, whole, terminal_width())
}

/// How many characters a line of the terminal has; `None` where standard output is none.
#[must_use]
pub fn terminal_width() -> Option<usize> {
    let stdout = io::stdout();
    if !stdout.is_terminal() {
        return None;
    }
    let size = rustix::termios::tcgetwinsize(&stdout).ok()?;
    (size.ws_col > 0).then_some(usize::from(size.ws_col))
}

/// Length of a line with columns of these widths.
#[must_use]
pub fn line_of(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1)
}

/// Whether [`table`] has room for every cell as it is.
#[must_use]
pub fn fits(headers: &[&str], rows: &[Vec<String>]) -> bool {
    let cells = rows.iter().map(|row| row.iter().map(|cell| printable(cell)).collect::<Vec<_>>());
    let lines = std::iter::once(headers.iter().map(|cell| printable(cell)).collect()).chain(cells);
    terminal_width().is_none_or(|width| line_of(&widths_of(lines)) <= width)
}

/// CSV as in RFC 4180 (comma, CRLF). A cell that a spreadsheet would take for a formula (one that begins with `=`, `+`,
/// `-`, `@`, tab or carriage return) gets a leading apostrophe.
#[must_use]
pub fn csv(headers: &[&str], rows: &[Vec<String>]) -> String {
    let mut text = String::new();
    csv_line(&mut text, headers.iter().copied());
    for row in rows {
        csv_line(&mut text, row.iter().map(String::as_str));
    }
    text
}

/// `value` as indented JSON that ends with a line end.
///
/// # Errors
/// When the value has no JSON form, e.g. a map whose keys are not text.
pub fn json<T: serde::Serialize + ?Sized>(value: &T) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    Ok(text)
}

/// Writes `text` to standard output. A reader that has gone away (`| head`) is no error.
///
/// # Errors
/// Those of standard output, e.g. a full disk.
pub fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// `text` with everything replaced by an escape that could steer a terminal or make a line look like another: control
/// characters, line separators and marks that turn the direction of writing.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_steering) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if is_steering(character) {
            escaped.extend(character.escape_default());
        } else {
            escaped.push(character);
        }
    }
    Cow::Owned(escaped)
}

/// See [`printable`].
pub(crate) fn is_steering(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{61c}')
        || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn default_format(flag: Option<Format>, terminal: bool) -> Format {
    flag.unwrap_or(if terminal { Format::Table } else { Format::Json })
}

fn render(headers: &[&str], rows: &[Vec<String>], whole: &[bool], width: Option<usize>) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0).max(headers.len());
    let header: Vec<Cow<'_, str>> = headers.iter().map(|cell| printable(cell)).collect();
    let body: Vec<Vec<Cow<'_, str>>> = rows.iter().map(|row| row.iter().map(|cell| printable(cell)).collect()).collect();

    let mut widths = widths_of(std::iter::once(header.clone()).chain(body.iter().cloned()));
    widths.resize(columns, 0);
    let sentences = widths.last().is_some_and(|width| *width > SENTENCES);
    if let Some(width) = width {
        narrow(&mut widths, width, sentences, whole);
    }

    let dashes: Vec<Cow<'_, str>> = widths.iter().map(|width| Cow::Owned("-".repeat(*width))).collect();
    let mut text = String::new();
    for row in [&header, &dashes].into_iter().chain(&body) {
        table_line(&mut text, row, &widths, sentences);
    }
    text
}

fn widths_of<'a>(lines: impl Iterator<Item = Vec<Cow<'a, str>>>) -> Vec<usize> {
    let mut widths = Vec::new();
    for line in lines {
        widths.resize(widths.len().max(line.len()), 0);
        for (width, cell) in widths.iter_mut().zip(&line) {
            *width = (*width).max(cell.chars().count());
        }
    }
    widths
}

/// Takes from the last column if it has sentences, then from the widest that may be cut, one character at a time, until the line
/// fits.
fn narrow(widths: &mut [usize], line: usize, sentences: bool, whole: &[bool]) {
    if sentences {
        let over = line_of(widths).saturating_sub(line);
        if let Some(last) = widths.last_mut() {
            *last = last.saturating_sub(over).max(SENTENCES.min(*last));
        }
    }
    while line_of(widths) > line {
        let kept = whole.iter().copied().chain(std::iter::repeat(false));
        match widths.iter_mut().zip(kept).filter_map(|(width, kept)| (!kept).then_some(width)).max() {
            Some(widest) if *widest > NARROWEST => *widest -= 1,
            _ => return,
        }
    }
}

fn table_line(text: &mut String, row: &[Cow<'_, str>], widths: &[usize], sentences: bool) {
    let (mut start, mut indent) = (text.len(), 0);
    for (place, (cell, &width)) in row.iter().zip(widths).enumerate() {
        let parts = if sentences && place + 1 == widths.len() { folded(cell, width) } else { vec![cell.as_ref()] };
        for (number, part) in parts.into_iter().enumerate() {
            if number > 0 {
                end_line(text, start);
                start = text.len();
                let _ = write!(text, "{:indent$}", "");
            }
            if part.chars().count() <= width {
                let _ = write!(text, "{part:width$}");
            } else {
                text.extend(part.chars().take(width.saturating_sub(1)));
                text.push('…');
            }
        }
        text.push_str("  ");
        indent += width + GAP;
    }
    end_line(text, start);
}

/// Ends the line that begins at `start`, without space before its end.
fn end_line(text: &mut String, start: usize) {
    let end = start + text.get(start..).unwrap_or_default().trim_end().len();
    text.truncate(end);
    text.push('\n');
}

/// A text as lines of at most this width, parted at spaces; a word that is longer stays whole.
fn folded(text: &str, width: usize) -> Vec<&str> {
    let (mut lines, mut rest) = (Vec::new(), text);
    while rest.chars().count() > width {
        let limit = rest.char_indices().nth(width).map_or(rest.len(), |(at, _)| at);
        let head = rest.get(..=limit).or_else(|| rest.get(..limit)).unwrap_or(rest);
        let Some(at) = head.rfind(' ').filter(|at| *at > 0).or_else(|| rest.find(' ')) else { break };
        let (line, more) = rest.split_at(at);
        lines.push(line.trim_end());
        rest = more.trim_start();
    }
    if !rest.is_empty() || lines.is_empty() {
        lines.push(rest);
    }
    lines
}

fn csv_line<'a>(text: &mut String, cells: impl Iterator<Item = &'a str>) {
    let mut separator = "";
    let mut written = 0;
    for cell in cells {
        text.push_str(separator);
        separator = ",";
        let start = text.len();
        csv_cell(text, cell);
        written += text.len() - start;
    }
    if written == 0 && separator == "," && !text.ends_with(',') {
        // A line with a single empty cell would be an empty line, which readers pass over.
        text.push_str("\"\"");
    }
    text.push_str("\r\n");
}

/// What makes a spreadsheet take a cell for a formula when it comes first; the wide forms do so in some languages.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];
/// What may be dropped from a cell's beginning before it is looked at.
const PASSED_BY: [char; 4] = ['\'', '\u{feff}', '\u{200b}', '\u{2060}'];

fn csv_cell(text: &mut String, cell: &str) {
    // An apostrophe before a formula is one of the text's own only if there is another one before it.
    let formula = cell.trim_start_matches(PASSED_BY).starts_with(FORMULA);
    let quoted = cell.contains([',', '"', '\r', '\n']);
    let (quote, mark) = (if quoted { "\"" } else { "" }, if formula { "'" } else { "" });
    let _ = write!(text, "{quote}{mark}{}{quote}", cell.replace('"', "\"\""));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[&[&str]]) -> Vec<Vec<String>> {
        rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect()
    }

    #[test]
    fn format_follows_the_flag_and_then_the_terminal() {
        assert_eq!(default_format(Some(Format::Csv), true), Format::Csv);
        assert_eq!(default_format(Some(Format::Table), false), Format::Table);
        assert_eq!(default_format(None, true), Format::Table);
        assert_eq!(default_format(None, false), Format::Json);
    }

    #[test]
    fn tables_are_aligned_by_characters() {
        let check = |headers: &[&str], body: &[&[&str]], width: Option<usize>, expected: &str| {
            assert_eq!(render(headers, &rows(body), &[], width), expected);
        };
        check(
            &["HOST", "STATE"],
            &[&["ws-17", "in use"], &["größte-maschine", "x"], &["", ""]],
            None,
            "HOST             STATE\n\
             ---------------  ------\n\
             ws-17            in use\n\
             größte-maschine  x\n\n",
        );
        check(&["A"], &[], None, "A\n-\n");
        check(&[], &[], None, "\n\n");
        check(&["A", "B"], &[&["1"], &["1", "2", "3"]], None, "A  B\n-  -  -\n1\n1  2  3\n");
    }

    #[test]
    fn tables_fit_the_terminal_where_they_can() {
        let check = |width: usize, expected: &str| {
            let body = rows(&[&["ws-17", "a very long description of it"]]);
            assert_eq!(render(&["HOST", "TEXT"], &body, &[], Some(width)), expected);
        };
        check(80, "HOST   TEXT\n-----  -----------------------------\nws-17  a very long description of it\n");
        check(36, "HOST   TEXT\n-----  -----------------------------\nws-17  a very long description of it\n");
        check(20, "HOST   TEXT\n-----  -------------\nws-17  a very long\n       description\n       of it\n");
        check(3, "HOST   TEXT\n-----  --------\nws-17  a very\n       long\n       descrip…\n       of it\n");
    }

    #[test]
    fn sentences_make_room_for_names() {
        let body = rows(&[
            &["query_relative_days", "what a condition about days does"],
            &["größe", ""],
            &["word", "überlangeswortohnelücke x"],
        ]);
        assert_eq!(
            render(&["NAME", "WHAT IT DOES"], &body, &[], Some(30)),
            "NAME      WHAT IT DOES\n--------------------\n"
                .replace("--------------------", &format!("{}  {}", "-".repeat(14), "-".repeat(14)))
                .replace("NAME      WHAT", "NAME            WHAT")
                + "query_relativ…  what a\n                condition\n                about days\n                does\n\
                   größe\n\
                   word            überlangeswor…\n                x\n"
        );
        let ids = rows(&[&["0123456789abcdef", "0123456789abcdefgh", "x"]]);
        assert_eq!(
            render(&["ID", "NAME", "N"], &ids, &[true], Some(30)).lines().last(),
            Some("0123456789abcdef  01234567…  x"),
            "what must stay whole stays whole"
        );
        assert_eq!(folded("", 3), [""]);
        assert_eq!(folded("ä ö ü", 3), ["ä ö", "ü"]);
        assert_eq!(folded("  ab", 2), ["", "ab"]);
    }

    #[test]
    fn nothing_in_a_cell_steers_the_terminal() {
        let check = |cell: &str, expected: &str| assert_eq!(printable(cell), expected);
        check("plain, größer, 日本", "plain, größer, 日本");
        check("a\u{1b}[2Jb", "a\\u{1b}[2Jb");
        check("a\nb\r\tc", "a\\nb\\r\\tc");
        check("\u{7}\u{7f}\u{9b}", "\\u{7}\\u{7f}\\u{9b}");
        check("abc\u{202e}def\u{2066}\u{2028}", "abc\\u{202e}def\\u{2066}\\u{2028}");
        let text = table(&["A\u{1b}"], &rows(&[&["\u{1b}]0;title\u{7}"], &["two\nlines"]]));
        assert_eq!(text.lines().count(), 4);
        assert!(!text.contains(|character: char| character.is_control() && character != '\n'), "{text:?}");
    }

    #[test]
    fn csv_follows_the_standard_and_disarms_formulas() {
        let check = |cell: &str, expected: &str| {
            assert_eq!(csv(&["A", "B"], &rows(&[&[cell, "x"]])), format!("A,B\r\n{expected},x\r\n"), "{cell:?}");
        };
        check("plain", "plain");
        check("", "");
        check("a,b", "\"a,b\"");
        check("say \"hi\"", "\"say \"\"hi\"\"\"");
        check("two\r\nlines", "\"two\r\nlines\"");
        check("=1+1", "'=1+1");
        check("+49", "'+49");
        check("-5", "'-5");
        check("@SUM(A1)", "'@SUM(A1)");
        check("\t=1", "'\t=1");
        check("\r=1", "\"'\r=1\"");
        check("\n=1", "\"'\n=1\"");
        for first in
            ["\u{ff1d}", "\u{ff0b}", "\u{ff0d}", "\u{ff20}", "\u{feff}=", "\u{200b}+", "\u{2060}\u{feff}-", "\u{feff}'@", "'="]
        {
            check(&format!("{first}1"), &format!("'{first}1"));
        }
        check("\u{feff}a", "\u{feff}a");
        check("=HYPERLINK(\"x\",\"y\")", "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\"");
        check("a=b", "a=b");
        check("größer", "größer");
        assert_eq!(csv(&["A"], &rows(&[&[""], &["x"]])), "A\r\n\"\"\r\nx\r\n");
        assert_eq!(csv(&["=A", "B,C"], &[]), "'=A,\"B,C\"\r\n");
        assert_eq!(csv(&["A", "B"], &rows(&[&["", ""]])), "A,B\r\n,\r\n");
    }

    #[test]
    fn json_is_indented_and_ends_its_line() {
        assert_eq!(json(&serde_json::json!({"a": [1]})).unwrap(), "{\n  \"a\": [\n    1\n  ]\n}\n");
        assert!(json(&std::collections::BTreeMap::from([(vec![1], 2)])).is_err());
    }
}
