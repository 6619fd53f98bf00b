//! What is to be said on the page after a change: it travels once, in a cookie that no script can read.

use axum::response::Response;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderValue, header};
use serde::{Deserialize, Serialize};

/// Largest cookie, in bytes of the text: browsers keep 4096 with the name and the attributes.
const MOST: usize = 2700;

/// What is to be said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Note {
    /// The path of the page that it is for.
    pub(super) at: String,
    /// What was done.
    pub(super) text: String,
    /// What an administrator should know.
    pub(super) warnings: Vec<String>,
}

impl Note {
    /// The response with the note.
    pub(super) fn put(mut self, mut response: Response, tls: bool) -> Response {
        let length = |note: &Self| serde_json::to_vec(note).map_or(0, |bytes| bytes.len());
        let all = self.warnings.len();
        while length(&self) > MOST && self.warnings.pop().is_some() {}
        let left = all - self.warnings.len();
        if left > 0 {
            self.text = format!("{} {left} more things are worth knowing; the API says them all.", self.text);
        }
        if let Ok(bytes) = serde_json::to_vec(&self) {
            set(&mut response, &URL_SAFE_NO_PAD.encode(bytes), tls, "; Max-Age=60");
        }
        response
    }

    /// The note of a request, if it is for this page, and what makes sure that it is shown once.
    pub(super) fn take(headers: &HeaderMap, at: &str, tls: bool) -> (Option<Self>, Once) {
        let note = Self::read(headers, at, tls);
        let once = Once { there: note.is_some(), tls };
        (note, once)
    }

    fn read(headers: &HeaderMap, at: &str, tls: bool) -> Option<Self> {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let (_, text) = pairs.find(|(key, _)| *key == name(tls))?;
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        serde_json::from_slice(&bytes).ok().filter(|note: &Self| note.at == at)
    }
}

/// Takes a note away with the response that shows it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Once {
    there: bool,
    tls: bool,
}

impl Once {
    /// The response after which the note is gone.
    pub(super) fn on(self, mut response: Response) -> Response {
        if self.there {
            set(&mut response, "", self.tls, "; Max-Age=0");
        }
        response
    }
}

const fn name(tls: bool) -> &'static str {
    if tls { "__Host-muster-note" } else { "muster-note" }
}

fn set(response: &mut Response, text: &str, tls: bool, more: &str) {
    let secure = if tls { "; Secure" } else { "" };
    let cookie = format!("{}={text}; HttpOnly; SameSite=Strict; Path=/{secure}{more}", name(tls));
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_for_one_page_and_fits_a_cookie() {
        let check = |warnings: Vec<String>, left: usize| {
            let note = Note { at: "/records/models/1".to_owned(), text: "Saved.".to_owned(), warnings };
            for tls in [true, false] {
                let response = note.clone().put(Response::default(), tls);
                let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap();
                assert!(cookie.len() < 4096 && cookie.contains("HttpOnly") && cookie.contains("Secure") == tls, "{cookie}");
                let mut headers = HeaderMap::new();
                headers.insert(
                    header::COOKIE,
                    HeaderValue::from_str(&format!("a=b; {}", cookie.split(';').next().unwrap())).unwrap(),
                );
                for (at, tls) in [("/records/models/2", tls), (note.at.as_str(), !tls)] {
                    let (found, once) = Note::take(&headers, at, tls);
                    assert_eq!(found, None);
                    assert!(once.on(Response::default()).headers().is_empty(), "it stays for its page");
                }
                let (found, once) = Note::take(&headers, &note.at, tls);
                let found = found.unwrap();
                let gone = once.on(Response::default());
                assert!(gone.headers()[header::SET_COOKIE].to_str().unwrap().ends_with("; Max-Age=0"));
                assert_eq!(found.warnings.len(), left);
                assert_eq!(found.text != note.text, left != note.warnings.len());
            }
        };
        check(Vec::new(), 0);
        check(vec!["ä".repeat(100); 3], 3);
        check(vec!["x".repeat(1000); 9], 2);
        check(vec!["x".repeat(100_000)], 0);
    }
}
