//! A CSV file as lines with their numbers.
//!
//! In: the pieces of a file as spreadsheets write it: with or without a byte order mark, any line end, cells parted by comma,
//! semicolon or tab. Out: the header's columns, then one line after the other; a line that cannot be read says why and
//! does not take the ones after it along. What a column means is said by whoever opens the file.

use super::{
    error::SheetError,
    kind,
    window::{SIZE, Source, Window, drain},
};
use std::fmt::Write as _;

/// Longest line, in bytes: a comment of 4,000 characters and everything else many times over.
const LONGEST: usize = 64 * 1024;
/// The mark that some programs put before UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";
/// Most lines of one file: what is remembered of each line, to find one that is there twice, stays small.
const MOST: u64 = 1_000_000;
/// Bytes of lines that are handed out together.
const TOGETHER: usize = 4 * 1024 * 1024;

/// What a column means.
pub trait Column: Clone + PartialEq {
    /// Whether several columns may mean this.
    fn repeats(&self) -> bool;
}

/// A header that names no column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownColumn {
    /// What it should be, such as `asset field`.
    pub what: String,
    /// A sentence that says what is known.
    pub known: String,
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
pub struct Sheet<C> {
    window: Window,
    next_number: u64,
    delimiter: u8,
    header: Vec<String>,
    columns: Vec<C>,
    /// Whether the line after the header may explain the columns, as in a template.
    explained: bool,
    skipped: bool,
}

impl<C: Column> Sheet<C> {
    /// Reads the header. The rest of a file that is refused is taken and forgotten, so that whoever sends it can be answered.
    ///
    /// # Errors
    /// Why the file is refused as a whole.
    pub async fn open(source: Source, column: impl Fn(&str) -> Result<C, UnknownColumn>) -> Result<Self, SheetError> {
        let mut window = Window::over(source);
        match Self::begin(&mut window, column).await {
            Ok((delimiter, next_number, header, columns)) => {
                Ok(Self { window, next_number, delimiter, header, columns, explained: false, skipped: false })
            }
            Err(error) => {
                drain(window.source()).await;
                Err(error)
            }
        }
    }

    async fn begin(
        window: &mut Window,
        column: impl Fn(&str) -> Result<C, UnknownColumn>,
    ) -> Result<(u8, u64, Vec<String>, Vec<C>), SheetError> {
        window.fill().await?;
        kind::check(window.rest())?;
        if window.rest().starts_with(MARK) {
            window.take(MARK.len());
        }
        let delimiter = delimiter_of(window.rest());
        let mut next_number = 1;
        let header = next(window, &mut next_number, delimiter, &[]).await?.ok_or(SheetError::Empty)?;
        if let Some(problem) = header.problem {
            return Err(SheetError::Header(problem));
        }
        let mut columns: Vec<C> = Vec::with_capacity(header.cells.len());
        for (place, name) in header.cells.iter().enumerate() {
            let number = place + 1;
            let column = column(name).map_err(|UnknownColumn { what, known }| SheetError::UnknownColumn {
                what,
                name: shorten(name),
                number,
                known,
            })?;
            let earlier = columns.iter().position(|known| *known == column && !column.repeats());
            if let Some(first) = earlier {
                return Err(SheetError::Twice { name: shorten(name), first: first + 1, second: number });
            }
            columns.push(column);
        }
        Ok((delimiter, next_number, header.cells, columns))
    }

    /// The same, where the line after the header says what the columns hold if it begins with `#`: it is passed over.
    #[must_use]
    pub fn explained(self) -> Self {
        Self { explained: true, ..self }
    }

    /// What the columns hold, in the order of the file.
    #[must_use]
    pub fn columns(&self) -> &[C] {
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

    /// How many bytes were read.
    #[must_use]
    pub fn progress(&self) -> u64 {
        self.window.taken()
    }

    /// Whether a line was passed over because it explains the columns.
    #[must_use]
    pub const fn skipped(&self) -> bool {
        self.skipped
    }

    /// Takes what is left of a file that is refused after its header was read.
    pub async fn discard(mut self) {
        drain(self.window.source()).await;
    }

    /// The next line that is not blank.
    ///
    /// # Errors
    /// When the file breaks off, or has too many lines.
    pub async fn next(&mut self) -> Result<Option<Line>, SheetError> {
        let mut line = next(&mut self.window, &mut self.next_number, self.delimiter, &self.header).await?;
        if std::mem::take(&mut self.explained)
            && line.as_ref().is_some_and(|line| line.cells.first().is_some_and(|cell| cell.starts_with('#')))
        {
            self.skipped = true;
            line = next(&mut self.window, &mut self.next_number, self.delimiter, &self.header).await?;
        }
        if line.as_ref().is_some_and(|line| line.number > MOST + 1) {
            return Err(SheetError::TooLong(MOST));
        }
        Ok(line)
    }

    /// The next lines, at most `most`, and fewer of long ones; none at the end.
    ///
    /// # Errors
    /// As [`Sheet::next`]. The lines before the error are in `lines`.
    pub async fn portion(&mut self, most: usize, lines: &mut Vec<Line>) -> Result<(), SheetError> {
        let begin = self.progress();
        let long = u64::try_from(TOGETHER).unwrap_or(u64::MAX);
        while lines.len() < most && self.progress().saturating_sub(begin) < long {
            match self.next().await? {
                Some(line) => lines.push(line),
                None => break,
            }
        }
        Ok(())
    }
}

async fn next(window: &mut Window, next_number: &mut u64, delimiter: u8, header: &[String]) -> Result<Option<Line>, SheetError> {
    loop {
        window.fill().await?;
        if window.rest().is_empty() {
            return Ok(None);
        }
        let number = *next_number;
        let extent = extent(window.rest(), window.is_last(), delimiter);
        let line = match extent {
            Extent::Line { end, next, ends, closed } => {
                let bytes = window.rest().get(..end).unwrap_or_default();
                let (cells, problem) = read(bytes, closed, delimiter, header);
                window.take(next);
                *next_number += ends;
                // A line too long to be shown is a line all the same.
                let blank = end <= LONGEST && cells.iter().all(|cell| cell.trim().is_empty());
                (!blank).then_some(Line { number, cells, problem })
            }
            Extent::Endless => {
                skip_line(window).await?;
                *next_number += 1;
                Some(Line { number, cells: Vec::new(), problem: Some(too_long()) })
            }
        };
        if line.is_some() {
            return Ok(line);
        }
    }
}

/// Takes everything up to the next line end.
async fn skip_line(window: &mut Window) -> Result<(), SheetError> {
    loop {
        window.fill().await?;
        let rest = window.rest();
        match rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            Some(place) => {
                window.take(place);
                window.fill().await?;
                let both = window.rest().starts_with(b"\r\n");
                window.take(if both { 2 } else { 1 });
                return Ok(());
            }
            None if rest.is_empty() => return Ok(()),
            None => {
                let all = rest.len();
                window.take(all);
            }
        }
    }
}

enum Extent {
    /// Where it ends, where the next begins, how many line ends it has, and whether its quotes close.
    Line { end: usize, next: usize, ends: u64, closed: bool },
    /// Its end is further away than lines are long.
    Endless,
}

/// The extent of the line at the beginning of `rest`, which is [`SIZE`] bytes long or the end of the file.
fn extent(rest: &[u8], last: bool, delimiter: u8) -> Extent {
    let (mut quoted, mut cell_begins, mut ends) = (false, true, 0_u64);
    let mut first_line = None;
    let mut bytes = rest.iter().copied().enumerate().peekable();
    while let Some((place, byte)) = bytes.next() {
        let following = bytes.peek().map(|(_, byte)| *byte);
        if byte == b'\n' || (byte == b'\r' && following != Some(b'\n') && (last || following.is_some())) {
            ends += 1;
            first_line.get_or_insert(place);
            if !quoted {
                return Extent::Line { end: place, next: place + 1, ends, closed: true };
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
        cell_begins = !quoted && byte == delimiter;
    }
    match first_line {
        // The quote was meant to be closed on its own line: the lines after it are lines of their own.
        Some(end) if quoted => Extent::Line { end, next: end + 1, ends: 1, closed: false },
        _ if !last && rest.len() >= SIZE => Extent::Endless,
        _ => Extent::Line { end: rest.len(), next: rest.len(), ends: ends.max(u64::from(quoted)), closed: !quoted },
    }
}

fn read(bytes: &[u8], closed: bool, delimiter: u8, header: &[String]) -> (Vec<String>, Option<String>) {
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    let mut record = csv::ByteRecord::new();
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
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
            let name = header.get(place).map_or("?", String::as_str);
            let _ = write!(problem, "column {} ({name}) is not UTF-8 text; save the file as \"CSV UTF-8\"", place + 1);
        }
        cells.push(String::from_utf8_lossy(cell).into_owned());
    }
    if !closed {
        "a quote is opened and not closed on this line".clone_into(&mut problem);
    } else if bytes.len() > LONGEST {
        problem = too_long();
        cells.clear();
    } else if problem.is_empty() && !header.is_empty() && cells.len() != header.len() {
        problem = format!("it has {} cells, the header has {}", cells.len(), header.len());
    }
    (cells, Some(problem).filter(|problem| !problem.is_empty()))
}

fn too_long() -> String {
    format!("the line is longer than {LONGEST} bytes")
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
    use crate::sheet::window::whole;
    use futures_util::{FutureExt as _, StreamExt as _, stream};
    use proptest::prelude::*;

    type Expected<'a> = (u64, &'a [&'a str], Option<&'a str>);

    impl Column for String {
        fn repeats(&self) -> bool {
            self == "line"
        }
    }

    fn column(name: &str) -> Result<String, UnknownColumn> {
        let known = ["tag", "comments", "line"];
        let name = name.trim().to_lowercase();
        let unknown = UnknownColumn { what: "field".to_owned(), known: "Known are tag and comments.".to_owned() };
        known.contains(&name.as_str()).then_some(name).ok_or(unknown)
    }

    fn lines_of(source: Source) -> Result<Vec<Line>, SheetError> {
        let all = async {
            let (mut sheet, mut lines) = (Sheet::open(source, column).await?, Vec::new());
            while let Some(line) = sheet.next().await? {
                lines.push(line);
            }
            Ok(lines)
        };
        all.now_or_never().unwrap()
    }

    /// The same bytes in pieces of this size.
    fn pieces(bytes: &[u8], size: usize) -> Source {
        let pieces: Vec<_> = bytes.chunks(size).map(|piece| Ok(piece.to_vec())).collect();
        Box::pin(stream::iter(pieces))
    }

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
    }

    fn check(text: &[u8], expected: &[Expected<'_>]) {
        let (lines, again) = run(async { (lines_of(whole(text.to_vec())), lines_of(pieces(text, 7))) });
        let lines = lines.unwrap();
        assert_eq!(lines, again.unwrap(), "in pieces it is the same");
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
        check(b"tag,line\nP1,S1\nP2,S2\n", &[(2, &["P1", "S1"], None), (3, &["P2", "S2"], None)]);
        check(b"\xef\xbb\xbfTag;Comments\r\nP1;S,1\r\n", &[(2, &["P1", "S,1"], None)]);
        check(b"tag\tcomments\nP1\ta;b", &[(2, &["P1", "a;b"], None)]);
        check(b"tag,comments\rP1,x\rP2,y\r", &[(2, &["P1", "x"], None), (3, &["P2", "y"], None)]);
        check(
            b"tag,comments\nP1,\"one\r\ntwo, \"\"2\"\"\"\n\n;,\nP2,5\" disk\n",
            &[(2, &["P1", "one\r\ntwo, \"2\""], None), (5, &[";", ""], None), (6, &["P2", "5\" disk"], None)],
        );
        check(b"tag,comments\n,\n \n", &[]);
        check(b"tag\nP1\n", &[(2, &["P1"], None)]);
        check(b"tag;comments\nP1;\"EUR;200\"\n", &[(2, &["P1", "EUR;200"], None)]);
    }

    #[test]
    fn a_bad_line_takes_no_other_along() {
        check(
            b"tag,comments\nP1,\"open\nP2,x\nP3\nP4,a,b\nP5,\xff\xfe\nP6,y\n",
            &[
                (2, &["P1", "open"], Some("not closed")),
                (3, &["P2", "x"], None),
                (4, &["P3"], Some("it has 1 cells, the header has 2")),
                (5, &["P4", "a", "b"], Some("it has 3 cells")),
                (6, &["P5", "\u{fffd}\u{fffd}"], Some("column 2 (comments) is not UTF-8")),
                (7, &["P6", "y"], None),
            ],
        );
        check(b"tag,comments\nP1,\"open", &[(2, &["P1", "open"], Some("not closed"))]);
        for length in [LONGEST, SIZE - 4, SIZE, SIZE + 1, 5 * SIZE] {
            let long = format!("tag,comments\nP1,{}\r\nP2,y\r\n", "x".repeat(length));
            check(long.as_bytes(), &[(2, &[], Some("longer than")), (3, &["P2", "y"], None)]);
            let quoted = format!("tag,comments\nP1,\"{}\rP2,y\r", "x".repeat(length));
            let found = run(async { lines_of(whole(quoted.into_bytes())) }).unwrap();
            assert_eq!((found.len(), found[1].number), (2, 3), "{length}");
            assert!(found[0].problem.is_some() && found[1].cells == ["P2", "y"]);
        }
        let open = format!("tag,comments\nP1,\"{}", "x\nP2,y\n".repeat(20_000));
        assert_eq!(run(async { lines_of(whole(open.into_bytes())) }).unwrap().len(), 20_001 + 19_999);
    }

    #[test]
    fn a_wrong_header_refuses_the_file() {
        let check = |text: &[u8], part: &str| {
            let error = run(async { lines_of(whole(text.to_vec())) }).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        };
        check(b"", "empty");
        check(b"\n\n", "empty");
        check(b"tag,colour\nP1,red\n", "no field \"colour\" (column 2); nothing was imported. Known are tag");
        check(b"tag,Tag\n", "columns 1 and 2");
        check(b"tag,,comments\n", "no field \"\" (column 2)");
        check(b"t\xe4g,comments\n", "column 1 (?) is not UTF-8");
        check(b"\xff\xfea\0", "UTF-16");
        check(b"PK\x03\x04", "XLSX");
        check(b"tag,\"open\n", "cannot be read");
    }

    #[test]
    fn only_the_line_after_the_header_explains_it() {
        let read = |text: &str| {
            run(async {
                let mut sheet = Sheet::open(whole(text.as_bytes().to_vec()), column).await.unwrap().explained();
                let mut lines = Vec::new();
                sheet.portion(100, &mut lines).await.unwrap();
                (lines.into_iter().map(|line| line.number).collect::<Vec<_>>(), sheet.skipped())
            })
        };
        assert_eq!(read("tag,comments\n# text,text\nP1,x\n#2,x\n"), (vec![3, 4], true));
        assert_eq!(read("tag,comments\nP1,x\n#2,x\n"), (vec![2, 3], false));
    }

    #[test]
    fn a_file_that_breaks_off_or_has_no_end_says_so() {
        let cut: Source = Box::pin(stream::iter([Ok(b"tag,comments\nP1,x\nP2".to_vec()), Err("gone".to_owned())]));
        let error = run(async { lines_of(cut) }).unwrap_err();
        assert_eq!(error, SheetError::Cut { bytes: 20, reason: "gone".to_owned() });
        let endless = stream::once(async { Ok(b"tag,comments\n".to_vec()) }).chain(stream::repeat(Ok(b"P,x\n".repeat(1000))));
        let (lines, error) = run(async {
            let mut sheet = Sheet::open(Box::pin(endless), column).await.unwrap();
            let mut lines = 0_u64;
            loop {
                let mut portion = Vec::new();
                match sheet.portion(1000, &mut portion).await {
                    Ok(()) => lines += 1000,
                    Err(error) => return (lines, error),
                }
                assert!(sheet.window.rest().len() < 2 * SIZE);
            }
        });
        assert_eq!((lines, error), (MOST, SheetError::TooLong(MOST)));
    }

    proptest! {
        #[test]
        fn pieces_make_no_difference(text in "[a,;\"\n\r ]{0,60}", size in 1_usize..9) {
            let bytes = format!("tag,comments\n{text}").into_bytes();
            let (one, many) = run(async { (lines_of(whole(bytes.clone())), lines_of(pieces(&bytes, size))) });
            prop_assert_eq!(one, many);
        }
    }
}
