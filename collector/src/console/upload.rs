//! The form with which a browser brings a file of assets or records: what was chosen, as the import takes it.
//!
//! In: a request whose token was checked. Out: the file and how to import it. It imports nothing.

use crate::{
    admin::{Answer, Failure, Part, UPLOAD_BYTES, parts},
    records::Unknown,
};
use axum::{body::Bytes, extract::Request};
use http::header;
use muster_wire::problem::Code;

/// What the form asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// Say what would be done.
    Check,
    /// The refused lines as a file; nothing is changed.
    Errors,
    /// Do it.
    Import,
}

/// A form as it was sent.
pub(super) struct Upload {
    pub(super) wish: Wish,
    /// The name of the file.
    pub(super) file: String,
    pub(super) bytes: Bytes,
    pub(super) clear_empty: bool,
    pub(super) create_references: bool,
    /// What becomes of contracts that nobody knows: as the form calls it, and as the import does.
    pub(super) contracts: String,
}

/// Largest file that the page of a dry run brings along, so that it need not be chosen again; in bytes.
const CARRIED: usize = 512 * 1024;
/// What a form was sent without.
pub(super) const NO_FILE: &str = "Choose a file, or paste its text.";

impl Upload {
    /// Out of a request.
    pub(super) async fn read(request: Request) -> Answer<Self> {
        let (head, body) = request.into_parts();
        let kind = head.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let large = |_| Failure::new(Code::TooLarge, format!("the form with its file is larger than {UPLOAD_BYTES} bytes"));
        let bytes = axum::body::to_bytes(body, UPLOAD_BYTES).await.map_err(large)?;
        Ok(Self::of(&parts(kind, &bytes).await?))
    }

    fn of(form: &[Part]) -> Self {
        let part = |name: &str| form.iter().find(|part| part.name == name);
        let text =
            |name: &str| part(name).map(|part| String::from_utf8_lossy(&part.content).trim().to_owned()).unwrap_or_default();
        let chosen = part("file").filter(|part| !part.content.is_empty());
        let (file, bytes) = match (chosen, part("text")) {
            (Some(chosen), _) => (chosen.file.clone().unwrap_or_default(), chosen.content.clone()),
            // A browser ends the lines of a text area with CR LF, whatever stood there.
            (None, Some(pasted)) => {
                (text("called"), String::from_utf8_lossy(&pasted.content).replace("\r\n", "\n").into_bytes().into())
            }
            (None, None) => (String::new(), Bytes::new()),
        };
        let wish = match text("act").as_str() {
            "import" => Wish::Import,
            "errors" => Wish::Errors,
            _ => Wish::Check,
        };
        Self {
            wish,
            file: file.chars().filter(|c| !c.is_control()).take(255).collect(),
            bytes,
            clear_empty: part("clear_empty").is_some(),
            create_references: part("create_references").is_some(),
            contracts: text("contracts"),
        }
    }

    /// The text of the file, where it is small enough to go on with.
    pub(super) fn carried(&self) -> Option<String> {
        carried(&self.bytes)
    }

    /// What becomes of a contract that nobody knows.
    pub(super) fn unknown_contract(&self) -> Unknown {
        match self.contracts.as_str() {
            "make" => Unknown::Made,
            "skip" => Unknown::Skipped,
            _ => Unknown::Refused,
        }
    }
}

/// The text of a file, where it is small enough to go on with.
pub(super) fn carried(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok().filter(|text| !text.is_empty() && text.len() <= CARRIED);
    text.map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_goes_before_what_is_pasted() {
        let part = |name: &str, file: Option<&str>, content: &'static [u8]| Part {
            name: name.to_owned(),
            file: file.map(str::to_owned),
            content: Bytes::from_static(content),
        };
        let check = |form: &[Part], wish: Wish, file: &str, bytes: &[u8]| {
            let upload = Upload::of(form);
            assert_eq!((upload.wish, upload.file.as_str(), &upload.bytes[..]), (wish, file, bytes));
        };
        let act = part("act", None, b"import");
        let file = part("file", Some("a.csv"), b"A,B\nx,y");
        let none = part("file", Some(""), b"");
        let text = part("text", None, b"C,D\r\n\"x\r\ny\",z");
        check(&[act, file, text.clone()], Wish::Import, "a.csv", b"A,B\nx,y");
        check(&[none, text], Wish::Check, "", b"C,D\n\"x\ny\",z");
        let windows = part("file", Some("a.csv"), b"A\r\nx");
        check(&[windows], Wish::Check, "a.csv", b"A\r\nx");
        check(&[], Wish::Check, "", b"");
    }
}
