//! A CSV file as lines with their numbers.
//!
//! In: the bytes of a file as spreadsheets write it: with or without a byte order mark, any line end, cells parted by comma,
//! semicolon or tab. Out: the header's columns, then one line after the other; a line that cannot be read says why and
//! does not take the ones after it along. It knows nothing of assets but the names of their columns.

use muster_domain::asset::sheet::Column;
use std::{fmt::Write as _, sync::Arc};

/// Longest line, in bytes: a comment of 4,000 characters and everything else many times over.
const LONGEST: usize = 64 * 1024;
/// The mark that some programs put before UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Why a file is refused as a whole. Nothing of it was looked at further.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SheetError {
    /// There is no header.
    #[error("the file is empty; its first line must name the columns, such as asset_tag,serial_number,model_category")]
    Empty,
    /// It is UTF-16.
    #[error("the file is UTF-16 text; save it as UTF-8 (\"CSV UTF-8\")")]
    Wide,
    /// The header cannot be read.
    #[error("the first line, which names the columns, cannot be read: {0}")]
    Header(String),
    /// A column that is not known.
    #[error(
        "there is no asset field {name:?} (column {number}); nothing was imported. Known columns are the names of asset fields and their labels: muster-collector asset import --help"
    )]
    UnknownColumn {
        /// Its header.
        name: String,
        /// Its place, from 1.
        number: usize,
    },
    /// Two columns of one field.
    #[error("the columns {first} and {second} are both {name:?}; nothing was imported")]
    Twice {
        /// The field.
        name: String,
        /// Its first place, from 1.
        first: usize,
        /// Its second one.
        second: usize,
    },
}

/// A line of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number in the file, from 1 for the header; for a cell of several lines, that of the first.
    pub number: u64,
    /// Its cells as they stand there.
    pub cells: Vec<String>,
    /// Why it cannot be read.
    pub problem: Option<String>,
}

/// A file that is read line by line.
#[derive(Debug)]
pub struct Sheet {
    bytes: Arc<Vec<u8>>,
    at: usize,
    next_number: u64,
    delimiter: u8,
    header: Vec<String>,
    columns: Vec<Column>,
}

impl Sheet {
    /// Reads the header.
    ///
    /// # Errors
    /// Why the file is refused as a whole.
    pub fn open(bytes: Vec<u8>) -> Result<Self, SheetError> {
        if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
            return Err(SheetError::Wide);
        }
        let at = if bytes.starts_with(MARK) { MARK.len() } else { 0 };
        let delimiter = delimiter_of(bytes.get(at..).unwrap_or_default());
        let mut sheet = Self { bytes: Arc::new(bytes), at, next_number: 1, delimiter, header: Vec::new(), columns: Vec::new() };
        let header = sheet.next().ok_or(SheetError::Empty)?;
        if let Some(problem) = header.problem {
            return Err(SheetError::Header(problem));
        }
        for (place, name) in header.cells.iter().enumerate() {
            let number = place + 1;
            let column = Column::of(name).ok_or_else(|| SheetError::UnknownColumn { name: shorten(name), number })?;
            let earlier = sheet.columns.iter().position(|known| *known == column && matches!(column, Column::Field(_)));
            if let Some(first) = earlier {
                return Err(SheetError::Twice { name: shorten(name), first: first + 1, second: number });
            }
            sheet.columns.push(column);
        }
        sheet.header = header.cells;
        Ok(sheet)
    }

    /// What the columns hold, in the order of the file.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The cells of the header.
    #[must_use]
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// What parts the cells.
    #[must_use]
    pub const fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// How many bytes were read, and how many there are.
    #[must_use]
    pub fn progress(&self) -> (usize, usize) {
        (self.at, self.bytes.len())
    }

    /// Where the line that begins at `start` ends, where the next begins, how many line ends it has, and whether its quotes close.
    fn extent(&self, start: usize) -> Extent {
        let rest = self.bytes.get(start..).unwrap_or_default();
        let (mut quoted, mut cell_begins, mut ends) = (false, true, 0_u64);
        let mut first_line = None;
        let mut bytes = rest.iter().copied().enumerate().peekable();
        while let Some((place, byte)) = bytes.next() {
            let following = bytes.peek().map(|(_, byte)| *byte);
            if byte == b'\n' || (byte == b'\r' && following != Some(b'\n')) {
                ends += 1;
                first_line.get_or_insert(place);
                if !quoted {
                    return Extent { end: start + place, next: start + place + 1, ends, closed: true };
                }
                if place > LONGEST {
                    break;
                }
            } else if byte == b'"' && quoted {
                if following == Some(b'"') {
                    bytes.next();
                } else {
                    quoted = false;
                }
            } else if byte == b'"' && cell_begins {
                quoted = true;
            }
            cell_begins = !quoted && byte == self.delimiter;
        }
        if quoted {
            // The quote was meant to be closed on its own line: the lines after it are lines of their own.
            let end = start + first_line.unwrap_or(rest.len());
            return Extent { end, next: (end + 1).min(self.bytes.len()), ends: 1, closed: false };
        }
        Extent { end: self.bytes.len(), next: self.bytes.len(), ends, closed: true }
    }

    fn read(&self, start: usize, extent: &Extent) -> (Vec<String>, Option<String>) {
        let bytes = self.bytes.get(start..extent.end).unwrap_or_default();
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        let mut record = csv::ByteRecord::new();
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(self.delimiter)
            .buffer_capacity(bytes.len().clamp(64, LONGEST))
            .from_reader(bytes);
        let read = reader.read_byte_record(&mut record);
        let mut problem = String::new();
        if let Err(error) = read {
            problem = error.to_string();
        }
        let mut cells = Vec::with_capacity(record.len());
        for (place, cell) in record.iter().enumerate() {
            if std::str::from_utf8(cell).is_err() && problem.is_empty() {
                let name = self.header.get(place).map_or("?", String::as_str);
                let _ = write!(problem, "column {} ({name}) is not UTF-8 text", place + 1);
            }
            cells.push(String::from_utf8_lossy(cell).into_owned());
        }
        if !extent.closed {
            "a quote is opened and not closed on this line".clone_into(&mut problem);
        } else if bytes.len() > LONGEST {
            problem = format!("the line is longer than {LONGEST} bytes");
            cells.clear();
        } else if problem.is_empty() && !self.columns.is_empty() && cells.len() != self.columns.len() {
            problem = format!("it has {} cells, the header has {}", cells.len(), self.columns.len());
        }
        (cells, Some(problem).filter(|problem| !problem.is_empty()))
    }
}

impl Iterator for Sheet {
    type Item = Line;

    /// The next line that is not blank.
    fn next(&mut self) -> Option<Line> {
        while self.at < self.bytes.len() {
            let (start, number) = (self.at, self.next_number);
            let extent = self.extent(start);
            (self.at, self.next_number) = (extent.next, number + extent.ends);
            let (cells, problem) = self.read(start, &extent);
            // A line too long to be shown is a line all the same.
            if cells.iter().any(|cell| !cell.trim().is_empty()) || extent.end - start > LONGEST {
                return Some(Line { number, cells, problem });
            }
        }
        None
    }
}

struct Extent {
    end: usize,
    next: usize,
    ends: u64,
    closed: bool,
}

/// What parts the cells of the header: the one of comma, semicolon and tab that it has most of outside quotes.
fn delimiter_of(bytes: &[u8]) -> u8 {
    let (mut quoted, mut counts) = (false, [0_usize; 3]);
    let begin = bytes.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(bytes.len());
    for byte in bytes.get(begin..).unwrap_or_default() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            b',' if !quoted => counts[0] += 1,
            b';' if !quoted => counts[1] += 1,
            b'\t' if !quoted => counts[2] += 1,
            _ => {}
        }
    }
    match counts {
        [comma, semicolon, tab] if semicolon > comma && semicolon >= tab => b';',
        [comma, _, tab] if tab > comma => b'\t',
        _ => b',',
    }
}

fn shorten(text: &str) -> String {
    text.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Expected<'a> = (u64, &'a [&'a str], Option<&'a str>);

    fn check(text: &[u8], expected: &[Expected<'_>]) {
        let lines: Vec<Line> = Sheet::open(text.to_vec()).unwrap().collect();
        assert_eq!(lines.len(), expected.len(), "{lines:?}");
        for (line, (number, cells, problem)) in lines.iter().zip(expected) {
            assert_eq!(
                (line.number, line.cells.as_slice()),
                (*number, &cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>()[..])
            );
            match problem {
                None => assert_eq!(line.problem, None),
                Some(part) => assert!(line.problem.as_deref().is_some_and(|text| text.contains(part)), "{line:?}"),
            }
        }
    }

    #[test]
    fn lines_are_read_as_spreadsheets_write_them() {
        check(b"asset_tag,serial_number\nP1,S1\nP2,S2\n", &[(2, &["P1", "S1"], None), (3, &["P2", "S2"], None)]);
        check(b"\xef\xbb\xbfAsset tag;Serial number\r\nP1;S,1\r\n", &[(2, &["P1", "S,1"], None)]);
        check(b"asset_tag\tcomments\nP1\ta;b", &[(2, &["P1", "a;b"], None)]);
        check(b"asset_tag,comments\rP1,x\rP2,y\r", &[(2, &["P1", "x"], None), (3, &["P2", "y"], None)]);
        check(
            b"asset_tag,comments\nP1,\"one\r\ntwo, \"\"2\"\"\"\n\n;,\nP2,5\" disk\n",
            &[(2, &["P1", "one\r\ntwo, \"2\""], None), (5, &[";", ""], None), (6, &["P2", "5\" disk"], None)],
        );
        check(b"asset_tag,comments\n,\n \n", &[]);
        check(b"asset_tag\nP1\n", &[(2, &["P1"], None)]);
    }

    #[test]
    fn a_bad_line_takes_no_other_along() {
        check(
            b"asset_tag,comments\nP1,\"open\nP2,x\nP3\nP4,a,b\nP5,\xff\xfe\nP6,y\n",
            &[
                (2, &["P1", "open"], Some("not closed")),
                (3, &["P2", "x"], None),
                (4, &["P3"], Some("it has 1 cells, the header has 2")),
                (5, &["P4", "a", "b"], Some("it has 3 cells")),
                (6, &["P5", "\u{fffd}\u{fffd}"], Some("column 2 (comments) is not UTF-8")),
                (7, &["P6", "y"], None),
            ],
        );
        let long = format!("asset_tag,comments\nP1,{}\nP2,y\n", "x".repeat(LONGEST));
        check(long.as_bytes(), &[(2, &[], Some("longer than")), (3, &["P2", "y"], None)]);
        let open = format!("asset_tag,comments\nP1,\"{}", "x\nP2,y\n".repeat(20_000));
        assert_eq!(Sheet::open(open.into_bytes()).unwrap().count(), 20_001 + 19_999);
    }

    #[test]
    fn a_wrong_header_refuses_the_file() {
        let check = |text: &[u8], part: &str| {
            let error = Sheet::open(text.to_vec()).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        };
        check(b"", "empty");
        check(b"\n\n", "empty");
        check(b"asset_tag,colour\nP1,red\n", "no asset field \"colour\" (column 2)");
        check(b"asset_tag,Asset tag\n", "columns 1 and 2");
        check(b"asset_tag,,comments\n", "no asset field \"\" (column 2)");
        check(b"\xff\xfea\0", "UTF-16");
        check(b"asset_tag,\"open\n", "cannot be read");
    }
}
