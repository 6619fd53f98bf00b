//! A text that a form brings, typed or as a file: a licence key, an endorsement, a public key.
//!
//! In: a request whose token was checked. Out: the text and which button was pressed. It opens nothing.

use crate::admin::{Answer, Failure, Form, Part, TEXT_BYTES, UPLOAD_BYTES, parts};
use axum::extract::{FromRequest as _, Request};
use http::header;
use muster_wire::problem::Code;

/// A form as it was sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Sent {
    /// The text, with the line ends of the site's programs.
    pub(super) text: String,
    /// The button; empty where none was named.
    pub(super) act: String,
}

impl Sent {
    /// Out of a request: a form with a file, or one without.
    ///
    /// # Errors
    /// When it cannot be read, or the text is larger than a key may be.
    pub(super) async fn read(request: Request) -> Answer<Self> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let kind = kind.to_owned();
        let large =
            || Failure::new(Code::TooLarge, format!("the text is larger than {TEXT_BYTES} bytes; a licence key never is"));
        let form = if kind.starts_with("application/x-www-form-urlencoded") {
            let Form(pairs) = Form::<Vec<(String, String)>>::from_request(request, &()).await?;
            pairs.into_iter().map(|(name, value)| Part { name, file: None, content: value.into() }).collect()
        } else {
            let bytes = axum::body::to_bytes(request.into_body(), UPLOAD_BYTES).await.map_err(|_| large())?;
            parts(&kind, &bytes).await?
        };
        let sent = Self::of(&form)?;
        if sent.text.len() > TEXT_BYTES { Err(large()) } else { Ok(sent) }
    }

    fn of(form: &[Part]) -> Answer<Self> {
        let part = |name: &str| form.iter().find(|part| part.name == name && !part.content.is_empty());
        let utf8 = |part: &Part| {
            let strange = || Failure::new(Code::InvalidBody, "the file is not text; choose the file with the key");
            std::str::from_utf8(&part.content).map(str::to_owned).map_err(|_| strange())
        };
        // A chosen file goes before what is typed.
        let text = part("file").or_else(|| part("key")).map(utf8).transpose()?.unwrap_or_default();
        // A browser sends the lines of a text area with CR LF.
        let text = text.replace("\r\n", "\n");
        Ok(Self { text, act: part("act").map(utf8).transpose()?.unwrap_or_default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Bytes;

    #[test]
    fn a_file_goes_before_what_is_typed() {
        let part = |name: &str, file: Option<&str>, content: &'static [u8]| Part {
            name: name.to_owned(),
            file: file.map(str::to_owned),
            content: Bytes::from_static(content),
        };
        let check = |form: &[Part], text: &str, act: &str| {
            assert_eq!(Sent::of(form).unwrap(), Sent { text: text.to_owned(), act: act.to_owned() });
        };
        let typed = part("key", None, b"a\r\nb");
        check(&[typed.clone(), part("file", Some("k.lic"), b"c\n"), part("act", None, b"apply")], "c\n", "apply");
        check(&[typed, part("file", Some(""), b"")], "a\nb", "");
        check(&[], "", "");
        assert!(Sent::of(&[part("file", Some("x"), b"\xff\xfe")]).is_err());
    }
}
