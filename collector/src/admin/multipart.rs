//! Forms with a file (`multipart/form-data`, RFC 7578), out of a body that is in memory.
//!
//! In: the content type and the bytes of a body. Out: its parts. It must not copy the file, and must not take what is not well-formed.

use crate::admin::problem::Failure;
use muster_wire::problem::Code;
use std::ops::Range;

/// Most parts of a form.
const PARTS: usize = 32;
/// Largest head of a part, in bytes.
const HEAD: usize = 2_048;

/// One control of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// The name of the file, if it is one; empty where none was chosen.
    pub file: Option<String>,
    /// Where its content is in the body.
    pub content: Range<usize>,
}

/// Whether a content type is that of such a form.
pub(super) fn is_form(content_type: &str) -> bool {
    content_type.to_ascii_lowercase().starts_with("multipart/form-data")
}

/// The parts of a body.
///
/// # Errors
/// When it is not well-formed.
pub fn parts(content_type: &str, body: &[u8]) -> Result<Vec<Part>, Failure> {
    read(content_type, body)
        .ok_or_else(|| Failure::new(Code::InvalidBody, "the form cannot be read; send it from its page again"))
}

fn read(content_type: &str, body: &[u8]) -> Option<Vec<Part>> {
    let boundary = boundary(content_type)?;
    let first = format!("--{boundary}");
    let between = format!("\r\n--{boundary}");
    let mut at = if body.starts_with(first.as_bytes()) { first.len() } else { return None };
    let mut parts = Vec::new();
    loop {
        let rest = body.get(at..)?;
        if rest.starts_with(b"--") {
            return Some(parts);
        }
        if !rest.starts_with(b"\r\n") || parts.len() == PARTS {
            return None;
        }
        let head = at + 2;
        let window = body.get(head..body.len().min(head + HEAD))?;
        let length = find(window, b"\r\n\r\n")?;
        let begin = head + length + 4;
        let (name, file) = disposition(std::str::from_utf8(window.get(..length)?).ok()?)?;
        let end = begin + find(body.get(begin..)?, between.as_bytes())?;
        parts.push(Part { name, file, content: begin..end });
        at = end + between.len();
    }
}

fn boundary(content_type: &str) -> Option<&str> {
    let (_, text) = content_type.split_once("boundary=")?;
    let text = text.split(';').next()?.trim().trim_matches('"');
    (!text.is_empty() && text.len() <= 70 && text.is_ascii()).then_some(text)
}

/// Name and file name of a part's head.
fn disposition(head: &str) -> Option<(String, Option<String>)> {
    let line = head.split("\r\n").find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))?;
    Some((parameter(line, "name")?, parameter(line, "filename")))
}

/// A quoted parameter; browsers write quotes and line ends in it as `%22`, `%0D` and `%0A`.
fn parameter(line: &str, name: &str) -> Option<String> {
    let (_, text) = line.split_once(&format!("; {name}=\""))?;
    let (text, _) = text.split_once('"')?;
    Some(text.replace("%22", "\"").replace("%0D", " ").replace("%0A", " "))
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    // The first byte is looked for by itself: a file is long, and a boundary is rare.
    let (first, rest) = wanted.split_first()?;
    let mut from = 0;
    loop {
        let at = from + text.get(from..)?.iter().position(|byte| byte == first)?;
        if text.get(at + 1..)?.starts_with(rest) {
            return Some(at);
        }
        from = at + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TYPE: &str = "multipart/form-data; boundary=XyZ";

    fn form(fields: &[(&str, Option<&str>, &[u8])]) -> Vec<u8> {
        let mut body = Vec::new();
        for (name, file, content) in fields {
            let file = file.map(|file| format!("; filename=\"{file}\"\r\nContent-Type: text/csv")).unwrap_or_default();
            body.extend(format!("--XyZ\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n").bytes());
            body.extend(*content);
            body.extend(b"\r\n");
        }
        body.extend(b"--XyZ--\r\n");
        body
    }

    #[test]
    fn controls_and_files_are_told_apart() {
        let body = form(&[("csrf", None, b"abc"), ("file", Some("a%22b.csv"), b"x\r\n--y\r\n1"), ("empty", None, b"")]);
        let found = parts(TYPE, &body).unwrap();
        let shown: Vec<_> =
            found.iter().map(|part| (part.name.as_str(), part.file.as_deref(), &body[part.content.clone()])).collect();
        let expected: [(&str, Option<&str>, &[u8]); 3] =
            [("csrf", None, b"abc"), ("file", Some("a\"b.csv"), b"x\r\n--y\r\n1"), ("empty", None, b"")];
        assert_eq!(shown, expected);
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        let body = form(&[("csrf", None, b"abc")]);
        let check = |kind: &str, body: &[u8]| assert!(parts(kind, body).is_err(), "{kind} {}", String::from_utf8_lossy(body));
        check("multipart/form-data", &body);
        check("multipart/form-data; boundary=", &body);
        check("multipart/form-data; boundary=other", &body);
        check(TYPE, b"");
        check(TYPE, &body[..body.len() - 10]);
        check(TYPE, b"--XyZ\r\nContent-Type: text/csv\r\n\r\nx\r\n--XyZ--");
        check(TYPE, &form(&vec![("a", None, b"1".as_slice()); PARTS + 1]));
        check(TYPE, &[b"--XyZ\r\nA: ".to_vec(), vec![b'x'; HEAD], b"\r\n\r\n\r\n--XyZ--".to_vec()].concat());
    }

    proptest! {
        #[test]
        fn whatever_is_sent_comes_back(contents in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..50), 0..5)) {
            prop_assume!(contents.iter().all(|content| find(content, b"--XyZ").is_none()));
            let fields: Vec<(&str, Option<&str>, &[u8])> = contents.iter().map(|content| ("a", None, content.as_slice())).collect();
            let body = form(&fields);
            if !fields.is_empty() {
                let found = parts(TYPE, &body).unwrap();
                let found: Vec<&[u8]> = found.iter().map(|part| &body[part.content.clone()]).collect();
                prop_assert_eq!(found, contents.iter().map(Vec::as_slice).collect::<Vec<_>>());
            }
        }

        #[test]
        fn anything_may_be_sent(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parts(TYPE, &body);
        }
    }
}
