//! What a file is that is no CSV, by its first bytes.

use super::error::SheetError;

/// First bytes, what the file is, and what to do.
const MARKS: [(&[u8], &str, &str); 8] = [
    (b"PK\x03\x04", "a workbook (XLSX, ODS) or another ZIP archive", AS_CSV),
    (b"\xd0\xcf\x11\xe0", "a workbook of an old Excel (XLS)", AS_CSV),
    (b"\x1f\x8b", "packed with gzip", "unpack it and import what is in it"),
    (b"\x28\xb5\x2f\xfd", "packed with zstd", "unpack it and import what is in it"),
    (b"%PDF", "a PDF document", AS_CSV),
    (b"{", "JSON", AS_CSV),
    (b"[", "JSON", AS_CSV),
    (b"<", "a web page or XML", "it may be the answer of a login page or an error; fetch or save it as \"CSV UTF-8\""),
];
const AS_CSV: &str = "open it in a spreadsheet, save it as \"CSV UTF-8\" and import that";

/// Refuses a file that begins like something else than text in lines.
pub(super) fn check(start: &[u8]) -> Result<(), SheetError> {
    if start.starts_with(b"\xff\xfe") || start.starts_with(b"\xfe\xff") {
        return Err(SheetError::Wide);
    }
    let text = start.trim_ascii_start();
    if let Some((_, what, hint)) = MARKS.iter().find(|(mark, _, _)| text.starts_with(mark)) {
        return Err(SheetError::NotCsv { what, hint });
    }
    let zeros = |first: usize| start.iter().skip(first).step_by(2).take(32).filter(|byte| **byte == 0).count();
    match (zeros(0), zeros(1)) {
        (0, 0) if !start.contains(&0) => Ok(()),
        // Western text in UTF-16 without its mark: every other byte is zero.
        (even, odd) if (even == 0) != (odd == 0) && even + odd >= start.len().div_ceil(2).min(32) / 2 => Err(SheetError::Wide),
        _ => Err(SheetError::NotCsv { what: "binary", hint: AS_CSV }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_csv_is_told_by_its_first_bytes() {
        let check = |start: &[u8], expected: Option<&str>| match (check(start), expected) {
            (Ok(()), None) => {}
            (Err(error), Some(part)) => assert!(error.to_string().contains(part), "{error}"),
            (found, _) => panic!("{start:?}: {found:?}"),
        };
        check(b"number,state\nC1,Active\n", None);
        check(b"", None);
        check("näme;größe\n".as_bytes(), None);
        check(b"n\xe4me;gr\xf6\xdfe\n", None);
        check(b"PK\x03\x04\x14\x00\x06\x00", Some("XLSX"));
        check(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Some("XLS"));
        check(b"\x1f\x8b\x08\x00", Some("gzip"));
        check(b"%PDF-1.7", Some("PDF"));
        check(b"\n <!DOCTYPE html><html>", Some("web page"));
        check(b"<?xml version=\"1.0\"?>", Some("XML"));
        check(b"{\"items\":[]}", Some("JSON"));
        check(b"\xff\xfen\0u\0", Some("UTF-16"));
        check(b"n\0u\0m\0b\0e\0r\0,\0a\0\n\0", Some("UTF-16"));
        check(b"\0n\0u\0m\0b\0e\0r\0,\0a\0\n", Some("UTF-16"));
        check(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0>\0", Some("binary"));
    }
}
