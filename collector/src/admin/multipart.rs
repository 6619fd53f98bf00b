//! Forms with a file (`multipart/form-data`, RFC 7578), out of a body that is in memory.
//!
//! In: the content type and the bytes of a body. Out: its parts. It must not take what is not well-formed.

use crate::admin::problem::Failure;
use axum::body::Bytes;
use muster_wire::problem::Code;

/// Most parts of a form.
const PARTS: usize = 32;

/// One control of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// The name of the file, if it is one; empty where none was chosen.
    pub file: Option<String>,
    /// What it holds.
    pub content: Bytes,
}

/// Whether a content type is that of such a form.
pub(super) fn is_form(content_type: &str) -> bool {
    content_type.to_ascii_lowercase().starts_with("multipart/form-data")
}

/// The parts of a body.
///
/// # Errors
/// When it is not well-formed.
pub async fn parts(content_type: &str, body: &Bytes) -> Result<Vec<Part>, Failure> {
    let unread = || Failure::new(Code::InvalidBody, "the form cannot be read; send it from its page again");
    let found = read(content_type, body).await.map_err(|_| unread())?;
    found.ok_or_else(unread)
}

/// None where a part has no name, or there are too many.
async fn read(content_type: &str, body: &Bytes) -> multer::Result<Option<Vec<Part>>> {
    let boundary = multer::parse_boundary(content_type)?;
    let whole = futures_util::stream::iter([Ok::<_, std::convert::Infallible>(body.clone())]);
    let mut form = multer::Multipart::new(whole, boundary);
    let mut parts = Vec::new();
    while let Some(field) = form.next_field().await? {
        let (Some(name), file) = (field.name().map(unescaped), field.file_name().map(unescaped)) else { return Ok(None) };
        parts.push(Part { name, file, content: field.bytes().await? });
        if parts.len() > PARTS {
            return Ok(None);
        }
    }
    Ok(Some(parts))
}

/// Browsers write quotes and line ends in names as `%22`, `%0D` and `%0A`.
fn unescaped(text: &str) -> String {
    text.replace("%22", "\"").replace("%0D", " ").replace("%0A", " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What is in memory is there at once.
    fn now<T>(parts: impl Future<Output = T>) -> T {
        futures_util::FutureExt::now_or_never(parts).unwrap()
    }

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

    #[tokio::test]
    async fn controls_and_files_are_told_apart() {
        let body = form(&[("csrf", None, b"abc"), ("file", Some("a%22b.csv"), b"x\r\n--y\r\n1"), ("empty", None, b"")]);
        let found = parts(TYPE, &body.into()).await.unwrap();
        let shown: Vec<_> = found.iter().map(|part| (part.name.as_str(), part.file.as_deref(), &part.content[..])).collect();
        let expected: [(&str, Option<&str>, &[u8]); 3] =
            [("csrf", None, b"abc"), ("file", Some("a\"b.csv"), b"x\r\n--y\r\n1"), ("empty", None, b"")];
        assert_eq!(shown, expected);
    }

    #[tokio::test]
    async fn what_is_not_well_formed_is_refused() {
        let body = form(&[("csrf", None, b"abc")]);
        let cases: [(&str, Vec<u8>); 7] = [
            ("multipart/form-data", body.clone()),
            ("multipart/form-data; boundary=", body.clone()),
            ("multipart/form-data; boundary=other", body.clone()),
            (TYPE, Vec::new()),
            (TYPE, body[..body.len() - 10].to_vec()),
            (TYPE, b"--XyZ\r\nContent-Type: text/csv\r\n\r\nx\r\n--XyZ--".to_vec()),
            (TYPE, form(&vec![("a", None, b"1".as_slice()); PARTS + 1])),
        ];
        for (kind, body) in cases {
            let shown = String::from_utf8_lossy(&body).into_owned();
            assert!(parts(kind, &body.into()).await.is_err(), "{kind} {shown}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_sent_comes_back(contents in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..50), 0..5)) {
            prop_assume!(contents.iter().all(|content| !content.windows(5).any(|bytes| bytes == b"--XyZ")));
            let fields: Vec<(&str, Option<&str>, &[u8])> = contents.iter().map(|content| ("a", None, content.as_slice())).collect();
            let body = form(&fields);
            if !fields.is_empty() {
                let found = now(parts(TYPE, &body.into())).unwrap();
                let found: Vec<&[u8]> = found.iter().map(|part| &part.content[..]).collect();
                prop_assert_eq!(found, contents.iter().map(Vec::as_slice).collect::<Vec<_>>());
            }
        }

        #[test]
        fn anything_may_be_sent(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = now(parts(TYPE, &body.into()));
        }
    }
}
