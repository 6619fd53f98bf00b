//! Which columns of a table a narrow terminal has room for.
//!
//! In: columns and their cells. Out: the columns to show and the names of those left out, which whoever prints the table must
//! tell: nothing disappears silently. Ids are never cut, because nobody can type half of one.

use super::show::{Column, Kind};
use muster_runtime::output;

/// A text column stays at least this wide, or as wide as its text.
const TEXT: usize = 14;

/// What of a table is shown.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fit {
    /// For every column, whether it is shown.
    pub(super) shown: Vec<bool>,
    /// Headers of columns that have something to show and no room.
    pub(super) left_out: Vec<&'static str>,
}

/// Whether a column's cells must not be cut.
pub(super) fn is_whole((header, path, kind): &Column) -> bool {
    !matches!(kind, Kind::Text | Kind::Word)
        || *header == "ID"
        || header.ends_with(" ID")
        || *path == "id"
        || path.ends_with("_id")
        || path.ends_with(".id")
}

/// What a line of this many characters has room for. Columns without a single cell go first, then those at the right; the first
/// one always stays.
pub(super) fn fitting(columns: &[Column], rows: &[Vec<String>], width: usize) -> Fit {
    let cells = |place: usize| rows.iter().filter_map(move |row| row.get(place)).map(|cell| cell.chars().count());
    let widest = |place: usize| cells(place).max().unwrap_or_default();
    let needed = |(place, column): (usize, &Column)| {
        let widest = widest(place);
        (if is_whole(column) { widest } else { widest.min(TEXT) }).max(column.0.chars().count())
    };
    let needed: Vec<usize> = columns.iter().enumerate().map(needed).collect();
    let mut shown = vec![true; columns.len()];
    let room = |shown: &[bool]| {
        let widths: Vec<usize> = needed.iter().zip(shown).filter_map(|(width, shown)| shown.then_some(*width)).collect();
        output::line_of(&widths) <= width
    };
    if !room(&shown) {
        for (place, shown) in shown.iter_mut().enumerate().skip(1) {
            *shown = widest(place) > 0;
        }
    }
    let mut left_out = Vec::new();
    while !room(&shown) {
        let Some(place) = shown.iter().rposition(|shown| *shown).filter(|place| *place > 0) else { break };
        left_out.extend(columns.get(place).map(|(header, ..)| *header));
        shown.iter_mut().skip(place).for_each(|shown| *shown = false);
    }
    left_out.reverse();
    Fit { shown, left_out }
}

/// A sentence on lines of at most this many characters, each that far indented; on one line where there is no width. A longer word
/// has a line of its own.
pub(super) fn wrapped(text: &str, width: Option<usize>, indent: usize) -> String {
    let margin = " ".repeat(indent);
    let room = width.map_or(usize::MAX, |width| width.saturating_sub(indent).max(1));
    let (mut all, mut line) = (String::new(), 0);
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if line > 0 && length.saturating_add(line).saturating_add(1) <= room {
            all.push(' ');
            line += length + 1;
        } else {
            if line > 0 {
                all.push('\n');
            }
            all.push_str(&margin);
            line = length;
        }
        all.push_str(word);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_broken_between_words() {
        for (width, indent, expected) in [
            (None, 2, "  one two three"),
            (Some(9), 2, "  one two\n  three"),
            (Some(8), 2, "  one\n  two\n  three"),
            (Some(1), 0, "one\ntwo\nthree"),
        ] {
            assert_eq!(wrapped("one  two three", width, indent), expected, "{width:?}");
        }
        assert_eq!(wrapped("", Some(80), 2), "");
    }

    #[test]
    fn columns_go_from_the_right_and_are_named() {
        let columns: [Column; 5] = [
            ("ID", "id", Kind::Text),
            ("NAME", "name", Kind::Text),
            ("NOTHING", "nothing", Kind::Text),
            ("USED", "used", Kind::Number),
            ("BY", "by", Kind::Text),
        ];
        let row = ["0123456789abcdef0123", "a name of many characters", "", "12345", "somebody"];
        let rows = [row.map(str::to_owned).to_vec()];
        let check = |width: usize, shown: [bool; 5], left_out: &[&str]| {
            let fit = fitting(&columns, &rows, width);
            assert_eq!((fit.shown.as_slice(), fit.left_out.as_slice()), (&shown[..], left_out), "{width}");
        };
        check(62, [true; 5], &[]);
        check(61, [true, true, false, true, true], &[]);
        check(52, [true, true, false, true, false], &["BY"]);
        check(42, [true, true, false, false, false], &["USED", "BY"]);
        check(3, [true, false, false, false, false], &["NAME", "USED", "BY"]);
    }
}
